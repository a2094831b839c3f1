using Scim.Application.Common;
using Scim.Application.Operators;
using Scim.Application.Retention;
using Scim.Application.Settings;
using Scim.Domain.Filters;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Hosting.Configuration;

/// <summary>The settings that hold in the installation or for one tenant, in the shape in which they are used.</summary>
internal sealed class EffectiveSettings
{
    private static readonly TimeSpan LongestRetry = TimeSpan.FromHours(1);

    private readonly Dictionary<string, ResolvedSetting> _values;

    public EffectiveSettings(IEnumerable<ResolvedSetting> values)
    {
        _values = values.ToDictionary(value => value.Setting.Name, StringComparer.Ordinal);
        RequestsPerSecond = Int("rateLimit.requestsPerSecond");
        Burst = Int("rateLimit.burst");
        DiscoveryRequestsPerSecond = Int("rateLimit.discoveryRequestsPerSecond");
        var most = Int("limits.maxPageSize");
        Limits = new DataPlaneLimits
        {
            // A tenant's most may be less than everybody's default.
            DefaultPageSize = Math.Min(Int("limits.defaultPageSize"), most),
            MaxPageSize = most,
            CursorTimeoutSeconds = Int("limits.cursorTimeoutSeconds"),
            MaxBulkOperations = Int("limits.maxBulkOperations"),
            MaxBodyBytes = _values["limits.maxBodyBytes"].Value.GetInt64(),
            Filter = new FilterLimits(Int("limits.maxFilterLength"), Int("limits.maxFilterDepth")),
        };
        Session = new SessionLimits(
            TimeSpan.FromSeconds(Int("session.leaseSeconds")),
            TimeSpan.FromHours(Int("session.absoluteHours"))
        );
        WorkerPoll = TimeSpan.FromMilliseconds(Int("worker.pollInterval"));
        WorkerLease = TimeSpan.FromSeconds(Int("worker.leaseSeconds"));
        WorkerTimeLimit = TimeSpan.FromSeconds(Int("worker.timeLimitSeconds"));
        WorkerRetries = new RetryPolicy(
            Int("worker.maxAttempts"),
            TimeSpan.FromSeconds(_values["worker.retrySeconds"].Value.GetDouble()),
            LongestRetry
        );
        var changeDays = Int("retention.changeDays");
        Retention = new RetentionPolicy(
            changeDays == 0 ? null : TimeSpan.FromDays(changeDays),
            TimeSpan.FromDays(Int("retention.deviationDays")),
            TimeSpan.FromDays(Int("retention.succeededJobDays")),
            TimeSpan.FromDays(Int("retention.deadJobDays"))
        );
        UniqueGroupNames = _values["groups.uniqueDisplayName"].Value.GetBoolean();
        Bulk = Feature("features.bulk");
        Cursors = Feature("features.cursorPagination");
    }

    public int RequestsPerSecond { get; }

    public int Burst { get; }

    public int DiscoveryRequestsPerSecond { get; }

    public DataPlaneLimits Limits { get; }

    public SessionLimits Session { get; }

    public TimeSpan WorkerPoll { get; }

    public TimeSpan WorkerLease { get; }

    public TimeSpan WorkerTimeLimit { get; }

    public RetryPolicy WorkerRetries { get; }

    public RetentionPolicy Retention { get; }

    public bool UniqueGroupNames { get; }

    public Rollout Bulk { get; }

    public Rollout Cursors { get; }

    private int Int(string name) => _values[name].Value.GetInt32();

    private Rollout Feature(string name) => Rollout.Read(name, _values[name].Value)!;
}
