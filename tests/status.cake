using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

// docs/PLATFORM_STATUS.md is written from what the tests showed. Fixtures and tests say what they show by
// [Property("Capability", "…")] and [Property("Rfc", "…")]; NUnit's own result files carry both beside the outcome. The database is
// the fixture's argument, or [Property("Database", "…")] where a fixture is about one of them.
const string StatusPage = "docs/PLATFORM_STATUS.md";
const string StatusHeader = """
    # Platform status

    Written by the test run from the outcomes of named tests; `./build.sh` fails when this copy is stale, and
    `./build.sh --approve=true` rewrites it. **shown**: at least one test of the capability ran there, and all that ran passed.
    **FAILED**: one did not pass. A dash: no test needs this column. "No database" is for tests that touch none.

    | capability | specified in | no database | SQLite | PostgreSQL |
    |---|---|---|---|---|

    """;

sealed record Outcome(string Capability, IReadOnlyList<string> Rfcs, string Database, bool Passed);

/// <summary>The page that the result files of a whole run add up to.</summary>
string StatusPageOf(IEnumerable<string> resultFiles)
{
    var outcomes = resultFiles.SelectMany(file => Outcomes(XDocument.Load(file).Root, [], [], [])).ToList();
    var page = new StringBuilder(StatusHeader.ReplaceLineEndings("\n"));
    var rows = outcomes
        .GroupBy(outcome => outcome.Capability)
        .Select(group => (Capability: group.Key, Rfcs: string.Join(", ", group.SelectMany(x => x.Rfcs).Distinct().OrderBy(SectionOrder)), Outcomes: group))
        .OrderBy(row => row.Rfcs == "").ThenBy(row => SectionOrder(row.Rfcs), StringComparer.Ordinal).ThenBy(row => row.Capability, StringComparer.Ordinal);
    foreach (var (capability, rfcs, there) in rows)
    {
        page.Append($"| {capability} | {rfcs} |");
        foreach (var database in new[] { "", "Sqlite", "PostgreSql" })
        {
            var shown = there.Where(outcome => outcome.Database.Equals(database, StringComparison.OrdinalIgnoreCase)).ToList();
            page.Append(shown.Count == 0 ? " – |" : shown.All(outcome => outcome.Passed) ? " shown |" : " FAILED |");
        }

        page.Append('\n');
    }

    return page.ToString();
}

// §3.4 before §3.12.
string SectionOrder(string rfcs) => Regex.Replace(rfcs, @"\d+", number => number.Value.PadLeft(5, '0'));

// A test shows what it says itself, else what its fixture says. Skipped tests show nothing.
IEnumerable<Outcome> Outcomes(
    XElement element, IReadOnlyList<string> capabilities, IReadOnlyList<string> rfcs, IReadOnlyList<string> databases)
{
    IReadOnlyList<string> Own(string name, IReadOnlyList<string> inherited)
    {
        var own = element.Element("properties")?.Elements("property")
            .Where(property => (string)property.Attribute("name") == name)
            .Select(property => (string)property.Attribute("value")).ToList();
        return own is { Count: > 0 } ? own : inherited;
    }

    capabilities = Own("Capability", capabilities);
    rfcs = Own("Rfc", rfcs);
    databases = Own("Database", databases);
    // Fixture(Sqlite), Fixture("sqlite") or Test(Sqlite); a text among a test's own arguments means something else.
    var name = (string)element.Attribute("name") ?? "";
    name = (string)element.Attribute("type") == "TestFixture" ? name.Replace("\"", "") : Regex.Replace(name, "\"[^\"]*\"", "");
    if (Regex.Match(name, @"[(,]\s*(Sqlite|PostgreSql)\s*[,)]", RegexOptions.IgnoreCase) is { Success: true } named)
    {
        databases = [named.Groups[1].Value];
    }

    if (element.Name != "test-case")
    {
        return element.Elements().Where(child => child.Name == "test-suite" || child.Name == "test-case")
            .SelectMany(child => Outcomes(child, capabilities, rfcs, databases));
    }

    var result = (string)element.Attribute("result");
    var database = databases.FirstOrDefault("");
    return result is "Skipped" or "Inconclusive"
        ? []
        : capabilities.Select(capability => new Outcome(capability, rfcs, database, result == "Passed"));
}

/// <summary>True when the committed page says what the run showed; otherwise the difference is printed.</summary>
bool StatusIsCurrent(IEnumerable<string> resultFiles, bool approve)
{
    var shown = StatusPageOf(resultFiles);
    var committed = System.IO.File.Exists(StatusPage) ? System.IO.File.ReadAllText(StatusPage) : "";
    if (shown == committed)
    {
        return true;
    }

    if (approve)
    {
        System.IO.File.WriteAllText(StatusPage, shown);
        Information($"{StatusPage} is rewritten.");
        return true;
    }

    Error($"{StatusPage} is stale; ./build.sh --approve=true rewrites it from the run.");
    foreach (var line in committed.Split('\n').Except(shown.Split('\n')))
    {
        Error($"- {line}");
    }

    foreach (var line in shown.Split('\n').Except(committed.Split('\n')))
    {
        Error($"+ {line}");
    }

    return false;
}
