using System.Globalization;

namespace Scim.Load.Servers;

/// <summary>CPU in seconds and bytes allocated since the processes started; the difference of two is what a round used.</summary>
internal readonly record struct ProcessReading(double ServerCpu, double DatabaseCpu, double AllocatedBytes)
{
    public static ProcessReading operator -(ProcessReading left, ProcessReading right) =>
        new(
            left.ServerCpu - right.ServerCpu,
            left.DatabaseCpu - right.DatabaseCpu,
            left.AllocatedBytes - right.AllocatedBytes
        );
}

/// <summary>What the kernel says of a server and of its database, and the server's own count of allocated bytes.</summary>
internal sealed class ProcessFigures(int server, int? database, Uri metrics)
{
    private const string AllocatedMetric = "\ndotnet_gc_heap_total_allocated_bytes_total";
    private const double TicksPerSecond = 100; // USER_HZ, the same on every Linux that .NET runs on

    private static readonly HttpClient Client = new();

    public ProcessReading Read() => new(OwnCpu(server), database is { } id ? FamilyCpu(id) : 0, Allocated());

    /// <summary>Resident memory of the server in bytes.</summary>
    public long ResidentBytes() => Status("VmRSS:");

    public long PeakResidentBytes() => Status("VmHWM:");

    private long Status(string name)
    {
        try
        {
            var line = File.ReadLines($"/proc/{server}/status")
                .First(line => line.StartsWith(name, StringComparison.Ordinal));
            return long.Parse(line[name.Length..^" kB".Length], CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0; // ended; whoever talks to it will say so
        }
    }

    private double Allocated()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, metrics);
        using var response = Client.Send(request);
        using var reader = new StreamReader(response.Content.ReadAsStream());
        var text = "\n" + reader.ReadToEnd();
        var at = text.IndexOf(AllocatedMetric, StringComparison.Ordinal);
        if (at < 0)
        {
            return double.NaN;
        }

        var line = text.AsSpan(at + 1);
        line = line[..line.IndexOf('\n')];
        return double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }

    private static double OwnCpu(int id) => Stat(id).Own;

    // PostgreSQL's backends are the postmaster's children; those that ended are counted in its own record.
    private static double FamilyCpu(int id)
    {
        var parent = Stat(id);
        return parent.Own
            + parent.Ended
            + System
                .IO.Directory.EnumerateDirectories("/proc")
                .Select(folder => int.TryParse(Path.GetFileName(folder), out var other) ? Stat(other) : default)
                .Where(other => other.Parent == id)
                .Sum(child => child.Own + child.Ended);
    }

    private static (int Parent, double Own, double Ended) Stat(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            double Ticks(int field) => double.Parse(fields[field], CultureInfo.InvariantCulture) / TicksPerSecond;
            var parent = int.Parse(fields[1], CultureInfo.InvariantCulture);
            return (parent, Ticks(11) + Ticks(12), Ticks(13) + Ticks(14));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return default; // ended meanwhile
        }
    }
}

/// <summary>The most memory that a server had resident while this lived: looked at every 50 ms and at the end.</summary>
internal sealed class ResidentSampler : IDisposable
{
    private readonly ProcessFigures _process;
    private readonly Lock _turn = new();
    private readonly Timer _timer;
    private long _peak;

    public ResidentSampler(ProcessFigures process)
    {
        _process = process;
        _timer = new Timer(_ => Look(), null, dueTime: 0, period: 50);
    }

    public long Peak() => Look();

    public void Dispose() => _timer.Dispose();

    private long Look()
    {
        var now = _process.ResidentBytes();
        lock (_turn)
        {
            return _peak = Math.Max(_peak, now);
        }
    }
}
