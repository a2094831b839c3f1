using Microsoft.Data.Sqlite;
using Scim.Application.Common;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence.Dialects;
using Scim.Infrastructure.Persistence.Journal;

namespace Scim.Infrastructure.Persistence;

/// <summary>There is no row-level security here: isolation rests on statements that name the tenant of this session.</summary>
internal sealed class SqliteSession(
    SqliteConnections connections,
    RequestContext request,
    TimeProvider clock,
    DatabaseFaults faults
) : ITenantSession
{
    private const string InsertEntry = $"""
        insert into journal (epoch, {JournalSql.Columns})
        values ((select max(epoch) from journal_epochs), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """;

    private const string InsertChange =
        "insert into journal_changes (tenant_id, sequence, salt, change) values ($1, last_insert_rowid(), $2, $3)";

    private SqliteLink? _turn;

    public ISqlDialect Dialect => SqliteDialect.Instance;

    public TenantId Tenant => request.TenantId;

    public bool InTransaction => _turn is not null;

    public int Stripe { get; } = Stripes.Next();

    public Task<T> QueryAsync<T>(
        IReadOnlyList<Statement> statements,
        Func<Rows, ValueTask<T>> read,
        CancellationToken cancellationToken
    ) =>
        TranslatedAsync(() =>
            _turn is { } turn
                ? RunAsync(turn, statements, read, cancellationToken).AsTask()
                : connections.ReadAsync(
                    Tenant,
                    link => ReadAsync(link, statements, read, cancellationToken),
                    cancellationToken
                )
        );

    public Task<T> SnapshotAsync<T>(
        IReadOnlyList<Statement> statements,
        Func<Rows, ValueTask<T>> read,
        CancellationToken cancellationToken
    ) => QueryAsync(statements, read, cancellationToken);

    public Task<T> SnapshotAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken) =>
        InTransaction
            ? work()
            : TranslatedAsync(() =>
                connections.ReadAsync(Tenant, async link => await TransactAsync(link, "begin", work), cancellationToken)
            );

    public Task<int> ApplyAsync(Mutation mutation, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        return WriteAsync(link => Apply(link, mutation, now), cancellationToken);
    }

    public async Task<(int Affected, T Result)> ApplyAsync<T>(
        Mutation mutation,
        Statement after,
        Func<Rows, ValueTask<T>> read,
        CancellationToken cancellationToken
    )
    {
        var affected = await ApplyAsync(mutation, cancellationToken);
        return (affected, await QueryAsync([after], read, cancellationToken));
    }

    public Task<int> ExecuteAsync(Statement statement, CancellationToken cancellationToken) =>
        WriteAsync(link => link.Execute(statement), cancellationToken);

    public Task<T> TransactionAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken) =>
        TranslatedAsync(() =>
            _turn is { } turn
                ? SavepointAsync(turn, work)
                : connections.Writer.RunAloneAsync(
                    link => TransactAsync(link, "begin immediate", work),
                    cancellationToken
                )
        );

    private async Task<T> TransactAsync<T>(SqliteLink link, string begin, Func<Task<T>> work)
    {
        link.Execute(begin);
        _turn = link;
        try
        {
            var result = await work();
            link.Execute("commit");
            return result;
        }
        finally
        {
            _turn = null;
        }
    }

    // Savepoints of one name nest in SQLite: the innermost is meant.
    private static async Task<T> SavepointAsync<T>(SqliteLink turn, Func<Task<T>> work)
    {
        turn.Execute("savepoint nested");
        try
        {
            var result = await work();
            turn.Execute("release nested");
            return result;
        }
        catch
        {
            if (turn.InTransaction)
            {
                turn.Execute("rollback to nested");
                turn.Execute("release nested");
            }

            throw;
        }
    }

    private static async ValueTask<T> ReadAsync<T>(
        SqliteLink link,
        IReadOnlyList<Statement> statements,
        Func<Rows, ValueTask<T>> read,
        CancellationToken cancellationToken
    )
    {
        if (statements.Count == 1)
        {
            return await RunAsync(link, statements, read, cancellationToken);
        }

        link.Execute("begin");
        var result = await RunAsync(link, statements, read, cancellationToken);
        link.Execute("commit");
        return result;
    }

    private static async ValueTask<T> RunAsync<T>(
        SqliteLink link,
        IReadOnlyList<Statement> statements,
        Func<Rows, ValueTask<T>> read,
        CancellationToken cancellationToken
    )
    {
        using var rows = new SqliteRows(link, statements, cancellationToken);
        return await read(rows);
    }

    private Task<int> WriteAsync(Func<SqliteLink, int> work, CancellationToken cancellationToken) =>
        TranslatedAsync(() =>
            _turn is { } turn
                ? Task.FromResult(turn.Atomically(work))
                : connections.Writer.RunAsync(work, cancellationToken)
        );

    private int Apply(SqliteLink link, Mutation mutation, DateTimeOffset now)
    {
        var affected = link.Execute(mutation.Head);
        if (affected == 0)
        {
            return 0;
        }

        foreach (var part in mutation.Parts)
        {
            link.ExecutePart(part);
        }

        Append(link, mutation.Journal, now);
        return affected;
    }

    private void Append(SqliteLink link, JournalEntry entry, DateTimeOffset now)
    {
        if (entry.Change is null)
        {
            link.Execute(new Statement(InsertEntry, JournalSql.Facts(request, now, entry, null)));
            return;
        }

        var (salt, digest) = JournalSql.Digest(entry.Change);
        link.Execute(new Statement(InsertEntry, JournalSql.Facts(request, now, entry, digest)));
        link.Execute(new Statement(InsertChange, Arg.Uuid(Tenant.Value), Arg.Bytes(salt), Arg.Text(entry.Change)));
    }

    private async Task<T> TranslatedAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (SqliteException exception) when (faults.Translate(exception) is { } translated)
        {
            throw translated;
        }
    }
}
