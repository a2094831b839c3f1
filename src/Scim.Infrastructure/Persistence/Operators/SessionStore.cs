using System.Data.Common;
using Dapper;
using Scim.Application.Common;
using Scim.Application.Operators;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence.Journal;
using Scim.Infrastructure.Persistence.Tenants;

namespace Scim.Infrastructure.Persistence.Operators;

/// <summary>Whatever may be used once is spent by a conditional update or delete: of many at once, one affects a row.</summary>
internal sealed class SessionStore(IDatabase database, ControlJournal journal, RequestContext request) : ISessionStore
{
    /// <summary>For whoever keeps house: sessions that ended by themselves.</summary>
    public const string DeleteExpired = """
        delete from operator_sessions where expires_at < @before or lease_expires_at < @before
        """;

    private const string Offer = """
        update operators
           set totp_secret = @totpSecret, enrollment_hash = @tokenHash, enrollment_expires_at = @expiresAt
         where id = @id and version = @version and enrolled_at is null
        """;

    private const string SelectEnrolling = $"""
        select {OperatorRow.Columns}
          from operators o
         where o.enrollment_hash = @tokenHash and o.enrollment_expires_at > @now and o.enrolled_at is null
           and o.state = 'active'
        """;

    private const string SpendStep = """
        update operators set totp_last_step = @step, last_sign_in_at = @now
         where id = @id and version = @version and state = 'active' and totp_last_step < @step
        """;

    private const string SpendRecoveryCode = """
        delete from operator_recovery_codes
         where operator_id = @id and hash = @hash
           and exists (select 1 from operators where id = @id and version = @version and state = 'active')
        """;

    private const string Enroll = """
        update operators
           set enrolled_at = @now, totp_last_step = @step, last_sign_in_at = @now, enrollment_hash = null,
               enrollment_expires_at = null
         where id = @id and enrollment_hash = @tokenHash and enrolled_at is null and state = 'active'
        """;

    private const string InsertCode = "insert into operator_recovery_codes (operator_id, hash) values (@id, @hash)";

    private const string InsertSession = """
        insert into operator_sessions (id, operator_id, token_hash, created_at, expires_at, lease_expires_at)
        values (@Id, @operatorId, @TokenHash, @CreatedAt, @ExpiresAt, @LeaseExpiresAt)
        """;

    private const string SpendStepUp = """
        update operators set totp_last_step = @step
         where id = @operatorId and state = 'active' and totp_last_step < @step
        """;

    private const string StepUp = """
        update operator_sessions set stepped_up_until = @until where id = @sessionId and operator_id = @operatorId
        """;

    private const string Delete = "delete from operator_sessions where id = @sessionId and operator_id = @operatorId";

    static SessionStore() => DapperTypes.Register();

    public Task OfferEnrollmentAsync(
        OperatorAccount account,
        byte[] totpSecret,
        byte[] tokenHash,
        DateTimeOffset expiresAt,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            (connection, transaction) =>
                connection.ExecuteAsync(
                    Offer,
                    new
                    {
                        id = account.Id,
                        version = account.Version,
                        totpSecret,
                        tokenHash,
                        expiresAt,
                    },
                    transaction
                ),
            cancellationToken
        );

    public Task<OperatorAccount?> FindEnrollingAsync(
        byte[] tokenHash,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection => OperatorReader.FindAsync(connection, SelectEnrolling, new { tokenHash, now }),
            cancellationToken
        );

    public Task<bool> StartAsync(
        OperatorAccount account,
        SecondFactor proof,
        NewSession session,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async (connection, transaction) =>
            {
                var spent = await connection.ExecuteAsync(
                    proof.TotpStep is null ? SpendRecoveryCode : SpendStep,
                    new
                    {
                        id = account.Id,
                        version = account.Version,
                        step = proof.TotpStep,
                        hash = proof.RecoveryHash,
                        now = session.CreatedAt,
                    },
                    transaction
                );
                if (spent == 0)
                {
                    return false;
                }

                var factor = proof.TotpStep is null ? "recovery-code" : "totp";
                await AddAsync(connection, transaction, account, session, "auth.success", factor);
                return true;
            },
            cancellationToken
        );

    public Task<bool> EnrollAsync(
        OperatorAccount account,
        byte[] tokenHash,
        long totpStep,
        IReadOnlyList<byte[]> recoveryHashes,
        NewSession session,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async (connection, transaction) =>
            {
                var enrolled = await connection.ExecuteAsync(
                    Enroll,
                    new
                    {
                        id = account.Id,
                        tokenHash,
                        step = totpStep,
                        now = session.CreatedAt,
                    },
                    transaction
                );
                if (enrolled == 0)
                {
                    return false;
                }

                foreach (var hash in recoveryHashes)
                {
                    await connection.ExecuteAsync(InsertCode, new { id = account.Id, hash }, transaction);
                }

                await AddAsync(connection, transaction, account, session, "auth.enroll", "totp");
                return true;
            },
            cancellationToken
        );

    public Task<bool> StepUpAsync(
        Guid operatorId,
        Guid sessionId,
        long totpStep,
        DateTimeOffset until,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        journal.JoinAsync(
            async (connection, transaction) =>
            {
                var row = new
                {
                    operatorId,
                    sessionId,
                    step = totpStep,
                    until,
                };
                if (
                    await connection.ExecuteAsync(SpendStepUp, row, transaction) == 0
                    || await connection.ExecuteAsync(StepUp, row, transaction) == 0
                )
                {
                    return false;
                }

                await AppendAsync(transaction, operatorId, sessionId, now, "auth.step_up", "totp");
                return true;
            },
            cancellationToken
        );

    public Task<bool> EndAsync(
        Guid operatorId,
        Guid sessionId,
        string operation,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        journal.JoinAsync(
            async (connection, transaction) =>
            {
                if (await connection.ExecuteAsync(Delete, new { operatorId, sessionId }, transaction) == 0)
                {
                    return false;
                }

                await transaction.AppendJournalAsync(
                    TenantId.Installation,
                    request.Actor,
                    request.RequestId,
                    now,
                    new JournalEntry(operation, "Session", sessionId.ToString("D")),
                    cancellationToken
                );
                return true;
            },
            cancellationToken
        );

    private async Task AddAsync(
        DbConnection connection,
        DbTransaction transaction,
        OperatorAccount account,
        NewSession session,
        string operation,
        string factor
    )
    {
        var row = new
        {
            session.Id,
            operatorId = account.Id,
            session.TokenHash,
            session.CreatedAt,
            session.ExpiresAt,
            session.LeaseExpiresAt,
        };
        await connection.ExecuteAsync(InsertSession, row, transaction);
        await AppendAsync(transaction, account.Id, session.Id, session.CreatedAt, operation, factor);
    }

    // The caller is known by now, though the request began as nobody's.
    private Task AppendAsync(
        DbTransaction transaction,
        Guid operatorId,
        Guid sessionId,
        DateTimeOffset now,
        string operation,
        string detail
    ) =>
        transaction.AppendJournalAsync(
            TenantId.Installation,
            $"operator:{operatorId:D}",
            request.RequestId,
            now,
            new JournalEntry(operation, "Session", sessionId.ToString("D"), Detail: detail),
            CancellationToken.None
        );
}
