using System.Reflection;
using System.Text.RegularExpressions;
using FluentAssertions;
using NUnit.Framework;

namespace Scim.Architecture.Tests;

/// <summary>Row-level security stands behind the statements; they name the tenant themselves all the same.</summary>
internal sealed partial class SqlTests
{
    /// <summary>What no tenant owns. A statement on these alone has no tenant to name.</summary>
    private static readonly Dictionary<string, string> SharedTables = new(StringComparer.Ordinal)
    {
        ["workspaces"] = "stand above tenants",
        ["plans"] = "what tenants may have",
        ["replicas"] = "serving processes",
        ["operators"] = "run the service, above tenants",
        ["operator_workspaces"] = "operators and workspaces stand above tenants",
        ["operator_recovery_codes"] = "belong to operators",
        ["operator_sessions"] = "belong to operators",
        ["api_keys"] = "run the service, above tenants",
        ["kept_answers"] = "belong to operators and API keys",
        ["signups"] = "nobody's tenant yet",
        ["sign_in_failures"] = "accounts and networks under keyed digests",
        ["tenants"] = "its own id is the tenant",
        ["configuration_epoch"] = "one counter for the installation",
        ["server_keys"] = "keys of the installation",
        ["signing_keys"] = "keys of the installation",
        ["schema_migrations"] = "the migrations that ran",
        ["journal_epochs"] = "the database's own history",
        ["sqlite_master"] = "SQLite's catalogue",
        ["sqlite_schema"] = "SQLite's catalogue",
    };

    /// <summary>Type.Constant → why this one statement may do without.</summary>
    private static readonly Dictionary<string, string> Exceptions = new(StringComparer.Ordinal)
    {
        ["CredentialStore.SelectPreChecks"] = "which tokens may be live at all, asked before the tenant is known",
        ["AuditSql.LastOfWindow"] = "a place in the journal of all tenants, from its index alone",
        ["PostgreSqlMembershipWriter.Outcome"] = "reads what the statement before it found in the tenant",
    };

    [Test]
    public void Every_statement_on_a_tenants_rows_names_the_tenant()
    {
        var statements = Statements().ToArray();

        statements
            .Where(statement => !Exceptions.ContainsKey(statement.Name) && !NamesTheTenant(statement.Sql))
            .Select(statement => statement.Name)
            .Should()
            .BeEmpty();
    }

    [Test]
    public void The_rule_has_statements_to_look_at()
    {
        var stores = Codebase
            .Types(Codebase.Infrastructure)
            .Where(type => type.Name.EndsWith("Store", StringComparison.Ordinal));

        Statements().Count().Should().BeGreaterThanOrEqualTo(stores.Count());
    }

    [Test]
    public void No_exception_is_kept_for_a_statement_that_names_the_tenant()
    {
        var good = Statements().Where(statement => NamesTheTenant(statement.Sql)).Select(statement => statement.Name);

        Exceptions.Keys.Should().NotIntersectWith(good);
    }

    [TestCase("select id from users where tenant_id = @tenantId", true)]
    [TestCase("select id from users where id = @id", false)]
    [TestCase("select value from configuration_epoch", true)]
    [TestCase("select t.slug from tenants t join users u on u.id = @id", false)]
    [TestCase("insert into tokens (id) values (@id)", false)]
    [TestCase("insert into server_keys (name) values (@name) on conflict (name) do update set name = @name", true)]
    [TestCase("update groups set version = 1", false)]
    [TestCase("delete from journal_changes", false)]
    [TestCase("with gone as (select 1 as id) select id from gone", true)]
    [TestCase("select slug from tenants where id = @id for update", true)]
    [TestCase("select 1 from pg_catalog.pg_roles", true)]
    public void The_rule_tells_tenant_rows_from_others(string sql, bool accepted) =>
        NamesTheTenant(sql).Should().Be(accepted);

    private static IEnumerable<(string Name, string Sql)> Statements() =>
        from type in Codebase.Types(Codebase.Infrastructure)
        from field in type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
        where field is { IsLiteral: true } && field.FieldType == typeof(string)
        let sql = (string)field.GetRawConstantValue()!
        where Verb().IsMatch(sql)
        select ($"{type.Name}.{field.Name}", sql);

    private static bool NamesTheTenant(string sql)
    {
        var named = NamedHere().Matches(sql).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        var tables = Table().Matches(sql).Select(match => match.Groups["table"].Value);
        return sql.Contains("tenant_id", StringComparison.Ordinal)
            || tables.All(table =>
                named.Contains(table)
                || SharedTables.ContainsKey(table)
                || table.StartsWith("pg_", StringComparison.Ordinal)
            );
    }

    [GeneratedRegex(@"^\s*(?:with|select|insert|update|delete)\s", RegexOptions.CultureInvariant)]
    private static partial Regex Verb();

    [GeneratedRegex(@"\b(\w+)\s+as\s+(?:not\s+)?(?:materialized\s+)?\(", RegexOptions.CultureInvariant)]
    private static partial Regex NamedHere();

    // Not the `update` of `for update` and `do update set`, nor functions such as unnest(…).
    [GeneratedRegex(
        @"\binto\s+(?<table>\w+)|(?<!\b(?:for|key|do)\s+)\b(?:from|join|update)\s+(?:only\s+)?(?<table>\w+)\b(?!\s*\()",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex Table();
}
