using Scim.Domain.Jobs;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Jobs;

internal sealed class JobRow
{
    public const string Columns =
        "tenant_id, id, type, occurrence, payload, priority, state, run_after, attempts, fence, progress, result, error, created_at, finished_at";

    public Guid TenantId { get; init; }

    public Guid Id { get; init; }

    public string Type { get; init; } = "";

    public string? Occurrence { get; init; }

    public string Payload { get; init; } = "";

    public int Priority { get; init; }

    public string State { get; init; } = "";

    public DateTimeOffset RunAfter { get; init; }

    public int Attempts { get; init; }

    public long Fence { get; init; }

    public long Progress { get; init; }

    public string? Result { get; init; }

    public string? Error { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public Job ToJob() =>
        new()
        {
            Tenant = new TenantId(TenantId),
            Id = Id,
            Type = Type,
            Occurrence = Occurrence,
            Payload = Payload,
            Priority = Priority,
            State = Parse(State),
            RunAfter = RunAfter,
            Attempts = Attempts,
            Fence = Fence,
            Progress = Progress,
            Result = Result,
            Error = Error,
            CreatedAt = CreatedAt,
            FinishedAt = FinishedAt,
        };

    public static JobState Parse(string state) => Enum.Parse<JobState>(state, ignoreCase: true);

    public static string Text(JobState state) =>
        state switch
        {
            JobState.Waiting => "waiting",
            JobState.Running => "running",
            JobState.Succeeded => "succeeded",
            _ => "dead",
        };
}
