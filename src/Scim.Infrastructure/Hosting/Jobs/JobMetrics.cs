using System.Diagnostics.Metrics;
using Scim.Application.Common;
using Scim.Application.Common.Behaviors;
using Scim.Application.Jobs;

namespace Scim.Infrastructure.Hosting.Jobs;

/// <summary>How long the queue is, and how attempts end.</summary>
internal sealed class JobMetrics
{
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _stale;
    private readonly TimeProvider _clock;
    private readonly string[] _types;
    private IReadOnlyList<WaitingJobs> _due = [];

    public JobMetrics(IMeterFactory meters, IEnumerable<JobType> types, TimeProvider clock)
    {
        _clock = clock;
        _types = [.. types.Select(type => type.Name)];
        var meter = meters.Create(ScimActivities.Name);
        _attempts = meter.CreateCounter<long>(
            "scim.job.attempts",
            "{attempt}",
            "Attempts at jobs, by type and outcome: succeeded, failed, dead, given-back or lease-lost."
        );
        _stale = meter.CreateCounter<long>(
            "scim.job.stale.lease",
            "{lease}",
            "Leases that ran out before their job was done, by type."
        );
        meter.CreateObservableGauge(
            "scim.job.due",
            () => Observe(due => due?.Count ?? 0),
            "{job}",
            "Jobs that could run now, by type."
        );
        meter.CreateObservableGauge(
            "scim.job.oldest.due",
            () => Observe(due => due is null ? 0 : Math.Max(0, (_clock.Now() - due.OldestDue).TotalSeconds)),
            "s",
            "For how long the oldest of them waits, by type."
        );
    }

    public void Ended(string type, string outcome) =>
        _attempts.Add(
            1,
            new KeyValuePair<string, object?>("type", type),
            new KeyValuePair<string, object?>("outcome", outcome)
        );

    public void Stale(string type) => _stale.Add(1, new KeyValuePair<string, object?>("type", type));

    public void Seen(IReadOnlyList<WaitingJobs> due) => Volatile.Write(ref _due, due);

    private IEnumerable<Measurement<double>> Observe(Func<WaitingJobs?, double> value)
    {
        var due = Volatile.Read(ref _due);
        return _types.Select(type => new Measurement<double>(
            value(due.FirstOrDefault(jobs => jobs.Type == type)),
            new KeyValuePair<string, object?>("type", type)
        ));
    }
}
