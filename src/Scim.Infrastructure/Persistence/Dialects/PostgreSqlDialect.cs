namespace Scim.Infrastructure.Persistence.Dialects;

internal sealed class PostgreSqlDialect : ISqlDialect
{
    public const string SetTenant = "select set_config('scim.tenant_id', $1, true)";

    public static readonly PostgreSqlDialect Instance = new();

    public DatabaseProvider Provider => DatabaseProvider.PostgreSql;

    public string Name => "postgresql";

    public string Now => "now()";

    public string ForUpdate => "for update";

    public string ForKeyShare => "for key share";

    public string ForUpdateSkipLocked => "for update skip locked";

    public string Settled => "xid < pg_snapshot_xmin(pg_current_snapshot())";

    public string JournalWriters =>
        """
            select virtualtransaction from pg_locks
             where locktype = 'relation' and relation = 'journal'::regclass and mode = 'RowExclusiveLock'
               and database = (select oid from pg_database where datname = current_database()) and granted
            """;

    public string? NameTenant => SetTenant;

    public string JsonArray => "json_build_array";

    public string JsonArrayAgg => "json_agg";

    public string JsonObject => "json_build_object";

    public string AnyUuid(string column, int parameter) => $"{column} = any(${parameter})";

    // Not "in": for a query of unknown length it would be joined with the whole table.
    public string In(string column, string query) => $"{column} = any(array({query}))";

    public bool ReadsBeforeSorting => false;

    public string Rare(string condition) => condition;

    public string AnyOf(string column, string parameter) => $"{column} = any({parameter})";

    public string NewestOfEach(string relation, string condition) =>
        $"select j.* from {relation} cross join lateral (select i.* from journal i where {condition}) j";

    public string UuidSet(int parameter) => $"unnest(${parameter}) as t(id)";

    public string TextSet(int parameter) => $"unnest(${parameter}) as t(value)";

    public string TextPairs(int values, int reversed) => $"unnest(${values}, ${reversed}) as t(value, reversed)";

    public string Json(string text) => $"cast({text} as json)";

    public string JsonElements(string json) => $"json_array_elements({json}) as e(value)";

    public string Label(string name) => $"'{name.Replace("'", "''", StringComparison.Ordinal)}'";

    public string JsonBool(string text) => $"({text})::boolean";

    public string JsonInt(string text) => $"({text})::numeric::bigint";

    public string JsonReal(string text) => $"({text})::double precision";

    public string JsonElementText => "e.value #>> '{}'";

    public string UuidText(string column) => $"({column})::text";

    public string Ordered(string text) => $"({text}) collate \"C\"";

    public string Contains(string text, string part) => $"strpos({text}, {part}) > 0";

    public string EndsWith(string text, string part, string length) => $"right({text}, {length}) = {part}";

    public Func<string, string, string, string>? Search =>
        static (table, column, pattern) => $"r.id = any(array(select search_{table}('{column}', {pattern})))";

    public string SecondsAgo(int seconds) => $"now() - interval '{seconds} seconds'";

    public string SecondsFromNow(string seconds) => $"now() + make_interval(secs => {seconds})";
}
