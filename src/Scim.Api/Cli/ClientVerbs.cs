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
        command.Subcommands.Add(ListVerb(console));
        command.Subcommands.Add(DeviationsVerb(console));
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

    private static Command ListVerb(VerbConsole console)
    {
        var slug = new Argument<string>("tenant-slug");
        var json = VerbConsole.JsonOption();
        var command = new Command("list", "List the clients of a tenant, oldest first.") { slug, json };
        console.Bind(
            command,
            async (parsed, mediator, cancellationToken) =>
            {
                var clients = await mediator.Send(new ListClients(parsed.GetRequiredValue(slug)), cancellationToken);
                if (parsed.GetValue(json))
                {
                    await console.JsonAsync(clients.Select(Shape));
                    return;
                }

                foreach (var client in clients)
                {
                    var access = $"{ScopeNames.Format(client.Scopes)}\t{client.Profile}\t{client.State}";
                    await console.LineAsync($"{client.Id:D}\t{access}\t{client.Name}");
                }

                if (clients.Count == 0)
                {
                    await console.Error.WriteLineAsync("The tenant has no clients yet: client create <tenant-slug>");
                }
            }
        );
        return command;
    }

    private static Command DeviationsVerb(VerbConsole console)
    {
        var id = new Argument<Guid>("client-id");
        var json = VerbConsole.JsonOption();
        var command = new Command("deviations", "Show how a client departs from the RFCs, by kind.") { id, json };
        console.Bind(
            command,
            async (parsed, mediator, cancellationToken) =>
            {
                var deviations = await mediator.Send(
                    new ListDeviations(parsed.GetRequiredValue(id)),
                    cancellationToken
                );
                if (parsed.GetValue(json))
                {
                    await console.JsonAsync(deviations);
                    return;
                }

                foreach (var seen in deviations)
                {
                    await console.LineAsync(
                        $"{seen.Kind}\t{seen.Count}\tfirst {seen.FirstSeen:u}\tlast {seen.LastSeen:u}"
                    );
                }

                if (deviations.Count == 0)
                {
                    await console.Error.WriteLineAsync("The client was not seen to depart from the RFCs.");
                }
            }
        );
        return command;
    }

    private static object Shape(ListedClient client) =>
        new
        {
            clientId = client.Id,
            name = client.Name,
            scopes = ScopeNames.Format(client.Scopes),
            profile = client.Profile,
            state = client.State,
            createdAt = client.CreatedAt,
        };
}
