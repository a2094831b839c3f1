using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;
using Scim.Application.Common;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Persistence.Keys;

namespace Scim.Infrastructure.Security;

/// <summary>
/// The keys that sign access tokens, shared by the replicas through the database, sealed. The newest signs, for thirty days or
/// until an operator rotates it; those before it verify until their tokens have ended, unless they are revoked. Which
/// there are is read again when the configuration epoch has moved.
/// </summary>
internal sealed class SigningKeys(IDatabase database, ISecretBox secrets, IConfigurationEpoch epoch, TimeProvider clock)
{
    private static readonly TimeSpan Signing = TimeSpan.FromDays(30);
    private static readonly TimeSpan MissInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<long, JsonWebKey> _opened = new();
    private volatile Snapshot? _snapshot;
    private long _missedAt;

    public async Task<JsonWebKey> CurrentAsync(CancellationToken cancellationToken)
    {
        var rows = await RowsAsync(cancellationToken);
        while (rows is not [.., var newest] || newest.Info.CreatedAt + Signing <= clock.GetUtcNow())
        {
            rows = await MakeAsync(cancellationToken);
        }

        return await OpenAsync(rows[^1], cancellationToken);
    }

    /// <summary>Those by which a token may be verified now.</summary>
    public async Task<IReadOnlyList<JsonWebKey>> AllAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var keys = new List<JsonWebKey>();
        foreach (var row in (await RowsAsync(cancellationToken)).Where(row => row.Info.Verifies(now)))
        {
            keys.Add(await OpenAsync(row, cancellationToken));
        }

        return keys;
    }

    /// <summary>
    /// Null for what is none of these keys, or no more. A number yet to come may be another replica's newest; strangers do not
    /// make the database look more than once a second.
    /// </summary>
    public async ValueTask<JsonWebKey?> FindAsync(string? id, CancellationToken cancellationToken)
    {
        if (!long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        var rows = await RowsAsync(cancellationToken);
        if ((rows.Count == 0 || number > rows[^1].Info.Number) && MayLookAgain())
        {
            rows = await ReadAsync(cancellationToken);
        }

        return rows.FirstOrDefault(row => row.Info.Number == number) is { } row && row.Info.Verifies(clock.GetUtcNow())
            ? await OpenAsync(row, cancellationToken)
            : null;
    }

    /// <summary>A new key with the next number, sealed; it is one once it is stored.</summary>
    public async Task<(long Number, byte[] SealedKey)> PrepareAsync(CancellationToken cancellationToken)
    {
        var number = await ReadAsync(cancellationToken) is [.., var newest] ? newest.Info.Number + 1 : 1;
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return (
            number,
            await secrets.SealAsync(pair.ExportPkcs8PrivateKey(), SigningKeyRows.PurposeOf(number), cancellationToken)
        );
    }

    private async Task<IReadOnlyList<SigningKeyRow>> MakeAsync(CancellationToken cancellationToken)
    {
        var (number, sealedKey) = await PrepareAsync(cancellationToken);
        // Another replica may have been first.
        if (_snapshot?.Rows is not [.., var newest] || newest.Info.CreatedAt + Signing <= clock.GetUtcNow())
        {
            await database.WriteAsync(
                (connection, transaction) =>
                    SigningKeyRows.AddAsync(connection, transaction, number, sealedKey, clock.Now()),
                cancellationToken
            );
        }

        return await ReadAsync(cancellationToken);
    }

    private async ValueTask<IReadOnlyList<SigningKeyRow>> RowsAsync(CancellationToken cancellationToken) =>
        _snapshot is { } snapshot && epoch.IsFresh && snapshot.Epoch == epoch.Current
            ? snapshot.Rows
            : await ReadAsync(cancellationToken);

    private async Task<IReadOnlyList<SigningKeyRow>> ReadAsync(CancellationToken cancellationToken)
    {
        // Before the rows: an act that commits in between moves the epoch, and they are read again.
        var asOf = epoch.Current;
        var rows = await database.ReadAsync(
            connection => SigningKeyRows.ReadAsync(connection, after: 0, int.MaxValue, cancellationToken),
            cancellationToken
        );
        _snapshot = new Snapshot(asOf, rows);
        return rows;
    }

    private bool MayLookAgain()
    {
        var now = clock.GetTimestamp();
        var missed = Interlocked.Read(ref _missedAt);
        return (missed == 0 || clock.GetElapsedTime(missed, now) >= MissInterval)
            && Interlocked.CompareExchange(ref _missedAt, now, missed) == missed;
    }

    // A number never comes back with another key, so what was opened once stays good.
    private async ValueTask<JsonWebKey> OpenAsync(SigningKeyRow row, CancellationToken cancellationToken)
    {
        var number = row.Info.Number;
        return _opened.TryGetValue(number, out var key)
            ? key
            : _opened.GetOrAdd(
                number,
                Key(number, await secrets.OpenAsync(row.SealedKey, SigningKeyRows.PurposeOf(number), cancellationToken))
            );
    }

    // As a JSON Web Key, of which the library makes a key object per thread that uses it.
    private static JsonWebKey Key(long number, byte[] pkcs8)
    {
        using var pair = ECDsa.Create();
        pair.ImportPkcs8PrivateKey(pkcs8, out _);
        var parameters = pair.ExportParameters(includePrivateParameters: true);
        return new JsonWebKey
        {
            Kty = JsonWebAlgorithmsKeyTypes.EllipticCurve,
            Crv = JsonWebKeyECTypes.P256,
            X = Base64UrlEncoder.Encode(parameters.Q.X),
            Y = Base64UrlEncoder.Encode(parameters.Q.Y),
            D = Base64UrlEncoder.Encode(parameters.D),
            Kid = number.ToString(CultureInfo.InvariantCulture),
        };
    }

    private sealed record Snapshot(long Epoch, IReadOnlyList<SigningKeyRow> Rows);
}
