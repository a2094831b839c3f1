using Scim.Load.Http;

namespace Scim.Load.Workloads;

/// <summary>Bodies and addresses of requests.</summary>
internal static class Messages
{
    public const string Enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    private const string PatchHead = """{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[""";

    public static string Users(string filter, string more = "") =>
        $"/Users?filter={Uri.EscapeDataString(filter)}{more}";

    public static RequestBody Replace(RequestBody body, string path, string json) =>
        body.Clear().Add(PatchHead).Add($$"""{"op":"replace","path":"{{path}}","value":{{json}}}]}""");

    public static RequestBody AddMembers(RequestBody body, IEnumerable<string> users)
    {
        body.Clear().Add(PatchHead).Add("""{"op":"add","path":"members","value":[""");
        var separator = "";
        foreach (var user in users)
        {
            body.Add(separator).Add("{\"value\":\"").Add(user).Add("\"}");
            separator = ",";
        }

        return body.Add("]}]}");
    }

    public static RequestBody RemoveMember(RequestBody body, string user) =>
        body.Clear().Add(PatchHead).Add($$"""{"op":"remove","path":"members[value eq \"{{user}}\"]"}]}""");

    public static RequestBody Group(RequestBody body, string name) =>
        body.Clear()
            .Add(
                $$"""{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"{{name}}","externalId":"g-{{name}}"}"""
            );
}
