using Scim.Application.Common;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Tenants;

/// <summary>A client's row with what it may prove itself by, other than its tokens.</summary>
internal sealed record StoredClient(
    Caller Caller,
    bool IsActive,
    ClientKeys? Keys,
    IReadOnlyList<string> Certificates,
    SubjectName? Subject
)
{
    public const string ByToken = "token:";
    public const string ByKey = "key:";
    public const string ByCertificate = "certificate:";
    public const string BySubject = "subject:";

    public NamedClient Named => new(Caller.TenantId, Caller.TenantSlug, Caller.ClientId);

    /// <summary>False once a key, a certificate or the subject was taken from the client.</summary>
    public bool Has(string credential) =>
        credential.Split(':', 2) is [var kind, var value]
        && (kind + ':') switch
        {
            ByKey => Keys?.Ids.Contains(value) == true,
            ByCertificate => Certificates.Contains(value),
            BySubject => Subject?.Digest == value,
            _ => false,
        };
}
