using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Scim.Application.Common;
using Scim.Application.Jobs;
using Scim.Domain.Errors;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Hosting.Scheduling;

namespace Scim.Infrastructure.Hosting.Jobs;

/// <summary>
/// Leases due jobs, of one tenant after the other, and runs several at a time. Beside them it looks after leases that ran
/// out, whoever held them. When the host stops, jobs are told to end; what is not done goes back into the queue.
/// </summary>
internal sealed partial class JobRunner(
    IServiceScopeFactory scopes,
    IEnumerable<JobType> types,
    IOptions<WorkerOptions> options,
    RuntimeSettings settings,
    CurrentSchema schema,
    JobMetrics metrics,
    TimeProvider clock,
    ILogger<JobRunner> logger
) : BackgroundService
{
    private readonly string _owner = $"{Environment.MachineName}:{Environment.ProcessId}:{Guid.NewGuid():N}";
    private readonly Dictionary<string, JobType> _types = types.ToDictionary(type => type.Name);
    private static readonly TimeSpan LongestNap = TimeSpan.FromSeconds(2);

    private bool _away;

    private EffectiveSettings Current => settings.Installation;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await schema.WaitAsync(stoppingToken);
        await Task.WhenAll(
            ServeAsync(stoppingToken),
            RepeatAsync(RecoverAsync, () => Current.WorkerLease / 3, stoppingToken),
            RepeatAsync(CountAsync, static () => TimeSpan.FromSeconds(10), stoppingToken)
        );
    }

    private async Task ServeAsync(CancellationToken stoppingToken)
    {
        using var slots = new SemaphoreSlim(options.Value.Concurrency);
        var running = new HashSet<Task>();
        var after = new TenantId(Guid.Empty);
        while (!stoppingToken.IsCancellationRequested)
        {
            var lease = Current.WorkerLease;
            var job = await TakeAsync(slots, lease, after, stoppingToken);
            running.RemoveWhere(task => task.IsCompleted);
            if (job is null)
            {
                await PauseAsync(() => Current.WorkerPoll, stoppingToken);
                continue;
            }

            after = job.Tenant;
            running.Add(RunAsync(job, lease, slots, stoppingToken));
        }

        await Task.WhenAll(running);
    }

    /// <summary>Null when nothing is due, the database is away, or the host stops.</summary>
    private async Task<Job?> TakeAsync(
        SemaphoreSlim slots,
        TimeSpan lease,
        TenantId after,
        CancellationToken stoppingToken
    )
    {
        var entered = false;
        Job? job = null;
        try
        {
            await slots.WaitAsync(stoppingToken);
            entered = true;
            // Not cancelled half-way: a claim that commits unseen would wait for the end of its lease.
            job = await OnStoreAsync(store =>
                store.ClaimAsync(_owner, lease, _types.Keys, after, CancellationToken.None)
            );
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return null;
        }
#pragma warning disable CA1031 // The runner outlives every trouble of the database.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Report(exception);
        }
        finally
        {
            if (entered && job is null)
            {
                slots.Release();
            }
        }

        return job;
    }

    private async Task RunAsync(Job job, TimeSpan lease, SemaphoreSlim slots, CancellationToken stoppingToken)
    {
        var timeLimit = Current.WorkerTimeLimit;
        try
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            using var limit = new CancellationTokenSource(timeLimit, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, limit.Token);
            var heartbeat = HeartbeatAsync(job.Lease, lease, stop);
            var ended = await AttemptAsync(job, timeLimit, either.Token, limit.Token, stoppingToken);
            await stop.CancelAsync();
            await heartbeat;
            var outcome = "lease-lost";
            if (ended is not null && await OnStoreAsync(store => store.EndAttemptAsync(ended, CancellationToken.None)))
            {
                outcome = Outcome(job, ended);
            }

            metrics.Ended(job.Type, outcome);
            Ended(job.Type, job.Id, job.Tenant, job.Attempts, outcome);
        }
#pragma warning disable CA1031 // The job's lease runs out, and another attempt follows.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Report(exception);
        }
        finally
        {
            slots.Release();
        }
    }

    /// <summary>The job as it is after the attempt; null when the lease is lost.</summary>
    private async Task<Job?> AttemptAsync(
        Job job,
        TimeSpan timeLimit,
        CancellationToken cancellationToken,
        CancellationToken limit,
        CancellationToken stoppingToken
    )
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var request = scope.ServiceProvider.GetRequiredService<RequestContext>();
            request.ActAs($"job:{job.Type}", job.Tenant);
            request.RequestId = job.Id.ToString("N");
            var mediator = scope.ServiceProvider.GetRequiredService<IMediator>();
            return job.Succeed(await mediator.Send(_types[job.Type].Command(job), cancellationToken), clock.Now());
        }
        catch (LeaseLostException)
        {
            return null;
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return job.GiveBack(clock.Now());
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return Fail(job, $"It was not done within {timeLimit.TotalSeconds} seconds.");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
#pragma warning disable CA1031 // Whatever it is, the job failed by it, and only this job.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Failed(exception, job.Type, job.Id, job.Tenant, job.Attempts);
            // Other messages may quote values.
            return Fail(job, exception is ScimException refusal ? refusal.Message : exception.GetType().Name);
        }
    }

    /// <summary>Extends the lease until it is stopped; stops the job when the lease is lost, or cannot be extended in time.</summary>
    private async Task HeartbeatAsync(JobLease lease, TimeSpan length, CancellationTokenSource stop)
    {
        var held = clock.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            // Of the lease that is held: another length counts from the next extension on.
            var pause = length / 3;
            await PauseAsync(() => pause, stop.Token);
            if (stop.IsCancellationRequested)
            {
                return;
            }

            try
            {
                var asked = clock.GetTimestamp();
                var next = Current.WorkerLease;
                if (!await OnStoreAsync(store => store.ExtendAsync(lease, next, stop.Token)))
                {
                    await stop.CancelAsync();
                    return;
                }

                (held, length) = (asked, next);
            }
            catch (Exception exception) when (!stop.IsCancellationRequested)
            {
                Report(exception);
                if (clock.GetElapsedTime(held) >= length)
                {
                    await stop.CancelAsync();
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task RecoverAsync(CancellationToken cancellationToken)
    {
        var recovered = await OnStoreAsync(store =>
            store.RecoverAsync(job => Fail(job, "Its lease ran out: the worker stopped or hung."), cancellationToken)
        );
        foreach (var type in recovered)
        {
            metrics.Stale(type);
        }
    }

    private async Task CountAsync(CancellationToken cancellationToken) =>
        metrics.Seen(await OnStoreAsync(store => store.CountDueAsync(cancellationToken)));

    private async Task RepeatAsync(
        Func<CancellationToken, Task> work,
        Func<TimeSpan> interval,
        CancellationToken stoppingToken
    )
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await work(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Report(exception);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await PauseAsync(interval, stoppingToken);
        }
    }

    // Replicas that began together do not stay together. A pause that is made shorter meanwhile ends as soon.
    private async Task PauseAsync(Func<TimeSpan> pause, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        var share = 0.75 + (Random.Shared.NextDouble() / 2);
        while (
            !cancellationToken.IsCancellationRequested
            && (pause() * share) - clock.GetElapsedTime(started) is { Ticks: > 0 } left
        )
        {
            await Task.Delay(left < LongestNap ? left : LongestNap, clock, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<T> OnStoreAsync<T>(Func<IJobStore, Task<T>> work)
    {
        await using var scope = scopes.CreateAsyncScope();
        var request = scope.ServiceProvider.GetRequiredService<RequestContext>();
        request.ActAs("job:runner", tenant: null);
        request.RequestId = _owner;
        var answer = await work(scope.ServiceProvider.GetRequiredService<IJobStore>());
        Volatile.Write(ref _away, false);
        return answer;
    }

    // Tried again and again, told once.
    private void Report(Exception exception)
    {
        if (!Interlocked.Exchange(ref _away, true))
        {
            Trouble(exception);
        }
    }

    private Job Fail(Job job, string error) =>
        job.Fail(error, clock.Now(), Current.WorkerRetries, Random.Shared.NextDouble());

    private static string Outcome(Job job, Job ended) =>
        ended.State switch
        {
            JobState.Succeeded => "succeeded",
            JobState.Dead => "dead",
            _ => ended.Attempts < job.Attempts ? "given-back" : "failed",
        };

    [LoggerMessage(
        1,
        LogLevel.Information,
        "Attempt {Attempt} at job {Type} {Job} of tenant {Tenant}: {Outcome}",
        EventName = "job-ended"
    )]
    private partial void Ended(string type, Guid job, TenantId tenant, int attempt, string outcome);

    [LoggerMessage(
        2,
        LogLevel.Warning,
        "Attempt {Attempt} at job {Type} {Job} of tenant {Tenant} failed",
        EventName = "job-failed"
    )]
    private partial void Failed(Exception exception, string type, Guid job, TenantId tenant, int attempt);

    [LoggerMessage(3, LogLevel.Warning, "The job queue cannot be used at the moment", EventName = "jobs-away")]
    private partial void Trouble(Exception exception);
}
