using Microsoft.Extensions.DependencyInjection;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence;

namespace Scim.Integration.Tests.Plans;

/// <summary>Keeps every statement that a session is given, with its arguments, and passes it on.</summary>
internal sealed class StatementRecorder(
    ITenantSession inner,
    List<Statement> seen,
    Func<IReadOnlyList<Statement>, Task>? afterQuery = null
) : ITenantSession
{
    public ISqlDialect Dialect => inner.Dialect;

    public TenantId Tenant => inner.Tenant;

    public bool InTransaction => inner.InTransaction;

    public int Stripe => inner.Stripe;

    public async Task<T> QueryAsync<T>(
        IReadOnlyList<Statement> statements,
        Func<Rows, ValueTask<T>> read,
        CancellationToken cancellationToken
    )
    {
        Keep(statements);
        var result = await inner.QueryAsync(statements, read, cancellationToken);
        await (afterQuery?.Invoke(statements) ?? Task.CompletedTask);
        return result;
    }

    public Task<T> SnapshotAsync<T>(
        IReadOnlyList<Statement> statements,
        Func<Rows, ValueTask<T>> read,
        CancellationToken cancellationToken
    )
    {
        Keep(statements);
        return inner.SnapshotAsync(statements, read, cancellationToken);
    }

    public Task<T> SnapshotAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken) =>
        inner.SnapshotAsync(work, cancellationToken);

    public Task<int> ApplyAsync(Mutation mutation, CancellationToken cancellationToken)
    {
        Keep(mutation);
        return inner.ApplyAsync(mutation, cancellationToken);
    }

    public Task<(int Affected, T Result)> ApplyAsync<T>(
        Mutation mutation,
        Statement after,
        Func<Rows, ValueTask<T>> read,
        CancellationToken cancellationToken
    )
    {
        Keep(mutation);
        Keep([after]);
        return inner.ApplyAsync(mutation, after, read, cancellationToken);
    }

    private void Keep(Mutation mutation) =>
        // A part stands for itself: whether its head applied does not matter to its plan.
        Keep([
            mutation.Head,
            .. mutation.Parts.Select(part => part with { Sql = "with head as (select 1 as id) " + part.Sql }),
        ]);

    public Task<T> TransactionAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken) =>
        inner.TransactionAsync(work, cancellationToken);

    public Task<int> ExecuteAsync(Statement statement, CancellationToken cancellationToken)
    {
        Keep([statement]);
        return inner.ExecuteAsync(statement, cancellationToken);
    }

    private void Keep(IEnumerable<Statement> statements)
    {
        lock (seen)
        {
            seen.AddRange(statements);
        }
    }
}

/// <summary>Builds a host's services with its sessions wrapped in recorders.</summary>
/// <param name="seen">Gets every statement.</param>
/// <param name="afterQuery">Runs between a query and whatever the request does next: for races that must be met.</param>
internal sealed class RecordingFactory(List<Statement> seen, Func<IReadOnlyList<Statement>, Task>? afterQuery = null)
    : IServiceProviderFactory<IServiceCollection>
{
    public IServiceCollection CreateBuilder(IServiceCollection services)
    {
        var session = services.Single(service => service.ServiceType == typeof(ITenantSession));
        services.Remove(session);
        services.AddScoped(session.ImplementationType!);
        services.AddScoped<ITenantSession>(provider => new StatementRecorder(
            (ITenantSession)provider.GetRequiredService(session.ImplementationType!),
            seen,
            afterQuery
        ));
        return services;
    }

    public IServiceProvider CreateServiceProvider(IServiceCollection containerBuilder) =>
        containerBuilder.BuildServiceProvider();
}
