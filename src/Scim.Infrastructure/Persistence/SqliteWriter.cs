using System.Diagnostics;
using System.Threading.Channels;
using Scim.Domain.Errors;
using Scim.Infrastructure.Security;

namespace Scim.Infrastructure.Persistence;

/// <summary>
/// The one writer of the embedded database. Waiting writes share a transaction and thereby a flush to disk, each in a
/// savepoint of its own; nobody is answered before the commit. A turn has the writer to itself.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const int QueueLimit = 1024;
    private const int GroupLimit = 64;
    private const string TooMany = "Too many writes are waiting; try again.";

    private readonly Channel<Waiting> _queue = Channel.CreateBounded<Waiting>(
        new BoundedChannelOptions(QueueLimit) { SingleReader = true }
    );
    private readonly AsyncLocal<Turn?> _heldTurn = new();
    private readonly SqliteFile _file;
    private readonly Task _loop;
    private SqliteLink? _link;

    public SqliteWriter(SqliteFile file)
    {
        _file = file;
        using var flow = ExecutionContext.SuppressFlow();
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Transactions committed, of groups and of turns; for metrics and tests.</summary>
    public long Commits { get; private set; }

    public Task<T> RunAsync<T>(Func<SqliteLink, T> work, CancellationToken cancellationToken)
    {
        var job = new Job<T>(work, cancellationToken);
        Enqueue(job);
        return job.Completion;
    }

    /// <summary>Runs the work, on the caller's side, while no other write can happen; begins and ends its transaction.</summary>
    public async Task<T> RunAloneAsync<T>(Func<SqliteLink, Task<T>> work, CancellationToken cancellationToken)
    {
        using var turn = new Turn(cancellationToken);
        Enqueue(turn);
        var link = await turn.GrantedAsync;
        _heldTurn.Value = turn;
        try
        {
            var result = await work(link);
            Commits++;
            return result;
        }
        finally
        {
            _heldTurn.Value = null;
            link.RollbackQuietly();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
        _link?.Dispose();
    }

    private void Enqueue(Waiting waiting)
    {
        // Work started inside a turn and still running after it may write again.
        if (_heldTurn.Value is { ReleasedAsync.IsCompleted: false })
        {
            throw new InvalidOperationException(
                "Whoever has the writer's turn must write through it, or waits for itself."
            );
        }

        if (!_queue.Writer.TryWrite(waiting))
        {
            throw ScimError.Overloaded(TooMany);
        }
    }

    private async Task RunAsync()
    {
        var group = new List<Waiting>(GroupLimit);
        while (await _queue.Reader.WaitToReadAsync())
        {
            group.Clear();
            while (group.Count < GroupLimit && _queue.Reader.TryPeek(out var next) && next is not Turn)
            {
                _queue.Reader.TryRead(out _);
                if (!next.IsGivenUp)
                {
                    group.Add(next);
                }
            }

            if (group.Count > 0)
            {
                RunGroup(group);
            }
            else if (_queue.Reader.TryRead(out var waiting))
            {
                await RunTurnAsync((Turn)waiting);
            }
        }
    }

    private void RunGroup(List<Waiting> group)
    {
        try
        {
            _link ??= _file.OpenWriter();
            _file.Check(_link);
            _link.Execute("begin immediate");
            foreach (var job in group)
            {
                job.Run(_link);
                if (!_link.InTransaction)
                {
                    throw job.Error ?? new InvalidOperationException("A write ended the shared transaction.");
                }
            }

            _link.Execute("commit");
            Commits++;
        }
#pragma warning disable CA1031 // Every caller waits for an answer, whatever went wrong.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            foreach (var job in group)
            {
                job.Error ??= exception;
            }

            Reset();
        }

        foreach (var job in group)
        {
            job.Complete();
        }
    }

    private async Task RunTurnAsync(Turn turn)
    {
        try
        {
            _link ??= _file.OpenWriter();
            _file.Check(_link);
            if (turn.Grant(_link))
            {
                await turn.ReleasedAsync;
                if (_link.InTransaction)
                {
                    Reset();
                }
            }
        }
#pragma warning disable CA1031 // As above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            turn.Error = exception;
            turn.Complete();
        }
    }

    // After a failed begin, commit or rollback the connection's state is not worth guessing.
    private void Reset()
    {
        _link?.RollbackQuietly();
        _link?.Dispose();
        _link = null;
    }

    private abstract class Waiting(CancellationToken cancellationToken)
    {
        private readonly long _since = Stopwatch.GetTimestamp();

        public Exception? Error { get; set; }

        /// <summary>It waited for too long, or nobody waits for it any more; then it must not run.</summary>
        public bool IsGivenUp
        {
            get
            {
                Error =
                    cancellationToken.IsCancellationRequested ? new OperationCanceledException(cancellationToken)
                    : Stopwatch.GetElapsedTime(_since) > TenantPlaces.Patience ? ScimError.Overloaded(TooMany)
                    : null;
                if (Error is null)
                {
                    return false;
                }

                Complete();
                return true;
            }
        }

        public abstract void Run(SqliteLink link);

        public abstract void Complete();
    }

    private sealed class Job<T>(Func<SqliteLink, T> work, CancellationToken cancellationToken)
        : Waiting(cancellationToken)
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;

        public Task<T> Completion => _completion.Task;

        public override void Run(SqliteLink link)
        {
            try
            {
                _result = link.Atomically(work);
            }
#pragma warning disable CA1031 // It belongs to the one who waits for this job, not to its neighbours.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Error = exception;
            }
        }

        public override void Complete()
        {
            if (Error is null)
            {
                _completion.TrySetResult(_result!);
            }
            else
            {
                _completion.TrySetException(Error);
            }
        }
    }

    private sealed class Turn(CancellationToken cancellationToken) : Waiting(cancellationToken), IDisposable
    {
        private readonly TaskCompletionSource<SqliteLink> _granted = new(
            TaskCreationOptions.RunContinuationsAsynchronously
        );
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<SqliteLink> GrantedAsync => _granted.Task;

        public Task ReleasedAsync => _released.Task;

        public bool Grant(SqliteLink link) => !IsGivenUp && _granted.TrySetResult(link);

        public override void Run(SqliteLink link) => throw new InvalidOperationException("A turn is granted, not run.");

        public override void Complete() => _granted.TrySetException(Error!);

        public void Dispose() => _released.TrySetResult();
    }
}
