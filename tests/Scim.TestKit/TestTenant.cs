using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Scim.Application.Tenants;

namespace Scim.TestKit;

/// <summary>A tenant of a test's own with one SCIM client and a token.</summary>
public sealed record TestTenant(
    string Slug,
    string TenantId,
    string ClientId,
    string TokenId,
    string Token,
    ScimClient Client
) : IDisposable
{
    /// <summary>
    /// Creates the tenant by the application's own commands: inside a server of this process, else by the operator's verbs.
    /// </summary>
    public static async Task<TestTenant> CreateAsync(
        IServer server,
        string profile = "auto",
        string scopes = "scim:read,scim:write"
    )
    {
        var slug = Some.Slug();
        return server is ApiServer inProcess
            ? await SendAsync(inProcess, slug, profile, scopes)
            : await RunAsync(server, slug, profile, scopes);
    }

    private static async Task<TestTenant> SendAsync(ApiServer server, string slug, string profile, string scopes)
    {
        await using var scope = server.Services.CreateAsyncScope();
        var mediator = scope.ServiceProvider.GetRequiredService<IMediator>();
        var tenant = await mediator.Send(new CreateTenant(slug, slug));
        var issued = await mediator.Send(new CreateClient(slug, "test", Scopes: scopes, Profile: profile));
        return new TestTenant(
            slug,
            tenant.Id.ToString(),
            issued.ClientId.ToString("D"),
            issued.TokenId,
            issued.Token,
            new ScimClient(server.BaseAddress, issued.Token)
        );
    }

    private static async Task<TestTenant> RunAsync(IServer server, string slug, string profile, string scopes)
    {
        _ = (await Cli.RunAsync(server.Database, "tenant", "create", slug, "--json")).Json;
        var created = await Cli.RunAsync(
            server.Database,
            "client",
            "create",
            slug,
            "--profile",
            profile,
            "--scopes",
            scopes,
            "--json"
        );
        string Read(string name) => created.Json.GetProperty(name).GetString()!;
        var token = Read("token");
        var client = new ScimClient(server.BaseAddress, token);
        return new TestTenant(slug, Read("tenantId"), Read("clientId"), Read("tokenId"), token, client);
    }

    public void Dispose() => Client.Dispose();
}
