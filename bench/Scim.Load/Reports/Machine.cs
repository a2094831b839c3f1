using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Scim.TestKit;

namespace Scim.Load.Reports;

/// <summary>Where and when a run took place.</summary>
internal sealed record Machine
{
    public required DateTimeOffset Date { get; init; }

    public required string Commit { get; init; }

    public required int Processors { get; init; }

    public required string Processor { get; init; }

    public required long MemoryBytes { get; init; }

    public required string Kernel { get; init; }

    public required string Runtime { get; init; }

    /// <summary>Median of 100 writes of 8 kB with fdatasync, in microseconds, where the databases lie.</summary>
    public required double SyncMicroseconds { get; init; }

    /// <summary>Runnable threads over the last minute, when the run began: a busy machine gives poor figures.</summary>
    public required string LoadAverage { get; init; }

    public static Machine Read() =>
        new()
        {
            Date = TimeProvider.System.GetUtcNow(),
            Commit = Git("rev-parse", "HEAD") + (Git("status", "--porcelain").Length == 0 ? "" : "-dirty"),
            Processors = Environment.ProcessorCount,
            Processor = File.ReadLines("/proc/cpuinfo")
                .First(line => line.StartsWith("model name", StringComparison.Ordinal))
                .Split(':')[1]
                .Trim(),
            MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            Kernel = RuntimeInformation.OSDescription,
            Runtime = RuntimeInformation.FrameworkDescription,
            SyncMicroseconds = MeasureSync(),
            LoadAverage = File.ReadAllText("/proc/loadavg").Split(' ')[0],
        };

    private static string Git(params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments)
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
        };
        try
        {
            using var git = Process.Start(start)!;
            var output = git.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return output;
        }
        catch (Win32Exception)
        {
            return "unknown (no git)";
        }
    }

    private static double MeasureSync()
    {
        var path = Path.GetTempFileName();
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
            var page = new byte[8192];
            return Medians.Of(
                Enumerable
                    .Range(0, 100)
                    .Select(_ =>
                    {
                        var started = Stopwatch.GetTimestamp();
                        RandomAccess.Write(file, page, 0);
                        RandomAccess.FlushToDisk(file);
                        return Stopwatch.GetElapsedTime(started).TotalMicroseconds;
                    })
            );
        }
        finally
        {
            File.Delete(path);
        }
    }
}
