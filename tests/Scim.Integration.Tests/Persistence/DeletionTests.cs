using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Persistence;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "A change and its journal row are one")]
public sealed class DeletionTests(DatabaseKind kind) : HttpTests(kind)
{
    [Test]
    public async Task A_deleted_user_is_kept_beside_the_journal_row([Values(0, 2)] int groups, [Values] bool ifMatch)
    {
        using var tenant = await TenantAsync();
        var user = Some.User();
        user["title"] = "O'Neill \"the\" \\ 😀";
        var id = (await tenant.Client.PostAsync("/Users", user).Expecting(201)).Id;
        for (var i = 0; i < groups; i++)
        {
            await tenant.Client.PostAsync("/Groups", Some.Group(null, id)).Expecting(201);
        }

        await tenant.Client.DeleteAsync("/Users/" + id, ("If-Match", ifMatch ? "*" : null)).Expecting(204);

        var deletion = (await JournalChange.ReadAsync(Server, id))[^1];
        deletion.Operation.Should().Be("user.delete");
        var before = deletion.Json.GetProperty("before");
        before.GetProperty("title").GetString().Should().Be("O'Neill \"the\" \\ 😀");
        before.GetProperty("userName").GetString().Should().Be((string?)user["userName"]);
    }

    [Test]
    public async Task A_deleted_group_is_kept_beside_the_journal_row()
    {
        using var tenant = await TenantAsync();
        var group = await tenant.Client.PostAsync("/Groups", Some.Group("Staff")).Expecting(201);

        await tenant.Client.DeleteAsync("/Groups/" + group.Id).Expecting(204);

        var deletion = (await JournalChange.ReadAsync(Server, group.Id))[^1];
        deletion.Operation.Should().Be("group.delete");
        deletion.Json.GetProperty("before").GetProperty("displayName").GetString().Should().Be("Staff");
    }
}
