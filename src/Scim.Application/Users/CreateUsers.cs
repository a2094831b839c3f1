using MediatR;
using Scim.Application.Common;
using Scim.Application.Schemas;
using Scim.Domain.Errors;
using Scim.Domain.Resources;
using Scim.Domain.Users;

namespace Scim.Application.Users;

/// <summary>Several POST /Users of one bulk request (RFC 7644 §3.7), each made or refused on its own; no body is empty.</summary>
public sealed record CreateUsers(IReadOnlyList<ReadOnlyMemory<byte>> Bodies) : ICommand<IReadOnlyList<CreatedUser>>;

/// <summary>What became of one body.</summary>
/// <param name="User">Null when it was refused.</param>
public readonly record struct CreatedUser(StoredResource? User, ScimError? Error);

internal sealed class CreateUsersHandler(
    IUserStore users,
    ISchemaCatalog schemas,
    IPasswordHasher passwords,
    IOnboardingRecorder onboarding,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<CreateUsers, IReadOnlyList<CreatedUser>>
{
    public async Task<IReadOnlyList<CreatedUser>> Handle(CreateUsers command, CancellationToken cancellationToken)
    {
        var schema = (await schemas.GetAsync(cancellationToken)).User;
        var now = clock.Now();
        var results = new CreatedUser[command.Bodies.Count];
        var places = new List<int>(results.Length);
        var created = new List<User>(results.Length);
        for (var i = 0; i < results.Length; i++)
        {
            try
            {
                var body = DocumentReader.ReadBody(command.Bodies[i].Span, schema, request.Deviations);
                created.Add(User.Create(body, passwords.Hash(body.Password), request.Deviations, now));
                places.Add(i);
            }
            catch (ScimException exception) when (exception.Error.Status < 500)
            {
                results[i] = new CreatedUser(null, exception.Error);
            }
        }

        var added = await users.AddAllAsync(created, cancellationToken);
        for (var i = 0; i < added.Count; i++)
        {
            results[places[i]] = added[i];
        }

        if (request.Caller is { } caller && added.Any(user => user.User is not null))
        {
            onboarding.Record(caller.TenantId, caller.ClientId, OnboardingStep.FirstUser);
        }

        return results;
    }
}
