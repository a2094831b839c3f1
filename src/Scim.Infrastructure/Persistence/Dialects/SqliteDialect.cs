namespace Scim.Infrastructure.Persistence.Dialects;

internal sealed class SqliteDialect : ISqlDialect
{
    public static readonly SqliteDialect Instance = new();

    public DatabaseProvider Provider => DatabaseProvider.Sqlite;

    public string Name => "sqlite";

    public string Now => "cast(round(unixepoch('now', 'subsec') * 1000) as integer) * 1000";

    public string ForUpdate => "";

    public string ForKeyShare => "";

    public string ForUpdateSkipLocked => "";

    // One writer: sequence numbers are committed in the order in which they are handed out.
    public string Settled => "1 = 1";

    public string JournalWriters => "select '' where 1 = 0";

    public string? NameTenant => null;

    public string JsonArray => "json_array";

    public string JsonArrayAgg => "json_group_array";

    public string JsonObject => "json_object";

    public string AnyUuid(string column, int parameter) =>
        $"{column} in (select unhex(value) from json_each(${parameter}))";

    public string In(string column, string query) => $"{column} in ({query})";

    public bool ReadsBeforeSorting => true;

    public string Rare(string condition) => $"likelihood({condition}, 0.001)";

    // Dapper spells the list out.
    public string AnyOf(string column, string parameter) => $"{column} in {parameter}";

    // There is no lateral join; the sequence is the table's key. "cross" holds the planner to the order.
    public string NewestOfEach(string relation, string condition) =>
        $"select j.* from {relation} cross join journal j where j.sequence in (select i.sequence from journal i where {condition})";

    public string UuidSet(int parameter) => $"(select unhex(value) as id from json_each(${parameter})) as t";

    public string TextSet(int parameter) => $"(select value from json_each(${parameter})) as t";

    public string TextPairs(int values, int reversed) =>
        $"(select v.value, w.value as reversed from json_each(${values}) v join json_each(${reversed}) w on w.key = v.key) as t";

    public string Json(string text) => text;

    public string JsonElements(string json) => $"json_each({json}) as e";

    // A label that begins with $ would be read as a JSON path: $ref must be quoted inside one.
    public string Label(string name)
    {
        var label = name.StartsWith('$') ? $"$.\"{name}\"" : name;
        return $"'{label.Replace("'", "''", StringComparison.Ordinal)}'";
    }

    public string JsonBool(string text) => $"({text})";

    public string JsonInt(string text) => $"cast({text} as integer)";

    public string JsonReal(string text) => $"cast({text} as real)";

    public string JsonElementText => "e.value";

    // 16 bytes to 8-4-4-4-12 digits.
    public string UuidText(string column) =>
        $"lower(substr(hex({column}), 1, 8) || '-' || substr(hex({column}), 9, 4) || '-' || substr(hex({column}), 13, 4)"
        + $" || '-' || substr(hex({column}), 17, 4) || '-' || substr(hex({column}), 21))";

    public string Ordered(string text) => $"({text})";

    public string Contains(string text, string part) => $"instr({text}, {part}) > 0";

    public string EndsWith(string text, string part, string length) => $"substr({text}, -{length}) = {part}";

    public Func<string, string, string, string>? Search => null;

    public string SecondsAgo(int seconds) => $"{Now} - {seconds} * 1000000";

    public string SecondsFromNow(string seconds) => $"{Now} + cast({seconds} * 1000000 as integer)";
}
