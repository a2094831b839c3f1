using Scim.Application.Common;

namespace Scim.Application.Operators;

/// <summary>One who runs the service, or a part of it.</summary>
/// <param name="TenantIds">The tenants that the operator may reach by name; null for the whole installation.</param>
/// <param name="TotpSecret">Sealed; null before the first enrolment was offered.</param>
public sealed record OperatorAccount(
    Guid Id,
    string UserName,
    string? PasswordHash,
    IReadOnlyList<string> Roles,
    IReadOnlyList<Guid>? TenantIds,
    bool IsActive,
    byte[]? TotpSecret,
    bool IsEnrolled,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset? LastSignInAt
)
{
    /// <summary>Those whose tenants the operator reaches beside the named ones.</summary>
    public IReadOnlyList<Guid> WorkspaceIds { get; init; } = [];

    // A record prints its properties; this one holds secrets.
    public override string ToString() => $"{nameof(OperatorAccount)} {Id:D}";
}

/// <summary>What proves the second factor; either is spent by its use.</summary>
public sealed record SecondFactor(long? TotpStep, byte[]? RecoveryHash);

/// <summary>A session to be stored: the hash of its token, never the token.</summary>
public sealed record NewSession(
    Guid Id,
    byte[] TokenHash,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt,
    DateTimeOffset LeaseExpiresAt
);

/// <summary>Operators. Each method that changes something is one transaction with its row in the installation's journal.</summary>
public interface IOperatorStore
{
    Task<OperatorAccount?> FindAsync(string userName, CancellationToken cancellationToken);

    /// <summary>Null also for an operator whom the caller may not see.</summary>
    Task<OperatorAccount?> FindAsync(Guid id, AdminCaller? caller, CancellationToken cancellationToken);

    /// <summary>Refuses with 409 when the name is taken, and with 422 when a tenant or a workspace does not exist.</summary>
    Task AddAsync(OperatorAccount account, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>
    /// Stores <paramref name="after"/> over the version of <paramref name="before"/>; false when that has changed. Ends all
    /// sessions when <paramref name="endsSessions"/>. Refuses with 409 when nobody would be left to administer the platform.
    /// </summary>
    Task<bool> UpdateAsync(
        OperatorAccount before,
        OperatorAccount after,
        bool endsSessions,
        DateTimeOffset now,
        CancellationToken cancellationToken
    );

    Task<bool> DeleteAsync(OperatorAccount account, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Takes the authenticator and the recovery codes away, and ends all sessions; false when the account has changed.</summary>
    Task<bool> ResetTotpAsync(OperatorAccount account, DateTimeOffset now, CancellationToken cancellationToken);
}

/// <summary>Sign-in, and the sessions that come of it.</summary>
public interface ISessionStore
{
    /// <summary>Remembers a secret that is not proved yet, in the place of any earlier one.</summary>
    Task OfferEnrollmentAsync(
        OperatorAccount account,
        byte[] totpSecret,
        byte[] tokenHash,
        DateTimeOffset expiresAt,
        CancellationToken cancellationToken
    );

    Task<OperatorAccount?> FindEnrollingAsync(
        byte[] tokenHash,
        DateTimeOffset now,
        CancellationToken cancellationToken
    );

    /// <summary>Spends the proof and starts the session; false when the proof was spent before, or the account has changed.</summary>
    Task<bool> StartAsync(
        OperatorAccount account,
        SecondFactor proof,
        NewSession session,
        CancellationToken cancellationToken
    );

    /// <summary>The same with the first code of a new secret, which is enrolled by it.</summary>
    Task<bool> EnrollAsync(
        OperatorAccount account,
        byte[] tokenHash,
        long totpStep,
        IReadOnlyList<byte[]> recoveryHashes,
        NewSession session,
        CancellationToken cancellationToken
    );

    /// <summary>Spends the code; false when it was spent before.</summary>
    Task<bool> StepUpAsync(
        Guid operatorId,
        Guid sessionId,
        long totpStep,
        DateTimeOffset until,
        DateTimeOffset now,
        CancellationToken cancellationToken
    );

    /// <summary>False when there is no such session.</summary>
    Task<bool> EndAsync(
        Guid operatorId,
        Guid sessionId,
        string operation,
        DateTimeOffset now,
        CancellationToken cancellationToken
    );
}
