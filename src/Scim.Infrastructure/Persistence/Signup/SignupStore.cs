using System.Security.Cryptography;
using System.Text;
using Dapper;
using Scim.Application.Common;
using Scim.Application.Signup;
using Scim.Domain.Text;
using Scim.Infrastructure.Persistence.Tenants;
using Scim.Infrastructure.Security;

namespace Scim.Infrastructure.Persistence.Signup;

/// <summary>Two who ask at once may both be let in: the bounds are against floods, not to be exact.</summary>
internal sealed class SignupStore(IDatabase database, ControlJournal journal, ServerKeys keys, RequestContext request)
    : ISignupStore
{
    private const string KeyName = "signup";
    private const int MostOfAddress = 3;
    private const int MostOfNetwork = 20;

    private const string Forget = "delete from signups where expires_at <= @now";

    private const string Count = """
        select (select count(*) from signups where email_digest = @address) as OfAddress,
               (select count(*) from signups where network_digest = @network) as OfNetwork
        """;

    private const string Insert = """
        insert into signups (id, token_hash, email, email_digest, network_digest, slug, name, created_at, expires_at)
        values (@id, @tokenHash, @email, @address, @network, @slug, @name, @createdAt, @expiresAt)
        """;

    private const string Select = """
        select id as Id, token_hash as TokenHash, email as Email, slug as Slug, name as Name, created_at as CreatedAt,
               expires_at as ExpiresAt
          from signups where token_hash = @tokenHash and expires_at > @now
        """;

    private const string Spend = "delete from signups where id = @id and token_hash = @tokenHash";

    static SignupStore() => DapperTypes.Register();

    public async Task<SignupOpening> OpenAsync(PendingSignup signup, CancellationToken cancellationToken)
    {
        var address = await DigestAsync("address:" + Folding.Fold(signup.Email), cancellationToken);
        var network = await DigestAsync($"network:{NetworkKey.Of(request.Network)}", cancellationToken);
        return await database.WriteAsync(
            async (connection, transaction) =>
            {
                await connection.ExecuteAsync(Forget, new { now = signup.CreatedAt }, transaction);
                var (ofAddress, ofNetwork) = await connection.QuerySingleAsync<(long, long)>(
                    Count,
                    new { address, network },
                    transaction
                );
                if (ofNetwork >= MostOfNetwork)
                {
                    return SignupOpening.TooManyOfNetwork;
                }

                if (ofAddress >= MostOfAddress)
                {
                    return SignupOpening.TooManyOfAddress;
                }

                var row = new
                {
                    id = signup.Id,
                    tokenHash = signup.TokenHash,
                    email = signup.Email,
                    address,
                    network,
                    slug = signup.Slug,
                    name = signup.Name,
                    createdAt = signup.CreatedAt,
                    expiresAt = signup.ExpiresAt,
                };
                await connection.ExecuteAsync(Insert, row, transaction);
                return SignupOpening.Opened;
            },
            cancellationToken
        );
    }

    public async Task<PendingSignup?> FindAsync(
        byte[] tokenHash,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var row = await database.ReadAsync(
            connection => connection.QuerySingleOrDefaultAsync<Row>(Select, new { tokenHash, now }),
            cancellationToken
        );
        return row is null
            ? null
            : new PendingSignup(row.Id, row.TokenHash, row.Email, row.Slug, row.Name, row.CreatedAt, row.ExpiresAt);
    }

    public Task<bool> SpendAsync(PendingSignup signup, Func<Task> work, CancellationToken cancellationToken) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                var row = new { id = signup.Id, tokenHash = signup.TokenHash };
                if (await connection.ExecuteAsync(Spend, row, transaction) == 0)
                {
                    return false;
                }

                await work();
                return true;
            },
            cancellationToken
        );

    private async ValueTask<string> DigestAsync(string subject, CancellationToken cancellationToken)
    {
        var key = await keys.GetAsync(KeyName, cancellationToken);
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(subject)));
    }

    private sealed class Row
    {
        public Guid Id { get; init; }

        public byte[] TokenHash { get; init; } = [];

        public string Email { get; init; } = "";

        public string Slug { get; init; } = "";

        public string Name { get; init; } = "";

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset ExpiresAt { get; init; }
    }
}
