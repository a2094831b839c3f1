using MediatR;
using Scim.Application.Common;

namespace Scim.Infrastructure.Persistence;

internal sealed class UnitOfWork(ITenantSession session) : IUnitOfWork
{
    public Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken) =>
        session.InTransaction
            ? session.TransactionAsync(work, cancellationToken)
            : Retry.OnTransient(() => session.TransactionAsync(work, cancellationToken), cancellationToken);
}

/// <summary>
/// The innermost behaviour: re-runs a command that lost a race, up to three times, and notes afterwards in what the
/// client's request deviated. Inside a transaction of a caller's the caller repeats the whole.
/// </summary>
internal sealed class UnitOfWorkBehavior<TRequest, TResponse>(
    IServiceProvider services,
    RequestContext request,
    IDeviationRecorder deviations
) : IPipelineBehavior<TRequest, TResponse>
    where TRequest : notnull
{
    private static readonly bool IsCommand = Array.Exists(
        typeof(TRequest).GetInterfaces(),
        type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ICommand<>)
    );

    public async Task<TResponse> Handle(
        TRequest message,
        CancellationToken cancellationToken,
        RequestHandlerDelegate<TResponse> next
    )
    {
        // Operator verbs without a tenant have no session.
        if (!IsCommand || request.Tenant is null)
        {
            return await next();
        }

        var session = (ITenantSession)services.GetService(typeof(ITenantSession))!;
        var response = session.InTransaction ? await next() : await Retry.OnTransient(() => next(), cancellationToken);
        if (request.Caller is { } caller && request.Deviations.Seen is { Count: > 0 } seen)
        {
            deviations.Record(caller, seen);
        }

        return response;
    }
}
