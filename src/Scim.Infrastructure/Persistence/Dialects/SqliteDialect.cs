namespace Scim.Infrastructure.Persistence.Dialects;

internal sealed class SqliteDialect : ISqlDialect
{
    public static readonly SqliteDialect Instance = new();

    public DatabaseProvider Provider => DatabaseProvider.Sqlite;

    public string Name => "sqlite";

    public string Now => "cast(round(unixepoch('now', 'subsec') * 1000) as integer) * 1000";

    public string ForUpdate => "";

    public string ForNoKeyUpdate => "";

    public string ForKeyShare => "";

    public string ForUpdateSkipLocked => "";

    // One writer: sequence numbers are committed in the order in which they are handed out.
    public string Settled => "1 = 1";

    public string JsonArray => "json_array";

    public string JsonArrayAgg => "json_group_array";

    public string JsonObject => "json_object";

    public string AnyUuid(string column, int parameter) =>
        $"{column} in (select unhex(value) from json_each(${parameter}))";

    public string UuidSet(int parameter) =>
        $"(select unhex(value) as id from json_each(${parameter})) as t";

    public string TextSet(int parameter) => $"(select value from json_each(${parameter})) as t";

    public string Json(string text) => text;

    public string JsonElements(string json) => $"json_each({json}) as e";

    public string JsonBool(string text) => $"({text})";

    public string JsonInt(string text) => $"cast({text} as integer)";

    public string JsonReal(string text) => $"cast({text} as real)";
}
