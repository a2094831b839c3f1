using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Conformance.Tests;

[SetUpFixture]
internal sealed class TestRun
{
    [OneTimeTearDown]
    public Task End() => ApiServer.DisposeSharedAsync();
}
