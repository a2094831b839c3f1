using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Plans;

/// <summary>
/// What the database really does for a request, in a tenant of 100,000 users: no statement reads a whole table of
/// resources or memberships, and none reads more than its answer accounts for.
/// </summary>
[TestFixtureSource(typeof(Plannings))]
[Property("Capability", "Look-ups, pages and changes of members are served by indexes, under row-level security too")]
[Property("Rfc", "RFC 7644 §3.4.2")]
public sealed class QueryPlanTests(Planning planning)
{
    private const string Urn = LargeDirectory.Urn;

    private ObservedServer _observed = null!;
    private TestTenant _tenant = null!;
    private string _user = null!;
    private string _stranger = null!;
    private string _big = null!;
    private string _cursor = null!;

    private DatabaseKind Kind => planning == Planning.Sqlite ? DatabaseKind.Sqlite : DatabaseKind.PostgreSql;

    [OneTimeSetUp]
    public async Task Start()
    {
        var directory = await LargeDirectory.SharedAsync(Kind);
        _observed = await ObservedServer.StartAsync(directory.Database, planning);
        _tenant = LargeDirectory.At(_observed.Server, directory.Tenant);
        _big = directory.Everyone;
        _user = (await _tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        _stranger = (await _tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        await _tenant.Client.PatchAsync("/Groups/" + _big, Messages.AddMembers(_user)).Expecting(204);
        _cursor = (await _tenant.Client.GetAsync("/Users?cursor&count=10").Expecting(200)).NextCursor()!;
    }

    [OneTimeTearDown]
    public async Task Leave()
    {
        _tenant?.Dispose();
        await (_observed?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [TestCase("/Users/{user}")]
    [TestCase("/Groups/{big}")]
    [TestCase("/Groups/{big}?excludedAttributes=members")]
    [TestCase("/Users?filter=userName eq \"user-77@example.com\"")]
    [TestCase("/Users?filter=userName sw \"user-77\"")]
    [TestCase("/Users?filter=externalId eq \"ext-77\"")]
    [TestCase("/Users?filter=displayName eq \"Display 77\"")]
    [TestCase("/Users?filter=displayName sw \"Display 77\"")]
    [TestCase("/Users?filter=name.familyName eq \"Family 77\"")]
    [TestCase("/Users?filter=name.familyName eq \"Family 77\" and displayName sw \"Display\"")]
    [TestCase("/Users?filter=emails.value eq \"mail-77@example.com\"")]
    [TestCase("/Users?filter=emails eq \"mail-77@example.com\"")]
    [TestCase("/Users?filter=emails[type eq \"work\"].value eq \"mail-77@example.com\"")]
    [TestCase("/Users?filter=emails.value sw \"mail-77\"")]
    [TestCase("/Users?filter=userName ew \"-777@example.com\"")]
    [TestCase("/Users?filter=displayName ew \" 777\"")]
    [TestCase("/Users?filter=emails.value ew \"-777@example.com\"")]
    [TestCase("/Users?filter=emails[type eq \"work\"].value ew \"-777@example.com\"")]
    [TestCase("/Groups?filter=displayName ew \" 777\"")]
    [TestCase("/Users?filter=meta.created gt \"2999-01-01T00:00:00Z\"")]
    [TestCase("/Users?filter=meta.lastModified gt \"2999-01-01T00:00:00Z\"")]
    [TestCase("/Groups?filter=meta.created gt \"2999-01-01T00:00:00Z\"")]
    [TestCase("/Users?filter=id eq \"{user}\"")]
    [TestCase("/Users?filter=id eq \"{user}\" and manager eq \"{stranger}\"")]
    [TestCase("/Users?filter=meta.location eq \"{base}/Users/{user}\"")]
    [TestCase("/Groups?filter=id eq \"{big}\" and members.$ref eq \"{base}/Users/{user}\"&excludedAttributes=members")]
    [TestCase("/Users?count=10")]
    [TestCase("/Users?startIndex=100&count=10")]
    [TestCase("/Users?cursor&count=10")]
    [TestCase("/Users?cursor={cursor}&count=10")]
    [TestCase("/Groups?count=10&excludedAttributes=members")]
    [TestCase("/Groups?filter=displayName eq \"Group 7\"")]
    [TestCase("/Groups?filter=displayName eq \"Group 7\"&excludedAttributes=members")]
    [TestCase("/Groups?filter=externalId eq \"gext-7\"")]
    [TestCase("/Groups?filter=id eq \"{big}\" and members eq \"{user}\"&excludedAttributes=members")]
    [TestCase("/?filter=externalId eq \"ext-77\"")]
    public async Task Reads_use_an_index(string path)
    {
        ScimResponse response = null!;
        var executed = await _observed.DuringAsync(async () =>
            response = await _tenant.Client.GetAsync(Fill(path)).Expecting(200)
        );

        executed.ShouldUseIndexes();
        // A range of unknown width may be most of the tenant. PostgreSQL sees it in the costs, and goes on to plan for values.
        if (planning != Planning.PostgreSqlGeneric || !path.Contains(" gt ", StringComparison.Ordinal))
        {
            executed.ShouldReadNoMoreThanFor(path == "/Groups/{big}" ? LargeDirectory.Users : response.Results());
        }
    }

    [Test]
    public async Task A_filter_that_no_index_serves_is_told_from_those()
    {
        var executed = await _observed.DuringAsync(() =>
            _tenant.Client.GetAsync(Fill("/Users?filter=title eq \"none\"")).Expecting(200)
        );

        executed.Invoking(statements => statements.ShouldReadNoMoreThanFor(1)).Should().Throw<AssertionException>();
    }

    [Test]
    public async Task Inactive_users_have_an_index_of_their_own()
    {
        var executed = await _observed.DuringAsync(() =>
            _tenant.Client.GetAsync(Fill("/Users?filter=active eq false&count=10")).Expecting(200)
        );

        executed.Should().Contain(statement => statement.Plan.Contains("users_inactive", StringComparison.Ordinal));
        executed.ShouldReadNoMoreThanFor(LargeDirectory.Users / LargeDirectory.InactiveEvery);
    }

    [TestCase("/Users?filter=userName co \"ser-777@\"", "users_user_name_key")]
    [TestCase("/Users?filter=displayName co \"lay 777\"", "users_display_name_key")]
    [TestCase("/Users?filter=emails.value co \"il-777@\"", null)]
    [TestCase("/Groups?filter=displayName co \"up 777\"", null)]
    public async Task Parts_of_values_are_found_by_trigrams_on_PostgreSql_and_in_the_narrowest_index_on_Sqlite(
        string path,
        string? covering
    )
    {
        ScimResponse response = null!;
        var executed = await _observed.DuringAsync(async () =>
            response = await _tenant.Client.GetAsync(Fill(path)).Expecting(200)
        );

        executed.ShouldUseIndexes();
        if (planning != Planning.Sqlite && path.StartsWith("/Users", StringComparison.Ordinal))
        {
            executed.Should().Contain(statement => statement.Plan.Contains("trigrams", StringComparison.Ordinal));
            executed.ShouldReadNoMoreThanFor(response.Results());
        }

        if (planning == Planning.Sqlite && covering is not null)
        {
            executed
                .Should()
                .Contain(statement =>
                    statement.Plan.Contains($"COVERING INDEX {covering} (tenant_id=?)", StringComparison.Ordinal)
                );
        }
    }

    [Test]
    public async Task Changes_of_members_use_an_index_at_any_size_of_the_group()
    {
        foreach (
            var patch in (JsonObject[])
                [
                    Messages.AddMembers(_stranger),
                    Messages.RemoveMember(_stranger),
                    Messages.AddMembers(_stranger, _user),
                    Messages.Patch("remove", "members", Messages.Members(_stranger)),
                ]
        )
        {
            await ShouldBeFrugalAsync(() => _tenant.Client.PatchAsync("/Groups/" + _big, patch).Expecting(204));
        }
    }

    [Test]
    public async Task Writes_of_a_user_use_an_index()
    {
        string created = null!;
        await ShouldBeFrugalAsync(async () =>
            created = (await _tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id
        );
        await ShouldBeFrugalAsync(() =>
            _tenant.Client.PatchAsync("/Users/" + created, Messages.Patch("add", "title", "t")).Expecting(200)
        );
        await ShouldBeFrugalAsync(() => _tenant.Client.DeleteAsync("/Users/" + created).Expecting(204));
        var member = (await _tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        await _tenant.Client.PatchAsync("/Groups/" + _big, Messages.AddMembers(member)).Expecting(204);
        await ShouldBeFrugalAsync(() => _tenant.Client.DeleteAsync("/Users/" + member).Expecting(204));
    }

    [Test]
    public async Task Writes_of_a_unique_value_use_an_index()
    {
        var body = Some.User();
        body[Urn] = new JsonObject { ["badge"] = Some.Name() };
        string created = null!;
        await ShouldBeFrugalAsync(async () =>
            created = (await _tenant.Client.PostAsync("/Users", body).Expecting(201)).Id
        );
        foreach (var (badge, status) in new[] { (Some.Name(), 200), ("user-77@example.com", 409) })
        {
            var executed = await ShouldBeFrugalAsync(() =>
                _tenant
                    .Client.PatchAsync("/Users/" + created, Messages.Patch("add", $"{Urn}:badge", badge))
                    .Expecting(status)
            );
            executed.Should().Contain(statement => statement.Sql.Contains("unique_values", StringComparison.Ordinal));
        }

        await ShouldBeFrugalAsync(() => _tenant.Client.DeleteAsync("/Users/" + created).Expecting(204));
    }

    private async Task<IReadOnlyList<Executed>> ShouldBeFrugalAsync(Func<Task> request)
    {
        var executed = await _observed.DuringAsync(request);
        executed.ShouldUseIndexes();
        executed.ShouldReadNoMoreThanFor(1);
        return executed;
    }

    private string Fill(string path) =>
        path.Replace("{user}", _user, StringComparison.Ordinal)
            .Replace("{stranger}", _stranger, StringComparison.Ordinal)
            .Replace("{big}", _big, StringComparison.Ordinal)
            .Replace("{cursor}", _cursor, StringComparison.Ordinal)
            .Replace(
                "{base}",
                _observed.Server.BaseAddress.GetLeftPart(UriPartial.Authority) + "/scim/v2",
                StringComparison.Ordinal
            )
            .Replace(" ", "%20", StringComparison.Ordinal)
            .Replace("\"", "%22", StringComparison.Ordinal);
}
