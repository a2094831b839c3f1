using Microsoft.Extensions.Hosting;
using Scim.Domain.Errors;

namespace Scim.Infrastructure.Hosting.Readiness;

/// <summary>One condition for taking requests. The detail is for operators and names no secret.</summary>
public interface IReadinessCheck
{
    string Name { get; }

    /// <summary>False for what the service can do without: it is told, and requests are taken all the same.</summary>
    bool IsVital => true;

    Task<(bool Ok, string Detail)> CheckAsync(CancellationToken cancellationToken);
}

public sealed record ReadinessReport(string Status, IReadOnlyList<ReadinessLine> Checks);

public sealed record ReadinessLine(string Name, string Status, string Detail);

/// <summary>Asks all checks at once; one that does not answer in time has failed.</summary>
internal sealed class ReadinessChecks(IEnumerable<IReadinessCheck> checks)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public async Task<ReadinessReport> ReportAsync(CancellationToken cancellationToken)
    {
        var lines = await Task.WhenAll(checks.Select(check => AskAsync(check, cancellationToken)));
        return new ReadinessReport(Word(lines.All(line => line.Status != "failed")), lines);
    }

    private static async Task<ReadinessLine> AskAsync(IReadinessCheck check, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Patience);
        try
        {
            var (ok, detail) = await check.CheckAsync(timeout.Token).WaitAsync(timeout.Token);
            return new ReadinessLine(check.Name, ok || check.IsVital ? Word(ok) : "degraded", detail);
        }
        catch (ScimException exception)
        {
            return new ReadinessLine(check.Name, "failed", exception.Message);
        }
        catch (OperationCanceledException)
        {
            return new ReadinessLine(check.Name, "failed", "no answer in time");
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Drivers put hosts and logins into their messages; the type is enough here and the log has the rest.
            return new ReadinessLine(check.Name, "failed", exception.GetType().Name);
        }
    }

    private static string Word(bool ok) => ok ? "ok" : "failed";
}

/// <summary>Fails from SIGTERM on, and holds the listener open for as long as load balancers need to notice.</summary>
internal sealed class DrainingCheck(IHostApplicationLifetime lifetime) : IReadinessCheck
{
    public string Name => "draining";

    public Task<(bool Ok, string Detail)> CheckAsync(CancellationToken cancellationToken) =>
        Task.FromResult(
            lifetime.ApplicationStopping.IsCancellationRequested
                ? (false, "the process is shutting down")
                : (true, "taking requests")
        );
}
