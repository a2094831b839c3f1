using System.Diagnostics;
using MediatR;
using Scim.Domain.Errors;

namespace Scim.Application.Common.Behaviors;

/// <summary>One span per mediator request, on the source that the hosts export.</summary>
internal sealed class TracingBehavior<TRequest, TResponse> : IPipelineBehavior<TRequest, TResponse>
    where TRequest : notnull
{
    private static readonly string Name = typeof(TRequest).Name;

    public async Task<TResponse> Handle(
        TRequest request,
        CancellationToken cancellationToken,
        RequestHandlerDelegate<TResponse> next
    )
    {
        using var activity = ScimActivities.Source.StartActivity(Name);
        if (activity is null)
        {
            return await next();
        }

        activity.SetTag("scim.request", Name);
        try
        {
            return await next();
        }
        catch (ScimException exception)
        {
            // A refusal is an answer, not a failure of the service; its detail may quote the client's values.
            activity.SetTag("scim.status", exception.Error.Status);
            activity.SetTag("scim.type", exception.Error.ScimType);
            throw;
        }
        catch (Exception exception)
        {
            activity.SetStatus(ActivityStatusCode.Error, exception.GetType().Name);
            throw;
        }
    }
}

/// <summary>The name under which spans and metrics of this product are exported.</summary>
public static class ScimActivities
{
    public const string Name = "Scim";

    internal static readonly ActivitySource Source = new(Name);
}
