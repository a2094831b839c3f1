using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Tenants;

/// <summary>A client's row with what it may prove itself by, other than its tokens.</summary>
internal sealed record StoredClient(Caller Caller, bool IsActive, ClientKeys? Keys, IReadOnlyList<string> Certificates)
{
    public const string ByToken = "token:";
    public const string ByKey = "key:";
    public const string ByCertificate = "certificate:";

    public NamedClient Named => new(Caller.TenantId, Caller.TenantSlug, Caller.ClientId);

    /// <summary>False once a key or a certificate was taken from the client.</summary>
    public bool Has(string credential) =>
        credential.StartsWith(ByKey, StringComparison.Ordinal)
            ? Keys?.Ids.Contains(credential[ByKey.Length..]) == true
            : credential.StartsWith(ByCertificate, StringComparison.Ordinal)
                && Certificates.Contains(credential[ByCertificate.Length..]);
}
