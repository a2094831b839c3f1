using System.Text.Json.Nodes;
using Scim.TestKit;

namespace Scim.Integration.Tests.Plans;

/// <summary>
/// What clients do, by name. What an operation needs is prepared first; what is returned then is the one request.
/// </summary>
internal sealed class Operations(ScimClient client)
{
    public static readonly string[] OfUsers =
    [
        "create",
        "create with a manager",
        "get",
        "lookup",
        "list",
        "page by cursor",
        "PUT",
        "PATCH",
        "PATCH of the manager",
        "PATCH of the name of a member",
        "PATCH with If-Match",
        "PATCH that changes nothing",
        "delete",
        "delete of a member of two groups",
        "delete of a member with If-Match",
    ];

    public static readonly string[] OfGroups =
    [
        "create",
        "create with members",
        "get",
        "lookup",
        "lookup with members",
        "PUT",
        "PATCH of the name",
        "PATCH of the name and members",
        "add a member",
        "add a member who is in",
        "add several",
        "add several, some in",
        "add with If-Match",
        "add a group",
        "remove a member",
        "remove several",
        "remove and add",
        "remove by filter and add",
        "remove all",
        "replace members",
        "delete",
        "delete of a nested one with If-Match",
    ];

    public async Task<Func<Task<ScimResponse>>> OnUserAsync(string operation)
    {
        var user = await UserAsync();
        var path = "/Users/" + user.Id;
        return operation switch
        {
            "create" => () => client.PostAsync("/Users", Some.User()),
            "create with a manager" => () => client.PostAsync("/Users", WithManager(Some.User(), user.Id)),
            "get" => () => client.GetAsync(path),
            "lookup" => () => client.GetAsync("/Users?filter=" + Uri.EscapeDataString($"id eq \"{user.Id}\"")),
            "list" => () => client.GetAsync("/Users?count=3"),
            "full page of a search for a part" => () =>
                client.GetAsync("/Users?count=1&filter=" + Uri.EscapeDataString("userName co \"e\"")),
            "page by cursor" => () => client.GetAsync("/Users?count=3&cursor"),
            "PUT" => () => client.PutAsync(path, Some.User()),
            "PATCH" => () => client.PatchAsync(path, Messages.Patch("replace", "title", "Boss")),
            "PATCH of the manager" => () =>
                client.PatchAsync(
                    path,
                    Messages.Patch("replace", Messages.Enterprise + ":manager", new JsonObject { ["value"] = user.Id })
                ),
            "PATCH of the name of a member" => await MemberAsync(
                1,
                () => client.PatchAsync(path, Messages.Patch("replace", "displayName", Some.Name()))
            ),
            "PATCH with If-Match" => () =>
                client.PatchAsync(path, Messages.Patch("replace", "title", "Boss"), ("If-Match", user.Header("ETag"))),
            "PATCH that changes nothing" => () => client.PatchAsync(path, Messages.Patch("remove", "title")),
            "delete" => () => client.DeleteAsync(path),
            "delete of a member of two groups" => await MemberAsync(2, () => client.DeleteAsync(path)),
            "delete of a member with If-Match" => await MemberAsync(
                1,
                () => client.DeleteAsync(path, ("If-Match", "*"))
            ),
            _ => throw Unknown(operation),
        };

        async Task<Func<Task<ScimResponse>>> MemberAsync(int groups, Func<Task<ScimResponse>> act)
        {
            for (var i = 0; i < groups; i++)
            {
                await GroupAsync(user.Id);
            }

            return act;
        }
    }

    public async Task<Func<Task<ScimResponse>>> OnGroupAsync(string operation)
    {
        var users = new[] { await UserAsync(), await UserAsync(), await UserAsync(), await UserAsync() };
        var (a, b, c, d) = (users[0].Id, users[1].Id, users[2].Id, users[3].Id);
        var group = await GroupAsync(a, b);
        var path = "/Groups/" + group.Id;
        return operation switch
        {
            "create" => () => client.PostAsync("/Groups", Some.Group()),
            "create with members" => () => client.PostAsync("/Groups", Some.Group(null, a, b, c)),
            "get" => () => client.GetAsync(path),
            "lookup" => () => client.GetAsync($"{Lookup(group)}&excludedAttributes=members"),
            "lookup with members" => () => client.GetAsync(Lookup(group)),
            "PUT" => () => client.PutAsync(path + "?attributes=id", Some.Group(null, b, c)),
            "PATCH of the name" => () => client.PatchAsync(path, Messages.Patch("replace", "displayName", Some.Name())),
            "PATCH of the name and members" => () =>
                client.PatchAsync(
                    path,
                    Both(
                        Messages.Patch("replace", "displayName", Some.Name()),
                        Messages.Patch("remove", "members[type eq \"User\"]")
                    )
                ),
            "add a member" => () => client.PatchAsync(path, Messages.AddMembers(c)),
            "add a member who is in" => () => client.PatchAsync(path, Messages.AddMembers(a)),
            "add several" => () => client.PatchAsync(path, Messages.AddMembers(c, d)),
            "add several, some in" => () => client.PatchAsync(path, Messages.AddMembers(c, a)),
            "add with If-Match" => () =>
                client.PatchAsync(path, Messages.AddMembers(c), ("If-Match", group.Header("ETag"))),
            "add a group" => await ChildAsync(),
            "remove a member" => () => client.PatchAsync(path, Messages.RemoveMember(a)),
            "remove several" => () =>
                client.PatchAsync(path, Messages.Patch("remove", "members", Messages.Members(a, b))),
            "remove and add" => () => client.PatchAsync(path, Both(Messages.RemoveMember(a), Messages.AddMembers(c))),
            "remove by filter and add" => () =>
                client.PatchAsync(
                    path,
                    Both(Messages.Patch("remove", "members[type eq \"User\"]"), Messages.AddMembers(c))
                ),
            "remove all" => () => client.PatchAsync(path, Messages.Patch("remove", "members")),
            "replace members" => () =>
                client.PatchAsync(path, Messages.Patch("replace", "members", Messages.Members(b, c))),
            "delete" => () => client.DeleteAsync(path),
            "delete of a nested one with If-Match" => await NestedAsync(),
            _ => throw Unknown(operation),
        };

        static string Lookup(ScimResponse group) => "/Groups?filter=" + Uri.EscapeDataString($"id eq \"{group.Id}\"");

        async Task<Func<Task<ScimResponse>>> ChildAsync()
        {
            var child = (await GroupAsync()).Id;
            return () => client.PatchAsync(path, Messages.AddMembers(child));
        }

        async Task<Func<Task<ScimResponse>>> NestedAsync()
        {
            await GroupAsync(group.Id);
            await GroupAsync(group.Id);
            return () => client.DeleteAsync(path, ("If-Match", "*"));
        }
    }

    private static JsonObject Both(JsonObject first, JsonObject second)
    {
        var operations = first["Operations"]!.AsArray();
        foreach (var operation in second["Operations"]!.AsArray())
        {
            operations.Add(operation!.DeepClone());
        }

        return first;
    }

    private static JsonObject WithManager(JsonObject user, string manager)
    {
        user["schemas"]!.AsArray().Add(Messages.Enterprise);
        user[Messages.Enterprise] = new JsonObject { ["manager"] = new JsonObject { ["value"] = manager } };
        return user;
    }

    private static ArgumentException Unknown(string operation) => new($"There is no operation '{operation}'.");

    private Task<ScimResponse> UserAsync() => client.PostAsync("/Users", Some.User()).Expecting(201);

    private Task<ScimResponse> GroupAsync(params string[] members) =>
        client.PostAsync("/Groups", Some.Group(null, members)).Expecting(201);
}
