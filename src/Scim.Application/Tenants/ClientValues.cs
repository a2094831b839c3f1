using System.Buffers.Text;
using System.Text.Json;
using FluentValidation;
using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

/// <summary>What an administrator says of a SCIM client; what is left out has its default.</summary>
/// <param name="State"><c>active</c>, the default, or <c>suspended</c>: its credentials are refused.</param>
/// <param name="RequestsPerSecond">Null for the installation's limit.</param>
/// <param name="AllowedNetworks">In CIDR notation; none for anywhere.</param>
/// <param name="Jwks">Public keys that sign the client's assertions (RFC 7523).</param>
/// <param name="Certificates">SHA-256 digests, in base64url, of certificates that the client shows (RFC 8705).</param>
/// <param name="TlsClientAuthSubjectDn">The subject of certificates that an authority of ours has issued to it (RFC 8705 §2.1).</param>
public record ClientValues(
    string? Name,
    IReadOnlyList<string?>? Scopes,
    string? Profile,
    string? State,
    int? RequestsPerSecond,
    IReadOnlyList<string?>? AllowedNetworks,
    JsonElement? Jwks,
    IReadOnlyList<string?>? Certificates,
    string? TlsClientAuthSubjectDn = null
)
{
    public const string Active = "active";
    public const string Suspended = "suspended";

    /// <summary>The client as it is with these values, which a validator has found good.</summary>
    internal ScimClient ApplyTo(ScimClient client) =>
        client with
        {
            Name = Name!.Trim(),
            Scopes = Scopes is null ? ScopeNames.All : ScopeNames.Parse(string.Join(' ', Scopes)),
            Profile = ClientProfile.Find(Profile ?? ClientProfile.Auto.Name)!,
            IsActive = State != Suspended,
            RequestsPerSecond = RequestsPerSecond,
            Networks = NetworkList.Find(AllowedNetworks ?? [])!,
            Keys = IsThere(Jwks) ? ClientKeys.Find(Jwks!.Value) : null,
            Certificates = [.. (Certificates ?? []).OfType<string>().Distinct()],
            Subject = TlsClientAuthSubjectDn is null ? null : SubjectName.Find(TlsClientAuthSubjectDn),
        };

    internal static bool IsThere(JsonElement? value) => value is { ValueKind: not JsonValueKind.Null };
}

/// <param name="ExpiresAt">When the first token ends; null for never.</param>
public sealed record NewScimClient(
    Guid? TenantId,
    string? Name,
    IReadOnlyList<string?>? Scopes,
    string? Profile,
    string? State,
    int? RequestsPerSecond,
    IReadOnlyList<string?>? AllowedNetworks,
    JsonElement? Jwks,
    IReadOnlyList<string?>? Certificates,
    DateTimeOffset? ExpiresAt,
    string? TlsClientAuthSubjectDn = null
)
    : ClientValues(
        Name,
        Scopes,
        Profile,
        State,
        RequestsPerSecond,
        AllowedNetworks,
        Jwks,
        Certificates,
        TlsClientAuthSubjectDn
    );

internal sealed class NewScimClientValidator : AbstractValidator<NewScimClient>
{
    public NewScimClientValidator(TimeProvider clock)
    {
        Include(new ClientValuesValidator());
        RuleFor(x => x.TenantId).NotEmpty();
        RuleFor(x => x.ExpiresAt).Must(at => TokenTerms.IsGoodExpiry(at, clock)).WithMessage(TokenTerms.ExpiryRule);
    }
}

internal sealed class ClientValuesValidator : AbstractValidator<ClientValues>
{
    private const int MaxRequestsPerSecond = 1_000_000;
    private const int MaxCertificates = 10;
    private const int DigestCharacters = 43;
    private const int DigestBytes = 32;

    public ClientValuesValidator()
    {
        RuleFor(x => x.Name).NotEmpty().MaximumLength(Tenant.MaxNameLength);
        RuleFor(x => x.Scopes)
            .Must(scopes =>
                scopes is null
                || (scopes.Count > 0 && scopes.All(scope => scope is ScopeNames.Read or ScopeNames.Write))
            )
            .WithMessage($"may name {ScopeNames.Read} and {ScopeNames.Write}");
        RuleFor(x => x.Profile)
            .Must(profile => profile is null || ClientProfile.Find(profile) is not null)
            .WithMessage($"is one of {string.Join(", ", ClientProfile.Names)}");
        RuleFor(x => x.State)
            .Must(state => state is null or ClientValues.Active or ClientValues.Suspended)
            .WithMessage($"is {ClientValues.Active} or {ClientValues.Suspended}");
        RuleFor(x => x.RequestsPerSecond).InclusiveBetween(1, MaxRequestsPerSecond);
        RuleFor(x => x.AllowedNetworks)
            .Must(networks =>
                networks is null || (networks.Count <= NetworkList.MaxCount && NetworkList.Find(networks) is not null)
            )
            .WithMessage(
                $"holds at most {NetworkList.MaxCount} networks such as 192.0.2.0/24 or 2001:db8::/32; leave it out for anywhere"
            );
        RuleFor(x => x.Jwks)
            .Must(jwks => !ClientValues.IsThere(jwks) || ClientKeys.Find(jwks!.Value) is not null)
            .WithMessage(ClientKeys.Rule);
        RuleFor(x => x.Certificates)
            .Must(digests => digests is null || (digests.Count <= MaxCertificates && digests.All(IsDigest)))
            .WithMessage(
                $"holds at most {MaxCertificates} SHA-256 digests of certificates in base64url, 43 characters each"
            );
        RuleFor(x => x.TlsClientAuthSubjectDn)
            .Must(text => text is null || SubjectName.Find(text) is not null)
            .WithMessage(SubjectName.Rule);
    }

    private static bool IsDigest(string? text) =>
        text is { Length: DigestCharacters } && Base64Url.IsValid(text, out var length) && length == DigestBytes;
}
