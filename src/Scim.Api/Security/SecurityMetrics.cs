using System.Diagnostics.Metrics;
using Scim.Application.Common;
using Scim.Application.Common.Behaviors;

namespace Scim.Api.Security;

/// <summary><c>scim_auth_failure_total</c> and <c>scim_rate_limited_total</c>.</summary>
internal sealed class SecurityMetrics
{
    private readonly Counter<long> _failures;
    private readonly Counter<long> _limited;

    public SecurityMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(ScimActivities.Name);
        _failures = meter.CreateCounter<long>(
            "scim.auth.failure",
            "{request}",
            "Requests whose credential was refused, by the tenant that it names, if any, and the reason."
        );
        _limited = meter.CreateCounter<long>(
            "scim.rate.limited",
            "{request}",
            "Requests answered 429, by tenant; without one for discovery."
        );
    }

    public void Refused(NamedClient? named, string reason) =>
        _failures.Add(
            1,
            new KeyValuePair<string, object?>("tenant", named?.TenantSlug ?? ""),
            new KeyValuePair<string, object?>("reason", reason)
        );

    public void Limited(Caller? caller) =>
        _limited.Add(1, new KeyValuePair<string, object?>("tenant", caller?.TenantSlug ?? ""));
}
