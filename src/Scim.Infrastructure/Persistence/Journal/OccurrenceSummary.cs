using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Journal;

internal sealed record Occurrence(
    TenantId Tenant,
    string Actor,
    string RequestId,
    string Operation,
    string? ResourceType,
    string? ResourceId,
    string Outcome,
    string? Detail,
    DateTimeOffset OccurredAt,
    int Count = 1
)
{
    public JournalEntry ToEntry() =>
        new(Operation, ResourceType, ResourceId, Outcome, Detail: Detail, Occurrences: Count);
}

internal enum Admission
{
    /// <summary>The occurrence deserves a row of its own.</summary>
    Alone,

    /// <summary>It was counted into a row that is due within the minute.</summary>
    Counted,

    /// <summary>There was no room to remember it.</summary>
    Dropped,
}

/// <summary>Decides, in bounded memory, which refusals become rows and which are only counted.</summary>
internal sealed class OccurrenceSummary(TimeProvider clock)
{
    private const int Burst = 20;
    private const int KeyLimit = 10_000;

    private readonly Dictionary<(TenantId Tenant, string Actor, string? Subject), Bucket> _buckets = [];
    private readonly Dictionary<
        (TenantId Tenant, string Actor, string Operation, string Outcome),
        Occurrence
    > _counts = [];

    public Admission Add(Occurrence occurrence)
    {
        if (Take((occurrence.Tenant, occurrence.Actor, Subject(occurrence))))
        {
            return Admission.Alone;
        }

        var key = (occurrence.Tenant, occurrence.Actor, occurrence.Operation, occurrence.Outcome);
        if (_counts.TryGetValue(key, out var known))
        {
            _counts[key] = known with { Count = known.Count + 1 };
            return Admission.Counted;
        }

        if (_counts.Count >= KeyLimit)
        {
            return Admission.Dropped;
        }

        // A summary tells how many, not which.
        _counts.Add(key, occurrence with { RequestId = "", ResourceId = null, Detail = null });
        return Admission.Counted;
    }

    public List<Occurrence> Drain()
    {
        List<Occurrence> drained = [.. _counts.Values];
        _counts.Clear();
        var now = clock.GetTimestamp();
        foreach (var (key, bucket) in _buckets)
        {
            if (Refilled(bucket, now) >= Burst)
            {
                _buckets.Remove(key);
            }
        }

        return drained;
    }

    // Who guesses at one operator's password must not hide that others guess at another's. Operators are few; what a SCIM
    // client may name is not.
    private static string? Subject(Occurrence occurrence) =>
        occurrence.Tenant == TenantId.Installation ? occurrence.ResourceId : null;

    private bool Take((TenantId, string, string?) client)
    {
        var now = clock.GetTimestamp();
        if (!_buckets.TryGetValue(client, out var bucket))
        {
            if (_buckets.Count >= KeyLimit)
            {
                return false;
            }

            bucket = new Bucket(Burst, now);
        }

        var tokens = Refilled(bucket, now);
        var taken = tokens >= 1;
        _buckets[client] = new Bucket(taken ? tokens - 1 : tokens, now);
        return taken;
    }

    // One row a second in the long run.
    private double Refilled(Bucket bucket, long now) =>
        Math.Min(Burst, bucket.Tokens + clock.GetElapsedTime(bucket.At, now).TotalSeconds);

    private readonly record struct Bucket(double Tokens, long At);
}
