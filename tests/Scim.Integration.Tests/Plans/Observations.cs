using System.Globalization;
using System.Text.RegularExpressions;

namespace Scim.Integration.Tests.Plans;

/// <summary>A statement that a database ran, also one inside a function or behind a foreign key.</summary>
/// <param name="Plan">As the database explains it.</param>
/// <param name="Work">
/// What it really read, in the database's own measure: rows that its scans met and pages that it touched (PostgreSQL),
/// steps of the virtual machine (SQLite).
/// </param>
internal sealed partial record Executed(string Sql, string Plan, long Work)
{
    public static Executed OnPostgreSql(string sql, string plan)
    {
        // A node's pages are with those below it, so the hungriest is the root, or a write that the root does not wait for.
        var pages = Buffers().Matches(plan).Select(match => Sum(match.Groups["pages"])).DefaultIfEmpty().Max();
        var rows = Scans()
            .Matches(plan)
            .Sum(match => (Sum(match.Groups["rows"]) + Sum(match.Groups["removed"])) * Sum(match.Groups["loops"]));
        return new Executed(sql, plan, rows + pages);
    }

    public override string ToString() => $"{Sql}\n-- work {Work}\n{Plan}\n";

    private static long Sum(Group group) =>
        group.Captures.Sum(capture => long.Parse(capture.ValueSpan, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"Buffers: shared( (hit|read)=(?<pages>\d+))+", RegexOptions.CultureInvariant)]
    private static partial Regex Buffers();

    [GeneratedRegex(
        @"^.*\bScan\b.*\(actual rows=(?<rows>\d+) loops=(?<loops>\d+)\)$(\n(?!.*\(cost=)(.*Rows Removed by .*: (?<removed>\d+)|.*))*",
        RegexOptions.CultureInvariant | RegexOptions.Multiline
    )]
    private static partial Regex Scans();
}

/// <summary>How much a request asked of its database, however it was worded.</summary>
internal readonly record struct Effort(int Statements, int RoundTrips, int Transactions)
{
    public static Effort operator -(Effort left, Effort right) =>
        new(
            left.Statements - right.Statements,
            left.RoundTrips - right.RoundTrips,
            left.Transactions - right.Transactions
        );
}

/// <summary>Gathers what a database did.</summary>
internal sealed class Observations
{
    private readonly Lock _turn = new();
    private List<Executed> _executed = [];
    private Effort _effort;

    public Effort Effort
    {
        get
        {
            lock (_turn)
            {
                return _effort;
            }
        }
    }

    public void Add(Executed executed)
    {
        lock (_turn)
        {
            _executed.Add(executed);
        }
    }

    public void Statement()
    {
        lock (_turn)
        {
            _effort = _effort with { Statements = _effort.Statements + 1 };
        }
    }

    public void RoundTrip(bool endsTransaction)
    {
        lock (_turn)
        {
            _effort = _effort with
            {
                RoundTrips = _effort.RoundTrips + 1,
                Transactions = _effort.Transactions + (endsTransaction ? 1 : 0),
            };
        }
    }

    /// <summary>What was added since the last call.</summary>
    public IReadOnlyList<Executed> Take()
    {
        lock (_turn)
        {
            var taken = _executed;
            _executed = [];
            return taken;
        }
    }
}
