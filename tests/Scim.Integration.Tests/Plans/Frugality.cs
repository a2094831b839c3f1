using System.Text.Json;
using System.Text.RegularExpressions;
using FluentAssertions;
using Scim.TestKit;

namespace Scim.Integration.Tests.Plans;

/// <summary>What statements may cost in a large tenant.</summary>
internal static partial class Frugality
{
    // Rows and pages, or steps: far fewer than one pass over the tenant, even over its smallest index.
    private const long Fixed = 2_000;

    // A user with its groups, in a tenant that nests them, takes most.
    private const long PerResult = 300;

    /// <summary>No plan, were it of a branch that did not run, reads a table of resources, memberships or credentials whole.</summary>
    public static void ShouldUseIndexes(this IReadOnlyList<Executed> executed)
    {
        executed.Should().NotBeEmpty();
        foreach (var statement in executed)
        {
            WholeTable().IsMatch(statement.Plan).Should().BeFalse($"this reads a whole table:\n{statement}");
        }
    }

    /// <summary>No statement did more work than so many results account for.</summary>
    public static void ShouldReadNoMoreThanFor(this IReadOnlyList<Executed> executed, long results)
    {
        foreach (var statement in executed)
        {
            statement.Work.Should().BeLessThanOrEqualTo(Fixed + (PerResult * results), $"\n{statement}\n");
        }
    }

    /// <summary>How many resources the answer is about.</summary>
    public static long Results(this ScimResponse response) =>
        response.Text.Length > 0 && response.Json.TryGetProperty("totalResults", out JsonElement total)
            ? Math.Max(1, total.GetInt64())
            : 1;

    [GeneratedRegex(
        @"Seq Scan on (users|user_emails|unique_values|groups|group_members|journal|journal_changes|tokens|scim_clients)\b|^SCAN (users|r|user_emails|unique_values|groups|group_members|gm|u|g|journal|journal_changes|tokens|scim_clients)\b",
        RegexOptions.Multiline | RegexOptions.CultureInvariant
    )]
    private static partial Regex WholeTable();
}
