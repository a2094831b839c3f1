using System.Text.Json.Nodes;

namespace Scim.Integration.Tests;

/// <summary>The message bodies of RFC 7644, for tests that are about something else.</summary>
internal static class Messages
{
    public const string Enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    public static JsonObject Patch(string op, string? path, JsonNode? value = null)
    {
        var operation = new JsonObject { ["op"] = op };
        if (path is not null)
        {
            operation["path"] = path;
        }

        if (value is not null)
        {
            operation["value"] = value;
        }

        return new JsonObject
        {
            ["schemas"] = new JsonArray("urn:ietf:params:scim:api:messages:2.0:PatchOp"),
            ["Operations"] = new JsonArray(operation),
        };
    }

    public static JsonObject AddMembers(params string[] ids) => Patch("add", "members", Members(ids));

    public static JsonObject RemoveMember(string id) => Patch("remove", $"members[value eq \"{id}\"]");

    public static JsonArray Members(params string[] ids) => [.. ids.Select(id => new JsonObject { ["value"] = id })];

    public static JsonObject Bulk(params JsonObject[] operations) =>
        new()
        {
            ["schemas"] = new JsonArray("urn:ietf:params:scim:api:messages:2.0:BulkRequest"),
            ["Operations"] = new JsonArray([.. operations]),
        };

    public static JsonObject BulkOperation(string method, string path, JsonNode? data = null, string? bulkId = null)
    {
        var operation = new JsonObject { ["method"] = method, ["path"] = path };
        if (bulkId is not null)
        {
            operation["bulkId"] = bulkId;
        }

        if (data is not null)
        {
            operation["data"] = data;
        }

        return operation;
    }

    public static JsonObject Search(string filter) =>
        new()
        {
            ["schemas"] = new JsonArray("urn:ietf:params:scim:api:messages:2.0:SearchRequest"),
            ["filter"] = filter,
        };
}
