using System.Collections.Concurrent;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Security;

namespace Scim.Infrastructure.Persistence;

/// <summary>The embedded database's readers, lent one at a time, and its writer.</summary>
internal sealed class SqliteConnections : IAsyncDisposable
{
    private readonly ConcurrentBag<SqliteLink> _idle = [];
    private readonly TenantPlaces _places;
    private readonly SqliteFile _file;

    public SqliteConnections(DatabaseOptions options)
    {
        _file = new SqliteFile(options.Path);
        _places = new TenantPlaces(options.PoolSize);
        Writer = new SqliteWriter(_file);
    }

    public SqliteWriter Writer { get; }

    /// <summary>The file was there; from then on nothing else takes its place.</summary>
    public bool IsOpen => _file.IsOpen;

    /// <summary>For work across tenants, which shares the readers as if it were one more tenant.</summary>
    public Task<T> ReadAsync<T>(Func<SqliteLink, ValueTask<T>> work, CancellationToken cancellationToken) =>
        ReadAsync(default, work, cancellationToken);

    public async Task<T> ReadAsync<T>(
        TenantId tenant,
        Func<SqliteLink, ValueTask<T>> work,
        CancellationToken cancellationToken
    )
    {
        if (!await _places.EnterAsync(tenant, cancellationToken))
        {
            throw ScimError.Overloaded(TenantPlaces.Taken);
        }

        try
        {
            if (!_idle.TryTake(out var link))
            {
                link = _file.OpenReader();
            }

            var result = default(T);
            var usable = true;
            try
            {
                _file.Check(link);
                usable = false;
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
            _places.Leave(tenant);
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
    }
}
