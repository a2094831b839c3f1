using System.Collections.Concurrent;

namespace Scim.Infrastructure.Security;

/// <summary>
/// One token bucket per key, each a single word: the time at which it is full again. No timer, no allocation per take.
/// The framework's partitioned limiter costs idle CPU with ten thousand live partitions; this one costs nothing idle.
/// </summary>
internal sealed class TokenBuckets<TKey>
    where TKey : notnull
{
    // A bucket that was taken out of the table; whoever still holds it looks its key up again.
    private const long Retired = long.MaxValue;
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<TKey, Bucket> _buckets = new();
    private readonly Bucket _overflow = new(0, 0);
    private readonly TimeProvider _clock;
    private readonly int _capacity;
    private readonly long _step;
    private readonly long _window;
    private readonly Func<int> _sharers;
    private long _sweptAt;

    /// <summary>
    /// A rate or burst of 0 means no limit. Beyond <paramref name="capacity"/> keys the rest share one bucket. Of
    /// <paramref name="sharers"/> processes that enforce the same budget each grants its share.
    /// </summary>
    public TokenBuckets(
        double perSecond,
        int burst,
        TimeProvider clock,
        int capacity = 100_000,
        Func<int>? sharers = null
    )
        : this(clock, capacity, sharers) => (_step, _window) = Measure(perSecond, burst);

    /// <summary>Rate and burst are said with each take; a key for which they change begins with a full bucket.</summary>
    public TokenBuckets(TimeProvider clock, int capacity = 100_000, Func<int>? sharers = null)
    {
        _clock = clock;
        _sharers = sharers ?? (static () => 1);
        _capacity = capacity;
        _sweptAt = clock.GetTimestamp();
    }

    public int Count => _buckets.Count;

    public bool TryTake(TKey key, out TimeSpan retryAfter) => TryTake(key, _step, _window, out retryAfter);

    public bool TryTake(TKey key, double perSecond, int burst, out TimeSpan retryAfter)
    {
        var (step, window) = Measure(perSecond, burst);
        return TryTake(key, step, window, out retryAfter);
    }

    private bool TryTake(TKey key, long cost, long window, out TimeSpan retryAfter)
    {
        retryAfter = TimeSpan.Zero;
        if (cost == 0)
        {
            return true;
        }

        // Dearer takes in the same window: a share of the rate and of the burst.
        var step = Math.Min(cost * _sharers(), window);
        while (true)
        {
            var bucket = BucketOf(key, cost, window);
            var now = _clock.GetTimestamp();
            var full = Volatile.Read(ref bucket.FullAt);
            if (full == Retired)
            {
                continue;
            }

            var next = Math.Max(full, now) + step;
            if (next - now > window)
            {
                retryAfter = TimeSpan.FromSeconds((double)(next - now - window) / _clock.TimestampFrequency);
                return false;
            }

            if (Interlocked.CompareExchange(ref bucket.FullAt, next, full) == full)
            {
                return true;
            }
        }
    }

    /// <summary>True when a take would be refused; takes nothing.</summary>
    public bool IsEmpty(TKey key) =>
        _step != 0
        && _buckets.TryGetValue(key, out var bucket)
        && Volatile.Read(ref bucket.FullAt) is var full and not Retired
        && full + _step - _clock.GetTimestamp() > _window;

    private (long Step, long Window) Measure(double perSecond, int burst)
    {
        if (perSecond <= 0 || burst <= 0)
        {
            return (0, 0);
        }

        var step = Math.Max(1, (long)(_clock.TimestampFrequency / perSecond));
        return (step, step * burst);
    }

    private Bucket BucketOf(TKey key, long step, long window)
    {
        if (_buckets.TryGetValue(key, out var bucket))
        {
            if (bucket.Step == step && bucket.Window == window)
            {
                return bucket;
            }

            // What was taken at another rate says nothing at this one.
            Volatile.Write(ref bucket.FullAt, Retired);
            _buckets.TryRemove(KeyValuePair.Create(key, bucket));
        }

        Sweep();
        return _buckets.Count >= _capacity
            ? _overflow
            : _buckets.GetOrAdd(key, static (_, rate) => new Bucket(rate.step, rate.window), (step, window));
    }

    // A full bucket is the same as none. Only a new key can make the table grow, so only a new key sweeps.
    private void Sweep()
    {
        var now = _clock.GetTimestamp();
        var last = Volatile.Read(ref _sweptAt);
        if (
            _clock.GetElapsedTime(last, now) < SweepInterval
            || Interlocked.CompareExchange(ref _sweptAt, now, last) != last
        )
        {
            return;
        }

        foreach (var pair in _buckets)
        {
            var full = Volatile.Read(ref pair.Value.FullAt);
            if (full <= now && Interlocked.CompareExchange(ref pair.Value.FullAt, Retired, full) == full)
            {
                _buckets.TryRemove(pair);
            }
        }
    }

    private sealed class Bucket(long step, long window)
    {
        public long Step => step;

        public long Window => window;

        public long FullAt;
    }
}
