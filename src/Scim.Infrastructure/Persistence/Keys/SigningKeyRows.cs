using System.Data.Common;
using Dapper;
using MediatR;
using Scim.Application.Keys;

namespace Scim.Infrastructure.Persistence.Keys;

internal sealed record SigningKeyRow(SigningKeyInfo Info, byte[] SealedKey);

/// <summary>
/// The keys that sign access tokens. Numbers only grow and the newest key stays, so that a number never comes back with
/// another key.
/// </summary>
internal static class SigningKeyRows
{
    private const string Select = """
        select k.number as Number, k.sealed_key as SealedKey, k.created_at as CreatedAt, k.revoked_at as RevokedAt,
               (select n.created_at from signing_keys n where n.number > k.number order by n.number limit 1) as RetiredAt
          from signing_keys k
         where k.number > @after
         order by k.number limit @limit
        """;

    private const string Insert = """
        insert into signing_keys (number, sealed_key, created_at) values (@number, @sealedKey, @now)
        on conflict (number) do nothing
        """;

    private const string Prune = """
        delete from signing_keys
         where exists (select 1 from signing_keys n where n.number > signing_keys.number and n.created_at < @before)
        """;

    /// <summary>For how long one that signs no more is listed.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(90);

    static SigningKeyRows() => DapperTypes.Register();

    public static string PurposeOf(long number) => FormattableString.Invariant($"signing-key:{number}");

    public static async Task<IReadOnlyList<SigningKeyRow>> ReadAsync(
        DbConnection connection,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var rows = await connection.QueryAsync<Row>(
            new CommandDefinition(Select, new { after, limit }, cancellationToken: cancellationToken)
        );
        return
        [
            .. rows.Select(row => new SigningKeyRow(
                new SigningKeyInfo(row.Number, row.CreatedAt, row.RetiredAt, row.RevokedAt),
                row.SealedKey
            )),
        ];
    }

    /// <summary>False when another made a key of this number first.</summary>
    public static async Task<bool> AddAsync(
        DbConnection connection,
        DbTransaction transaction,
        long number,
        byte[] sealedKey,
        DateTimeOffset now
    )
    {
        var row = new
        {
            number,
            sealedKey,
            now,
        };
        if (await connection.ExecuteAsync(Insert, row, transaction) == 0)
        {
            return false;
        }

        await connection.ExecuteAsync(Prune, new { before = now - Kept }, transaction);
        return true;
    }

    private sealed class Row
    {
        public long Number { get; init; }

        public byte[] SealedKey { get; init; } = [];

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset? RetiredAt { get; init; }

        public DateTimeOffset? RevokedAt { get; init; }
    }
}

internal sealed class ListSigningKeysHandler(IDatabase database)
    : IRequestHandler<ListSigningKeys, IReadOnlyList<SigningKeyInfo>>
{
    public async Task<IReadOnlyList<SigningKeyInfo>> Handle(ListSigningKeys query, CancellationToken cancellationToken)
    {
        var rows = await database.ReadAsync(
            connection => SigningKeyRows.ReadAsync(connection, query.After, query.Limit, cancellationToken),
            cancellationToken
        );
        return [.. rows.Select(row => row.Info)];
    }
}
