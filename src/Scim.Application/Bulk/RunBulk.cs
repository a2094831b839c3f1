using MediatR;
using Scim.Application.Common;
using Scim.Application.Groups;
using Scim.Application.Users;
using Scim.Domain.Errors;

namespace Scim.Application.Bulk;

/// <summary>
/// POST /Bulk (RFC 7644 §3.7). Operations run in chunks, each one transaction with a savepoint per operation: a failed
/// operation undoes itself alone, and a crash leaves whole chunks. Creations of users that follow one another are one step.
/// </summary>
public sealed record RunBulk(ReadOnlyMemory<byte> Body) : ICommand<IReadOnlyList<BulkResult>>;

/// <summary>What became of one operation.</summary>
/// <param name="ResourceType"><c>User</c> or <c>Group</c>, null when the path names neither.</param>
/// <param name="Id">Of the resource, for its location; null when it was never made.</param>
/// <param name="Error">Null when it succeeded.</param>
public sealed record BulkResult(
    BulkOperation Operation,
    int Status,
    string? ResourceType,
    string? Id,
    string? Version,
    ScimError? Error
);

internal sealed class RunBulkHandler(
    IMediator mediator,
    IUnitOfWork unitOfWork,
    IRefusalRecorder refusals,
    RequestContext request,
    DataPlaneLimits limits
) : IRequestHandler<RunBulk, IReadOnlyList<BulkResult>>
{
    public async Task<IReadOnlyList<BulkResult>> Handle(RunBulk command, CancellationToken cancellationToken)
    {
        var bulk = BulkRequest.Read(command.Body, limits.MaxBulkOperations, request.Deviations);
        var run = new BulkRun(bulk);
        var isBegun = false;
        while (!run.IsOver)
        {
            var chunk = run.NextChunk();
            var state = run.Save();
            try
            {
                await unitOfWork.RunAsync(
                    async () =>
                    {
                        // The whole chunk may be repeated after a lost race.
                        run.Restore(state);
                        for (var i = 0; i < chunk.Count; )
                        {
                            i += await RunAsync(run, chunk, i, cancellationToken);
                        }

                        return 0;
                    },
                    cancellationToken
                );
                isBegun = true;
            }
            // While nothing is done yet, the client may simply come again; a 503 of the whole tells it so.
            catch (ScimException exception) when (isBegun || exception.Error.Status != 503)
            {
                run.Restore(state);
                run.FailAll(chunk, exception.Error);
            }
        }

        var results = run.Results;
        foreach (var result in results)
        {
            if (result.Error is { } error)
            {
                Journal(result, error);
            }
        }

        return results;
    }

    /// <summary>How many steps it was.</summary>
    private async Task<int> RunAsync(
        BulkRun run,
        IReadOnlyList<BulkStep> chunk,
        int start,
        CancellationToken cancellationToken
    )
    {
        var creations = run.CountPlainCreations(chunk, start);
        if (creations < 2)
        {
            await RunAsync(run, chunk[start], cancellationToken);
            return 1;
        }

        var steps = chunk.Skip(start).Take(creations).ToList();
        var created = await mediator.Send(
            new CreateUsers(steps.ConvertAll(step => step.Operation.Data)),
            cancellationToken
        );
        foreach (var (step, (user, error)) in steps.Zip(created))
        {
            if (user is null)
            {
                run.Fail(step, error!);
            }
            else
            {
                run.Succeed(step, new BulkResult(step.Operation, 201, "User", user.Id.ToString("D"), user.Tag, null));
            }
        }

        return creations;
    }

    private async Task RunAsync(BulkRun run, BulkStep step, CancellationToken cancellationToken)
    {
        if (run.HasFailed || (step.IsLink && !run.HasMade(step)))
        {
            return;
        }

        try
        {
            var result = await unitOfWork.RunAsync(() => SendAsync(run, step, cancellationToken), cancellationToken);
            run.Succeed(step, result);
        }
        catch (ScimException exception) when (exception.Error.Status < 500)
        {
            run.Fail(step, exception.Error);
        }
    }

    private async Task<BulkResult> SendAsync(BulkRun run, BulkStep step, CancellationToken cancellationToken)
    {
        var operation = step.Operation;
        var target = BulkTarget.Parse(operation, run.Ids, step.IsLink);
        var data = run.DataOf(step);
        var ifMatch = IfMatch.Parse(operation.Version);
        switch (target.Method, target.ResourceType)
        {
            case ("POST", "User"):
                var user = await mediator.Send(new CreateUser(data), cancellationToken);
                return Done(201, user.Id.ToString("D"), user.Tag);
            case ("POST", _):
                var group = await mediator.Send(new CreateGroup(data), cancellationToken);
                return Done(201, group.ToString(), await GroupTagAsync(group, cancellationToken));
            case ("PUT", "User"):
                return Done(
                    200,
                    target.Id,
                    (await mediator.Send(new ReplaceUser(target.ResourceId, data, ifMatch), cancellationToken)).Tag
                );
            case ("PUT", _):
                await mediator.Send(new ReplaceGroup(target.ResourceId, data, ifMatch), cancellationToken);
                return Done(200, target.Id, await GroupTagAsync(target.ResourceId, cancellationToken));
            case ("PATCH", "User"):
                return Done(
                    200,
                    target.Id,
                    (await mediator.Send(new PatchUser(target.ResourceId, data, ifMatch), cancellationToken)).Tag
                );
            case ("PATCH", _):
                await mediator.Send(new PatchGroup(target.ResourceId, data, ifMatch), cancellationToken);
                return Done(204, target.Id, await GroupTagAsync(target.ResourceId, cancellationToken));
            case ("DELETE", "User"):
                await mediator.Send(new DeleteUser(target.ResourceId, ifMatch), cancellationToken);
                return Done(204, target.Id, null);
            default:
                await mediator.Send(new DeleteGroup(target.ResourceId, ifMatch), cancellationToken);
                return Done(204, target.Id, null);
        }

        BulkResult Done(int status, string? id, string? version) =>
            new(operation, status, target.ResourceType, id, version, null);
    }

    private async Task<string> GroupTagAsync(ResourceId id, CancellationToken cancellationToken) =>
        (await mediator.Send(new GetGroup(id), cancellationToken)).Tag;

    private void Journal(BulkResult result, ScimError error)
    {
        var verb = result.Operation.Method?.ToUpperInvariant() switch
        {
            "POST" => "create",
            "PUT" => "replace",
            "PATCH" => "patch",
            "DELETE" => "delete",
            _ => "unknown",
        };
        refusals.Record(
            new Refusal(
                request.TenantId,
                request.Actor,
                request.RequestId,
                $"{(result.ResourceType ?? "bulk").ToLowerInvariant()}.{verb}",
                error.Status,
                error.ScimType ?? "refused",
                result.ResourceType,
                result.Id
            )
        );
    }
}
