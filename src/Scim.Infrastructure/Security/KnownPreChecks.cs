using Scim.Infrastructure.Persistence.Tenants;

namespace Scim.Infrastructure.Security;

/// <summary>
/// The pre-checks of all tokens that are not revoked, held only while someone is throttled: so a right token gets through
/// a flood of wrong ones without a look-up of its own. However many ask, the database is asked at most ten times a
/// second, for one number; the set is read again only when that number, the configuration epoch, has moved.
/// </summary>
internal sealed class KnownPreChecks(CredentialStore store, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private const int MaxWaiting = 1000;

    private readonly Lock _turn = new();
    private readonly SemaphoreSlim _reading = new(1);
    private HashSet<ulong> _known = [];
    private long _epoch = -1;
    private long? _startedAt;
    private Task? _next;
    private int _waiting;

    public async ValueTask<bool> ContainsAsync(ulong preCheck, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _known).Contains(preCheck))
        {
            return true;
        }

        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return false;
        }

        try
        {
            await NextRefresh().WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        return Volatile.Read(ref _known).Contains(preCheck);
    }

    // Joins a refresh that has not begun to read yet, so that it sees whatever was committed before the question.
    private Task NextRefresh()
    {
        lock (_turn)
        {
            return _next ??= Task.Run(RefreshAsync);
        }
    }

    private async Task RefreshAsync()
    {
        await _reading.WaitAsync();
        try
        {
            var wait = _startedAt is { } last ? Interval - clock.GetElapsedTime(last) : TimeSpan.Zero;
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, clock);
            }

            lock (_turn)
            {
                _next = null;
            }

            _startedAt = clock.GetTimestamp();
            var epoch = await store.ReadEpochAsync(CancellationToken.None);
            if (epoch != _epoch)
            {
                Volatile.Write(ref _known, await store.ReadPreChecksAsync(CancellationToken.None));
                _epoch = epoch;
            }
        }
        finally
        {
            _reading.Release();
        }
    }

    public void Dispose() => _reading.Dispose();
}
