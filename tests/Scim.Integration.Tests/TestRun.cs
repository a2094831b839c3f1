using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests;

/// <summary>Ends what the tests of this assembly share.</summary>
[SetUpFixture]
internal sealed class TestRun
{
    [OneTimeTearDown]
    public Task DisposeAsync() => ApiServer.DisposeSharedAsync();
}
