using System.Data;
using System.Globalization;
using Npgsql;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence.Dialects;
using Scim.Infrastructure.Persistence.Journal;
using Scim.Infrastructure.Security;

namespace Scim.Infrastructure.Persistence;

/// <summary>
/// Each call is one batch and thereby one implicit transaction, whose first command names the tenant for row-level
/// security until its end. Inside <see cref="TransactionAsync"/> the tenant is named once; savepoints ride on the next batch.
/// </summary>
internal sealed class PostgreSqlSession(
    PostgreSqlConnections connections,
    RequestContext request,
    TimeProvider clock,
    DatabaseFaults faults
) : ITenantSession
{
    private const string BeginSnapshot = "begin isolation level repeatable read read only";

    // What is read while it is sent waits for its client, whose pace is watched there. It is planned for the values at hand: members are
    // joined to their users one by one or, when they are most of the tenant, side by side.
    private const string SetTenantOfSnapshot = """
        select set_config('scim.tenant_id', $1, true), set_config('statement_timeout', '360000', true),
               set_config('idle_in_transaction_session_timeout', '360000', true),
               set_config('plan_cache_mode', 'force_custom_plan', true)
        """;

    private readonly List<string> _unsent = [];
    private NpgsqlConnection? _connection;
    private string _setTenant = PostgreSqlDialect.SetTenant;
    private bool _tenantIsSet;
    private bool _failed;
    private int _depth;
    private string? _tenantText;

    public ISqlDialect Dialect => PostgreSqlDialect.Instance;

    public TenantId Tenant => request.TenantId;

    public bool InTransaction => _connection is not null;

    public int Stripe { get; } = Stripes.Next();

    public Task<T> QueryAsync<T>(
        IReadOnlyList<Statement> statements,
        Func<Rows, ValueTask<T>> read,
        CancellationToken cancellationToken
    ) => OnConnectionAsync(connection => ReadAsync(connection, statements, read, cancellationToken), cancellationToken);

    public async Task<T> SnapshotAsync<T>(
        IReadOnlyList<Statement> statements,
        Func<Rows, ValueTask<T>> read,
        CancellationToken cancellationToken
    )
    {
        if (InTransaction)
        {
            return await QueryAsync(statements, read, cancellationToken);
        }

        return await OnConnectionAsync(
            async connection =>
            {
                await using var batch = new NpgsqlBatch(connection);
                batch.BatchCommands.Add(new NpgsqlBatchCommand(BeginSnapshot));
                AddTenant(batch, SetTenantOfSnapshot);
                foreach (var statement in statements)
                {
                    batch.BatchCommands.Add(Command(statement));
                }

                batch.BatchCommands.Add(new NpgsqlBatchCommand("commit"));
                await using var reader = await ExecuteAsync(batch, cancellationToken);
                return await read(new PostgreSqlRows(reader, cancellationToken));
            },
            cancellationToken
        );
    }

    public Task<T> SnapshotAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken) =>
        InTransaction ? work() : TransactAsync(IsolationLevel.RepeatableRead, work, cancellationToken);

    public async Task<int> ApplyAsync(Mutation mutation, CancellationToken cancellationToken)
    {
        var (affected, _) = await ApplyAsync(mutation, null, static _ => ValueTask.FromResult(0), cancellationToken);
        return affected;
    }

    public Task<(int Affected, T Result)> ApplyAsync<T>(
        Mutation mutation,
        Statement after,
        Func<Rows, ValueTask<T>> read,
        CancellationToken cancellationToken
    ) => ApplyAsync(mutation, (Statement?)after, read, cancellationToken);

    private Task<(int Affected, T Result)> ApplyAsync<T>(
        Mutation mutation,
        Statement? after,
        Func<Rows, ValueTask<T>> read,
        CancellationToken cancellationToken
    )
    {
        var entry = mutation.Journal;
        var (salt, digest) = entry.Change is null ? (null, null) : JournalSql.Digest(entry.Change);
        var command = new NpgsqlBatchCommand(PostgreSqlComposer.Compose(mutation));
        Add(command, mutation.Head.Args);
        foreach (var part in mutation.Parts)
        {
            Add(command, part.Args);
        }

        AddEntry(command, entry, salt, digest);
        return OnConnectionAsync(
            async connection =>
            {
                await using var batch = Batch(connection);
                batch.BatchCommands.Add(command);
                if (after is { } statement)
                {
                    batch.BatchCommands.Add(Command(statement));
                }

                await using var reader = await ExecuteAsync(batch, cancellationToken);
                await reader.ReadAsync(cancellationToken);
                var affected = (int)reader.GetInt64(0);
                await reader.NextResultAsync(cancellationToken);
                var result = await read(new PostgreSqlRows(reader, cancellationToken));
                await reader.CloseAsync();
                return (affected, result);
            },
            cancellationToken
        );
    }

    public Task<int> ExecuteAsync(Statement statement, CancellationToken cancellationToken)
    {
        var command = Command(statement);
        return OnConnectionAsync(
            async connection =>
            {
                await using var batch = Batch(connection);
                batch.BatchCommands.Add(command);
                await batch.ExecuteNonQueryAsync(cancellationToken);
                Sent();
                return command.RecordsAffected;
            },
            cancellationToken
        );
    }

    public Task<T> TransactionAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken) =>
        InTransaction ? SavepointAsync(work) : TransactAsync(IsolationLevel.ReadCommitted, work, cancellationToken);

    private Task<T> TransactAsync<T>(
        IsolationLevel isolation,
        Func<Task<T>> work,
        CancellationToken cancellationToken
    ) =>
        OnConnectionAsync(
            async connection =>
            {
                await using var transaction = await connection.BeginTransactionAsync(isolation, cancellationToken);
                _connection = connection;
                _setTenant =
                    isolation == IsolationLevel.RepeatableRead ? SetTenantOfSnapshot : PostgreSqlDialect.SetTenant;
                try
                {
                    var result = await work();
                    if (_failed)
                    {
                        // PostgreSQL would answer COMMIT with a silent rollback.
                        throw new InvalidOperationException(
                            "A statement failed and was passed over outside a nested transaction."
                        );
                    }

                    await FlushRollbackAsync(connection, cancellationToken);
                    await transaction.CommitAsync(cancellationToken);
                    return result;
                }
                finally
                {
                    // Disposing an uncommitted transaction rolls it back.
                    _connection = null;
                    _setTenant = PostgreSqlDialect.SetTenant;
                    _tenantIsSet = false;
                    _failed = false;
                    _unsent.Clear();
                    _depth = 0;
                }
            },
            cancellationToken
        );

    private async Task<T> SavepointAsync<T>(Func<Task<T>> work)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"s{++_depth}");
        _unsent.Add($"savepoint {name}");
        try
        {
            var result = await work();
            if (!Forget(name))
            {
                _unsent.Add($"release savepoint {name}");
            }

            return result;
        }
        catch
        {
            if (!Forget(name))
            {
                _unsent.Clear();
                _unsent.Add($"rollback to savepoint {name}");
                _unsent.Add($"release savepoint {name}");
                _tenantIsSet = false;
                _failed = false;
            }

            throw;
        }
        finally
        {
            _depth--;
        }
    }

    // A savepoint that no batch has carried yet never existed; nor did what was queued inside it.
    private bool Forget(string name)
    {
        var index = _unsent.LastIndexOf($"savepoint {name}");
        if (index < 0)
        {
            return false;
        }

        _unsent.RemoveRange(index, _unsent.Count - index);
        return true;
    }

    private async Task FlushRollbackAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (!_unsent.Exists(command => command.StartsWith("rollback", StringComparison.Ordinal)))
        {
            return;
        }

        await using var batch = Batch(connection);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        Sent();
    }

    private async Task<T> ReadAsync<T>(
        NpgsqlConnection connection,
        IReadOnlyList<Statement> statements,
        Func<Rows, ValueTask<T>> read,
        CancellationToken cancellationToken
    )
    {
        await using var batch = Batch(connection);
        for (var i = 0; i < statements.Count; i++)
        {
            batch.BatchCommands.Add(Command(statements[i]));
        }

        await using var reader = await ExecuteAsync(batch, cancellationToken);
        return await read(new PostgreSqlRows(reader, cancellationToken));
    }

    /// <summary>A batch that starts with what must precede the statements: savepoints and the tenant.</summary>
    private NpgsqlBatch Batch(NpgsqlConnection connection)
    {
        var batch = new NpgsqlBatch(connection);
        foreach (var sql in _unsent)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql));
        }

        if (!_tenantIsSet)
        {
            AddTenant(batch, _setTenant);
        }

        return batch;
    }

    private void AddTenant(NpgsqlBatch batch, string sql)
    {
        _tenantText ??= Tenant.ToString();
        var tenant = new NpgsqlBatchCommand(sql);
        tenant.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _tenantText });
        batch.BatchCommands.Add(tenant);
    }

    private async Task<NpgsqlDataReader> ExecuteAsync(NpgsqlBatch batch, CancellationToken cancellationToken)
    {
        var skipTenantRow = !_tenantIsSet;
        var reader = await batch.ExecuteReaderAsync(cancellationToken);
        try
        {
            if (skipTenantRow)
            {
                await reader.NextResultAsync(cancellationToken);
            }

            Sent();
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    private void Sent()
    {
        _unsent.Clear();
        _tenantIsSet = InTransaction;
    }

    private async Task<T> OnConnectionAsync<T>(
        Func<NpgsqlConnection, Task<T>> work,
        CancellationToken cancellationToken
    )
    {
        try
        {
            if (_connection is { } pinned)
            {
                return await OnPinnedAsync(() => work(pinned));
            }

            if (!await connections.Places.EnterAsync(Tenant, cancellationToken))
            {
                throw ScimError.Overloaded(TenantPlaces.Taken);
            }

            try
            {
                await using var connection = await connections.Serving.OpenConnectionAsync(cancellationToken);
                return await work(connection);
            }
            finally
            {
                connections.Places.Leave(Tenant);
            }
        }
        catch (Exception exception) when (faults.Translate(exception) is { } translated)
        {
            throw translated;
        }
    }

    // The server reached the failing command, so the savepoints before it were made.
    private async Task<T> OnPinnedAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception exception)
            when (exception is PostgresException or OperationCanceledException { InnerException: PostgresException })
        {
            _failed = true;
            _unsent.Clear();
            throw;
        }
    }

    private static NpgsqlBatchCommand Command(Statement statement)
    {
        var command = new NpgsqlBatchCommand(statement.Sql);
        Add(command, statement.Args);
        return command;
    }

    private static void Add(NpgsqlBatchCommand command, Arg[] args)
    {
        foreach (var arg in args)
        {
            command.Parameters.Add(arg.ToNpgsql());
        }
    }

    private void AddEntry(NpgsqlBatchCommand command, JournalEntry entry, byte[]? salt, byte[]? digest)
    {
        Add(command, JournalSql.Facts(request, clock.Now(), entry, digest));
        if (salt is not null)
        {
            command.Parameters.Add(Arg.Bytes(salt).ToNpgsql());
            command.Parameters.Add(Arg.Text(entry.Change).ToNpgsql());
        }
    }
}
