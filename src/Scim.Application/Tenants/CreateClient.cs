using FluentValidation;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;

namespace Scim.Application.Tenants;

/// <summary>A new client of a tenant that a verb names by its slug, with its first token.</summary>
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

/// <summary>The same by what an administrator says.</summary>
public sealed record CreateScimClient(NewScimClient Values) : ICommand<IssuedToken>;

internal sealed class CreateScimClientValidator : AbstractValidator<CreateScimClient>
{
    public CreateScimClientValidator(TimeProvider clock) =>
        RuleFor(x => x.Values).SetValidator(new NewScimClientValidator(clock));
}

internal sealed class CreateClientHandler(
    ITenantStore tenants,
    IClientStore clients,
    ITokenSealer sealer,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<CreateClient, IssuedToken>, IRequestHandler<CreateScimClient, IssuedToken>
{
    public async Task<IssuedToken> Handle(CreateClient command, CancellationToken cancellationToken)
    {
        var scopes = ScopeNames.Parse(command.Scopes);
        var profile =
            ClientProfile.Find(command.Profile)
            ?? throw ScimError.InvalidValue($"A client's profile is one of {string.Join(", ", ClientProfile.Names)}.");
        var tenant =
            await tenants.FindIdAsync(command.TenantSlug, cancellationToken)
            ?? throw ScimError.NotFound("Tenant", command.TenantSlug);
        var now = clock.Now();
        var name = string.IsNullOrWhiteSpace(command.Name) ? "default" : command.Name.Trim();
        var client = New(tenant, command.TenantSlug, now) with { Name = name, Scopes = scopes, Profile = profile };
        return await AddAsync(client, now + command.ExpiresIn, now, cancellationToken);
    }

    public async Task<IssuedToken> Handle(CreateScimClient command, CancellationToken cancellationToken)
    {
        var values = command.Values;
        var id = new TenantId(values.TenantId!.Value);
        var slug = await tenants.FindSlugAsync(id, request.Admin, cancellationToken);
        if (slug is null)
        {
            // One answer for both: whose it is is not the caller's to know.
            throw ScimError.Invalid(
                new Dictionary<string, string[]>
                {
                    ["tenantId"] = ["must name a tenant that exists and that you reach"],
                }
            );
        }

        var now = clock.Now();
        return await AddAsync(values.ApplyTo(New(id, slug, now)), values.ExpiresAt, now, cancellationToken);
    }

    private static ScimClient New(TenantId tenant, string slug, DateTimeOffset now) =>
        new(tenant, slug, Guid.CreateVersion7(now), "", ScopeNames.All, ClientProfile.Auto, now, []);

    private async Task<IssuedToken> AddAsync(
        ScimClient client,
        DateTimeOffset? expiresAt,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var token = ScimToken.Generate();
        var seal = await sealer.SealAsync(token, cancellationToken);
        var stored = new NewToken(token.Id, seal, now, expiresAt?.ToUniversalTime());
        await clients.AddAsync(client, stored, now, cancellationToken);
        return IssuedToken.Of(client, token, stored);
    }
}
