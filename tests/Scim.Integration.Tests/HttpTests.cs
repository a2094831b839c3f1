using System.Text.Json;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Application.Schemas;
using Scim.Application.Tenants;
using Scim.TestKit;

namespace Scim.Integration.Tests;

/// <summary>Tests over HTTP on the shared server of one database; each brings its own tenant.</summary>
public abstract class HttpTests(DatabaseKind kind)
{
    protected DatabaseKind Kind { get; } = kind;

    protected ApiServer Server { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task UseSharedServer() => Server = await ApiServer.SharedAsync(Kind);

    protected Task<TestTenant> TenantAsync(string profile = "auto") => TestTenant.CreateAsync(Server, profile);

    protected async Task<T> SendAsync<T>(IRequest<T> request)
    {
        await using var scope = Server.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(request);
    }

    protected Task<AddedSchema> AddSchemaAsync(
        TestTenant tenant,
        string json,
        string resourceType = "User",
        bool required = false
    ) => SendAsync(new AddTenantSchema(tenant.Slug, resourceType, System.Text.Encoding.UTF8.GetBytes(json), required));

    protected Task SetAsync(TestTenant tenant, string setting, string value) =>
        SendAsync(new SetTenantSetting(tenant.Slug, setting, value));
}

/// <summary>What tests read from answers again and again.</summary>
internal static class Answers
{
    public static string? ScimType(this ScimResponse response) =>
        response.Json.TryGetProperty("scimType", out var type) ? type.GetString() : null;

    public static long Total(this ScimResponse response) => response.Json.GetProperty("totalResults").GetInt64();

    public static JsonElement[] Resources(this ScimResponse response) =>
        response.Json.TryGetProperty("Resources", out var resources) ? [.. resources.EnumerateArray()] : [];

    public static string[] Ids(this ScimResponse response) =>
        [.. response.Resources().Select(resource => resource.GetProperty("id").GetString()!)];

    public static string[] Texts(this ScimResponse response, string attribute) =>
        [
            .. response
                .Resources()
                .Select(resource => resource.TryGetProperty(attribute, out var text) ? text.GetString()! : "-"),
        ];

    public static string? NextCursor(this ScimResponse response) =>
        response.Json.TryGetProperty("nextCursor", out var cursor) ? cursor.GetString() : null;

    public static string Tag(this ScimResponse response) =>
        response.Header("ETag") ?? throw new InvalidOperationException($"No ETag: {response}");

    /// <summary>The answer, when it has the status that the test builds upon.</summary>
    public static async Task<ScimResponse> Expecting(this Task<ScimResponse> answer, int status)
    {
        var response = await answer;
        Assert.That(response.Status, Is.EqualTo(status), response.Text);
        return response;
    }
}
