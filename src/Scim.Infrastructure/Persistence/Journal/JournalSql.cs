using System.Security.Cryptography;
using System.Text;
using Dapper;
using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Journal;

/// <summary>How a journal row is written: by sessions inside their statements, by control-plane transactions here.</summary>
internal static class JournalSql
{
    // PostgreSQL: the epoch is the column's default, which migrate moves; one lookup less on every write.
    public const string Columns =
        "tenant_id, occurred_at, actor, request_id, operation, resource_type, resource_id, outcome, detail, occurrences, change_digest";

    public const int ColumnCount = 11;

    private const int SaltLength = 16;

    public static Arg[] Facts(RequestContext request, DateTimeOffset now, JournalEntry entry, byte[]? digest) =>
        [
            Arg.Uuid(request.TenantId.Value),
            Arg.Time(now),
            Arg.Text(request.Actor),
            Arg.Text(request.RequestId),
            Arg.Text(entry.Operation),
            Arg.Text(entry.ResourceType),
            Arg.Text(entry.ResourceId),
            Arg.Text(entry.Outcome),
            Arg.Text(entry.Detail),
            Arg.Int(entry.Occurrences),
            Arg.Bytes(digest),
        ];

    /// <summary>The salt makes the digest useless for guessing an erased value.</summary>
    public static (byte[] Salt, byte[] Digest) Digest(string change)
    {
        var text = Encoding.UTF8.GetBytes(change);
        var salted = new byte[SaltLength + text.Length];
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        salt.CopyTo(salted, 0);
        text.CopyTo(salted, SaltLength);
        return (salt, SHA256.HashData(salted));
    }

    /// <summary>
    /// Journal rows that a PostgreSQL statement makes of what it did, salts and digests included.
    /// </summary>
    /// <param name="entries">A query for (position, operation, resource_type, resource_id, detail, change); each resource once.</param>
    public static void Append(StatementText sql, RequestContext request, DateTimeOffset now, string entries)
    {
        var time = sql.Add(Arg.Time(now));
        var actor = sql.Add(Arg.Text(request.Actor));
        var requestId = sql.Add(Arg.Text(request.RequestId));
        sql.With("entries", entries);
        // 122 random bits each; the digest is that of Digest below.
        sql.With("salted", "select *, uuid_send(gen_random_uuid()) as salt from entries");
        sql.With(
            "journal_rows",
            $"""
            insert into journal ({Columns})
            select $1, {time}, {actor}, {requestId}, operation, resource_type, resource_id, 'success', detail, 1,
                   sha256(salt || convert_to(change, 'UTF8'))
              from salted order by position, resource_id
            returning sequence, resource_id
            """
        );
        sql.With(
            "journal_change_rows",
            """
            insert into journal_changes (tenant_id, sequence, salt, change)
            select $1, j.sequence, s.salt, s.change from journal_rows j join salted s on s.resource_id = j.resource_id
             where s.change is not null
            """
        );
    }

    /// <summary>For administrative acts, inside <see cref="IDatabase.WriteAsync"/>: the row of the tenant they concern.</summary>
    public static async Task AppendJournalAsync(
        this System.Data.Common.DbTransaction transaction,
        TenantId tenant,
        string actor,
        string requestId,
        DateTimeOffset now,
        JournalEntry entry,
        CancellationToken cancellationToken
    )
    {
        var (salt, digest) = entry.Change is null ? (null, null) : Digest(entry.Change);
        var isSqlite = transaction is Microsoft.Data.Sqlite.SqliteTransaction;
        var parameters = new
        {
            tenant,
            now,
            actor,
            requestId,
            entry.Operation,
            entry.ResourceType,
            entry.ResourceId,
            entry.Outcome,
            entry.Detail,
            entry.Occurrences,
            digest,
        };
        var sequence = await transaction.Connection!.QuerySingleAsync<long>(
            new CommandDefinition(
                isSqlite ? InsertOnSqlite : InsertOnPostgreSql,
                parameters,
                transaction,
                cancellationToken: cancellationToken
            )
        );
        if (salt is not null)
        {
            await transaction.Connection!.ExecuteAsync(
                new CommandDefinition(
                    InsertChange,
                    new
                    {
                        tenant,
                        sequence,
                        salt,
                        entry.Change,
                    },
                    transaction,
                    cancellationToken: cancellationToken
                )
            );
        }
    }

    private const string Values =
        "@tenant, @now, @actor, @requestId, @Operation, @ResourceType, @ResourceId, @Outcome, @Detail, @Occurrences, @digest";

    private const string InsertOnPostgreSql = $"insert into journal ({Columns}) values ({Values}) returning sequence";

    private const string InsertOnSqlite = $"""
        insert into journal (epoch, {Columns})
        values ((select max(epoch) from journal_epochs), {Values})
        returning sequence
        """;

    private const string InsertChange =
        "insert into journal_changes (tenant_id, sequence, salt, change) values (@tenant, @sequence, @salt, @Change)";
}
