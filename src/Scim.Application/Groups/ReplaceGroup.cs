using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Schemas;
using Scim.Domain.Groups;
using Scim.Domain.Resources;

namespace Scim.Application.Groups;

/// <summary>PUT /Groups/{id}: attributes and members become exactly what the body holds.</summary>
public sealed record ReplaceGroup(ResourceId Id, ReadOnlyMemory<byte> Body, IfMatch? IfMatch) : ICommand<Unit>;

internal sealed class ReplaceGroupValidator : AbstractValidator<ReplaceGroup>
{
    public ReplaceGroupValidator() => RuleFor(command => command.Body.Length).GreaterThan(0).WithName("body");
}

internal sealed class ReplaceGroupHandler(
    IGroupStore groups,
    ISchemaCatalog schemas,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<ReplaceGroup, Unit>
{
    public async Task<Unit> Handle(ReplaceGroup command, CancellationToken cancellationToken)
    {
        var schema = (await schemas.GetAsync(cancellationToken)).Group;
        var body = DocumentReader.ReadBody(command.Body.Span, schema, request.Deviations);
        await groups.ChangeAsync(
            command.Id,
            command.IfMatch,
            "group.replace",
            group =>
            {
                group.Replace(body, request.Deviations, clock.Now());
                return MembershipChange.Exactly(body.Members ?? []);
            },
            cancellationToken
        );
        return Unit.Value;
    }
}
