using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests;

[SetUpFixture]
internal sealed class TestRun
{
    [OneTimeTearDown]
    public Task End() => ApiServer.DisposeSharedAsync();
}
