using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Scim.Application.Common;
using Scim.Application.Operators;
using Scim.Domain.Errors;
using Scim.Infrastructure.Persistence.Tenants;
using Scim.Infrastructure.Security;

namespace Scim.Infrastructure.Persistence.Operators;

/// <summary>
/// The account is locked before the network, by everybody, so no two attempts wait for each other in a circle. A delay is
/// at most a minute: long enough to make guessing hopeless, too short to lock anybody out for good.
/// </summary>
internal sealed class SignInThrottle(
    IDatabase database,
    ControlJournal journal,
    ServerKeys keys,
    RequestContext request,
    TimeProvider clock
) : ISignInThrottle
{
    /// <summary>For whoever keeps house: counters that no longer delay anybody.</summary>
    public const string DeleteForgotten = "delete from sign_in_failures where last_at < @before";

    public const string KeyName = "sign-in";
    private const int FreePerAccount = 5;
    private const int FreePerNetwork = 20;
    private const int LongestDelaySeconds = 60;

    private const string Open = """
        insert into sign_in_failures (subject, failures, last_at, blocked_until) values (@subject, 0, @now, @now)
        on conflict (subject) do nothing
        """;

    private const string Select = """
        select failures as Failures, last_at as LastAt, blocked_until as BlockedUntil
          from sign_in_failures where subject = @subject
        """;

    private const string Charge = """
        update sign_in_failures set failures = @failures, last_at = @now, blocked_until = @blockedUntil
         where subject = @subject
        """;

    private const string Forgive = """
        update sign_in_failures set failures = failures - 1, blocked_until = @now
         where subject = @subject and failures > 0
        """;

    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(15);

    static SignInThrottle() => DapperTypes.Register();

    public async Task ChargeAsync(string? account, CancellationToken cancellationToken)
    {
        var subjects = new List<(string Subject, int Free)>();
        if (account is not null)
        {
            subjects.Add((await AccountAsync(account, cancellationToken), FreePerAccount));
        }

        subjects.Add((await NetworkAsync(cancellationToken), FreePerNetwork));
        var wait = await journal.JoinAsync(
            async (connection, transaction) =>
            {
                var now = clock.Now();
                var counters = new List<(string Subject, int Free, Counter Counter)>();
                foreach (var (subject, free) in subjects)
                {
                    counters.Add((subject, free, await LockAsync(connection, transaction, subject, now)));
                }

                var blockedUntil = counters.Max(counter => counter.Counter.BlockedUntil);
                if (blockedUntil > now)
                {
                    return blockedUntil - now;
                }

                foreach (var (subject, free, counter) in counters)
                {
                    var failures = 1 + (counter.LastAt < now - Memory ? 0 : counter.Failures);
                    var row = new
                    {
                        subject,
                        failures,
                        now,
                        blockedUntil = now + Delay(failures - free),
                    };
                    await connection.ExecuteAsync(Charge, row, transaction);
                }

                return TimeSpan.Zero;
            },
            cancellationToken
        );
        if (wait > TimeSpan.Zero)
        {
            var seconds = (int)Math.Ceiling(wait.TotalSeconds);
            throw ScimError.TooManyRequests(seconds, $"Too many attempts failed; try again in {seconds} s.");
        }
    }

    public async Task ForgiveAsync(string account, CancellationToken cancellationToken)
    {
        var accountKey = await AccountAsync(account, cancellationToken);
        var network = await NetworkAsync(cancellationToken);
        await journal.JoinAsync(
            async (connection, transaction) =>
            {
                await connection.ExecuteAsync(
                    "delete from sign_in_failures where subject = @accountKey",
                    new { accountKey },
                    transaction
                );
                return await connection.ExecuteAsync(
                    Forgive,
                    new { subject = network, now = clock.Now() },
                    transaction
                );
            },
            cancellationToken
        );
    }

    // 1, 2, 4 … seconds from the first failure that is not free.
    private static TimeSpan Delay(int beyond) =>
        beyond <= 0
            ? TimeSpan.Zero
            : TimeSpan.FromSeconds(Math.Min(LongestDelaySeconds, 1L << Math.Min(beyond - 1, 30)));

    private async Task<Counter> LockAsync(
        DbConnection connection,
        DbTransaction transaction,
        string subject,
        DateTimeOffset now
    )
    {
        await connection.ExecuteAsync(Open, new { subject, now }, transaction);
        return await connection.QuerySingleAsync<Counter>(
            $"{Select} {database.Dialect.ForUpdate}",
            new { subject },
            transaction
        );
    }

    private ValueTask<string> AccountAsync(string account, CancellationToken cancellationToken) =>
        DigestAsync("account:" + OperatorValues.KeyOf(account), cancellationToken);

    private ValueTask<string> NetworkAsync(CancellationToken cancellationToken) =>
        DigestAsync($"network:{NetworkKey.Of(request.Network)}", cancellationToken);

    private async ValueTask<string> DigestAsync(string subject, CancellationToken cancellationToken)
    {
        var key = await keys.GetAsync(KeyName, cancellationToken);
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(subject)));
    }

    private sealed class Counter
    {
        public int Failures { get; init; }

        public DateTimeOffset LastAt { get; init; }

        public DateTimeOffset BlockedUntil { get; init; }
    }
}
