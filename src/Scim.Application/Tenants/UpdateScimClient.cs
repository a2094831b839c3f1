using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;

namespace Scim.Application.Tenants;

/// <summary>Replaces what is said of a client; effective on every replica within a second.</summary>
public sealed record UpdateScimClient(Guid Id, ClientValues Values, IfMatch? IfMatch) : ICommand<ScimClient>;

internal sealed class UpdateScimClientValidator : AbstractValidator<UpdateScimClient>
{
    public UpdateScimClientValidator() => RuleFor(x => x.Values).SetValidator(new ClientValuesValidator());
}

internal sealed class UpdateScimClientHandler(IClientStore clients, RequestContext request, TimeProvider clock)
    : IRequestHandler<UpdateScimClient, ScimClient>
{
    public Task<ScimClient> Handle(UpdateScimClient command, CancellationToken cancellationToken) =>
        clients.UpdateAsync(
            command.Id,
            clock.Now(),
            client => command.Values.ApplyTo(client.VisibleTo(request).At(command.IfMatch)),
            cancellationToken
        );
}

/// <summary>Removes a client; its credentials are refused on every replica within a second.</summary>
public sealed record DeleteScimClient(Guid Id, IfMatch? IfMatch) : ICommand<Unit>;

internal sealed class DeleteScimClientHandler(IClientStore clients, RequestContext request, TimeProvider clock)
    : IRequestHandler<DeleteScimClient, Unit>
{
    public async Task<Unit> Handle(DeleteScimClient command, CancellationToken cancellationToken)
    {
        await clients.DeleteAsync(
            command.Id,
            clock.Now(),
            client => client.VisibleTo(request).At(command.IfMatch),
            cancellationToken
        );
        return Unit.Value;
    }
}

internal static class ClientVersions
{
    /// <exception cref="ScimException">412 when the precondition names another version.</exception>
    public static ScimClient At(this ScimClient client, IfMatch? ifMatch) =>
        ifMatch?.Accepts(client.Version) == false ? throw ScimError.VersionMismatch(client.Version) : client;
}
