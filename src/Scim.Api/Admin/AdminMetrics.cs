using System.Diagnostics.Metrics;
using Scim.Application.Common.Behaviors;

namespace Scim.Api.Admin;

/// <summary><c>scim_admin_failure_total</c>, by route and kind of problem: both are closed sets.</summary>
internal sealed class AdminMetrics
{
    private readonly Counter<long> _failures;

    public AdminMetrics(IMeterFactory meters) =>
        _failures = meters
            .Create(ScimActivities.Name)
            .CreateCounter<long>(
                "scim.admin.failure",
                "{request}",
                "Requests to the control plane that ended in a problem, by endpoint and kind of problem."
            );

    public void Failed(HttpContext context, string error) =>
        _failures.Add(
            1,
            new KeyValuePair<string, object?>(
                "endpoint",
                (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "none"
            ),
            new KeyValuePair<string, object?>("error", error)
        );
}
