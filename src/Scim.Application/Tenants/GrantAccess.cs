using System.Net;
using System.Security.Cryptography.X509Certificates;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;

namespace Scim.Application.Tenants;

/// <summary>
/// An access token for a client that proves itself (RFC 6749 §4.4). Refused as a problem named by the error code of §5.2.
/// </summary>
/// <param name="Scope">Names parted by spaces; null for all that the client has.</param>
public sealed record GrantAccess(ClientProof Proof, string? Scope) : ICommand<AccessToken>;

/// <summary>
/// What a client shows at the token endpoint: one of its tokens as a secret, an assertion that it signed (RFC 7523), or a
/// certificate (RFC 8705).
/// </summary>
public sealed record ClientProof(
    string? ClientId,
    string? Secret,
    string? Assertion,
    X509Certificate2? Certificate,
    IPAddress? Network
)
{
    public override string ToString() => $"{nameof(ClientProof)} of {ClientId}";
}

/// <param name="Credential">Which of the client's credentials it was: what is granted by it ends with it.</param>
/// <param name="CertificateDigest">The access token is good together with this certificate only.</param>
public sealed record ProvenClient(Caller Caller, string Credential, string? CertificateDigest);

public readonly record struct ProofResult(ProvenClient? Client, CredentialFailure Failure, NamedClient? Named);

public sealed record AccessToken(string Value, int LifetimeSeconds, Scopes Scopes)
{
    public override string ToString() => nameof(AccessToken);
}

public interface IClientProofs
{
    /// <summary>An assertion that was accepted is not accepted again.</summary>
    Task<ProofResult> VerifyAsync(ClientProof proof, CancellationToken cancellationToken);
}

public interface IAccessTokens
{
    Task<AccessToken> IssueAsync(ProvenClient client, Scopes scopes, CancellationToken cancellationToken);
}

internal sealed class GrantAccessHandler(
    IClientProofs proofs,
    IAccessTokens tokens,
    IRefusalRecorder refusals,
    IReadRecorder grants,
    IOnboardingRecorder onboarding,
    RequestContext request
) : IRequestHandler<GrantAccess, AccessToken>
{
    public async Task<AccessToken> Handle(GrantAccess command, CancellationToken cancellationToken)
    {
        var result = await proofs.VerifyAsync(command.Proof, cancellationToken);
        if (result.Client is not { } client)
        {
            throw Unproven(result);
        }

        var caller = client.Caller;
        if (!caller.Networks.Allows(command.Proof.Network))
        {
            throw ScimError.Refused(400, "unauthorized_client", "The client may not call from this network.");
        }

        var token = await tokens.IssueAsync(client, Granted(command.Scope, caller.Scopes), cancellationToken);
        grants.Read(caller.TenantId, $"client:{caller.ClientId:D}", "client.grant");
        return token;
    }

    // One answer for all reasons, as for tokens; the journal has the reason.
    private ScimException Unproven(ProofResult result)
    {
        if (result.Named is { } named)
        {
            onboarding.Record(named.TenantId, named.ClientId, OnboardingStep.Reached);
            refusals.Record(
                new Refusal(
                    named.TenantId,
                    "anonymous",
                    request.RequestId,
                    "client.authenticate",
                    401,
                    $"token-endpoint: {result.Failure}",
                    "Client",
                    named.ClientId.ToString("D")
                )
            );
        }

        return ScimError.Refused(
            401,
            "invalid_client",
            "The client or its proof is unknown, wrong, spent or past its time."
        );
    }

    private static Scopes Granted(string? asked, Scopes own)
    {
        if (string.IsNullOrEmpty(asked))
        {
            return own;
        }

        var scopes = Scopes.None;
        foreach (var name in asked.Split(' '))
        {
            scopes |= name switch
            {
                ScopeNames.Read => Scopes.Read,
                ScopeNames.Write => Scopes.Write,
                _ => throw NotGranted(),
            };
        }

        return (scopes & ~own) == Scopes.None ? scopes : throw NotGranted();
    }

    private static ScimException NotGranted() =>
        ScimError.Refused(
            400,
            "invalid_scope",
            $"A scope is {ScopeNames.Read} or {ScopeNames.Write}, and one that the client has."
        );
}
