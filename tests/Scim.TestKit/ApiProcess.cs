using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Scim.TestKit;

/// <summary>The built API as a process of its own: to be killed, or to be one of several on the same database.</summary>
public sealed class ApiProcess : IServer, IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly ChildProcess _process;

    private ApiProcess(ChildProcess process, TestDatabase database, Uri baseAddress)
    {
        _process = process;
        Database = database;
        BaseAddress = baseAddress;
    }

    public Uri BaseAddress { get; }

    public TestDatabase Database { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output => _process.Output + _process.Error;

    /// <summary>
    /// Starts the server on a database that the caller keeps; answers when <c>/ready</c> does. <paramref name="program"/>
    /// is another build of it, or another program with the same settings, than what was built beside the caller.
    /// </summary>
    public static async Task<ApiProcess> StartAsync(
        TestDatabase database,
        IReadOnlyDictionary<string, string>? settings = null,
        string? program = null,
        CancellationToken cancellationToken = default
    )
    {
        var environment = ServerSettings.For(database, settings);
        var baseAddress = new Uri($"http://127.0.0.1:{FreePort().ToString(CultureInfo.InvariantCulture)}");
        environment["ASPNETCORE_URLS"] = baseAddress.OriginalString;
        var server = new ApiProcess(
            ChildProcess.Start(program ?? Repository.Built("Scim.Api", "Scim.Api.dll"), environment, []),
            database,
            baseAddress
        );
        try
        {
            await server.WaitUntilReadyAsync(cancellationToken);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>SIGKILL: no shutdown code runs.</summary>
    public void Kill() => _process.Kill();

    /// <summary>No file of the process may grow beyond so many bytes, as if the disk were full; null for no limit.</summary>
    public async Task LimitFilesAsync(long? bytes)
    {
        var limit = bytes?.ToString(CultureInfo.InvariantCulture) ?? "unlimited";
        var pid = _process.Id.ToString(CultureInfo.InvariantCulture);
        using var prlimit = Process.Start("prlimit", ["--pid", pid, $"--fsize={limit}:unlimited"]);
        await prlimit.WaitForExitAsync();
        if (prlimit.ExitCode != 0)
        {
            throw new InvalidOperationException($"prlimit ended with {prlimit.ExitCode}.");
        }
    }

    /// <summary>SIGTERM, as an orchestrator sends it; waits for the end and gives the exit code.</summary>
    public async Task<int> StopAsync(CancellationToken cancellationToken = default)
    {
        // The shell's own: a small Debian has no program of this name.
        var pid = _process.Id.ToString(CultureInfo.InvariantCulture);
        using var kill = Process.Start("bash", ["-c", $"kill -TERM {pid}"]);
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public Task WaitForExitAsync(CancellationToken cancellationToken = default) =>
        _process.WaitForExitAsync(cancellationToken);

    public void Dispose() => _process.Dispose();

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = BaseAddress, Timeout = TimeSpan.FromSeconds(5) };
        var started = Stopwatch.GetTimestamp();
        while (!await IsReadyAsync(client, cancellationToken))
        {
            if (HasExited || Stopwatch.GetElapsedTime(started) > StartLimit)
            {
                throw new InvalidOperationException($"The server did not become ready.\n{Output}");
            }

            await Task.Delay(100, cancellationToken);
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient client, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await client.GetAsync("/ready", cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
