using System.Collections.Concurrent;
using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Journal;

/// <summary>
/// How often each client did each read since the last look. Counted where the read happens: to hand each one to a thread
/// of the journal's cost more than the rest of a short read's bookkeeping together.
/// </summary>
internal sealed class ReadCounts(TimeProvider clock)
{
    private const int KeyLimit = 10_000;

    // A counter that was taken out of the table; whoever still holds it looks its key up again.
    private const long Retired = long.MinValue / 2;

    private readonly ConcurrentDictionary<(TenantId Tenant, string Actor, string Operation), Counter> _counters = new();

    /// <summary>False when there was no room to remember it.</summary>
    public bool TryCount(TenantId tenant, string actor, string operation)
    {
        while (true)
        {
            if (!_counters.TryGetValue((tenant, actor, operation), out var counter))
            {
                if (_counters.Count >= KeyLimit)
                {
                    return false;
                }

                counter = _counters.GetOrAdd((tenant, actor, operation), static _ => new Counter());
            }

            if (Interlocked.Increment(ref counter.Value) > 0)
            {
                return true;
            }
        }
    }

    public List<Occurrence> Drain()
    {
        var drained = new List<Occurrence>();
        foreach (var pair in _counters)
        {
            var count = Interlocked.Exchange(ref pair.Value.Value, 0);
            if (count > 0)
            {
                var (tenant, actor, operation) = pair.Key;
                drained.Add(
                    new Occurrence(tenant, actor, "", operation, null, null, "success", null, clock.Now(), (int)count)
                );
            }
            else if (Interlocked.CompareExchange(ref pair.Value.Value, Retired, 0) == 0)
            {
                _counters.TryRemove(pair);
            }
        }

        return drained;
    }

    private sealed class Counter
    {
        public long Value;
    }
}
