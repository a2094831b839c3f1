using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Scim.Infrastructure.Persistence.Journal;

namespace Scim.Infrastructure.Persistence;

/// <summary>
/// Makes one statement of a mutation and its journal row, so that the write is one round trip and cannot happen by
/// halves. The text is composed once per shape; a new string each time would also defeat automatic preparation.
/// </summary>
internal static class PostgreSqlComposer
{
    private const int CacheLimit = 1024;

    private static readonly ConcurrentDictionary<Shape, string> Composed = new();

    public static string Compose(Mutation mutation)
    {
        var parts = mutation.Parts.Length == 0 ? [] : new string[mutation.Parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = mutation.Parts[i].Sql;
        }

        var shape = new Shape(mutation.Head.Sql, parts, mutation.Journal.Change is not null);
        if (Composed.TryGetValue(shape, out var sql))
        {
            return sql;
        }

        if (Composed.Count >= CacheLimit)
        {
            Composed.Clear();
        }

        return Composed.GetOrAdd(shape, Write(mutation));
    }

    private static string Write(Mutation mutation)
    {
        var offset = mutation.Head.Args.Length;
        var text = new StringBuilder("with applied as (").Append(mutation.Head.Sql);
        text.Append(" returning 1 as id), head as (select id from applied limit 1), ");
        for (var i = 0; i < mutation.Parts.Length; i++)
        {
            var part = mutation.Parts[i];
            if (!part.Sql.Contains("head", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"A part must read from head, or it runs without it: {part.Sql}");
            }

            text.Append(CultureInfo.InvariantCulture, $"p{i} as (");
            text.Append(StatementText.Renumber(part.Sql, offset));
            text.Append("), ");
            offset += part.Args.Length;
        }

        AppendJournal(text, offset, mutation.Journal.Change is not null);
        return text.Append("select count(*) from applied").ToString();
    }

    private static void AppendJournal(StringBuilder text, int offset, bool hasChange)
    {
        text.Append("j as (insert into journal (").Append(JournalSql.Columns).Append(") select ");
        for (var i = 1; i <= JournalSql.ColumnCount; i++)
        {
            text.Append(i == 1 ? "$" : ", $").Append(offset + i);
        }

        text.Append(" from head returning sequence)");
        if (hasChange)
        {
            var salt = offset + JournalSql.ColumnCount + 1;
            text.Append(", c as (insert into journal_changes (tenant_id, sequence, salt, change) select ");
            text.Append(CultureInfo.InvariantCulture, $"${offset + 1}, sequence, ${salt}, ${salt + 1} from j)");
        }

        text.Append(' ');
    }

    // Statements are constants, so equality is mostly a comparison of references; lengths make a hash that costs nothing.
    private readonly record struct Shape(string Head, string[] Parts, bool HasChange)
    {
        public bool Equals(Shape other) =>
            HasChange == other.HasChange && Head == other.Head && Parts.AsSpan().SequenceEqual(other.Parts);

        public override int GetHashCode()
        {
            var hash = HashCode.Combine(Head.Length, Head[^1], HasChange);
            foreach (var part in Parts)
            {
                hash = HashCode.Combine(hash, part.Length);
            }

            return hash;
        }
    }
}
