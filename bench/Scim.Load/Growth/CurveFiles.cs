using System.Globalization;
using System.Text;
using System.Text.Json;
using Scim.Load.Reports;
using Scim.TestKit;

namespace Scim.Load.Growth;

/// <summary>Writes the curves into the documents: one JSON, a plot for each axis, a table between two marks.</summary>
internal static class CurveFiles
{
    private const string Begin = "<!-- curves: written by the benchmark, not by hand -->";
    private const string End = "<!-- end of the curves -->";

    private static readonly string[] All = [Axes.Users, Axes.Members, Axes.Depth, Axes.Tenants, Axes.Journal];

    private static readonly Dictionary<string, (string Colour, bool Dashed)> Styles = new()
    {
        [$"{DatabaseKind.PostgreSql} {Target.Ours}"] = ("#1f4e9c", false),
        [$"{DatabaseKind.PostgreSql} {Target.Floor}"] = ("#8fb1e3", true),
        [$"{DatabaseKind.Sqlite} {Target.Ours}"] = ("#b3541e", false),
        [$"{DatabaseKind.Sqlite} {Target.Floor}"] = ("#e8b48f", true),
    };

    public static async Task WriteAsync(Report report)
    {
        var points = report.Growth.Concat(FromResults(report.Results)).ToList();
        var folder = System
            .IO.Directory.CreateDirectory(Path.Combine(report.Options.Documents, "performance"))
            .FullName;
        await File.WriteAllTextAsync(
            Path.Combine(folder, "curves.json"),
            JsonSerializer.Serialize(new { report.Machine, Points = points }, Report.Json)
        );
        var text = new StringBuilder(Begin).Append("\n\n");
        Append(
            text,
            $"Measured {report.Machine.Date:yyyy-MM-dd}, commit {report.Machine.Commit}, {report.Machine.Processors} × {report.Machine.Processor}. Times are p50 in milliseconds; growth is the last to the first.\n\n"
        );
        foreach (var axis in All.Where(axis => points.Exists(point => point.Axis == axis)))
        {
            var ofAxis = points.Where(point => point.Axis == axis).ToList();
            var file = axis.Replace(' ', '-') + ".svg";
            await File.WriteAllTextAsync(Path.Combine(folder, file), Plot(axis, ofAxis));
            AddTable(text, axis, file, ofAxis);
        }

        await ReplaceSectionAsync(
            Path.Combine(report.Options.Documents, "PERFORMANCE.md"),
            text.Append(End).ToString()
        );
    }

    /// <summary>Size of the directory and of groups vary in the run itself.</summary>
    private static IEnumerable<GrowthPoint> FromResults(List<Result> results)
    {
        var users = results
            .Where(result => result.Members is null)
            .Select(result => GrowthPoint.Of(Axes.Users, result.Users, result));
        var largest = results.Count == 0 ? 0 : results.Max(result => result.Users);
        var members = results
            .Where(result => result.Members is not null && result.Users == largest)
            .Select(result => GrowthPoint.Of(Axes.Members, result.Members!.Value, result));
        return users.Concat(members);
    }

    private static string Plot(string axis, List<GrowthPoint> points)
    {
        var panels = points
            .GroupBy(point => point.Workload)
            .Select(workload => new PlotPanel(
                workload.Key,
                [
                    .. workload
                        .GroupBy(point => $"{point.Database} {point.Target}")
                        .Select(line => new PlotLine(
                            line.Key,
                            Styles[line.Key].Colour,
                            Styles[line.Key].Dashed,
                            [.. line.OrderBy(point => point.At).Select(point => ((double)point.At, point.P50))]
                        )),
                ]
            ));
        return SvgPlot.Draw($"Time of a request by {axis}", axis, [.. panels]);
    }

    private static void AddTable(StringBuilder text, string axis, string file, List<GrowthPoint> points)
    {
        var places = points.Select(point => point.At).Distinct().Order().ToList();
        Append(text, $"### By {axis}\n\n![Time by {axis}](performance/{file})\n\n");
        Append(
            text,
            $"| database | workload | {string.Join(" | ", places.Select(at => at.ToString("N0", CultureInfo.InvariantCulture)))} | growth |\n"
        );
        Append(text, $"|---|---|{string.Concat(places.Select(_ => "---:|"))}---:|\n");
        foreach (
            var row in points
                .Where(point => point.Target == Target.Ours)
                .GroupBy(point => (point.Database, point.Workload))
        )
        {
            var times = row.OrderBy(point => point.At).ToList();
            var cells = places.Select(at => times.Find(point => point.At == at) is { } point ? Number(point.P50) : "");
            Append(
                text,
                $"| {row.Key.Database} | {row.Key.Workload} | {string.Join(" | ", cells)} | {times[^1].P50 / times[0].P50:F2} |\n"
            );
        }

        text.Append('\n');
    }

    private static async Task ReplaceSectionAsync(string path, string section)
    {
        var text = File.Exists(path) ? await File.ReadAllTextAsync(path) : $"{Begin}{End}\n";
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        if (begin < 0 || end < begin)
        {
            throw new LoadException($"{path} has lost the marks between which the curves stand.");
        }

        await File.WriteAllTextAsync(path, text[..begin] + section + text[(end + End.Length)..]);
    }

    private static string Number(double value) =>
        value.ToString(value < 10 ? "F2" : "F0", CultureInfo.InvariantCulture);

    private static void Append(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture));
}
