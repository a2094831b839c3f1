using Dapper;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Infrastructure.Persistence.Tenants;
using Scim.Infrastructure.Security;

namespace Scim.Infrastructure.Persistence.Idempotency;

internal sealed class KeptAnswers(IDatabase database, ControlJournal journal, ServerKeys keys, TimeProvider clock)
    : IKeptAnswers
{
    /// <summary>For whoever keeps house.</summary>
    public const string DeleteExpired = "delete from kept_answers where expires_at <= @now";

    // Whoever comes second waits here until the first has committed, and then has no row. What is past its day is as good as
    // gone.
    private const string Claim = """
        insert into kept_answers (key_digest, fingerprint, expires_at) values (@key, @fingerprint, @expiresAt)
        on conflict (key_digest) do update set fingerprint = excluded.fingerprint, expires_at = excluded.expires_at
         where kept_answers.expires_at <= @now
        """;

    private const string Select = """
        select fingerprint as Fingerprint, status as Status, location as Location, etag as ETag, body as Body
          from kept_answers where key_digest = @key and expires_at > @now
        """;

    private const string Keep = """
        update kept_answers set status = @Status, location = @Location, etag = @ETag, body = @Body where key_digest = @key
        """;

    private const string Forget = "delete from kept_answers where key_digest = @key";

    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    static KeptAnswers() => DapperTypes.Register();

    public async Task<KeptAnswer?> OnceAsync(
        byte[] key,
        byte[] fingerprint,
        Func<Task<KeptAnswer>> work,
        bool keepsRefused,
        CancellationToken cancellationToken
    )
    {
        await keys.PrepareAsync(cancellationToken);
        ScimException? refused = null;
        var found = await journal.JoinAsync(
            async (connection, transaction) =>
            {
                var now = clock.Now();
                var claim = new
                {
                    key,
                    fingerprint,
                    now,
                    expiresAt = now + Kept,
                };
                if (await connection.ExecuteAsync(Claim, claim, transaction) == 0)
                {
                    return Read(
                        await connection.QuerySingleAsync<Row>(Select, new { key, now }, transaction),
                        fingerprint
                    );
                }

                KeptAnswer answer;
                try
                {
                    answer = await work();
                }
                catch (ScimException refusal) when (keepsRefused)
                {
                    refused = refusal;
                    await connection.ExecuteAsync(Forget, new { key }, transaction);
                    return null;
                }

                var kept = new
                {
                    key,
                    answer.Status,
                    answer.Location,
                    answer.ETag,
                    answer.Body,
                };
                await connection.ExecuteAsync(Keep, kept, transaction);
                return null;
            },
            cancellationToken
        );
        return refused is null ? found : throw refused;
    }

    public async Task<KeptAnswer?> FindAsync(byte[] key, byte[] fingerprint, CancellationToken cancellationToken)
    {
        var row = await database.ReadAsync(
            connection => connection.QuerySingleOrDefaultAsync<Row>(Select, new { key, now = clock.Now() }),
            cancellationToken
        );
        return row is null ? null : Read(row, fingerprint);
    }

    private static KeptAnswer Read(Row row, byte[] fingerprint) =>
        row.Fingerprint.AsSpan().SequenceEqual(fingerprint)
            ? new KeptAnswer((int)row.Status, row.Location, row.ETag, row.Body)
            : throw ScimError.Refused(
                422,
                "idempotency-key-reused",
                "This Idempotency-Key was sent with another request; take a new key for each."
            );

    private sealed class Row
    {
        public byte[] Fingerprint { get; init; } = [];

        public long Status { get; init; }

        public string? Location { get; init; }

        public string? ETag { get; init; }

        public string? Body { get; init; }
    }
}
