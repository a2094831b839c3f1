using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Operators;

/// <summary>
/// How often one may try, shared by all replicas: counters per account and per network, each with a delay that grows with
/// its failures.
/// </summary>
public interface ISignInThrottle
{
    /// <summary>Counts the attempt as a failure before it is looked at. Refuses with 429 while a delay runs.</summary>
    Task ChargeAsync(string? account, CancellationToken cancellationToken);

    /// <summary>The attempt was none: the account starts anew and the network is given its count back.</summary>
    Task ForgiveAsync(string account, CancellationToken cancellationToken);
}

/// <summary>
/// What password, code and recovery code have in common: the attempt is charged before it is checked, so that many at once
/// get no more tries than one after the other; and all failures look the same.
/// </summary>
internal sealed class SignInAttempts(ISignInThrottle throttle, IRefusalRecorder refusals, RequestContext request)
{
    public Task BeginAsync(string? account, CancellationToken cancellationToken) =>
        throttle.ChargeAsync(account, cancellationToken);

    public Task SucceededAsync(string account, CancellationToken cancellationToken) =>
        throttle.ForgiveAsync(account, cancellationToken);

    /// <summary>Journals the reason, which the answer does not tell.</summary>
    public ScimException Failed(string reason, Guid? operatorId, string detail)
    {
        refusals.Record(
            new Refusal(
                TenantId.Installation,
                request.Admin is null ? "anonymous" : request.Actor,
                request.RequestId,
                "auth.failure",
                401,
                reason,
                "Operator",
                operatorId?.ToString("D")
            )
        );
        return ScimError.Refused(401, "invalid-credentials", detail);
    }
}
