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
    /// <summary>Creates the tenant as an operator does, through the verbs of the built program, while the server runs.</summary>
    public static async Task<TestTenant> CreateAsync(IServer server, string profile = "auto")
    {
        var slug = Some.Slug();
        _ = (await Cli.RunAsync(server.Database, "tenant", "create", slug, "--json")).Json;
        var created = await Cli.RunAsync(server.Database, "client", "create", slug, "--profile", profile, "--json");
        string Read(string name) => created.Json.GetProperty(name).GetString()!;
        var token = Read("token");
        var client = new ScimClient(server.BaseAddress, token);
        return new TestTenant(slug, Read("tenantId"), Read("clientId"), Read("tokenId"), token, client);
    }

    public void Dispose() => Client.Dispose();
}
