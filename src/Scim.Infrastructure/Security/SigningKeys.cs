using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Dapper;
using Microsoft.IdentityModel.Tokens;
using Scim.Application.Common;
using Scim.Infrastructure.Persistence;

namespace Scim.Infrastructure.Security;

/// <summary>
/// The keys that sign access tokens: one for each period of thirty days, made by the replica that first needs it and shared
/// through the database, sealed. That of the last period still verifies, which is longer than any token lives.
/// </summary>
internal sealed class SigningKeys(IDatabase database, ISecretBox secrets, TimeProvider clock)
{
    private static readonly long PeriodTicks = TimeSpan.FromDays(30).Ticks;
    private static readonly TimeSpan MissInterval = TimeSpan.FromSeconds(1);

    private const string Select = "select sealed_key from signing_keys where period = @period";

    private const string Insert = """
        insert into signing_keys (period, sealed_key, created_at) values (@period, @sealedKey, @now)
        on conflict (period) do nothing
        """;

    private const string Prune = "delete from signing_keys where period < @period - 1";

    private readonly ConcurrentDictionary<long, JsonWebKey> _keys = new();
    private readonly ConcurrentDictionary<long, long> _missedAt = new();

    private long Period => clock.GetUtcNow().UtcTicks / PeriodTicks;

    public async Task<JsonWebKey> CurrentAsync(CancellationToken cancellationToken)
    {
        var period = Period;
        return _keys.TryGetValue(period, out var key)
            ? key
            : await ReadAsync(period, cancellationToken) ?? await MakeAsync(period, cancellationToken);
    }

    /// <summary>Those by which a token may be verified now: the last period's, this one's, and, as clocks differ, the next one's.</summary>
    public async Task<IReadOnlyList<JsonWebKey>> AllAsync(CancellationToken cancellationToken)
    {
        var keys = new List<JsonWebKey>();
        for (var period = Period - 1; period <= Period + 1; period++)
        {
            if (await FindAsync(period, cancellationToken) is { } key)
            {
                keys.Add(key);
            }
        }

        return keys;
    }

    /// <summary>Null for what is none of these keys; strangers do not make the database look more than once a second.</summary>
    public async ValueTask<JsonWebKey?> FindAsync(string? id, CancellationToken cancellationToken) =>
        long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var period)
        && Math.Abs(period - Period) <= 1
            ? await FindAsync(period, cancellationToken)
            : null;

    private async ValueTask<JsonWebKey?> FindAsync(long period, CancellationToken cancellationToken)
    {
        if (_keys.TryGetValue(period, out var key))
        {
            return key;
        }

        var now = clock.GetTimestamp();
        if (_missedAt.TryGetValue(period, out var missed) && clock.GetElapsedTime(missed, now) < MissInterval)
        {
            return null;
        }

        key = await ReadAsync(period, cancellationToken);
        if (key is null)
        {
            _missedAt[period] = now;
        }

        return key;
    }

    private async Task<JsonWebKey?> ReadAsync(long period, CancellationToken cancellationToken)
    {
        var sealedKey = await database.ReadAsync(
            connection =>
                connection.QuerySingleOrDefaultAsync<byte[]>(
                    new CommandDefinition(Select, new { period }, cancellationToken: cancellationToken)
                ),
            cancellationToken
        );
        return sealedKey is null
            ? null
            : _keys.GetOrAdd(
                period,
                Key(period, await secrets.OpenAsync(sealedKey, Purpose(period), cancellationToken))
            );
    }

    private async Task<JsonWebKey> MakeAsync(long period, CancellationToken cancellationToken)
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var sealedKey = await secrets.SealAsync(pair.ExportPkcs8PrivateKey(), Purpose(period), cancellationToken);
        await database.WriteAsync(
            async (connection, transaction) =>
            {
                var row = new
                {
                    period,
                    sealedKey,
                    now = clock.Now(),
                };
                await connection.ExecuteAsync(Prune, row, transaction);
                return await connection.ExecuteAsync(Insert, row, transaction);
            },
            cancellationToken
        );
        // Another replica may have been first.
        return (await ReadAsync(period, cancellationToken))!;
    }

    // As a JSON Web Key, of which the library makes a key object per thread that uses it.
    private static JsonWebKey Key(long period, byte[] pkcs8)
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
            Kid = period.ToString(CultureInfo.InvariantCulture),
        };
    }

    private static string Purpose(long period) => $"signing-key:{period}";
}
