namespace Scim.Infrastructure.Persistence;

/// <summary>All that differs in SQL text between the two databases; what both understand is written out where it is used.</summary>
internal interface ISqlDialect
{
    DatabaseProvider Provider { get; }

    string Name { get; }

    /// <summary>The database's clock, in the type of a time column.</summary>
    string Now { get; }

    /// <summary>Row locks; empty where there is one writer only.</summary>
    string ForUpdate { get; }

    string ForKeyShare { get; }

    /// <summary>Row locks that pass over what others hold.</summary>
    string ForUpdateSkipLocked { get; }

    /// <summary>
    /// Condition on a journal row of the latest epoch (earlier ones are another cluster's, and settled): no transaction that could
    /// still commit a row before it, in the order of transaction ids, is open. It asks the whole cluster: one that is left open in
    /// any of its databases holds it back, which <see cref="JournalWriters"/> does not.
    /// </summary>
    string Settled { get; }

    /// <summary>The open transactions that have written to the journal, or may, one text each; none where there is one writer.</summary>
    string JournalWriters { get; }

    /// <summary>Statement: row-level security is that of tenant <c>$1</c> from here to the end of the round trip; null where there is none.</summary>
    string? NameTenant { get; }

    /// <summary>Condition: the column is one of <see cref="Arg.Uuids"/>.</summary>
    string AnyUuid(string column, int parameter);

    /// <summary>Condition: the column is one of the few values of a query, to be looked up one by one.</summary>
    string In(string column, string query);

    /// <summary>All columns of a row are made before rows are sorted and cut to a page, so the page is to be found first.</summary>
    bool ReadsBeforeSorting { get; }

    /// <summary>The condition, which few rows fulfil: an index on it is better than reading in the order of the page.</summary>
    string Rare(string condition);

    /// <summary>Condition: the column is one of a named list, which is an array.</summary>
    string AnyOf(string column, string parameter);

    /// <summary>Query: for each row of the relation the journal rows <c>i</c> that the condition, with its order and limit, names.</summary>
    string NewestOfEach(string relation, string condition);

    /// <summary>Relation <c>t(id)</c> over <see cref="Arg.Uuids"/>.</summary>
    string UuidSet(int parameter);

    /// <summary>Relation <c>t(value)</c> over <see cref="Arg.Texts"/>.</summary>
    string TextSet(int parameter);

    /// <summary>Relation <c>t(value, reversed)</c> over two of <see cref="Arg.Texts"/> of one length.</summary>
    string TextPairs(int values, int reversed);

    /// <summary>An expression of type text, bound as a JSON value (for Dapper's untyped parameters).</summary>
    string Json(string text);

    /// <summary>Relation <c>e(value)</c> over the elements of a JSON array; null has none.</summary>
    string JsonElements(string json);

    /// <summary>The label of a JSON object's member, as a literal to stand after <c>-&gt;</c> and <c>-&gt;&gt;</c>.</summary>
    string Label(string name);

    /// <summary>Typed reading of what <c>-&gt;&gt;</c> gives; null when absent.</summary>
    string JsonBool(string text);

    string JsonInt(string text);

    string JsonReal(string text);

    /// <summary>Names of functions.</summary>
    string JsonArray { get; }

    string JsonArrayAgg { get; }

    string JsonObject { get; }

    /// <summary>A simple element of <see cref="JsonElements"/> as text.</summary>
    string JsonElementText { get; }

    /// <summary>A UUID column in the canonical form, as text.</summary>
    string UuidText(string column);

    /// <summary>Text compared and sorted by code point.</summary>
    string Ordered(string text);

    string Contains(string text, string part);

    /// <param name="length">Number of code points of the part.</param>
    string EndsWith(string text, string part, string length);

    /// <summary>
    /// Condition on row <c>r</c> that an index on parts of text serves, from table, column and an argument that holds an
    /// escaped LIKE pattern; null where there is no such index.
    /// </summary>
    Func<string, string, string, string>? Search { get; }

    /// <summary>A time by the database's clock, in the type of a time column.</summary>
    string SecondsAgo(int seconds);

    /// <summary>The same ahead, by an argument that is a number of seconds.</summary>
    string SecondsFromNow(string seconds);
}
