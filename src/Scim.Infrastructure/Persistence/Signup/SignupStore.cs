using System.Security.Cryptography;
using System.Text;
using Dapper;
using Scim.Application.Common;
using Scim.Application.Signup;
using Scim.Domain.Jobs;
using Scim.Domain.Operators;
using Scim.Domain.Tenants;
using Scim.Domain.Text;
using Scim.Infrastructure.Persistence.Jobs;
using Scim.Infrastructure.Persistence.Tenants;
using Scim.Infrastructure.Security;

namespace Scim.Infrastructure.Persistence.Signup;

/// <summary>Two who ask at once may both be let in: the bounds are against floods, not to be exact.</summary>
internal sealed class SignupStore(IDatabase database, ControlJournal journal, ServerKeys keys, RequestContext request)
    : ISignupStore
{
    public const string KeyName = "signup";
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

    private const string Columns =
        "id as Id, email as Email, slug as Slug, name as Name, created_at as CreatedAt, expires_at as ExpiresAt";

    private const string Select = $"select {Columns} from signups where token_hash = @tokenHash and expires_at > @now";

    private const string GiveToken = $"""
        update signups set token_hash = @tokenHash where id = @id and expires_at > @now returning {Columns}
        """;

    private const string Spend = "delete from signups where token_hash = @tokenHash";

    static SignupStore() => DapperTypes.Register();

    public async Task<bool> OpenAsync(PendingSignup signup, CancellationToken cancellationToken)
    {
        var address = await DigestAsync("address:" + Folding.Fold(signup.Email), cancellationToken);
        var network = await DigestAsync($"network:{NetworkKey.Of(request.Network)}", cancellationToken);
        return await journal.JoinAsync(
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
                    return false;
                }

                var row = new
                {
                    id = signup.Id,
                    // Of a token that nobody has.
                    tokenHash = OpaqueToken.Hash(OpaqueToken.Generate(OpaqueToken.Signup)),
                    email = signup.Email,
                    address,
                    network,
                    slug = signup.Slug,
                    name = signup.Name,
                    createdAt = signup.CreatedAt,
                    expiresAt = signup.ExpiresAt,
                };
                await connection.ExecuteAsync(Insert, row, transaction);
                // Whoever is after somebody else's mailbox is not told that it has had enough; the network still counts it.
                if (ofAddress < MostOfAddress)
                {
                    var job = Job.Create(TenantId.Installation, SendSignup.JobType, signup.CreatedAt);
                    await transaction.EnqueueAsync(job with { Id = signup.Id }, cancellationToken);
                }

                return true;
            },
            cancellationToken
        );
    }

    public async Task<PendingSignup?> GiveTokenAsync(
        JobLease lease,
        byte[] tokenHash,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        await database.WriteAsync(
            async (connection, transaction) =>
            {
                await transaction.FenceAsync(lease, 1, cancellationToken);
                return await connection.QuerySingleOrDefaultAsync<PendingSignup>(
                    GiveToken,
                    new
                    {
                        id = lease.Job,
                        tokenHash,
                        now,
                    },
                    transaction
                );
            },
            cancellationToken
        );

    public Task<PendingSignup?> FindAsync(byte[] tokenHash, DateTimeOffset now, CancellationToken cancellationToken) =>
        journal.ReadAsync(
            (connection, transaction) =>
                connection.QuerySingleOrDefaultAsync<PendingSignup>(Select, new { tokenHash, now }, transaction),
            cancellationToken
        );

    public Task<bool> SpendAsync(byte[] tokenHash, Func<Task> work, CancellationToken cancellationToken) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                if (await connection.ExecuteAsync(Spend, new { tokenHash }, transaction) == 0)
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
}
