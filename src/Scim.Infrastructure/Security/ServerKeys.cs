using System.Collections.Concurrent;
using System.Security.Cryptography;
using Dapper;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Persistence.Operators;
using Scim.Infrastructure.Persistence.Signup;

namespace Scim.Infrastructure.Security;

/// <summary>Secret keys that all replicas share. The first one to ask for a name makes its key.</summary>
internal sealed class ServerKeys(IDatabase database, TimeProvider clock)
{
    private const int KeyLength = 32;

    private const string Select = "select key from server_keys where name = @name";

    private const string Insert = """
        insert into server_keys (name, key, created_at) values (@name, @key, @now) on conflict (name) do nothing
        """;

    private readonly ConcurrentDictionary<string, byte[]> _keys = new(StringComparer.Ordinal);

    public ValueTask<byte[]> GetAsync(string name, CancellationToken cancellationToken) =>
        _keys.TryGetValue(name, out var key) ? new(key) : new(LoadAsync(name, cancellationToken));

    /// <summary>
    /// Has the keys that acts of the control plane ask for: none can be made while an act has the embedded database's only writer.
    /// </summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await GetAsync(TokenSealer.KeyName, cancellationToken);
        await GetAsync(SecretBox.OwnKeyName, cancellationToken);
        await GetAsync(SignInThrottle.KeyName, cancellationToken);
        await GetAsync(SignupStore.KeyName, cancellationToken);
    }

    private async Task<byte[]> LoadAsync(string name, CancellationToken cancellationToken)
    {
        var key =
            await database.ReadAsync(
                connection => connection.QuerySingleOrDefaultAsync<byte[]>(Select, new { name }),
                cancellationToken
            )
            ?? await database.WriteAsync(
                async (connection, transaction) =>
                {
                    var made = RandomNumberGenerator.GetBytes(KeyLength);
                    var now = clock.GetUtcNow();
                    await connection.ExecuteAsync(
                        Insert,
                        new
                        {
                            name,
                            key = made,
                            now,
                        },
                        transaction
                    );
                    return await connection.QuerySingleAsync<byte[]>(Select, new { name }, transaction);
                },
                cancellationToken
            );
        return _keys.GetOrAdd(name, key);
    }
}
