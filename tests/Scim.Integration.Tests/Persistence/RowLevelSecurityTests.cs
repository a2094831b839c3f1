using System.Globalization;
using Dapper;
using FluentAssertions;
using Npgsql;
using NUnit.Framework;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence;

namespace Scim.Integration.Tests.Persistence;

/// <summary>What PostgreSQL itself refuses, whatever our statements say.</summary>
[Property("Capability", "Forced row-level security binds every login")]
[Property("Database", "PostgreSql")]
internal sealed class RowLevelSecurityTests
{
    // Tables without a tenant: nothing of a tenant is in them.
    private static readonly string[] Shared =
    [
        "workspaces", // above tenants: who owns them
        "plans", // what tenants may have
        "tenants", // is the tenant; its policy compares id
        "configuration_epoch", // one counter
        "server_keys", // keys of the installation
        "signing_keys", // keys of the installation
        "journal_epochs", // restores of the cluster
        "replicas", // serving processes
        "operators", // who runs the service; their tenants are in operator_tenants
        "operator_workspaces", // above tenants, as both of its sides
        "operator_recovery_codes",
        "operator_sessions",
        "api_keys",
        "kept_answers", // what operators and API keys were answered
        "sign_in_failures", // accounts and networks under keyed digests
        "signups", // nobody's tenant yet
        "schema_migrations",
    ];

    // Unique without the tenant, because the value is what a caller names before its tenant is known.
    private static readonly string[] UniqueAlone = ["scim_clients_id", "tokens_id"];

    private PersistenceHost _host = null!;
    private TenantId _tenant;
    private TenantId _other;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _host = await PersistenceHost.StartAsync(DatabaseProvider.PostgreSql);
        _tenant = await _host.CreateTenantAsync();
        _other = await _host.CreateTenantAsync();
        foreach (var tenant in new[] { _tenant, _other })
        {
            var id = Guid.CreateVersion7();
            await _host
                .Session(tenant)
                .ApplyAsync(Users.Create(tenant, id, "jane", Users.AddEmail(tenant, id, "jane@example.org")), default);
        }
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [Test]
    public async Task Every_table_is_tenant_owned_or_a_known_exception()
    {
        var without = await QueryAsync<string>(
            """
            select relname::text from pg_class c
             where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
               and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
            """
        );
        without.Should().BeEquivalentTo(Shared);
    }

    [Test]
    public async Task Every_key_of_a_tenant_owned_table_begins_with_the_tenant()
    {
        var keys = await QueryAsync<(string Name, string Column)>(
            """
            select i.indexrelid::regclass::text, a.attname::text
              from pg_index i join pg_class c on c.oid = i.indrelid
              join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
             where c.relnamespace = 'public'::regnamespace and i.indisunique
               and exists (select from pg_attribute t where t.attrelid = c.oid and t.attname = 'tenant_id')
            """
        );
        keys.Should().HaveCountGreaterThan(15);
        keys.Where(key => key.Column != "tenant_id").Select(key => key.Name).Should().BeEquivalentTo(UniqueAlone);

        var foreign = await QueryAsync<(string Name, string Column)>(
            """
            select k.conrelid::regclass || '.' || k.conname, a.attname::text
              from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
             where k.contype = 'f' and k.connamespace = 'public'::regnamespace and k.conrelid <> 'tenants'::regclass
            """
        );
        foreign.Should().HaveCountGreaterThan(8).And.OnlyContain(key => key.Column == "tenant_id");
    }

    [Test]
    public async Task Row_level_security_is_forced_on_every_tenant_owned_table()
    {
        var open = await QueryAsync<string>(
            """
            select relname::text from pg_class c
             where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
               and (relname = 'tenants' or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id'))
               and not (relrowsecurity and relforcerowsecurity)
            """
        );
        open.Should().BeEmpty();
    }

    [Test]
    public async Task The_serving_role_has_one_policy_per_table_and_it_is_the_tenants()
    {
        var policies = await QueryAsync<(string Table, string Condition)>(
            "select tablename::text, qual from pg_policies where schemaname = 'public' and (roles && array['scim_app', 'public']::name[])"
        );
        policies.Select(policy => policy.Table).Should().OnlyHaveUniqueItems();
        policies.Should().OnlyContain(policy => policy.Condition.Contains("current_setting('scim.tenant_id'"));
    }

    [Test]
    public async Task Nobody_is_a_member_of_the_search_role_and_no_role_can_log_in_or_bypass()
    {
        (
            await _host.CountAsync(
                "select count(*) from pg_auth_members where roleid = 'scim_search'::regrole and not admin_option"
            )
        )
            .Should()
            .Be(0);
        (
            await _host.CountAsync(
                "select count(*) from pg_roles where rolname in ('scim_app', 'scim_control', 'scim_erase', 'scim_search') and (rolcanlogin or rolsuper or rolbypassrls)"
            )
        )
            .Should()
            .Be(0);
        (
            await _host.CountAsync(
                "select count(*) from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname like 'scim\\_%' and m.roleid::regrole::text in ('scim_app', 'scim_control', 'scim_erase', 'scim_search') and r.rolname in ('scim_app', 'scim_control', 'scim_erase', 'scim_search')"
            )
        )
            .Should()
            .Be(0);
    }

    [Test]
    public async Task The_serving_roles_grants_are_exactly_these()
    {
        var journal = await QueryAsync<string>(
            """
            select table_name || ' ' || lower(privilege_type) from information_schema.table_privileges
             where grantee in ('scim_app', 'scim_control', 'scim_erase') and table_name in ('journal', 'journal_changes')
               and lower(privilege_type) not in ('select', 'insert')
            """
        );
        journal.Should().Equal("journal_changes delete");

        var documents = await QueryAsync<string>(
            """
            select table_name::text from information_schema.table_privileges
             where grantee = 'scim_control' and table_name in
                   ('users', 'user_emails', 'unique_values', 'groups', 'group_members', 'group_nestings')
            """
        );
        documents.Should().BeEmpty();
        (
            await QueryAsync<string>(
                "select table_name::text from information_schema.table_privileges where grantee = 'scim_app' and table_name in ('server_keys', 'tokens', 'scim_clients', 'workspaces', 'jobs', 'operators', 'operator_tenants', 'operator_recovery_codes', 'operator_sessions', 'api_keys', 'sign_in_failures')"
            )
        )
            .Should()
            .BeEmpty();
    }

    [Test]
    public async Task A_statement_without_predicate_sees_its_own_tenant_only()
    {
        (await _host.Session(_tenant).CountAsync(Users.All)).Should().Be(1);
        (await _host.Session(_tenant).CountAsync(new Statement("select id from tenants"))).Should().Be(1);
        (await _host.Session(new TenantId(Guid.NewGuid())).CountAsync(Users.All)).Should().Be(0);
    }

    [Test]
    public async Task A_session_without_tenant_refuses_to_work()
    {
        var act = () => _host.Session(null).CountAsync(Users.All);
        await act.Should().ThrowAsync<InvalidOperationException>();
    }

    [Test]
    public async Task Another_tenants_row_is_refused()
    {
        var act = () => _host.Session(_tenant).ExecuteAsync(Users.Insert(_other, Guid.NewGuid(), "intruder"), default);
        (await act.Should().ThrowAsync<PostgresException>()).Which.SqlState.Should().Be("42501");

        var moved = await _host
            .Session(_tenant)
            .ExecuteAsync(
                new Statement("update users set active = false where tenant_id = $1", Arg.Uuid(_other.Value)),
                default
            );
        moved.Should().Be(0);
    }

    [Test]
    public async Task A_connection_keeps_neither_tenant_nor_privilege_for_its_next_borrower()
    {
        var sources = _host.Get<PostgreSqlConnections>();
        await _host.Session(_tenant).CountAsync(Users.All);
        await _host.Session(_tenant).TransactionAsync(() => _host.Session(_tenant).CountAsync(Users.All), default);

        for (var round = 0; round < 2; round++)
        {
            await using var connection = await sources.Serving.OpenConnectionAsync();
            foreach (var reset in new[] { "select 1", "discard all", "reset role", "reset session authorization" })
            {
                await connection.ExecuteAsync(reset);
                (await connection.ExecuteScalarAsync<string>("select current_user::text")).Should().Be("scim_app");
                (
                    await connection.ExecuteScalarAsync<string>(
                        "select coalesce(current_setting('scim.tenant_id', true), '')"
                    )
                )
                    .Should()
                    .BeEmpty();
                var act = () => connection.ExecuteScalarAsync<long>("select count(*) from users");
                await act.Should().ThrowAsync<PostgresException>();
            }
        }
    }

    [TestCase("update journal set actor = 'x'")]
    [TestCase("delete from journal")]
    [TestCase("update journal_changes set change = 'x'")]
    [TestCase("delete from journal_changes")]
    [TestCase("truncate journal")]
    [TestCase("update journal_seals set number = 1")]
    [TestCase("delete from journal_seals")]
    [TestCase("update journal_checkpoints set number = 1")]
    [TestCase("delete from journal_checkpoints")]
    public async Task The_serving_role_cannot_rewrite_the_journal(string sql)
    {
        var act = () => _host.Session(_tenant).ExecuteAsync(new Statement(sql), default);
        (await act.Should().ThrowAsync<PostgresException>()).Which.SqlState.Should().Be("42501");

        var control = () => _host.Database.WriteAsync((connection, _) => connection.ExecuteAsync(sql), default);
        (await control.Should().ThrowAsync<PostgresException>()).Which.SqlState.Should().Be("42501");
    }

    [Test]
    public async Task Cross_tenant_work_cannot_read_documents()
    {
        var act = () =>
            _host.Database.ReadAsync(
                connection => connection.ExecuteScalarAsync<long>("select count(*) from users"),
                default
            );
        (await act.Should().ThrowAsync<PostgresException>()).Which.SqlState.Should().Be("42501");
        (
            await _host.Database.ReadAsync(
                connection =>
                    connection.ExecuteScalarAsync<long>("select coalesce(sum(value), 0) from resource_counters"),
                default
            )
        )
            .Should()
            .Be(0);
    }

    [Test]
    public async Task Erasure_advances_the_job_that_it_belongs_to_and_no_more()
    {
        await using var connection = await _host.Get<PostgreSqlConnections>().Erasure.OpenConnectionAsync();
        foreach (
            var sql in new[]
            {
                "update jobs set state = 'dead'",
                "update jobs set fence = fence + 1",
                "select payload from jobs",
                "delete from jobs",
                "select * from journal_seals",
            }
        )
        {
            var act = () => connection.ExecuteAsync(sql);
            (await act.Should().ThrowAsync<PostgresException>()).Which.SqlState.Should().Be("42501", sql);
        }

        await connection.ExecuteAsync("update jobs set progress = progress where fence = 1 and state = 'running'");
    }

    [Test]
    public async Task Erasure_removes_changes_and_nothing_else()
    {
        await using var connection = await _host.Get<PostgreSqlConnections>().Erasure.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        (await connection.ExecuteAsync("delete from journal_changes", transaction: transaction))
            .Should()
            .BeGreaterThanOrEqualTo(2);
        var act = () => connection.ExecuteAsync("delete from journal", transaction: transaction);
        (await act.Should().ThrowAsync<PostgresException>()).Which.SqlState.Should().Be("42501");
    }

    [Test]
    public async Task Search_gives_back_the_current_tenants_ids_only()
    {
        var session = _host.Session(_tenant);
        foreach (
            var (column, pattern) in new[]
            {
                ("user_name_key", "%an%"),
                ("user_name_key", "%ne"),
                ("email_key", "%@example.org"),
            }
        )
        {
            var found = await session.CountAsync(
                new Statement("select id from search_users($1, $2) as s(id)", Arg.Text(column), Arg.Text(pattern))
            );
            found.Should().Be(1, "{0} {1}", column, pattern);
        }

        var hostile = () =>
            session.CountAsync(
                new Statement("select * from search_users($1, $2)", Arg.Text("document"), Arg.Text("%"))
            );
        await hostile.Should().ThrowAsync<Exception>();
        (
            await session.CountAsync(
                new Statement(
                    "select * from search_users($1, $2)",
                    Arg.Text("user_name_key"),
                    Arg.Text("%' or true or '' = '")
                )
            )
        )
            .Should()
            .Be(0);
    }

    [Test]
    public async Task A_failure_that_is_passed_over_is_not_committed_as_if_nothing_had_happened()
    {
        var tenant = await _host.CreateTenantAsync();
        var session = _host.Session(tenant);
        var act = () =>
            session.TransactionAsync(
                async () =>
                {
                    await session.ApplyAsync(Users.Create(tenant, Guid.CreateVersion7(), "kept"), default);
                    var again = () => session.ApplyAsync(Users.Create(tenant, Guid.CreateVersion7(), "kept"), default);
                    await again.Should().ThrowAsync<UniqueViolationException>();
                    return 0;
                },
                default
            );
        await act.Should().ThrowAsync<InvalidOperationException>();
        (await session.CountAsync(Users.All)).Should().Be(0);
    }

    [Test]
    public async Task A_reader_that_keeps_a_position_waits_for_an_earlier_transaction()
    {
        var tenant = await _host.CreateTenantAsync();
        var late = _host.Session(tenant);
        var early = _host.Session(tenant);
        var settled = new Statement(
            $"select sequence from journal where tenant_id = $1 and {late.Dialect.Settled} order by epoch, xid, sequence",
            Arg.Uuid(tenant.Value)
        );

        await late.TransactionAsync(
            async () =>
            {
                await late.ApplyAsync(Users.Create(tenant, Guid.CreateVersion7(), "first"), default);
                await early.ApplyAsync(Users.Create(tenant, Guid.CreateVersion7(), "second"), default);

                // The second row is committed, the first is not: reading on would lose the first for ever.
                (await early.CountAsync(new Statement("select sequence from journal")))
                    .Should()
                    .Be(1);
                (await early.CountAsync(settled)).Should().Be(0);
                return 0;
            },
            default
        );

        // Not at once: a transaction of any other database in the cluster may still hold the bound back.
        await Eventually.GetAsync(() => early.CountAsync(settled), count => count == 2);
    }

    [Test]
    public async Task Stuck_transactions_are_bounded_for_assumed_and_for_own_logins()
    {
        await using var connection = await _host.Get<PostgreSqlConnections>().Serving.OpenConnectionAsync();
        foreach (
            var (name, value) in new[]
            {
                ("statement_timeout", "30s"),
                ("idle_in_transaction_session_timeout", "30s"),
                ("lock_timeout", "10s"),
            }
        )
        {
            (await connection.ExecuteScalarAsync<string>(string.Create(CultureInfo.InvariantCulture, $"show {name}")))
                .Should()
                .Be(value);
            (
                await _host.CountAsync(
                    "select count(*) from pg_roles where rolname in ('scim_app', 'scim_control', 'scim_erase') and @setting = any(rolconfig)",
                    new { setting = $"{name}={value}" }
                )
            )
                .Should()
                .Be(3);
        }
    }

    private async Task<List<T>> QueryAsync<T>(string sql) =>
        await _host.OnOwnerAsync(async connection => (await connection.QueryAsync<T>(sql)).AsList());
}
