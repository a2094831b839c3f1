using System.Diagnostics;

namespace Scim.TestKit;

/// <summary>A throw-away PostgreSQL server of <c>tests/postgres.sh</c>. It lives as long as the pipe to the script is open.</summary>
public sealed class PostgresServer : IDisposable
{
    private readonly Process _script;

    private PostgresServer(Process script, string connectionString) =>
        (_script, ConnectionString) = (script, connectionString);

    /// <summary>A superuser's connection string, to the database <c>postgres</c>.</summary>
    public string ConnectionString { get; }

    public static PostgresServer Start()
    {
        var script = Process.Start(
            new ProcessStartInfo(Path.Combine(Repository.Root, "tests", "postgres.sh"))
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        return new PostgresServer(
            script,
            script.StandardOutput.ReadLine()
                ?? throw new InvalidOperationException("PostgreSQL did not start; tests/postgres.sh says why.")
        );
    }

    /// <summary>Sessions are told that the server goes, and it writes a checkpoint.</summary>
    public Task StopFastAsync() => OrderAsync("stop fast");

    /// <summary>As in a crash: the next start recovers from the write-ahead log.</summary>
    public Task StopImmediatelyAsync() => OrderAsync("stop immediate");

    /// <summary>Starts a stopped server on the same port; returns when it takes connections.</summary>
    public Task StartAgainAsync() => OrderAsync("start");

    public void Dispose()
    {
        _script.StandardInput.Close();
        _script.WaitForExit();
        _script.Dispose();
    }

    private async Task OrderAsync(string order)
    {
        await _script.StandardInput.WriteLineAsync(order);
        await _script.StandardInput.FlushAsync();
        if (await _script.StandardOutput.ReadLineAsync() != order)
        {
            throw new InvalidOperationException($"PostgreSQL did not {order}; tests/postgres.sh says why.");
        }
    }
}
