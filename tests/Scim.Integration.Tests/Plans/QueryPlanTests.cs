using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FluentAssertions;
using MediatR;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NUnit.Framework;
using Scim.Application.Schemas;
using Scim.Domain.Text;
using Scim.Infrastructure.Persistence;
using Scim.TestKit;

namespace Scim.Integration.Tests.Plans;

/// <summary>
/// The statements that requests really send, explained as the serving role on tables that are worth an index: none reads
/// a whole table of resources or memberships.
/// </summary>
[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Look-ups, pages and changes of members are served by indexes, under row-level security too")]
[Property("Rfc", "RFC 7644 §3.4.2")]
public sealed partial class QueryPlanTests(DatabaseKind kind)
{
    private const int Users = 20_000;

    private const string Urn = "urn:example:params:scim:schemas:extension:asset:2.0:User";

    private const string Schema = $$"""
        {"id":"{{Urn}}","name":"Asset","attributes":[{"name":"badge","uniqueness":"server"}]}
        """;

    private readonly List<Statement> _seen = [];
    private ApiServer _server = null!;
    private TestTenant _tenant = null!;
    private string _user = null!;
    private string _stranger = null!;
    private string _big = null!;
    private string _cursor = null!;

    [OneTimeSetUp]
    public async Task Fill()
    {
        _server = await ApiServer.StartAsync(
            kind,
            null,
            builder => builder.Host.UseServiceProviderFactory(new RecordingFactory(_seen))
        );
        _tenant = await TestTenant.CreateAsync(_server);
        await using (var scope = _server.Services.CreateAsyncScope())
        {
            await scope
                .ServiceProvider.GetRequiredService<IMediator>()
                .Send(new AddTenantSchema(_tenant.Slug, "User", Encoding.UTF8.GetBytes(Schema)));
        }

        using var other = await TestTenant.CreateAsync(_server);
        _user = (await _tenant.Client.PostAsync("/Users", Some.User("first@example.com")).Expecting(201)).Id;
        _stranger = (await _tenant.Client.PostAsync("/Users", Some.User("stranger@example.com")).Expecting(201)).Id;
        _big = (await _tenant.Client.PostAsync("/Groups", Some.Group("big", _user)).Expecting(201)).Id;
        await SeedAsync(_tenant.TenantId, Users);
        await SeedAsync(other.TenantId, Users);
        if (kind == DatabaseKind.PostgreSql)
        {
            await OnDatabaseAsync("analyze");
        }

        _cursor = (await _tenant.Client.GetAsync("/Users?cursor&count=10").Expecting(200)).NextCursor()!;
    }

    [OneTimeTearDown]
    public async Task Leave()
    {
        _tenant?.Dispose();
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
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
        var plans = await PlansOfAsync(() => _tenant.Client.GetAsync(Fill(path)).Expecting(200));

        ShouldUseIndexes(plans);
        // A page has as many rows as it has, and the members of the big group are nearly everyone.
        if (!path.Contains("count=", StringComparison.Ordinal) && path != "/Groups/{big}")
        {
            plans.Should().NotContain(plan => WholeTenant().IsMatch(plan.Plan), "a look-up does not read the tenant");
        }
    }

    [Test]
    public async Task A_filter_that_no_index_serves_is_told_from_those()
    {
        var plans = await PlansOfAsync(() =>
            _tenant.Client.GetAsync(Fill("/Users?filter=title eq \"none\"")).Expecting(200)
        );

        plans.Should().Contain(plan => WholeTable().IsMatch(plan.Plan) || WholeTenant().IsMatch(plan.Plan));
    }

    [Test]
    public async Task Inactive_users_have_an_index_of_their_own()
    {
        var plans = await PlansOfAsync(() =>
            _tenant.Client.GetAsync(Fill("/Users?filter=active eq false")).Expecting(200)
        );

        plans.Should().OnlyContain(plan => plan.Plan.Contains("users_inactive", StringComparison.Ordinal));
    }

    [TestCase("/Users?filter=userName co \"ser-777@\"")]
    [TestCase("/Users?filter=displayName co \"lay 777\"")]
    [TestCase("/Users?filter=emails.value co \"il-777@\"")]
    [TestCase("/Groups?filter=displayName co \"up 777\"")]
    public async Task Parts_of_values_are_found_by_an_index_on_PostgreSql_and_within_the_tenant_on_Sqlite(string path)
    {
        var plans = await PlansOfAsync(() => _tenant.Client.GetAsync(Fill(path)).Expecting(200));

        if (kind == DatabaseKind.PostgreSql)
        {
            ShouldUseIndexes(plans);
            if (path.StartsWith("/Users", StringComparison.Ordinal))
            {
                (await FunctionPlanAsync(path)).Should().Contain("trigrams");
            }
        }
        else
        {
            plans.Should().NotContain(plan => WholeTable().IsMatch(plan.Plan));
        }
    }

    [Test]
    public async Task Changes_of_members_use_an_index_at_any_size_of_the_group()
    {
        foreach (
            var patch in (System.Text.Json.Nodes.JsonObject[])
                [
                    Messages.AddMembers(_stranger),
                    Messages.RemoveMember(_stranger),
                    Messages.AddMembers(_stranger, _user),
                    Messages.Patch("remove", "members", Messages.Members(_stranger)),
                ]
        )
        {
            var plans = await PlansOfAsync(() =>
                _tenant.Client.PatchAsync("/Groups/" + _big, patch.DeepClone()).Expecting(204)
            );

            ShouldUseIndexes(plans);
        }
    }

    [Test]
    public async Task Writes_of_a_user_use_an_index()
    {
        string created = null!;
        ShouldUseIndexes(
            await PlansOfAsync(async () =>
            {
                created = (await _tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
            })
        );
        ShouldUseIndexes(
            await PlansOfAsync(() =>
                _tenant.Client.PatchAsync("/Users/" + created, Messages.Patch("add", "title", "t")).Expecting(200)
            )
        );
        ShouldUseIndexes(await PlansOfAsync(() => _tenant.Client.DeleteAsync("/Users/" + created).Expecting(204)));
        ShouldUseIndexes(await PlansOfAsync(() => _tenant.Client.DeleteAsync("/Users/" + _user).Expecting(204)));
    }

    [Test]
    public async Task Writes_of_a_unique_value_use_an_index()
    {
        var body = Some.User();
        body[Urn] = new JsonObject { ["badge"] = "mine" };
        string created = null!;
        ShouldUseIndexes(
            await PlansOfAsync(async () =>
            {
                created = (await _tenant.Client.PostAsync("/Users", body).Expecting(201)).Id;
            })
        );
        foreach (var (badge, status) in new[] { ("other", 200), ("user-77@example.com", 409) })
        {
            var plans = await PlansOfAsync(() =>
                _tenant
                    .Client.PatchAsync("/Users/" + created, Messages.Patch("add", $"{Urn}:badge", badge))
                    .Expecting(status)
            );
            plans.Should().Contain(plan => plan.Sql.Contains("unique_values", StringComparison.Ordinal));
            ShouldUseIndexes(plans);
        }

        ShouldUseIndexes(await PlansOfAsync(() => _tenant.Client.DeleteAsync("/Users/" + created).Expecting(204)));
    }

    private static void ShouldUseIndexes(IReadOnlyList<(string Sql, string Plan)> plans)
    {
        plans.Should().NotBeEmpty();
        foreach (var (sql, plan) in plans)
        {
            WholeTable().IsMatch(plan).Should().BeFalse($"this reads a whole table:\n{sql}\n{plan}");
        }
    }

    private string Fill(string path) =>
        path.Replace("{user}", _user, StringComparison.Ordinal)
            .Replace("{stranger}", _stranger, StringComparison.Ordinal)
            .Replace("{big}", _big, StringComparison.Ordinal)
            .Replace("{cursor}", _cursor, StringComparison.Ordinal)
            .Replace(
                "{base}",
                _server.BaseAddress.GetLeftPart(UriPartial.Authority) + "/scim/v2",
                StringComparison.Ordinal
            )
            .Replace(" ", "%20", StringComparison.Ordinal)
            .Replace("\"", "%22", StringComparison.Ordinal);

    private async Task SeedAsync(string tenant, int count)
    {
        var (uuid, series, now, literal) =
            kind == DatabaseKind.PostgreSql
                ? ("gen_random_uuid()", $"generate_series(1, {count}) as s(n)", "now()", $"'{tenant}'::uuid")
                : (
                    "randomblob(16)",
                    $"(with recursive s(n) as (select 1 union all select n + 1 from s where n < {count}) select n from s) as s",
                    "0",
                    $"x'{tenant.Replace("-", "", StringComparison.Ordinal)}'"
                );
        await OnDatabaseAsync(
            $$"""
            insert into users (tenant_id, id, user_name_key, external_id, display_name_key, family_name_key, email_key,
                               user_name_reversed, display_name_reversed, email_reversed, active, display,
                               document, created_at, last_modified)
            select {{literal}}, {{uuid}}, 'user-' || s.n || '@example.com', 'ext-' || s.n, 'display ' || s.n, 'family ' || s.n,
                   'mail-' || s.n || '@example.com', reverse('user-' || s.n || '@example.com'), reverse('display ' || s.n),
                   reverse('mail-' || s.n || '@example.com'), s.n % 100 <> 0, 'Display ' || s.n, '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}',
                   {{now}}, {{now}}
              from {{series}}
            """
        );
        await OnDatabaseAsync(
            $"insert into user_emails (tenant_id, user_id, email_key, email_reversed) select tenant_id, id, 'second-' || email_key, email_reversed || '-dnoces' from users where tenant_id = {literal} and email_key is not null"
        );
        await OnDatabaseAsync(
            $"insert into unique_values (tenant_id, resource_type, attribute, value_key, resource_id) select tenant_id, 'User', '{Urn}:badge', user_name_key, id from users where tenant_id = {literal}"
        );
        await OnDatabaseAsync(
            $$"""
            insert into groups (tenant_id, id, display_name_key, display_name_reversed, external_id, display, document, created_at, last_modified)
            select {{literal}}, {{uuid}}, 'group ' || s.n, reverse('group ' || s.n), 'gext-' || s.n, 'Group ' || s.n,
                   '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"]}', {{now}}, {{now}}
              from {{series}} where s.n <= 2000
            """
        );
        // Everyone is in two groups of the tenant's own, and most in the big one.
        await OnDatabaseAsync(
            $$"""
            insert into group_members (tenant_id, group_id, user_id)
            select u.tenant_id, g.id, u.id from users u join groups g on g.tenant_id = u.tenant_id
             where u.tenant_id = {{literal}} and u.external_id is not null
               and (g.display_name_key in ('group 1', 'big') or g.display_name_key = 'group ' || (length(u.user_name_key) * 7))
            """
        );
    }

    private async Task OnDatabaseAsync(string sql)
    {
        if (kind == DatabaseKind.PostgreSql)
        {
            await using var connection = new NpgsqlConnection(_server.Database.Configuration["ConnectionStrings:Scim"]);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
            return;
        }

        await using var file = new SqliteConnection(
            $"Data Source={_server.Database.Configuration["Database:Path"]};Pooling=False"
        );
        await file.OpenAsync();
        file.CreateFunction("reverse", (string text) => Folding.Reverse(text));
        await using var statement = new SqliteCommand(sql, file);
        await statement.ExecuteNonQueryAsync();
    }

    // What search_users runs, as its owner: no plan is shown of the inside of a function.
    private async Task<string> FunctionPlanAsync(string path)
    {
        var (table, column, pattern) =
            path.Contains("emails", StringComparison.Ordinal) ? ("user_emails", "email_key", "%il-777@%")
            : path.Contains("displayName", StringComparison.Ordinal) ? ("users", "display_name_key", "%lay 777%")
            : ("users", "user_name_key", "%ser-777@%");
        var lines = new List<string>();
        await using var connection = new NpgsqlConnection(_server.Database.Configuration["ConnectionStrings:Scim"]);
        await connection.OpenAsync();
        await using var explain = new NpgsqlCommand(
            $"set role scim_search; explain (costs off) select 1 from {table} where tenant_id = '{_tenant.TenantId}'::uuid and {column} like '{pattern}'",
            connection
        );
        await using var reader = await explain.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            lines.Add(reader.GetString(0));
        }

        return string.Join('\n', lines);
    }

    private async Task<string> ExplainAsync(Statement statement)
    {
        var lines = new List<string>();
        if (kind == DatabaseKind.PostgreSql)
        {
            await using var connection = new NpgsqlConnection(_server.Database.Configuration["ConnectionStrings:Scim"]);
            await connection.OpenAsync();
            await using var role = new NpgsqlCommand(
                $"set role scim_app; select set_config('scim.tenant_id', '{_tenant.TenantId}', false)",
                connection
            );
            await role.ExecuteNonQueryAsync();
            await using var explain = new NpgsqlCommand("explain (costs off) " + statement.Sql, connection);
            foreach (var arg in statement.Args)
            {
                explain.Parameters.Add(arg.ToNpgsql());
            }

            await using var reader = await explain.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                lines.Add(reader.GetString(0));
            }
        }
        else
        {
            await using var file = new SqliteConnection(
                $"Data Source={_server.Database.Configuration["Database:Path"]};Pooling=False"
            );
            await file.OpenAsync();
            await using var explain = new SqliteCommand("explain query plan " + statement.Sql, file);
            for (var i = 0; i < statement.Args.Length; i++)
            {
                var parameter = explain.CreateParameter();
                parameter.ParameterName = $"${i + 1}";
                statement.Args[i].Bind(parameter);
                explain.Parameters.Add(parameter);
            }

            await using var reader = await explain.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                lines.Add(reader.GetString(3));
            }
        }

        return string.Join('\n', lines);
    }

    private async Task<IReadOnlyList<(string Sql, string Plan)>> PlansOfAsync(Func<Task> request)
    {
        lock (_seen)
        {
            _seen.Clear();
        }

        await request();
        Statement[] statements;
        lock (_seen)
        {
            statements = [.. _seen];
        }

        var plans = new List<(string, string)>();
        foreach (var statement in statements)
        {
            plans.Add((statement.Sql, await ExplainAsync(statement)));
        }

        TestContext.Out.WriteLine(string.Join("\n\n", plans.Select(plan => plan.Item1 + "\n" + plan.Item2)));
        return plans;
    }

    [GeneratedRegex(
        @"Seq Scan on (users|user_emails|unique_values|groups|group_members)\b|^SCAN (users|r|user_emails|unique_values|groups|group_members|gm|u|g)\b",
        RegexOptions.Multiline | RegexOptions.CultureInvariant
    )]
    private static partial Regex WholeTable();

    // An index that is entered by the tenant alone.
    [GeneratedRegex(
        @"Index Cond: \(\(?tenant_id = '[^']*'::uuid\)( AND \(tenant_id = [^A]*\))?\)?$|SEARCH (users|r|user_emails|unique_values|groups|group_members|gm|u|g) USING (COVERING )?INDEX \w+ \(tenant_id=\?\)",
        RegexOptions.Multiline | RegexOptions.CultureInvariant
    )]
    private static partial Regex WholeTenant();
}
