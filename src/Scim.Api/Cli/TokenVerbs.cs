using System.CommandLine;
using Scim.Application.Common;
using Scim.Application.Tenants;

namespace Scim.Api.Cli;

internal static class TokenVerbs
{
    public static Command Create(VerbConsole console)
    {
        var command = new Command("token", "Bearer tokens of SCIM clients; a client has up to two live ones.");
        command.Subcommands.Add(IssueVerb(console));
        command.Subcommands.Add(RevokeVerb(console));
        return command;
    }

    /// <summary>The one place that prints a token.</summary>
    public static async Task PrintAsync(VerbConsole console, IssuedToken issued, bool json)
    {
        if (json)
        {
            await console.JsonAsync(
                new
                {
                    tenantId = issued.TenantId.Value,
                    tenantSlug = issued.TenantSlug,
                    clientId = issued.ClientId,
                    tokenId = issued.TokenId,
                    token = issued.Token,
                    scopes = ScopeNames.Format(issued.Scopes),
                    profile = issued.Profile,
                    expiresAt = issued.ExpiresAt,
                }
            );
            return;
        }

        var expiry = issued.ExpiresAt is { } at ? $"expires {at:u}" : "does not expire";
        await console.LineAsync($"Token {issued.TokenId} ({ScopeNames.Format(issued.Scopes)}, {expiry}):");
        await console.LineAsync("");
        await console.LineAsync($"    {issued.Token}");
        await console.LineAsync("");
        await console.LineAsync("It is shown this once: paste it into the identity provider now.");
    }

    private static Command IssueVerb(VerbConsole console)
    {
        var client = new Argument<Guid>("client-id");
        var expiresIn = Lifetime.Option();
        var json = VerbConsole.JsonOption();
        var command = new Command("issue", "Issue another token, to rotate without an outage.")
        {
            client,
            expiresIn,
            json,
        };
        console.Bind(
            command,
            async (parsed, mediator, cancellationToken) =>
            {
                var request = new IssueToken(parsed.GetRequiredValue(client), parsed.GetValue(expiresIn));
                var issued = await mediator.Send(request, cancellationToken);
                await PrintAsync(console, issued, parsed.GetValue(json));
            }
        );
        return command;
    }

    private static Command RevokeVerb(VerbConsole console)
    {
        var token = new Argument<string>("token-id") { Description = "The token's id, not the token." };
        var json = VerbConsole.JsonOption();
        var command = new Command("revoke", "Revoke a token; effective everywhere within a second.") { token, json };
        console.Bind(
            command,
            async (parsed, mediator, cancellationToken) =>
            {
                var tokenId = parsed.GetRequiredValue(token);
                await mediator.Send(new RevokeToken(tokenId), cancellationToken);
                await (
                    parsed.GetValue(json)
                        ? console.JsonAsync(new { tokenId, revoked = true })
                        : console.LineAsync($"Revoked {tokenId}; no replica accepts it after a second.")
                );
            }
        );
        return command;
    }
}
