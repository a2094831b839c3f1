using System.Collections.Concurrent;
using System.Text;
using MediatR;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NUnit.Framework;
using Scim.Application.Schemas;
using Scim.Domain.Text;
using Scim.Infrastructure.Persistence.Dialects;
using Scim.TestKit;

namespace Scim.Integration.Tests.Plans;

/// <summary>
/// One database of each kind that is worth an index: a tenant of 100,000 users, all in one group, beside one that nests
/// its groups. The fixtures of this folder share it, and leave what they did not bring as it was.
/// </summary>
/// <param name="Everyone">The group with every user in it.</param>
/// <param name="Few">A group with a hundred.</param>
internal sealed record LargeDirectory(
    TestDatabase Database,
    TestTenant Tenant,
    TestTenant Nesting,
    string Everyone,
    string Few
)
{
    public const int Users = 100_000;

    public const int FewMembers = 100;

    public const int InactiveEvery = 100;

    public const string Urn = "urn:example:params:scim:schemas:extension:asset:2.0:User";

    private const int UsersBeside = 10_000;

    private const int SmallTenants = 5_000;

    private const int UsersOfSmall = 4;

    public const string Schema = $$"""
        {"id":"{{Urn}}","name":"Asset","attributes":[{"name":"badge","uniqueness":"server"}]}
        """;

    private static readonly ConcurrentDictionary<DatabaseKind, Lazy<Task<LargeDirectory>>> Shared = new();

    public static Task<LargeDirectory> SharedAsync(DatabaseKind kind) =>
        Shared.GetOrAdd(kind, _ => new Lazy<Task<LargeDirectory>>(() => CreateAsync(kind))).Value;

    public static async Task DisposeSharedAsync()
    {
        foreach (var kind in Shared.Keys)
        {
            if (Shared.TryRemove(kind, out var directory))
            {
                await (await directory.Value).Database.DisposeAsync();
            }
        }
    }

    /// <summary>The tenant's client, at another server of the database.</summary>
    public static TestTenant At(ApiServer server, TestTenant tenant) =>
        tenant with
        {
            Client = new ScimClient(server.BaseAddress, tenant.Token),
        };

    private static async Task<LargeDirectory> CreateAsync(DatabaseKind kind)
    {
        var database = await TestDatabase.CreateAsync(kind);
        await using var server = await ApiServer.StartAsync(database);
        using var tenant = await TestTenant.CreateAsync(server);
        using var nesting = await TestTenant.CreateAsync(server);
        using var crowd = await TestTenant.CreateAsync(server);
        await using (var scope = server.Services.CreateAsyncScope())
        {
            await scope
                .ServiceProvider.GetRequiredService<IMediator>()
                .Send(new AddTenantSchema(tenant.Slug, "User", Encoding.UTF8.GetBytes(Schema)));
        }

        var everyone = (await tenant.Client.PostAsync("/Groups", Some.Group("everyone")).Expecting(201)).Id;
        var few = (await tenant.Client.PostAsync("/Groups", Some.Group("few")).Expecting(201)).Id;
        var seed = new Seed(kind);
        await ExecuteAsync(
            database,
            [
                .. seed.Directory(tenant, Users),
                .. seed.Directory(nesting, UsersBeside),
                .. seed.Clients(crowd, Users / 10),
                .. seed.Small(crowd, SmallTenants),
                .. seed.Members(tenant, everyone, Users),
                .. seed.Members(tenant, few, FewMembers),
                seed.Nestings(nesting),
                seed.Journal(tenant, Users),
            ]
        );
        return new LargeDirectory(database, tenant, nesting, everyone, few);
    }

    // As a server does it in time: PostgreSQL keeps statistics by itself, SQLite those of its migration.
    private static async Task ExecuteAsync(TestDatabase database, string[] statements)
    {
        if (database.Kind == DatabaseKind.PostgreSql)
        {
            await using var connection = new NpgsqlConnection(database.Configuration["ConnectionStrings:Scim"]);
            await connection.OpenAsync();
            foreach (
                var sql in (string[])
                    [
                        "set synchronous_commit = off",
                        "set session_replication_role = replica",
                        .. statements,
                        "vacuum analyze",
                    ]
            )
            {
                await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
                await command.ExecuteNonQueryAsync();
            }

            return;
        }

        await using var file = new SqliteConnection(
            $"Data Source={database.Configuration["Database:Path"]};Pooling=False"
        );
        await file.OpenAsync();
        file.CreateFunction("reverse", (string text) => Folding.Reverse(text));
        foreach (
            var sql in (string[])
                [
                    "pragma synchronous = off; pragma foreign_keys = off; pragma cache_size = -200000; begin immediate",
                    .. statements,
                    "commit",
                ]
        )
        {
            await using var command = new SqliteCommand(sql, file);
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>Rows by the set, in the words of one database. A cross join is what SQLite takes in the order as written.</summary>
    private sealed class Seed(DatabaseKind kind)
    {
        private readonly bool _isSqlite = kind == DatabaseKind.Sqlite;

        private string NewId => _isSqlite ? "randomblob(16)" : "gen_random_uuid()";

        private string Now => _isSqlite ? "0" : "now()";

        public IEnumerable<string> Directory(TestTenant tenant, int users)
        {
            var id = Id(tenant.TenantId);
            yield return $$"""
                insert into users (tenant_id, id, user_name_key, external_id, display_name_key, family_name_key, email_key,
                                   user_name_reversed, display_name_reversed, email_reversed, active, display, document, created_at, last_modified)
                with people as materialized (select s.n, {{NewId}} as id from {{Series(users)}})
                select {{id}}, id, 'user-' || n || '@example.com', 'ext-' || n, 'display ' || n, 'family ' || n,
                       'mail-' || n || '@example.com', reverse('user-' || n || '@example.com'), reverse('display ' || n),
                       reverse('mail-' || n || '@example.com'), n % {{InactiveEvery}} <> 0, 'Display ' || n,
                       {{Document("User", "\"userName\":\"user-' || n || '@example.com\"")}}, {{Now}}, {{Now}}
                  from people
                """;
            yield return $"insert into user_emails (tenant_id, user_id, email_key, email_reversed) select tenant_id, id, 'second-' || email_key, email_reversed || '-dnoces' from users where tenant_id = {id}";
            yield return $"insert into unique_values (tenant_id, resource_type, attribute, value_key, resource_id) select tenant_id, 'User', '{Urn}:badge', user_name_key, id from users where tenant_id = {id}";
            yield return $$"""
                insert into groups (tenant_id, id, display_name_key, display_name_reversed, external_id, display, document, created_at, last_modified)
                with teams as materialized (select s.n, {{NewId}} as id from {{Series(users / 10)}})
                select {{id}}, id, 'group ' || n, reverse('group ' || n), 'gext-' || n, 'Group ' || n, {{Document(
                    "Group",
                    "\"displayName\":\"Group ' || n || '\""
                )}}, {{Now}}, {{Now}}
                  from teams
                """;
            yield return $"""
                insert into group_members (tenant_id, group_id, user_id)
                select u.tenant_id, g.id, u.id from {Series(users)}
                 cross join users u
                 cross join groups g
                 where u.tenant_id = {id} and u.external_id = 'ext-' || s.n
                   and g.tenant_id = {id} and g.external_id = 'gext-' || (1 + s.n / 10)
                """;
            yield return $"insert into resource_counters (tenant_id, resource_type, stripe, value) values ({id}, 'User', 99, {users}), ({id}, 'Group', 99, {users / 10})";
        }

        /// <summary>Tenants by which the average tenant is small, so that a plan for any tenant would be one for these.</summary>
        public IEnumerable<string> Small(TestTenant like, int tenants)
        {
            yield return $"""
                insert into tenants (id, workspace_id, slug, name, plan, created_at)
                select {NewId}, t.workspace_id, 'small-' || s.n, t.name, t.plan, t.created_at
                  from {Series(tenants)} cross join tenants t where t.id = {Id(like.TenantId)}
                """;
            yield return $$"""
                insert into users (tenant_id, id, user_name_key, external_id, display_name_key, family_name_key, email_key,
                                   user_name_reversed, display_name_reversed, email_reversed, active, display, document, created_at, last_modified)
                with people as materialized (
                    select s.n, t.id as tenant_id, {{NewId}} as id
                      from tenants t cross join {{Series(UsersOfSmall)}} where t.slug like 'small-%')
                select tenant_id, id, 'user-' || n || '@example.com', 'ext-' || n, 'display ' || n, 'family ' || n,
                       'mail-' || n || '@example.com', reverse('user-' || n || '@example.com'), reverse('display ' || n),
                       reverse('mail-' || n || '@example.com'), true, 'Display ' || n,
                       {{Document("User", "\"userName\":\"user-' || n || '@example.com\"")}}, {{Now}}, {{Now}}
                  from people
                """;
            yield return "insert into user_emails (tenant_id, user_id, email_key, email_reversed) select u.tenant_id, u.id, 'second-' || u.email_key, u.email_reversed || '-dnoces' from users u join tenants t on t.id = u.tenant_id where t.slug like 'small-%'";
            yield return $$"""
                insert into groups (tenant_id, id, display_name_key, display_name_reversed, external_id, display, document, created_at, last_modified)
                with teams as materialized (select t.id as tenant_id, {{NewId}} as id from tenants t where t.slug like 'small-%')
                select tenant_id, id, 'group', reverse('group'), 'gext', 'Group', {{Document(
                    "Group",
                    "\"displayName\":\"Group\""
                )}}, {{Now}}, {{Now}}
                  from teams
                """;
            yield return """
                insert into group_members (tenant_id, group_id, user_id)
                select u.tenant_id, g.id, u.id
                  from tenants t join groups g on g.tenant_id = t.id join users u on u.tenant_id = t.id
                 where t.slug like 'small-%'
                """;
        }

        public IEnumerable<string> Clients(TestTenant tenant, int count)
        {
            var id = Id(tenant.TenantId);
            yield return $"""
                insert into scim_clients (tenant_id, id, name, scopes, profile, created_at)
                select {id}, {NewId}, 'client ' || s.n, 'scim:read', 'auto', {Now} from {Series(count)}
                """;
            yield return $"""
                insert into tokens (tenant_id, id, client_id, hash, hash_parameters, pre_check, created_at)
                select tenant_id, 'seed-' || {(_isSqlite ? "hex(id)" : "id")}, id, {Bytes(32)}, '', {Bytes(8)}, {Now}
                  from scim_clients where tenant_id = {id} and name like 'client %'
                """;
        }

        public IEnumerable<string> Members(TestTenant tenant, string group, int count)
        {
            yield return $"""
                insert into group_members (tenant_id, group_id, user_id)
                select u.tenant_id, {Id(group)}, u.id from {Series(count)}
                 cross join users u
                 where u.tenant_id = {Id(tenant.TenantId)} and u.external_id = 'ext-' || s.n
                """;
        }

        public string Nestings(TestTenant tenant) =>
            $"""
                insert into group_nestings (tenant_id, group_id, child_id)
                select p.tenant_id, p.id, c.id from {Series(UsersBeside / 100)}
                  join groups p on p.tenant_id = {Id(tenant.TenantId)} and p.external_id = 'gext-' || s.n
                  join groups c on c.tenant_id = {Id(
                    tenant.TenantId
                )} and c.external_id = 'gext-' || (s.n + {UsersBeside / 100})
                """;

        public string Journal(TestTenant tenant, int rows) =>
            $"""
                insert into journal ({(
                    _isSqlite ? "epoch, " : ""
                )}tenant_id, occurred_at, actor, request_id, operation, outcome)
                select {(_isSqlite ? "1, " : "")}{Id(
                    tenant.TenantId
                )}, {Now}, 'seed', 'seed', 'user.create', 'success' from {Series(rows)}
                """;

        private string Document(string type, string attribute)
        {
            var id = _isSqlite ? SqliteDialect.Instance.UuidText("id") : "id";
            var text = $$"""
                '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:{{type}}"],"id":"' || {{id}} || '",{{attribute}}}'
                """;
            return _isSqlite ? text : $"({text})::json";
        }

        private string Bytes(int count) =>
            _isSqlite ? $"randomblob({count})" : $"substr(sha256(uuid_send(gen_random_uuid())), 1, {count})";

        private string Id(string id) =>
            _isSqlite ? $"x'{id.Replace("-", "", StringComparison.Ordinal)}'" : $"'{id}'::uuid";

        private string Series(int count) =>
            _isSqlite
                ? $"(with recursive s(n) as (select 1 union all select n + 1 from s where n < {count}) select n from s) as s"
                : $"generate_series(1, {count}) as s(n)";
    }
}

/// <summary>Ends what the fixtures of this folder share.</summary>
[SetUpFixture]
internal sealed class PlansRun
{
    [OneTimeTearDown]
    public Task DisposeAsync() => LargeDirectory.DisposeSharedAsync();
}
