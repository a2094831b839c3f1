using System.Collections.Concurrent;
using Scim.Domain.Errors;

namespace Scim.Infrastructure.Persistence;

/// <summary>The embedded database's readers, lent one at a time, and its writer.</summary>
internal sealed class SqliteConnections : IAsyncDisposable
{
    private readonly ConcurrentBag<SqliteLink> _idle = [];
    private readonly SemaphoreSlim _free;
    private readonly TimeSpan _patience;
    private readonly SqliteFile _file;

    public SqliteConnections(DatabaseOptions options)
    {
        _file = new SqliteFile(options.Path);
        _free = new SemaphoreSlim(options.PoolSize);
        _patience = TimeSpan.FromSeconds(options.CommandTimeout);
        Writer = new SqliteWriter(_file);
    }

    public SqliteWriter Writer { get; }

    /// <summary>The file was there; from then on nothing else takes its place.</summary>
    public bool IsOpen => _file.IsOpen;

    public async Task<T> ReadAsync<T>(Func<SqliteLink, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        if (!await _free.WaitAsync(_patience, cancellationToken))
        {
            throw ScimError.Unavailable("Every connection to the database is busy; try again.");
        }

        try
        {
            _file.Check();
            if (!_idle.TryTake(out var link))
            {
                link = _file.OpenReader();
            }

            var result = default(T);
            var usable = false;
            try
            {
                result = await work(link);
                usable = !link.InTransaction;
            }
            finally
            {
                if (usable)
                {
                    _idle.Add(link);
                }
                else
                {
                    link.RollbackQuietly();
                    link.Dispose();
                }
            }

            return result;
        }
        finally
        {
            _free.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync();
        while (_idle.TryTake(out var link))
        {
            link.Dispose();
        }

        _file.Dispose();
        _free.Dispose();
    }
}
