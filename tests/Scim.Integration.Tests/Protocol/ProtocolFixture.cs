using MediatR;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Application.Schemas;
using Scim.TestKit;

namespace Scim.Integration.Tests.Protocol;

/// <summary>
/// Tests of the protocol through real HTTP, once per database. A fixture has a tenant of its own; its tests run in
/// parallel in it, each on resources that it creates.
/// </summary>
[Parallelizable(ParallelScope.All)]
internal abstract class ProtocolFixture(DatabaseKind database)
{
    public const string User = "urn:ietf:params:scim:schemas:core:2.0:User";
    public const string Group = "urn:ietf:params:scim:schemas:core:2.0:Group";
    public const string Enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    public const string Nobody = "0199c0de-0000-7000-8000-000000000000";

    private TestTenant? _tenant;

    protected DatabaseKind Kind => database;

    protected ApiServer Server { get; private set; } = null!;

    protected TestTenant Tenant => _tenant!;

    protected ScimClient Client => Tenant.Client;

    protected virtual string Profile => "auto";

    [OneTimeSetUp]
    public async Task Start()
    {
        Server = await ApiServer.SharedAsync(database);
        _tenant = await TestTenant.CreateAsync(Server, Profile);
        await PrepareAsync();
    }

    [OneTimeTearDown]
    public void End() => _tenant?.Dispose();

    protected virtual Task PrepareAsync() => Task.CompletedTask;

    /// <summary>A new user; <paramref name="more"/> is JSON members, such as <c>"title": "x"</c>.</summary>
    protected async Task<ScimResponse> CreateUserAsync(string more = "", string? userName = null) =>
        (await Client.PostAsync("/Users", UserBody(more, userName))).ShouldBe(201);

    protected async Task<ScimResponse> CreateGroupAsync(params string[] members) =>
        (await Client.PostAsync("/Groups", Some.Group(null, members))).ShouldBe(201);

    protected static string UserBody(string more = "", string? userName = null) =>
        $$"""{"schemas":["{{User}}"],"userName":"{{userName ?? Some.UserName()}}"{{Rest(more)}}}""";

    protected static string GroupBody(string more = "", string? displayName = null) =>
        $$"""{"schemas":["{{Group}}"],"displayName":"{{displayName ?? Some.Name()}}"{{Rest(more)}}}""";

    /// <summary>A PatchOp message of these operations, each JSON members such as <c>"op":"add","path":"title","value":"x"</c>.</summary>
    protected static string Patch(params string[] operations) =>
        $$"""
            {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{string.Join(
                ",",
                operations.Select(operation => "{" + operation + "}")
            )}}]}
            """;

    protected Task<ScimResponse> PatchUserAsync(string id, params string[] operations) =>
        Client.PatchAsync($"/Users/{id}", Patch(operations));

    protected Task<ScimResponse> PatchGroupAsync(string id, params string[] operations) =>
        Client.PatchAsync($"/Groups/{id}", Patch(operations));

    protected Task<ScimResponse> ReadAsync(ScimResponse resource) =>
        Client.GetAsync(new Uri(resource.At("meta/location")!).AbsolutePath["/scim/v2".Length..]);

    protected static string Escape(string text) => Uri.EscapeDataString(text);

    protected Task AddSchemaAsync(string json, string resourceType = "User") =>
        AddSchemaAsync(Server, Tenant, json, resourceType);

    protected static async Task AddSchemaAsync(
        ApiServer server,
        TestTenant tenant,
        string json,
        string resourceType = "User"
    )
    {
        await using var scope = server.Services.CreateAsyncScope();
        await scope
            .ServiceProvider.GetRequiredService<IMediator>()
            .Send(new AddTenantSchema(tenant.Slug, resourceType, System.Text.Encoding.UTF8.GetBytes(json)));
    }

    private static string Rest(string more) => more.Length == 0 ? "" : "," + more;
}
