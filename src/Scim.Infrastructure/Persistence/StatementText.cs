using System.Globalization;
using System.Text;

namespace Scim.Infrastructure.Persistence;

/// <summary>Writes one PostgreSQL statement of common table expressions and gathers its arguments.</summary>
/// <param name="first">The arguments that the text may call <c>$1</c>, <c>$2</c>…</param>
internal sealed class StatementText(params Arg[] first)
{
    private readonly StringBuilder _text = new("with ");
    private bool _isFirst = true;
    private int _parts;

    public StatementText(Guid tenant, Guid id)
        : this(Arg.Uuid(tenant), Arg.Uuid(id)) { }

    public List<Arg> Args { get; } = [.. first];

    /// <summary>The argument's placeholder.</summary>
    public string Add(Arg arg)
    {
        Args.Add(arg);
        return string.Create(CultureInfo.InvariantCulture, $"${Args.Count}");
    }

    public void With(string name, string sql)
    {
        _text.Append(_isFirst ? "" : ",\n").Append(name).Append(" as (").Append(sql).Append(')');
        _isFirst = false;
    }

    /// <summary>The parts of a mutation; the relation <c>head</c> goes before them.</summary>
    public void Parts(params ReadOnlySpan<Statement> parts)
    {
        foreach (var part in parts)
        {
            With(string.Create(CultureInfo.InvariantCulture, $"part{_parts++}"), Embed(part));
        }
    }

    /// <summary>The statement's text with its placeholders moved behind the arguments so far.</summary>
    public string Embed(Statement statement)
    {
        var offset = Args.Count;
        Args.AddRange(statement.Args);
        return Renumber(statement.Sql, offset);
    }

    public Statement End(string sql) => new(_text.Append('\n').Append(sql).ToString(), [.. Args]);

    /// <summary>Moves each <c>$n</c> on by <paramref name="offset"/>.</summary>
    public static string Renumber(string sql, int offset)
    {
        var text = new StringBuilder(sql.Length + 16);
        for (var i = 0; i < sql.Length; i++)
        {
            text.Append(sql[i]);
            if (sql[i] != '$' || i + 1 >= sql.Length || !char.IsAsciiDigit(sql[i + 1]))
            {
                continue;
            }

            var number = 0;
            while (i + 1 < sql.Length && char.IsAsciiDigit(sql[i + 1]))
            {
                number = (number * 10) + (sql[++i] - '0');
            }

            text.Append(number + offset);
        }

        return text.ToString();
    }
}
