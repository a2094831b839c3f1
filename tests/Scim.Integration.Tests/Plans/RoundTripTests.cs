using System.Text.Json.Nodes;
using FluentAssertions;
using Npgsql;
using NUnit.Framework;
using Scim.Integration.Tests.Crash;
using Scim.TestKit;

namespace Scim.Integration.Tests.Plans;

/// <summary>Round trips to PostgreSQL per request, counted on the wire, journal row and commit included.</summary>
[TestFixture]
[Property("Capability", "A write is at most two round trips to PostgreSQL, a look-up or page without members one")]
public sealed class RoundTripTests
{
    private const int Repetitions = 4;

    private readonly RoundTripCounter _counter = new();
    private TestDatabase _database = null!;
    private TcpProxy _proxy = null!;
    private ApiServer _server = null!;
    private TestTenant _tenant = null!;

    private ScimClient Client => _tenant.Client;

    [OneTimeSetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync(DatabaseKind.PostgreSql);
        var direct = new NpgsqlConnectionStringBuilder(_database.Configuration["ConnectionStrings:Scim"]);
        _proxy = new TcpProxy(direct.Host!, direct.Port, _counter.Watch);
        direct.Port = _proxy.Port;
        _server = await ApiServer.StartAsync(
            _database,
            new Dictionary<string, string> { ["ConnectionStrings:Scim"] = direct.ConnectionString }
        );
        _tenant = await TestTenant.CreateAsync(_server);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _tenant?.Dispose();
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _proxy.DisposeAsync();
    }

    [TestCase("create", 1)]
    [TestCase("create with a manager", 1)]
    [TestCase("get", 1)]
    [TestCase("lookup", 1)]
    [TestCase("list", 1)]
    [TestCase("page by cursor", 1)]
    [TestCase("PUT", 2)]
    [TestCase("PATCH", 2)]
    [TestCase("PATCH of the manager", 2)]
    [TestCase("PATCH with If-Match", 2)]
    [TestCase("PATCH that changes nothing", 1)]
    [TestCase("delete", 1)]
    [TestCase("delete of a member of two groups", 1)]
    [TestCase("delete of a member with If-Match", 1)]
    public async Task Users(string operation, int expected)
    {
        var trips = await FewestAsync(async () =>
        {
            var user = await UserAsync();
            return operation switch
            {
                "create" => () => Client.PostAsync("/Users", Some.User()),
                "create with a manager" => () => Client.PostAsync("/Users", WithManager(Some.User(), user.Id)),
                "get" => () => Client.GetAsync("/Users/" + user.Id),
                "lookup" => () => Client.GetAsync("/Users?filter=" + Uri.EscapeDataString($"id eq \"{user.Id}\"")),
                "list" => () => Client.GetAsync("/Users?count=3"),
                "page by cursor" => () => Client.GetAsync("/Users?count=3&cursor"),
                "PUT" => () => Client.PutAsync("/Users/" + user.Id, Some.User()),
                "PATCH" => () => Client.PatchAsync("/Users/" + user.Id, Messages.Patch("replace", "title", "Boss")),
                "PATCH of the manager" => () =>
                    Client.PatchAsync(
                        "/Users/" + user.Id,
                        Messages.Patch(
                            "replace",
                            Messages.Enterprise + ":manager",
                            new JsonObject { ["value"] = user.Id }
                        )
                    ),
                "PATCH with If-Match" => () =>
                    Client.PatchAsync(
                        "/Users/" + user.Id,
                        Messages.Patch("replace", "title", "Boss"),
                        ("If-Match", user.Header("ETag"))
                    ),
                "PATCH that changes nothing" => () =>
                    Client.PatchAsync("/Users/" + user.Id, Messages.Patch("remove", "title")),
                "delete" => () => Client.DeleteAsync("/Users/" + user.Id),
                "delete of a member of two groups" => await MemberAsync(user.Id, 2),
                _ => await MemberAsync(user.Id, 1, "*"),
            };
        });

        trips.Should().Be(expected);

        async Task<Func<Task<ScimResponse>>> MemberAsync(string id, int groups, string? ifMatch = null)
        {
            for (var i = 0; i < groups; i++)
            {
                await GroupAsync(id);
            }

            return () => Client.DeleteAsync("/Users/" + id, ("If-Match", ifMatch));
        }
    }

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
    [TestCase("remove a member", 1)]
    [TestCase("remove several", 1)]
    [TestCase("remove and add", 1)]
    [TestCase("remove by filter and add", 1)]
    [TestCase("remove all", 1)]
    [TestCase("replace members", 1)]
    [TestCase("delete", 1)]
    [TestCase("delete of a nested one with If-Match", 1)]
    public async Task Groups(string operation, int expected)
    {
        // What a POST or PUT answers is read after it, since it may have a million members: one trip more.
        var trips = await FewestAsync(async () =>
        {
            var users = new[] { await UserAsync(), await UserAsync(), await UserAsync(), await UserAsync() };
            var (a, b, c, d) = (users[0].Id, users[1].Id, users[2].Id, users[3].Id);
            var group = await GroupAsync(a, b);
            var path = "/Groups/" + group.Id;
            return operation switch
            {
                "create" => () => Client.PostAsync("/Groups", Some.Group()),
                "create with members" => () => Client.PostAsync("/Groups", Some.Group(null, a, b, c)),
                "get" => () => Client.GetAsync(path),
                "lookup" => () => Client.GetAsync($"{Lookup(group)}&excludedAttributes=members"),
                // Begin, page, members, commit; the begin goes out with the page, and nobody waits for it alone.
                "lookup with members" => () => Client.GetAsync(Lookup(group)),
                "PUT" => () => Client.PutAsync(path + "?attributes=id", Some.Group(null, b, c)),
                "PATCH of the name" => () =>
                    Client.PatchAsync(path, Messages.Patch("replace", "displayName", Some.Name())),
                "PATCH of the name and members" => () =>
                    Client.PatchAsync(
                        path,
                        Both(
                            Messages.Patch("replace", "displayName", Some.Name()),
                            Messages.Patch("remove", "members[type eq \"User\"]")
                        )
                    ),
                "add a member" => () => Client.PatchAsync(path, Messages.AddMembers(c)),
                "add a member who is in" => () => Client.PatchAsync(path, Messages.AddMembers(a)),
                "add several" => () => Client.PatchAsync(path, Messages.AddMembers(c, d)),
                "add several, some in" => () => Client.PatchAsync(path, Messages.AddMembers(c, a)),
                "add with If-Match" => () =>
                    Client.PatchAsync(path, Messages.AddMembers(c), ("If-Match", group.Header("ETag"))),
                "remove a member" => () => Client.PatchAsync(path, Messages.RemoveMember(a)),
                "remove several" => () =>
                    Client.PatchAsync(path, Messages.Patch("remove", "members", Messages.Members(a, b))),
                "remove and add" => () =>
                    Client.PatchAsync(path, Both(Messages.RemoveMember(a), Messages.AddMembers(c))),
                "remove by filter and add" => () =>
                    Client.PatchAsync(
                        path,
                        Both(Messages.Patch("remove", "members[type eq \"User\"]"), Messages.AddMembers(c))
                    ),
                "remove all" => () => Client.PatchAsync(path, Messages.Patch("remove", "members")),
                "replace members" => () =>
                    Client.PatchAsync(path, Messages.Patch("replace", "members", Messages.Members(b, c))),
                "delete" => () => Client.DeleteAsync(path),
                _ => await NestedAsync(group.Id),
            };
        });

        trips.Should().Be(expected);

        static string Lookup(ScimResponse group) => "/Groups?filter=" + Uri.EscapeDataString($"id eq \"{group.Id}\"");

        async Task<Func<Task<ScimResponse>>> NestedAsync(string id)
        {
            await GroupAsync(id);
            await GroupAsync(id);
            return () => Client.DeleteAsync("/Groups/" + id, ("If-Match", "*"));
        }
    }

    /// <summary>Of several runs, because flushes of the journal and look-ups of new schemas come between.</summary>
    private async Task<int> FewestAsync(Func<Task<Func<Task<ScimResponse>>>> prepare)
    {
        var fewest = int.MaxValue;
        for (var i = 0; i < Repetitions; i++)
        {
            var act = await prepare();
            var before = _counter.Count;
            (await act()).Status.Should().BeLessThan(300);
            fewest = Math.Min(fewest, _counter.Count - before);
        }

        return fewest;
    }

    private static JsonObject Both(JsonObject first, JsonObject second)
    {
        var operations = first["Operations"]!.AsArray();
        foreach (var operation in second["Operations"]!.AsArray())
        {
            operations.Add(operation!.DeepClone());
        }

        return first;
    }

    private static JsonObject WithManager(JsonObject user, string manager)
    {
        user["schemas"]!.AsArray().Add(Messages.Enterprise);
        user[Messages.Enterprise] = new JsonObject { ["manager"] = new JsonObject { ["value"] = manager } };
        return user;
    }

    private Task<ScimResponse> UserAsync() => Client.PostAsync("/Users", Some.User()).Expecting(201);

    private Task<ScimResponse> GroupAsync(params string[] members) =>
        Client.PostAsync("/Groups", Some.Group(null, members)).Expecting(201);
}
