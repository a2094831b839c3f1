using System.Text.Json.Nodes;
using Scim.TestKit;

namespace Scim.Integration.Tests.Isolation;

/// <summary>
/// One attempt to reach a tenant with another's token. <see cref="Route"/> names the route it takes;
/// <see cref="Request"/> makes it from the victim's identifiers and the attacker's own directory.
/// </summary>
internal sealed record Attack(
    string Name,
    string Route,
    Func<PopulatedTenant, PopulatedTenant, Call> Request,
    Expect Expect
)
{
    /// <summary>For NUnit, which names the cases after it.</summary>
    public override string ToString() => Name;

    public static IEnumerable<Attack> All =>
        [
            .. ByPath("/Users/{id}", victim => victim.User),
            .. ByPath("/Groups/{id}", victim => victim.Group),
            .. ByFilter(),
            .. ByMember(),
            .. ByBulk(),
        ];

    private static IEnumerable<Attack> ByPath(string route, Func<PopulatedTenant, string> id)
    {
        var attribute = route.StartsWith("/Users", StringComparison.Ordinal) ? "title" : "externalId";
        string Path(PopulatedTenant victim) => route.Replace("{id}", id(victim), StringComparison.Ordinal);
        yield return new Attack(
            $"Reading {route}",
            $"GET {route}",
            (victim, _) => new Call("GET", Path(victim)),
            Expect.NotFound
        );
        yield return new Attack(
            $"Asking for the headers of {route}",
            $"HEAD {route}",
            (victim, _) => new Call("HEAD", Path(victim)),
            Expect.NotFound
        );
        yield return new Attack(
            $"Reading {route} with a wildcard ETag",
            $"GET {route}",
            (victim, _) => new Call("GET", Path(victim), IfNoneMatch: "*"),
            Expect.NotFound
        );
        yield return new Attack(
            $"Replacing {route}",
            $"PUT {route}",
            (victim, _) => new Call("PUT", Path(victim), Body(route)),
            Expect.NotFound
        );
        yield return new Attack(
            $"Patching {route}",
            $"PATCH {route}",
            (victim, _) => new Call("PATCH", Path(victim), Messages.Patch("replace", attribute, "taken over")),
            Expect.NotFound
        );
        yield return new Attack(
            $"Deleting {route}",
            $"DELETE {route}",
            (victim, _) => new Call("DELETE", Path(victim)),
            Expect.NotFound
        );
    }

    private static IEnumerable<Attack> ByFilter()
    {
        (string Name, string Path, Func<PopulatedTenant, string> Filter)[] filters =
        [
            ("id of a user", "/Users", victim => $"id eq \"{victim.User}\""),
            ("userName", "/Users", victim => $"userName eq \"{victim.UserName}\""),
            ("start of a userName", "/Users", victim => $"userName sw \"{victim.UserName[..9]}\""),
            ("part of a userName", "/Users", victim => $"userName co \"{victim.UserName[5..14]}\""),
            ("end of a userName", "/Users", victim => $"userName ew \"{victim.UserName[9..]}\""),
            ("externalId", "/Users", victim => $"externalId eq \"external-{victim.UserName}\""),
            ("displayName", "/Users", victim => $"displayName eq \"Name of {victim.UserName}\""),
            ("first e-mail", "/Users", victim => $"emails.value eq \"first-{victim.UserName}\""),
            ("second e-mail", "/Users", victim => $"emails[value eq \"second-{victim.UserName}\"]"),
            ("group of a user", "/Users", victim => $"groups.value eq \"{victim.Group}\""),
            ("groups of a user", "/Users", victim => $"groups[value eq \"{victim.Group}\"]"),
            ("address of a user", "/Users", victim => $"meta.location ew \"/Users/{victim.User}\""),
            ("address of a group of a user", "/Users", victim => $"groups.$ref ew \"/Groups/{victim.Group}\""),
            ("address of a manager", "/Users", victim => $"{Messages.Enterprise}:manager.$ref ew \"{victim.User}\""),
            ("address of a member", "/Groups", victim => $"members.$ref ew \"/Users/{victim.User}\""),
            ("manager", "/Users", victim => $"{Messages.Enterprise}:manager.value eq \"{victim.User}\""),
            ("negation", "/Users", victim => $"not (userName eq \"nobody\") and id eq \"{victim.User}\""),
            ("id of a group", "/Groups", victim => $"id eq \"{victim.Group}\""),
            ("name of a group", "/Groups", victim => $"displayName eq \"{victim.GroupName}\""),
            ("externalId of a group", "/Groups", victim => $"externalId eq \"external-{victim.GroupName}\""),
            ("member", "/Groups", victim => $"members.value eq \"{victim.User}\""),
            ("member by value path", "/Groups", victim => $"members[value eq \"{victim.User}\"]"),
            ("nested group", "/Groups", victim => $"members.value eq \"{victim.Group}\""),
            ("id of either", "", victim => $"id eq \"{victim.User}\" or id eq \"{victim.Group}\""),
        ];
        foreach (var (name, path, filter) in filters)
        {
            yield return new Attack(
                $"Filtering GET {path} by {name}",
                $"GET {path}",
                (victim, _) => new Call("GET", $"{path}?filter={Uri.EscapeDataString(filter(victim))}"),
                Expect.Nothing
            );
            yield return new Attack(
                $"Filtering POST {path}/.search by {name}",
                $"POST {path}/.search",
                (victim, _) => new Call("POST", $"{path}/.search", Messages.Search(filter(victim))),
                Expect.Nothing
            );
        }
    }

    private static IEnumerable<Attack> ByMember()
    {
        (string Name, Func<PopulatedTenant, string> Id)[] kinds =
        [
            ("user", victim => victim.User),
            ("group", victim => victim.Group),
        ];
        foreach (var (name, id) in kinds)
        {
            yield return new Attack(
                $"Creating a group with a foreign {name}",
                "POST /Groups",
                (victim, _) => new Call("POST", "/Groups", Some.Group(null, id(victim))),
                Expect.Refused
            );
            yield return new Attack(
                $"Replacing a group with a foreign {name}",
                "PUT /Groups/{id}",
                (victim, own) => new Call("PUT", $"/Groups/{own.Group}", Some.Group(null, own.User, id(victim))),
                Expect.Refused
            );
            yield return new Attack(
                $"Adding a foreign {name}",
                "PATCH /Groups/{id}",
                (victim, own) => new Call("PATCH", $"/Groups/{own.Group}", Messages.AddMembers(own.User, id(victim))),
                Expect.Refused
            );
            yield return new Attack(
                $"Adding a foreign {name} without a path",
                "PATCH /Groups/{id}",
                (victim, own) =>
                    new Call(
                        "PATCH",
                        $"/Groups/{own.Group}",
                        Messages.Patch("add", null, new JsonObject { ["members"] = Messages.Members(id(victim)) })
                    ),
                Expect.Refused
            );
            yield return new Attack(
                $"Replacing the members by a foreign {name}",
                "PATCH /Groups/{id}",
                (victim, own) =>
                    new Call(
                        "PATCH",
                        $"/Groups/{own.Group}",
                        Messages.Patch("replace", "members", Messages.Members(id(victim)))
                    ),
                Expect.Refused
            );
            yield return new Attack(
                $"Removing a foreign {name} from a group",
                "PATCH /Groups/{id}",
                (victim, own) => new Call("PATCH", $"/Groups/{own.Group}", Messages.RemoveMember(id(victim))),
                Expect.NoEffect
            );
        }
    }

    private static IEnumerable<Attack> ByBulk()
    {
        (string Name, Func<PopulatedTenant, PopulatedTenant, JsonObject> Operation)[] operations =
        [
            ("a PUT", (victim, _) => Messages.BulkOperation("PUT", $"/Users/{victim.User}", Some.User())),
            (
                "a PATCH",
                (victim, _) =>
                    Messages.BulkOperation("PATCH", $"/Users/{victim.User}", Messages.Patch("add", "title", "x"))
            ),
            ("a DELETE", (victim, _) => Messages.BulkOperation("DELETE", $"/Users/{victim.User}")),
            ("a PUT of a group", (victim, _) => Messages.BulkOperation("PUT", $"/Groups/{victim.Group}", Some.Group())),
            (
                "a PATCH of a group",
                (victim, own) =>
                    Messages.BulkOperation("PATCH", $"/Groups/{victim.Group}", Messages.AddMembers(own.User))
            ),
            ("a DELETE of a group", (victim, _) => Messages.BulkOperation("DELETE", $"/Groups/{victim.Group}")),
            (
                "a foreign member",
                (victim, _) => Messages.BulkOperation("POST", "/Groups", Some.Group(null, victim.User), "g")
            ),
            ("a foreign id as bulkId", (victim, _) => Messages.BulkOperation("DELETE", $"/Users/bulkId:{victim.User}")),
            (
                "a foreign id as bulkId of a member",
                (victim, _) => Messages.BulkOperation("POST", "/Groups", Some.Group(null, $"bulkId:{victim.User}"), "g")
            ),
            (
                "a path that climbs",
                (victim, _) => Messages.BulkOperation("DELETE", $"/{victim.Tenant.TenantId}/../Users/{victim.User}")
            ),
        ];
        foreach (var (name, operation) in operations)
        {
            yield return new Attack(
                $"Bulk with {name}",
                "POST /Bulk",
                (victim, own) => new Call("POST", "/Bulk", Messages.Bulk(operation(victim, own))),
                Expect.RefusedOperation
            );
        }
    }

    private static JsonObject Body(string route) =>
        route.StartsWith("/Users", StringComparison.Ordinal) ? Some.User() : Some.Group();
}

internal sealed record Call(string Method, string Path, JsonObject? Body = null, string? IfNoneMatch = null)
{
    public Task<ScimResponse> SendAsync(ScimClient client)
    {
        (string, string?)[] headers = IfNoneMatch is null ? [] : [("If-None-Match", IfNoneMatch)];
        return client.SendAsync(Method, Path, Body?.ToJsonString(), headers);
    }
}

internal enum Expect
{
    NotFound,
    Nothing,
    Refused,
    NoEffect,
    RefusedOperation,
}
