using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Groups;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "A group's displayName is required, and unique unless the tenant says otherwise")]
[Property("Rfc", "RFC 7643 §4.2")]
public sealed class GroupNameTests(DatabaseKind kind) : HttpTests(kind)
{
    [Test]
    public async Task A_name_is_taken_in_any_case_and_free_after_a_rename_or_deletion()
    {
        using var tenant = await TenantAsync();
        var first = (await tenant.Client.PostAsync("/Groups", Some.Group("Straße")).Expecting(201)).Id;
        var second = (await tenant.Client.PostAsync("/Groups", Some.Group("other")).Expecting(201)).Id;

        await TakenAsync(tenant.Client.PostAsync("/Groups", Some.Group("STRASSE")));
        await TakenAsync(tenant.Client.PutAsync("/Groups/" + second, Some.Group("strasse")));
        await TakenAsync(
            tenant.Client.PatchAsync("/Groups/" + second, Messages.Patch("replace", "displayName", "sTRAßE"))
        );
        await tenant
            .Client.PatchAsync("/Groups/" + first, Messages.Patch("replace", "displayName", "moved"))
            .Expecting(204);
        await tenant.Client.PutAsync("/Groups/" + second, Some.Group("Strasse")).Expecting(200);
        await tenant.Client.DeleteAsync("/Groups/" + first).Expecting(204);
        await tenant.Client.PostAsync("/Groups", Some.Group("MOVED")).Expecting(201);
    }

    [Test]
    public async Task Names_may_repeat_when_the_tenants_setting_is_off()
    {
        using var tenant = await TenantAsync();
        using var other = await TenantAsync();
        await SetAsync(tenant, "groups.uniqueDisplayName", "false");
        await Task.Delay(TimeSpan.FromSeconds(1.2));

        await tenant.Client.PostAsync("/Groups", Some.Group("same")).Expecting(201);
        var second = await tenant.Client.PostAsync("/Groups", Some.Group("Same")).Expecting(201);
        await tenant
            .Client.PatchAsync("/Groups/" + second.Id, Messages.Patch("replace", "displayName", "SAME"))
            .Expecting(204);

        (await tenant.Client.GetAsync("/Groups?filter=displayName%20eq%20%22same%22")).Total().Should().Be(2);
        await other.Client.PostAsync("/Groups", Some.Group("same")).Expecting(201);
        await TakenAsync(other.Client.PostAsync("/Groups", Some.Group("same")));
    }

    private static async Task TakenAsync(Task<ScimResponse> request)
    {
        var refused = await request;
        refused.Status.Should().Be(409, refused.Text);
        refused.ScimType().Should().Be("uniqueness");
    }
}
