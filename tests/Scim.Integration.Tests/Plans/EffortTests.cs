using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Plans;

/// <summary>
/// How many statements and transactions a request is, as the database counts them, journal row and savepoints included.
/// On PostgreSQL the first statement of each transaction names the tenant.
/// </summary>
[TestFixtureSource(typeof(Databases))]
[Property("Capability", "The statements and transactions of each operation are counted, on both databases")]
public sealed class EffortTests(DatabaseKind kind)
{
    private const int Repetitions = 4;

    private TestDatabase _database = null!;
    private ObservedServer _server = null!;
    private TestTenant _tenant = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync(kind);
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

    // Operation; statements and transactions on PostgreSQL; the same on SQLite.
    [TestCase("create", 2, 1, 8, 1)]
    [TestCase("create with a manager", 3, 1, 9, 2)]
    [TestCase("get", 2, 1, 1, 1)]
    [TestCase("lookup", 2, 1, 1, 1)]
    [TestCase("list", 3, 1, 4, 1)]
    [TestCase("page by cursor", 3, 1, 4, 1)]
    [TestCase("PUT", 4, 2, 9, 2)]
    [TestCase("PATCH", 4, 2, 8, 2)]
    [TestCase("PATCH of the manager", 5, 2, 9, 3)]
    [TestCase("PATCH of the name of a member", 4, 2, 9, 2)]
    [TestCase("PATCH with If-Match", 4, 2, 8, 2)]
    [TestCase("PATCH that changes nothing", 2, 1, 1, 1)]
    [TestCase("delete", 3, 1, 10, 2)]
    [TestCase("delete of a member of two groups", 3, 1, 30, 3)]
    [TestCase("delete of a member with If-Match", 3, 1, 19, 1)]
    public Task Users(string operation, int sent, int committed, int run, int ended) =>
        CheckAsync(() => new Operations(_tenant.Client).OnUserAsync(operation), sent, committed, run, ended);

    [TestCase("create", 8, 2, 13, 2)]
    [TestCase("create with members", 8, 2, 15, 2)]
    [TestCase("get", 6, 1, 5, 1)]
    [TestCase("lookup", 2, 1, 1, 1)]
    [TestCase("lookup with members", 6, 1, 5, 1)]
    [TestCase("PUT", 6, 3, 16, 3)]
    [TestCase("PATCH of the name", 4, 2, 10, 2)]
    [TestCase("PATCH of the name and members", 4, 2, 13, 2)]
    [TestCase("add a member", 2, 1, 8, 1)]
    [TestCase("add a member who is in", 4, 2, 11, 2)]
    [TestCase("add several", 2, 1, 8, 1)]
    [TestCase("add several, some in", 4, 2, 16, 2)]
    [TestCase("add with If-Match", 3, 1, 11, 1)]
    [TestCase("add a group", 4, 2, 16, 2)]
    [TestCase("remove a member", 2, 1, 8, 1)]
    [TestCase("remove several", 2, 1, 10, 1)]
    [TestCase("remove and add", 2, 1, 13, 1)]
    [TestCase("remove by filter and add", 2, 1, 14, 1)]
    [TestCase("remove all", 2, 1, 10, 1)]
    [TestCase("replace members", 2, 1, 13, 1)]
    [TestCase("delete", 3, 1, 19, 1)]
    [TestCase("delete of a nested one with If-Match", 3, 1, 29, 1)]
    public Task Groups(string operation, int sent, int committed, int run, int ended) =>
        CheckAsync(() => new Operations(_tenant.Client).OnGroupAsync(operation), sent, committed, run, ended);

    private async Task CheckAsync(
        Func<Task<Func<Task<ScimResponse>>>> prepare,
        int sent,
        int committed,
        int run,
        int ended
    )
    {
        var effort = await FewestAsync(prepare);

        effort.Should().Be(kind == DatabaseKind.PostgreSql ? (sent, committed) : (run, ended));
    }

    /// <summary>Of several runs, because what runs in the background comes between.</summary>
    private async Task<(int Statements, int Transactions)> FewestAsync(Func<Task<Func<Task<ScimResponse>>>> prepare)
    {
        var fewest = (int.MaxValue, int.MaxValue);
        for (var i = 0; i < Repetitions; i++)
        {
            var act = await prepare();
            var before = _server.Effort;
            (await act()).Status.Should().BeLessThan(300);
            var effort = _server.Effort - before;
            fewest = ((int, int))
                (Math.Min(fewest.Item1, effort.Statements), Math.Min(fewest.Item2, effort.Transactions));
        }

        return fewest;
    }
}
