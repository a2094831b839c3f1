using System.Text.Json.Nodes;
using FluentAssertions;
using Scim.TestKit;

namespace Scim.Integration.Tests.Isolation;

/// <summary>A tenant with a little of everything that another one might try to reach.</summary>
internal sealed record PopulatedTenant(
    TestTenant Tenant,
    string User,
    string UserName,
    string Subordinate,
    string Group,
    string GroupName,
    string Parent
) : IDisposable
{
    public ScimClient Client => Tenant.Client;

    public static async Task<PopulatedTenant> CreateAsync(IServer server)
    {
        var tenant = await TestTenant.CreateAsync(server);
        var client = tenant.Client;
        var person = Some.User();
        var userName = (string)person["userName"]!;
        person["externalId"] = "external-" + userName;
        person["displayName"] = "Name of " + userName;
        person["emails"] = new JsonArray(
            new JsonObject { ["value"] = "first-" + userName },
            new JsonObject { ["value"] = "second-" + userName }
        );
        var user = await CreateAsync(client, "/Users", person);
        var subordinate = Some.User();
        subordinate[Messages.Enterprise] = new JsonObject { ["manager"] = new JsonObject { ["value"] = user } };
        var group = Some.Group(null, user);
        var groupName = (string)group["displayName"]!;
        group["externalId"] = "external-" + groupName;
        var groupId = await CreateAsync(client, "/Groups", group);
        return new PopulatedTenant(
            tenant,
            user,
            userName,
            await CreateAsync(client, "/Users", subordinate),
            groupId,
            groupName,
            await CreateAsync(client, "/Groups", Some.Group(null, groupId))
        );
    }

    /// <summary>Everything that the tenant can see of itself, as it came over the wire.</summary>
    public async Task<IReadOnlyList<string>> SnapshotAsync()
    {
        var seen = new List<string>();
        string[] paths =
        [
            "/Users?count=1000",
            "/Groups?count=1000",
            "/Schemas",
            "/ResourceTypes",
            $"/Users/{User}",
            $"/Users/{Subordinate}",
            $"/Groups/{Group}",
            $"/Groups/{Parent}",
        ];
        foreach (var path in paths)
        {
            var response = await Client.GetAsync(path);
            seen.Add($"{path} {response.Status} {response.Header("ETag")} {response.Text}");
        }

        return seen;
    }

    public void Dispose() => Tenant.Dispose();

    private static async Task<string> CreateAsync(ScimClient client, string path, JsonObject body)
    {
        var created = await client.PostAsync(path, body);
        created.Status.Should().Be(201, created.Text);
        return created.Id;
    }
}
