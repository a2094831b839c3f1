using System.Collections.Concurrent;
using Dapper;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Tenants;

/// <summary>Writes steps down every two seconds and at shutdown, each once per client and process; the first time stays.</summary>
internal sealed partial class OnboardingRecorder(
    IDatabase database,
    TimeProvider clock,
    ILogger<OnboardingRecorder> logger
) : BackgroundService, IOnboardingRecorder
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    // Clients times steps; beyond it everything is forgotten and written down again, which changes nothing.
    private const int Limit = 100_000;

    private const string Reached = """
        update scim_clients set reached_at = @at where tenant_id = @tenant and id = @client and reached_at is null
        """;

    private const string LookupAnswered = """
        update scim_clients set first_lookup_at = @at
         where tenant_id = @tenant and id = @client and first_lookup_at is null
        """;

    private const string FirstUser = """
        update scim_clients set first_user_at = @at where tenant_id = @tenant and id = @client and first_user_at is null
        """;

    private readonly ConcurrentDictionary<(Guid Client, OnboardingStep Step), bool> _known = new();
    private readonly ConcurrentQueue<(TenantId Tenant, Guid Client, OnboardingStep Step, DateTimeOffset At)> _new =
        new();

    public void Record(TenantId tenant, Guid client, OnboardingStep step)
    {
        if (_known.ContainsKey((client, step)))
        {
            return;
        }

        if (_known.Count >= Limit)
        {
            _known.Clear();
        }

        if (_known.TryAdd((client, step), true))
        {
            _new.Enqueue((tenant, client, step, clock.Now()));
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await FlushAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Period, clock, stoppingToken);
            await FlushAsync(stoppingToken);
        }
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_new.IsEmpty)
        {
            return;
        }

        var steps = new List<(TenantId Tenant, Guid Client, OnboardingStep Step, DateTimeOffset At)>();
        while (_new.TryDequeue(out var step))
        {
            steps.Add(step);
        }

        try
        {
            await database.WriteAsync(
                async (connection, transaction) =>
                {
                    // In the order of ids, so that replicas do not lock each other's rows crosswise.
                    foreach (var (tenant, client, step, at) in steps.OrderBy(step => step.Client))
                    {
                        var row = new
                        {
                            tenant,
                            client,
                            at,
                        };
                        await connection.ExecuteAsync(Sql(step), row, transaction);
                    }

                    return true;
                },
                cancellationToken
            );
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it was must not stop the host; when it happens again it is written down again.
            foreach (var (_, client, step, _) in steps)
            {
                _known.TryRemove((client, step), out _);
            }

            Lost(exception, steps.Count);
        }
    }

    private static string Sql(OnboardingStep step) =>
        step switch
        {
            OnboardingStep.Reached => Reached,
            OnboardingStep.LookupAnswered => LookupAnswered,
            _ => FirstUser,
        };

    [LoggerMessage(
        EventId = 2103,
        EventName = "OnboardingLost",
        Level = LogLevel.Warning,
        Message = "{Count} onboarding steps could not be stored yet"
    )]
    private partial void Lost(Exception exception, int count);
}
