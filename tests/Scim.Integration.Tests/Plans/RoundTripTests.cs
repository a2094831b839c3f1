using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Plans;

/// <summary>Round trips to PostgreSQL per request, counted on the wire, journal row and commit included.</summary>
[TestFixture]
[Property("Capability", "A write is at most two round trips to PostgreSQL, a look-up or page without members one")]
public sealed class RoundTripTests
{
    private const int Repetitions = 4;

    private TestDatabase _database = null!;
    private ObservedServer _server = null!;
    private TestTenant _tenant = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync(DatabaseKind.PostgreSql);
        _server = await ObservedServer.StartAsync(_database);
        _tenant = await TestTenant.CreateAsync(_server.Server);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _tenant?.Dispose();
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _database.DisposeAsync();
    }

    [TestCase("create", 1)]
    [TestCase("create with a manager", 1)]
    [TestCase("get", 1)]
    [TestCase("lookup", 1)]
    [TestCase("list", 1)]
    [TestCase("page by cursor", 1)]
    [TestCase("full page of a search for a part", 1)]
    [TestCase("PUT", 2)]
    [TestCase("PATCH", 2)]
    [TestCase("PATCH of the manager", 2)]
    [TestCase("PATCH of the name of a member", 2)]
    [TestCase("PATCH with If-Match", 2)]
    [TestCase("PATCH that changes nothing", 1)]
    [TestCase("delete", 1)]
    [TestCase("delete of a member of two groups", 1)]
    [TestCase("delete of a member with If-Match", 1)]
    public async Task Users(string operation, int expected) =>
        (await FewestAsync(() => new Operations(_tenant.Client).OnUserAsync(operation))).Should().Be(expected);

    [TestCase("create", 2)]
    [TestCase("create with members", 2)]
    [TestCase("get", 1)]
    [TestCase("lookup", 1)]
    [TestCase("lookup with members", 4)]
    [TestCase("PUT", 3)]
    [TestCase("PATCH of the name", 2)]
    [TestCase("PATCH of the name and members", 2)]
    [TestCase("add a member", 1)]
    [TestCase("add a member who is in", 2)]
    [TestCase("add several", 1)]
    [TestCase("add several, some in", 2)]
    [TestCase("add with If-Match", 1)]
    [TestCase("add a group", 2)]
    [TestCase("remove a member", 1)]
    [TestCase("remove several", 1)]
    [TestCase("remove and add", 1)]
    [TestCase("remove by filter and add", 1)]
    [TestCase("remove all", 1)]
    [TestCase("replace members", 1)]
    [TestCase("delete", 1)]
    [TestCase("delete of a nested one with If-Match", 1)]
    public async Task Groups(string operation, int expected) =>
        // What a POST or PUT answers is read after it, since it may have a million members: one trip more. A look-up with
        // members: begin, page, members, commit; the begin goes out with the page, and nobody waits for it alone.
        (await FewestAsync(() => new Operations(_tenant.Client).OnGroupAsync(operation)))
            .Should()
            .Be(expected);

    /// <summary>Of several runs, because flushes of the journal and look-ups of new schemas come between.</summary>
    private async Task<int> FewestAsync(Func<Task<Func<Task<ScimResponse>>>> prepare)
    {
        var fewest = int.MaxValue;
        for (var i = 0; i < Repetitions; i++)
        {
            var act = await prepare();
            var before = _server.Effort;
            (await act()).Status.Should().BeLessThan(300);
            fewest = Math.Min(fewest, (_server.Effort - before).RoundTrips);
        }

        return fewest;
    }
}
