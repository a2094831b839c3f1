using System.Net;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Common;

[Flags]
public enum Scopes
{
    None = 0,
    Read = 1,
    Write = 2,
}

/// <summary>The authenticated SCIM client behind a request.</summary>
public sealed record Caller(
    TenantId TenantId,
    string TenantSlug,
    Guid ClientId,
    string TokenId,
    Scopes Scopes,
    ClientProfile Profile
)
{
    public bool IsTenantSuspended { get; init; }

    /// <summary>From then on the tenant can only be read.</summary>
    public DateTimeOffset? TrialEndsAt { get; init; }

    /// <summary>The client's own rate limit; null for that of the installation.</summary>
    public int? RequestsPerSecond { get; init; }

    public NetworkList Networks { get; init; } = NetworkList.Anywhere;

    /// <summary>The credential is good on a connection with this certificate only (RFC 8705 §3); SHA-256 in base64url.</summary>
    public string? CertificateDigest { get; init; }
}

/// <summary>
/// Who asks and under which request id; one per request (scoped). Handlers read it, the edge fills it. Operator verbs
/// have no caller but a tenant.
/// </summary>
public sealed class RequestContext
{
    private DeviationLog? _deviations;

    public Caller? Caller { get; private set; }

    /// <summary>Who calls the control plane; null elsewhere, and for verbs, whose user has the database anyway.</summary>
    public AdminCaller? Admin { get; private set; }

    public TenantId? Tenant { get; private set; }

    public IPAddress? Network { get; set; }

    public string RequestId { get; set; } = "";

    /// <summary>The base URL that the client used, without a trailing slash: <c>https://host/scim/v2</c>. Empty for verbs and jobs.</summary>
    public string BaseUrl { get; set; } = "";

    /// <summary><c>client:{id}</c>, <c>operator:{id}</c>, <c>operator:cli</c>, <c>api-key:{id}</c>, <c>job:{name}</c>.</summary>
    public string Actor { get; private set; } = "system";

    public TenantId TenantId => Tenant ?? throw new InvalidOperationException("The request is not bound to a tenant.");

    /// <summary>False for an operator of other tenants. Verbs reach all of them.</summary>
    public bool Reaches(TenantId tenant) => Admin?.TenantIds?.Contains(tenant.Value) != false;

    public DeviationLog Deviations => _deviations ??= new DeviationLog(Caller?.Profile ?? ClientProfile.Auto);

    /// <summary>A tenant as the caller of the control plane may name it.</summary>
    /// <exception cref="ScimException">404 where it is out of reach, as if it did not exist.</exception>
    public TenantId Reach(Guid tenant) =>
        tenant != Guid.Empty && Reaches(new TenantId(tenant))
            ? new TenantId(tenant)
            : throw ScimError.NotFound("Tenant", tenant.ToString("D"));

    public void Become(Caller caller)
    {
        Caller = caller;
        Tenant = caller.TenantId;
        Actor = $"client:{caller.ClientId:D}";
    }

    public void Become(AdminCaller caller)
    {
        Admin = caller;
        Actor = caller.Session is null ? $"api-key:{caller.Id:D}" : $"operator:{caller.Id:D}";
    }

    public void ActAs(string actor, TenantId? tenant)
    {
        Actor = actor;
        Tenant = tenant;
    }
}
