using System.Text.Json;
using System.Text.Json.Serialization;
using Scim.Load.Growth;

namespace Scim.Load.Reports;

/// <summary>Bytes on disk right after the seed.</summary>
internal sealed record DatabaseSize(string Database, int Users, long FloorBytes, long OurBytes);

/// <summary>Resident bytes of the platform's host: before the workloads, at most while they ran, at most since its start.</summary>
internal sealed record Memory(string Database, int Users, long IdleBytes, long HighestBytes, long PeakBytes);

/// <summary>A host that does nothing else streams one large group: resident bytes before, and at most meanwhile.</summary>
internal sealed record StreamedGroup(string Database, int Members, long IdleBytes, long HighestBytes, int Requests);

/// <summary>What a run found, and under which conditions.</summary>
internal sealed class Report(LoadOptions options)
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
    };

    public Machine Machine { get; } = Machine.Read();

    public LoadOptions Options => options;

    /// <summary>Database → its version and the settings that matter.</summary>
    public Dictionary<string, IReadOnlyDictionary<string, string>> Settings { get; } = [];

    public List<Result> Results { get; } = [];

    public List<DatabaseSize> Sizes { get; } = [];

    public List<Memory> Memory { get; } = [];

    public List<StreamedGroup> Streams { get; } = [];

    public List<GrowthPoint> Growth { get; } = [];

    public List<FairnessResult> Fairness { get; } = [];

    public bool Succeeded =>
        Results.Count + Fairness.Count > 0
        && Growth.TrueForAll(point => point.Failures.Count == 0)
        && Results.TrueForAll(result => result.Failures.Count == 0)
        && Fairness.TrueForAll(fairness => fairness.QuietFailures.Count == 0 && fairness.RefusedWithoutRetryAfter == 0);

    public async Task WriteAsync()
    {
        System.IO.Directory.CreateDirectory(options.Output);
        await File.WriteAllTextAsync(Path.Combine(options.Output, "report.json"), JsonSerializer.Serialize(this, Json));
        await File.WriteAllTextAsync(Path.Combine(options.Output, "report.md"), Markdown.Of(this));
        if (options.Curves)
        {
            await CurveFiles.WriteAsync(this);
        }
    }
}
