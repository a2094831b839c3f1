using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FluentAssertions;
using FluentAssertions.Execution;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Application.Audit;
using Scim.Application.Schemas;
using Scim.Application.Tenants;
using Scim.Infrastructure.Persistence;
using Scim.TestKit;
using ScimClient = Scim.TestKit.ScimClient;

namespace Scim.Integration.Tests.Plans;

/// <summary>
/// A walk over everything that clients can ask, in a tenant of 100,000 users and in one that nests its groups: whatever the
/// database runs for it, inside its functions and behind its keys too, is held to the rules of <see cref="Frugality"/>.
/// </summary>
[TestFixtureSource(typeof(Plannings))]
[Property("Capability", "No statement of the data plane reads more of a large tenant than its answer accounts for")]
public sealed partial class EveryStatementTests(Planning planning)
{
    /// <summary>Type.Constant → why the walk does not meet this statement on that database.</summary>
    private static readonly Dictionary<(DatabaseKind Database, string Constant), string> Unmet = new()
    {
        [(DatabaseKind.PostgreSql, "JournalSql.InsertChange")] = "no administrative act has a change to keep",
        [(DatabaseKind.Sqlite, "JournalSql.InsertChange")] = "no administrative act has a change to keep",
        [(DatabaseKind.PostgreSql, "ResourceCounters.AddWithin")] =
            "these tenants have no limit; it reads sixteen rows",
        [(DatabaseKind.Sqlite, "ResourceCounters.AddWithin")] = "these tenants have no limit; it reads sixteen rows",
        [(DatabaseKind.PostgreSql, "GroupCounters.Bump")] = "SQLite's",
        [(DatabaseKind.Sqlite, "GroupCounters.BumpEach")] = "PostgreSQL's",
        [(DatabaseKind.PostgreSql, "GroupCounters.BumpAll")] = "a template; what is made of it is met",
        [(DatabaseKind.Sqlite, "GroupCounters.BumpAll")] = "a template; what is made of it is met",
    };

    /// <summary>One row by its key, or held to its plan by AuditPlanTests.</summary>
    private static readonly string[] OfControlPlane =
    [
        "TenantSchemaStore.Delete",
        "ListTenantSchemasHandler.Select",
        "AuditReader.SelectNames",
        "AuditSql.LastOfWindow",
        "GetAuditHandler.Select",
        "ShowTimelineHandler.SelectOwn",
        "ShowTimelineHandler.SelectMemberships",
        "ShowTimelineHandler.NotNoted",
        "ShowTimelineHandler.SelectIsComplete",
        "UserErasure.SelectTrace",
        "UserErasure.Erase",
    ];

    private const int JournalPage = 500;

    private readonly List<string> _walked = [];
    private readonly List<(IReadOnlyList<Executed> Executed, long Results)> _requests = [];
    private LargeDirectory _directory = null!;
    private ObservedServer _observed = null!;

    private DatabaseKind Kind => planning == Planning.Sqlite ? DatabaseKind.Sqlite : DatabaseKind.PostgreSql;

    [OneTimeSetUp]
    public async Task Start()
    {
        _directory = await LargeDirectory.SharedAsync(Kind);
        _observed = await ObservedServer.StartAsync(_directory.Database, planning);
        foreach (var tenant in (TestTenant[])[_directory.Tenant, _directory.Nesting])
        {
            using var here = LargeDirectory.At(_observed.Server, tenant);
            await WalkAsync(here);
        }

        await AdministerAsync();
    }

    [OneTimeTearDown]
    public async Task Stop() => await (_observed?.DisposeAsync() ?? ValueTask.CompletedTask);

    [Test]
    public void Every_statement_reads_no_more_than_it_answers()
    {
        using var all = new AssertionScope();
        foreach (var (executed, results) in _requests.Where(request => request.Executed.Count > 0))
        {
            executed.ShouldUseIndexes();
            executed.ShouldReadNoMoreThanFor(results);
        }
    }

    [Test]
    public void The_walk_takes_every_route() =>
        Routes
            .Of(_observed.Server)
            .Where(route => route.IsScim)
            .Select(route => $"{route.Method} {route.Path}")
            .Should()
            .BeSubsetOf(_walked);

    [Test]
    public void The_walk_meets_every_statement_of_the_data_plane()
    {
        var met = _requests
            .SelectMany(request => request.Executed)
            .Select(statement => Plain(statement.Sql))
            .Distinct()
            .ToArray();

        var unmet = Constants()
            .Where(constant => !Array.Exists(met, sql => sql.Contains(Plain(constant.Sql), StringComparison.Ordinal)))
            .Select(constant => constant.Name)
            .ToArray();

        unmet
            .Should()
            .BeEquivalentTo(
                Unmet.Keys.Where(key => key.Database == Kind).Select(key => key.Constant).Concat(OfControlPlane)
            );
    }

    private async Task WalkAsync(TestTenant tenant)
    {
        var client = tenant.Client;
        foreach (var operation in Operations.OfUsers)
        {
            await WatchAsync(await WatchAsync(() => new Operations(client).OnUserAsync(operation)));
        }

        foreach (var operation in Operations.OfGroups)
        {
            await WatchAsync(await WatchAsync(() => new Operations(client).OnGroupAsync(operation)));
        }

        foreach (var (route, path, body) in await WatchAsync(() => CallsAsync(client)))
        {
            var method = route.Split(' ')[0];
            await WatchAsync(() => client.SendAsync(method, path, body?.ToJsonString()));
            _walked.Add(route);
        }

        await SendAsync(new TailJournal(tenant.Slug, 1000, 100), results: JournalPage);
        await SendAsync(new ListDeviations(Guid.Parse(tenant.ClientId)));
        var issued = await SendAsync(new IssueToken(Guid.Parse(tenant.ClientId), TimeSpan.FromHours(1)));
        using var second = new ScimClient(_observed.Server.BaseAddress, issued.Token);
        await WatchAsync(() => second.GetAsync("/Users?count=1"));
        await SendAsync(new RevokeToken(issued.TokenId));
    }

    private async Task AdministerAsync()
    {
        using var tenant = await WatchAsync(() => TestTenant.CreateAsync(_observed.Server));
        await SendAsync(new AddTenantSchema(tenant.Slug, "User", Encoding.UTF8.GetBytes(LargeDirectory.Schema)));
        await SendAsync(new SetTenantSetting(tenant.Slug, "groups.uniqueDisplayName", "false"));
    }

    private static async Task<IReadOnlyList<(string Route, string Path, JsonObject? Body)>> CallsAsync(
        ScimClient client
    )
    {
        var person = Some.User();
        person["externalId"] = Some.Name();
        person["emails"] = new JsonArray(Email(), Email(), Email());
        person[LargeDirectory.Urn] = new JsonObject { ["badge"] = Some.Name() };
        var user = (await client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var group = (await client.PostAsync("/Groups", Some.Group(null, user)).Expecting(201)).Id;
        var parent = (await client.PostAsync("/Groups", Some.Group(null, group)).Expecting(201)).Id;
        var unknown = Guid.NewGuid().ToString();
        return
        [
            ("GET /Users", "/Users?count=10", null),
            ("HEAD /Users", "/Users?count=1", null),
            ("GET /Users", "/Users?startIndex=20&count=10", null),
            ("GET /Users", Filtered("/Users", "userName sw \"user-7777\" or externalId eq \"ext-7\""), null),
            ("POST /Users/.search", "/Users/.search", Messages.Search("userName eq \"user-7@example.com\"")),
            ("POST /Users", "/Users", person),
            ("POST /Users", "/Users", Some.User("user-7@example.com")),
            ("GET /Users/{id}", $"/Users/{user}", null),
            ("HEAD /Users/{id}", $"/Users/{user}", null),
            ("GET /Users/{id}", $"/Users/{unknown}", null),
            ("PUT /Users/{id}", $"/Users/{user}", (JsonObject)person.DeepClone()),
            ("PATCH /Users/{id}", $"/Users/{user}", Messages.Patch("replace", "displayName", Some.Name())),
            (
                "PATCH /Users/{id}",
                $"/Users/{user}",
                Messages.Patch("replace", "emails", new JsonArray(Email(), Email()))
            ),
            ("GET /Groups", "/Groups?count=5&startIndex=20", null),
            ("HEAD /Groups", "/Groups?count=1&startIndex=20", null),
            ("GET /Groups", "/Groups?count=5&cursor&excludedAttributes=members", null),
            ("POST /Groups/.search", "/Groups/.search", Messages.Search("displayName eq \"group 7\"")),
            ("POST /Groups", "/Groups", Some.Group(null, user, group)),
            ("POST /Groups", "/Groups", Some.Group(null, unknown, user)),
            ("POST /Groups", "/Groups", Some.Group("group 7")),
            ("GET /Groups/{id}", $"/Groups/{group}", null),
            ("HEAD /Groups/{id}", $"/Groups/{group}", null),
            ("PUT /Groups/{id}", $"/Groups/{group}", Some.Group(null, user)),
            ("PATCH /Groups/{id}", $"/Groups/{parent}", Messages.AddMembers(unknown)),
            ("PATCH /Groups/{id}", $"/Groups/{parent}", Messages.RemoveMember(group)),
            ("GET ", Filtered("", "externalId eq \"ext-7\""), null),
            ("HEAD ", Filtered("", "externalId eq \"ext-7\""), null),
            ("POST /.search", "/.search", Messages.Search("displayName eq \"group 7\"")),
            ("POST /Bulk", "/Bulk", Bulk(user, group)),
            ("DELETE /Groups/{id}", $"/Groups/{parent}", null),
            ("DELETE /Users/{id}", $"/Users/{user}", null),
            .. Discovery(),
            .. ((string[])["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]).Select(method =>
                ($"{method} /Me", "/Me", method is "POST" or "PUT" or "PATCH" ? Some.User() : null)
            ),
        ];

        static JsonObject Email() => new() { ["value"] = Some.UserName() };

        static string Filtered(string path, string filter) =>
            $"{path}?filter={Uri.EscapeDataString(filter)}&excludedAttributes=members";
    }

    private static JsonObject Bulk(string user, string group) =>
        Messages.Bulk(
            Messages.BulkOperation("POST", "/Users", Some.User(), "new"),
            Messages.BulkOperation("POST", "/Users", Some.User(), "together"),
            Messages.BulkOperation("POST", "/Groups", Some.Group(null, "bulkId:new"), "team"),
            Messages.BulkOperation("PATCH", $"/Groups/{group}", Messages.AddMembers("bulkId:new")),
            Messages.BulkOperation("PATCH", $"/Users/{user}", Messages.Patch("replace", "title", Some.Name())),
            Messages.BulkOperation("PUT", "/Users/bulkId:new", Some.User()),
            Messages.BulkOperation("DELETE", "/Users/bulkId:new"),
            Messages.BulkOperation("DELETE", "/Groups/bulkId:team")
        );

    private static IEnumerable<(string Route, string Path, JsonObject? Body)> Discovery() =>
        from method in (string[])["GET", "HEAD"]
        from path in (string[])
            ["/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/{id}", "/Schemas", "/Schemas/{id}"]
        let name = path.StartsWith("/Schemas", StringComparison.Ordinal) ? Messages.Enterprise : "User"
        select ($"{method} {path}", path.Replace("{id}", name, StringComparison.Ordinal), (JsonObject?)null);

    private async Task WatchAsync(Func<Task<ScimResponse>> request)
    {
        ScimResponse response = null!;
        var executed = await _observed.DuringAsync(async () => response = await request());
        response.Status.Should().BeOneOf([200, 201, 204, 400, 404, 409, 501], response.Text);
        _requests.Add((executed, response.Results()));
    }

    private async Task<T> WatchAsync<T>(Func<Task<T>> work, long results = 1)
    {
        T result = default!;
        _requests.Add((await _observed.DuringAsync(async () => result = await work()), results));
        return result;
    }

    private Task<T> SendAsync<T>(IRequest<T> request, long results = 1) =>
        WatchAsync(
            async () =>
            {
                await using var scope = _observed.Server.Services.CreateAsyncScope();
                return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(request);
            },
            results
        );

    private IEnumerable<(string Name, string Sql)> Constants()
    {
        var other = planning == Planning.Sqlite ? "PostgreSql" : "Sqlite";
        return from type in typeof(ITenantSession).Assembly.GetTypes()
            where DataPlane().IsMatch(type.Namespace ?? "")
            from field in type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            where field is { IsLiteral: true } && field.FieldType == typeof(string)
            let name = $"{type.Name}.{field.Name}"
            where !name.Contains(other, StringComparison.Ordinal)
            let sql = (string)field.GetRawConstantValue()!
            where Verb().IsMatch(sql)
            select (name, sql);
    }

    private static string Plain(string sql) => Space().Replace(Placeholder().Replace(sql, "?"), " ").Trim();

    [GeneratedRegex(@"^Scim\.Infrastructure\.Persistence(\.(Users|Groups|Search|Schemas|Journal))?$")]
    private static partial Regex DataPlane();

    [GeneratedRegex(@"^\s*(?:with|select|insert|update|delete)\s", RegexOptions.CultureInvariant)]
    private static partial Regex Verb();

    [GeneratedRegex(@"[$@]\w+", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Space();
}
