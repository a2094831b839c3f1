using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

/// <summary>A new client of a tenant, with its first token.</summary>
public sealed record CreateClient(
    string TenantSlug,
    string? Name,
    string Scopes = $"{ScopeNames.Read},{ScopeNames.Write}",
    string Profile = "auto",
    TimeSpan? ExpiresIn = null
) : ICommand<IssuedToken>;

internal sealed class CreateClientValidator : AbstractValidator<CreateClient>
{
    public CreateClientValidator()
    {
        RuleFor(x => x.TenantSlug).NotEmpty();
        RuleFor(x => x.Name).MaximumLength(Tenant.MaxNameLength);
        RuleFor(x => x.ExpiresIn).GreaterThan(TimeSpan.Zero);
    }
}

internal sealed class CreateClientHandler(
    ITenantStore tenants,
    IClientStore clients,
    ITokenSealer sealer,
    TimeProvider clock
) : IRequestHandler<CreateClient, IssuedToken>
{
    public async Task<IssuedToken> Handle(CreateClient request, CancellationToken cancellationToken)
    {
        var scopes = ScopeNames.Parse(request.Scopes);
        var profile =
            ClientProfile.Find(request.Profile)
            ?? throw ScimError.InvalidValue($"A client's profile is one of {string.Join(", ", ClientProfile.Names)}.");
        var tenant =
            await tenants.FindAsync(request.TenantSlug, cancellationToken)
            ?? throw ScimError.NotFound("Tenant", request.TenantSlug);

        var now = clock.Now();
        var name = string.IsNullOrWhiteSpace(request.Name) ? "default" : request.Name.Trim();
        var client = new ScimClient(tenant.Id, tenant.Slug, Guid.CreateVersion7(now), name, scopes, profile, []);
        var token = ScimToken.Generate();
        var stored = new NewToken(
            token.Id,
            await sealer.SealAsync(token, cancellationToken),
            now,
            now + request.ExpiresIn
        );
        await clients.AddAsync(client, stored, now, cancellationToken);
        return IssuedToken.Of(client, token, stored.ExpiresAt);
    }
}
