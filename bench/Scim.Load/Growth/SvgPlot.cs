using System.Globalization;
using System.Text;

namespace Scim.Load.Growth;

internal sealed record PlotLine(string Name, string Colour, bool Dashed, IReadOnlyList<(double X, double Y)> Points);

internal sealed record PlotPanel(string Title, IReadOnlyList<PlotLine> Lines);

/// <summary>
/// Small multiples in one SVG: a panel for each workload, the axis logarithmic below, milliseconds from zero to the
/// panel's own maximum upwards, so that what grows is seen to grow.
/// </summary>
internal static class SvgPlot
{
    private const int Columns = 4;
    private const int PanelWidth = 220;
    private const int PanelHeight = 150;
    private const int Left = 44;
    private const int Right = 12;
    private const int Top = 26;
    private const int Bottom = 26;
    private const int Header = 46;

    public static string Draw(string title, string axis, IReadOnlyList<PlotPanel> panels)
    {
        var rows = (panels.Count + Columns - 1) / Columns;
        var (width, height) = (Columns * PanelWidth, Header + (rows * PanelHeight));
        var svg = new StringBuilder();
        Add(
            svg,
            $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="10">"""
        );
        Add(svg, $"""<rect width="{width}" height="{height}" fill="#fff"/>""");
        Add(svg, $"""<text x="8" y="18" font-size="14">{title}</text>""");
        AddLegend(svg, panels, axis);
        for (var i = 0; i < panels.Count; i++)
        {
            AddPanel(svg, panels[i], i % Columns * PanelWidth, Header + (i / Columns * PanelHeight));
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void AddLegend(StringBuilder svg, IReadOnlyList<PlotPanel> panels, string axis)
    {
        var x = 8;
        foreach (var line in panels.SelectMany(panel => panel.Lines).DistinctBy(line => line.Name))
        {
            Add(svg, $"""<line x1="{x}" y1="34" x2="{x + 22}" y2="34" stroke="{line.Colour}" {Dash(line)}/>""");
            Add(svg, $"""<text x="{x + 26}" y="37">{line.Name}</text>""");
            x += 36 + (line.Name.Length * 6);
        }

        Add(svg, $"""<text x="{x}" y="37" fill="#666">p50 in ms by {axis} (logarithmic)</text>""");
    }

    private static void AddPanel(StringBuilder svg, PlotPanel panel, int left, int top)
    {
        var points = panel.Lines.SelectMany(line => line.Points).ToList();
        var (low, high) = (points.Min(point => Scale(point.X)), points.Max(point => Scale(point.X)));
        var most = points.Max(point => point.Y);
        double X(double value) =>
            left + Left + ((Scale(value) - low) / Math.Max(high - low, 1e-9) * (PanelWidth - Left - Right));
        double Y(double value) =>
            top + PanelHeight - Bottom - (value / Math.Max(most, 1e-9) * (PanelHeight - Top - Bottom));

        Add(svg, $"""<text x="{left + Left}" y="{top + 16}" font-weight="bold">{panel.Title}</text>""");
        foreach (var value in (double[])[0, most / 2, most])
        {
            Add(
                svg,
                $"""<line x1="{left + Left}" y1="{Y(value):F1}" x2="{left + PanelWidth - Right}" y2="{Y(value):F1}" stroke="#ddd"/>"""
            );
            Add(
                svg,
                $"""<text x="{left + Left - 4}" y="{Y(value) + 3:F1}" text-anchor="end" fill="#666">{value:G3}</text>"""
            );
        }

        foreach (var value in points.Select(point => point.X).Distinct())
        {
            Add(
                svg,
                $"""<text x="{X(value):F1}" y="{top + PanelHeight - 12}" text-anchor="middle" fill="#666">{Short(value)}</text>"""
            );
        }

        foreach (var line in panel.Lines)
        {
            var path = string.Join(' ', line.Points.Select(point => Text($"{X(point.X):F1},{Y(point.Y):F1}")));
            Add(
                svg,
                $"""<polyline points="{path}" fill="none" stroke="{line.Colour}" stroke-width="1.5" {Dash(line)}/>"""
            );
            foreach (var (x, y) in line.Points)
            {
                Add(svg, $"""<circle cx="{X(x):F1}" cy="{Y(y):F1}" r="2" fill="{line.Colour}"/>""");
            }
        }
    }

    private static double Scale(double value) => Math.Log10(Math.Max(1, value));

    private static string Dash(PlotLine line) => line.Dashed ? "stroke-dasharray=\"3 3\"" : "";

    private static string Short(double value) =>
        value switch
        {
            >= 1_000_000 => Text($"{value / 1_000_000:0.#}M"),
            >= 1000 => Text($"{value / 1000:0.#}k"),
            _ => Text($"{value:0}"),
        };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static void Add(StringBuilder svg, FormattableString line) => svg.Append(Text(line)).Append('\n');
}
