using Scim.Application.Common;
using Scim.Domain.Operators;

namespace Scim.Application.Operators;

/// <param name="Longest">However busy it is, a session ends after so long.</param>
public sealed record SessionLimits(TimeSpan Lease, TimeSpan Longest)
{
    /// <summary>For how long a fresh code allows dangerous acts.</summary>
    public static readonly TimeSpan StepUp = TimeSpan.FromMinutes(5);
}

internal sealed class SessionStarter(SessionLimits limits, TimeProvider clock)
{
    public (string Token, NewSession Session) Prepare()
    {
        var now = clock.Now();
        var token = OpaqueToken.Generate(OpaqueToken.Session);
        var session = new NewSession(
            Guid.CreateVersion7(now),
            OpaqueToken.Hash(token),
            now,
            now + limits.Longest,
            now + limits.Lease
        );
        return (token, session);
    }
}

internal static class TotpSecret
{
    /// <summary>Binds the sealed secret to its operator: in another's row it does not open.</summary>
    public static string PurposeOf(Guid operatorId) => $"operator-totp:{operatorId:D}";
}
