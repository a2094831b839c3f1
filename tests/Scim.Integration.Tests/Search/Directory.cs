using System.Text.Json.Nodes;
using Scim.TestKit;

namespace Scim.Integration.Tests.Search;

/// <summary>A small directory in which every kind of attribute occurs, absent and present. nickName tells who is who.</summary>
internal static class Directory
{
    public const string Urn = "urn:example:params:scim:schemas:extension:filter:2.0:User";

    public const string Schema = $$"""
        {
          "id": "{{Urn}}", "name": "Filter",
          "attributes": [
            { "name": "level", "type": "integer" },
            { "name": "score", "type": "decimal" },
            { "name": "flag", "type": "boolean" },
            { "name": "hired", "type": "dateTime" },
            { "name": "code", "type": "string", "caseExact": true },
            { "name": "label", "type": "string" },
            { "name": "blob", "type": "binary" },
            { "name": "link", "type": "reference", "referenceTypes": ["external"] },
            { "name": "tags", "type": "string", "multiValued": true },
            { "name": "numbers", "type": "integer", "multiValued": true },
            { "name": "badges", "type": "complex", "multiValued": true, "subAttributes": [
              { "name": "value", "type": "string" },
              { "name": "type", "type": "string" },
              { "name": "rank", "type": "integer" },
              { "name": "since", "type": "dateTime" },
              { "name": "primary", "type": "boolean" },
              { "name": "$ref", "type": "reference", "referenceTypes": ["external"] } ] },
            { "name": "desk", "type": "complex", "subAttributes": [
              { "name": "floor", "type": "integer" },
              { "name": "room", "type": "string" } ] }
          ]
        }
        """;

    private const string Ada = $$"""
        {
          "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
          "userName": "Ada.Lovelace@example.com", "nickName": "ada", "displayName": "Ada Lovelace", "externalId": "Ext-1",
          "name": { "familyName": "Lovelace", "givenName": "Ada" }, "title": "Countess",
          "emails": [
            { "value": "ada@home.example", "type": "home" },
            { "value": "Ada@Work.example", "type": "work", "primary": true } ],
          "{{Urn}}": {
            "level": 1, "score": 1.5, "flag": true, "hired": "2020-01-01T00:00:00Z", "code": "aB", "label": "Blue",
            "blob": "YWJj", "link": "https://example.com/Ada",
            "tags": ["red", "Green"], "numbers": [1, 2, 3], "desk": { "floor": 3, "room": "3.14" },
            "badges": [
              { "value": "x1", "type": "gold", "rank": 1, "since": "2020-05-01T00:00:00Z", "primary": true, "$ref": "https://example.com/x1" },
              { "value": "x2", "type": "silver", "rank": 9 } ] }
        }
        """;

    private const string Bob = $$"""
        {
          "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
          "userName": "bob@example.com", "nickName": "bob", "displayName": "Bob \"Quote\" O'Hara", "externalId": "ext-1",
          "name": { "familyName": "O'Hara", "givenName": "Bob" }, "active": false,
          "emails": [{ "value": "bob@work.example", "type": "work" }],
          "{{Urn}}": {
            "level": -5, "score": 2, "flag": false, "hired": "2020-01-01T01:00:00+01:00", "code": "AB", "label": "blue",
            "numbers": [9007199254740993], "badges": [{ "value": "x1", "type": "silver", "rank": 9 }] }
        }
        """;

    private const string Eve = """
        {
          "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
          "userName": "eve+tag@example.com", "nickName": "eve", "displayName": "Éve Straße 日本 😀",
          "title": "100%_sure\\", "emails": [{ "value": "eve@other.example", "type": "other" }]
        }
        """;

    private const string Zoe = $$"""
        {
          "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
          "userName": "zoe@example.com", "nickName": "zoe", "displayName": "zoe",
          "{{Urn}}": {
            "level": 5, "score": -0.25, "hired": "2021-06-01T12:00:00.5Z", "tags": ["blue"], "desk": { "floor": 3 } }
        }
        """;

    /// <summary>Creates the four users and the groups Alpha (ada, bob), Beta (Alpha) and Gamma; gives the ids by name.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> FillAsync(TestTenant tenant)
    {
        var ids = new Dictionary<string, string>();
        foreach (var (name, json) in ((string, string)[])[("ada", Ada), ("bob", Bob), ("zoe", Zoe)])
        {
            ids[name] = (await tenant.Client.PostAsync("/Users", json).Expecting(201)).Id;
            await Task.Delay(3); // No two are created in the same millisecond.
        }

        var eve = JsonNode.Parse(Eve)!;
        eve[Messages.Enterprise] = new JsonObject
        {
            ["employeeNumber"] = "007",
            ["department"] = "Tour",
            ["manager"] = new JsonObject { ["value"] = ids["ada"] },
        };
        ids["eve"] = (await tenant.Client.PostAsync("/Users", eve).Expecting(201)).Id;
        ids["alpha"] = await GroupAsync(tenant, "Alpha", ids["ada"], ids["bob"]);
        ids["beta"] = await GroupAsync(tenant, "Beta", ids["alpha"]);
        var gamma = Some.Group("Gamma");
        gamma["externalId"] = "G-1";
        ids["gamma"] = (await tenant.Client.PostAsync("/Groups", gamma).Expecting(201)).Id;
        return ids;
    }

    private static async Task<string> GroupAsync(TestTenant tenant, string name, params string[] members) =>
        (await tenant.Client.PostAsync("/Groups", Some.Group(name, members)).Expecting(201)).Id;
}
