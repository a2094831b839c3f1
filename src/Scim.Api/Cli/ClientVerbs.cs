using System.CommandLine;
using Scim.Application.Common;
using Scim.Application.Tenants;
using Scim.Domain.Tenants;

namespace Scim.Api.Cli;

internal static class ClientVerbs
{
    public static Command Create(VerbConsole console)
    {
        var command = new Command("client", "SCIM clients: one identity provider's access to one tenant each.");
        command.Subcommands.Add(CreateVerb(console));
        return command;
    }

    private static Command CreateVerb(VerbConsole console)
    {
        var slug = new Argument<string>("tenant-slug");
        var name = new Option<string?>("--name") { Description = "Which identity provider this is for." };
        var scopes = new Option<string>("--scopes")
        {
            DefaultValueFactory = _ => $"{ScopeNames.Read},{ScopeNames.Write}",
        };
        var profile = new Option<string>("--profile")
        {
            Description = "Which departures from the RFC are tolerated.",
            DefaultValueFactory = _ => ClientProfile.Auto.Name,
        };
        profile.AcceptOnlyFromAmong([.. ClientProfile.Names]);
        var expiresIn = Lifetime.Option();
        var json = VerbConsole.JsonOption();
        var command = new Command("create", "Create a client and its first token.")
        {
            slug,
            name,
            scopes,
            profile,
            expiresIn,
            json,
        };
        console.Bind(
            command,
            async (parsed, mediator, cancellationToken) =>
            {
                var request = new CreateClient(
                    parsed.GetRequiredValue(slug),
                    parsed.GetValue(name),
                    parsed.GetRequiredValue(scopes),
                    parsed.GetRequiredValue(profile),
                    parsed.GetValue(expiresIn)
                );
                var issued = await mediator.Send(request, cancellationToken);
                if (!parsed.GetValue(json))
                {
                    await console.LineAsync($"Created client {issued.ClientId:D} of tenant {issued.TenantSlug}.");
                }

                await TokenVerbs.PrintAsync(console, issued, parsed.GetValue(json));
            }
        );
        return command;
    }
}
