using System.Collections.Concurrent;

namespace Scim.Infrastructure.Hosting.Telemetry;

/// <summary>
/// Which tenants metrics name: the busiest 200, the rest are <c>other</c>. Who is busiest is decided anew every minute;
/// as a series once made stays for the life of the process, so does the number of names ever given have an end.
/// </summary>
internal sealed class TenantLabels(TimeProvider clock)
{
    public const string Other = "other";
    public const int Slots = 200;
    public const int NamesForLife = 1000;

    private const int CountedTenants = 20_000;
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Counter> _counters = new(StringComparer.Ordinal);
    private readonly HashSet<string> _everNamed = new(StringComparer.Ordinal);
    private readonly Lock _turn = new();
    private volatile HashSet<string> _named = new(StringComparer.Ordinal);
    private long _rankedAt = clock.GetTimestamp();

    /// <summary>Counts a request of the tenant towards its rank.</summary>
    public void Note(string slug)
    {
        if (_counters.TryGetValue(slug, out var counter))
        {
            Interlocked.Increment(ref counter.Value);
        }
        else if (_counters.Count < CountedTenants)
        {
            Interlocked.Increment(ref _counters.GetOrAdd(slug, static _ => new Counter()).Value);
        }
    }

    public string Of(string? slug)
    {
        if (string.IsNullOrEmpty(slug))
        {
            return "";
        }

        if (clock.GetElapsedTime(Volatile.Read(ref _rankedAt)) >= Period)
        {
            Rank();
        }

        return _named.Contains(slug) || TryName(slug) ? slug : Other;
    }

    // While there is room, whoever comes is named at once.
    private bool TryName(string slug)
    {
        if (_named.Count >= Slots)
        {
            return false;
        }

        lock (_turn)
        {
            if (_named.Count >= Slots || !MayBeNamed(slug))
            {
                return _named.Contains(slug);
            }

            _named = new HashSet<string>(_named, StringComparer.Ordinal) { slug };
            return true;
        }
    }

    private void Rank()
    {
        lock (_turn)
        {
            if (clock.GetElapsedTime(_rankedAt) < Period)
            {
                return;
            }

            Volatile.Write(ref _rankedAt, clock.GetTimestamp());
            var ranked = new HashSet<string>(StringComparer.Ordinal);
            // Of equals, the one that is named already keeps its place.
            foreach (
                var (slug, _) in _counters
                    .OrderByDescending(pair => Interlocked.Read(ref pair.Value.Value))
                    .ThenByDescending(pair => _named.Contains(pair.Key))
            )
            {
                if (ranked.Count < Slots && MayBeNamed(slug))
                {
                    ranked.Add(slug);
                }
            }

            _named = ranked;
            Forget();
        }
    }

    // Half of the past counts, so that a tenant which was busy once does not stay so for ever.
    private void Forget()
    {
        foreach (var pair in _counters)
        {
            var half = Interlocked.Read(ref pair.Value.Value) / 2;
            if (half == 0)
            {
                _counters.TryRemove(pair);
            }
            else
            {
                Interlocked.Exchange(ref pair.Value.Value, half);
            }
        }
    }

    private bool MayBeNamed(string slug) =>
        _everNamed.Contains(slug) || (_everNamed.Count < NamesForLife && _everNamed.Add(slug));

    private sealed class Counter
    {
        public long Value;
    }
}
