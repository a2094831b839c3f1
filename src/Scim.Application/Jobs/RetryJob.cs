using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Jobs;

namespace Scim.Application.Jobs;

/// <summary>Starts a dead job again. Refuses with 404 when there is none of that id, with 409 when it is not dead.</summary>
public sealed record RetryJob(Guid Id) : ICommand<Job>;

internal sealed class RetryJobHandler(IJobStore jobs, TimeProvider clock) : IRequestHandler<RetryJob, Job>
{
    public async Task<Job> Handle(RetryJob request, CancellationToken cancellationToken)
    {
        var job =
            await jobs.FindAsync(request.Id, cancellationToken)
            ?? throw ScimError.NotFound("Job", request.Id.ToString("D"));
        var retried = job.Retry(clock.Now());
        await jobs.RetryAsync(retried, cancellationToken);
        return retried;
    }
}
