namespace Scim.Application.Common;

/// <summary>One transaction over several commands.</summary>
public interface IUnitOfWork
{
    /// <summary>Runs the work in a transaction of the request's tenant; a nested call is a savepoint, undone when its work throws.</summary>
    Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken);
}
