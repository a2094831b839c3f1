using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Security;

/// <summary>
/// A bounded number of places that no tenant can take from all others: it holds at most three times as many as are left,
/// which is three quarters while it is alone and less with each other that is busy, and the last place is for a tenant
/// that holds none. Who waits is let in tenant by tenant, not in the order of arrival.
/// </summary>
internal sealed class TenantPlaces(int places)
{
    /// <summary>Longer waits help nobody: the client had better come again.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public const string Taken = "Every connection to the database that this tenant may use is taken; try again.";

    private const int Greed = 3;

    private readonly Lock _turn = new();
    private readonly Dictionary<TenantId, Holder> _holders = [];
    private readonly LinkedList<Holder> _queue = [];
    private int _free = places;

    /// <summary>Takes a place, to be given back by <see cref="Leave"/>; false when there is none for this tenant.</summary>
    public bool TryEnter(TenantId tenant)
    {
        lock (_turn)
        {
            return TryTake(HolderOf(tenant));
        }
    }

    /// <summary>Takes a place, to be given back by <see cref="Leave"/>; false when none came free in time.</summary>
    public ValueTask<bool> EnterAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        lock (_turn)
        {
            var holder = HolderOf(tenant);
            if (holder.Waiting.Count == 0 && TryTake(holder))
            {
                return new(true);
            }

            var waiter = holder.Waiting.AddLast(
                new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
            );
            if (holder.Waiting.Count == 1)
            {
                _queue.AddLast(holder.Turn);
            }

            return new(WaitAsync(holder, waiter, cancellationToken));
        }
    }

    public void Leave(TenantId tenant)
    {
        lock (_turn)
        {
            Release(HolderOf(tenant));
        }
    }

    private async Task<bool> WaitAsync(
        Holder holder,
        LinkedListNode<TaskCompletionSource> waiter,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await waiter.Value.Task.WaitAsync(Patience, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return !TryGiveUp(holder, waiter);
        }
        catch (OperationCanceledException)
        {
            if (!TryGiveUp(holder, waiter))
            {
                Leave(holder.Tenant);
            }

            throw;
        }
    }

    /// <summary>False when the place was given at the same moment.</summary>
    private bool TryGiveUp(Holder holder, LinkedListNode<TaskCompletionSource> waiter)
    {
        lock (_turn)
        {
            if (waiter.List is null)
            {
                return false;
            }

            holder.Waiting.Remove(waiter);
            if (holder.Waiting.Count == 0)
            {
                _queue.Remove(holder.Turn);
            }

            return true;
        }
    }

    private void Release(Holder holder)
    {
        holder.Held--;
        _free++;
        // One place given back can make room for more than one: it raises what all others may hold.
        for (var turn = _queue.First; turn is not null; )
        {
            var waiting = turn.Value.Waiting;
            if (!TryTake(turn.Value))
            {
                turn = turn.Next;
                continue;
            }

            var admitted = waiting.First!;
            waiting.RemoveFirst();
            _queue.Remove(turn);
            if (waiting.Count > 0)
            {
                _queue.AddLast(turn);
            }

            admitted.Value.SetResult();
            turn = _queue.First;
        }
    }

    private bool TryTake(Holder holder)
    {
        var fits = holder.Held == 0 ? _free > 0 : _free > 1 && holder.Held < Greed * _free;
        if (fits)
        {
            holder.Held++;
            _free--;
        }

        return fits;
    }

    // Kept for good: there are as many as tenants that this process has served.
    private Holder HolderOf(TenantId tenant)
    {
        if (!_holders.TryGetValue(tenant, out var holder))
        {
            _holders.Add(tenant, holder = new Holder(tenant));
        }

        return holder;
    }

    private sealed class Holder
    {
        public Holder(TenantId tenant) => (Tenant, Turn) = (tenant, new LinkedListNode<Holder>(this));

        public TenantId Tenant { get; }

        /// <summary>Its place in the queue of tenants; in it while somebody waits.</summary>
        public LinkedListNode<Holder> Turn { get; }

        public LinkedList<TaskCompletionSource> Waiting { get; } = [];

        public int Held { get; set; }
    }
}
