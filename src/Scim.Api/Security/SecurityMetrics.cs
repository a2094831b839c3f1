using System.Diagnostics.Metrics;
using Scim.Application.Common;
using Scim.Application.Common.Behaviors;
using Scim.Infrastructure.Hosting.Telemetry;

namespace Scim.Api.Security;

/// <summary><c>scim_auth_failure_total</c>, <c>scim_rate_limited_total</c> and <c>scim_request_shed_total</c>.</summary>
internal sealed class SecurityMetrics
{
    private readonly Counter<long> _failures;
    private readonly Counter<long> _limited;
    private readonly Counter<long> _shed;
    private readonly TenantLabels _tenants;

    public SecurityMetrics(IMeterFactory meters, TenantLabels tenants)
    {
        _tenants = tenants;
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
        _shed = meter.CreateCounter<long>(
            "scim.request.shed",
            "{request}",
            "Requests answered 503 because the service, or what one tenant may have of it, was taken; by tenant."
        );
    }

    public void Refused(NamedClient? named, string reason) =>
        _failures.Add(
            1,
            new KeyValuePair<string, object?>("tenant", _tenants.Of(named?.TenantSlug)),
            new KeyValuePair<string, object?>("reason", reason)
        );

    /// <summary>Every request with a good token: the busiest tenants are those that metrics name.</summary>
    public void Accepted(Caller caller) => _tenants.Note(caller.TenantSlug);

    public void Limited(Caller? caller) =>
        _limited.Add(1, new KeyValuePair<string, object?>("tenant", _tenants.Of(caller?.TenantSlug)));

    public void Shed(Caller? caller) =>
        _shed.Add(1, new KeyValuePair<string, object?>("tenant", _tenants.Of(caller?.TenantSlug)));
}
