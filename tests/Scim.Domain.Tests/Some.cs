using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using FluentAssertions.Execution;
using Scim.Domain.Errors;
using Scim.Domain.Filters;
using Scim.Domain.Patching;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;

namespace Scim.Domain.Tests;

/// <summary>Whatever a test does not care about.</summary>
internal static class Some
{
    public const string AcmeUrn = "urn:example:params:scim:schemas:extension:acme:2.0:User";

    public static readonly DateTimeOffset Time = new(2026, 3, 4, 5, 6, 7, 890, TimeSpan.Zero);

    public static readonly Guid Id = Guid.Parse("0198c0de-0000-7000-8000-000000000001");

    /// <summary>A tenant's extension with an attribute of every kind.</summary>
    public static readonly SchemaDocument Acme = SchemaDocument.ReadExtension(
        Encoding.UTF8.GetBytes(
            $$"""
            {
              "id": "{{AcmeUrn}}",
              "name": "Acme",
              "attributes": [
                { "name": "badge", "type": "string", "mutability": "immutable", "caseExact": true },
                { "name": "level", "type": "integer" },
                { "name": "score", "type": "decimal" },
                { "name": "since", "type": "dateTime" },
                { "name": "key", "type": "binary", "caseExact": true },
                { "name": "site", "type": "reference", "caseExact": true, "referenceTypes": ["external"] },
                { "name": "remote", "type": "boolean" },
                { "name": "tags", "type": "string", "multiValued": true },
                { "name": "marks", "type": "integer", "multiValued": true },
                { "name": "note", "type": "string", "returned": "request" },
                { "name": "realm", "type": "string", "returned": "always" },
                { "name": "asset", "type": "string", "uniqueness": "server" },
                { "name": "origin", "type": "string", "mutability": "readOnly" },
                { "name": "desk", "type": "complex", "subAttributes": [
                  { "name": "floor", "type": "integer" },
                  { "name": "room", "type": "string" },
                  { "name": "plate", "type": "string", "mutability": "immutable" } ] },
                { "name": "devices", "type": "complex", "multiValued": true, "subAttributes": [
                  { "name": "value", "type": "string", "caseExact": true },
                  { "name": "type", "type": "string" },
                  { "name": "primary", "type": "boolean" },
                  { "name": "serial", "type": "string", "mutability": "immutable" },
                  { "name": "seen", "type": "dateTime" },
                  { "name": "weight", "type": "decimal" },
                  { "name": "slots", "type": "integer" },
                  { "name": "labels", "type": "string", "multiValued": true },
                  { "name": "image", "type": "binary" },
                  { "name": "pin", "type": "string", "returned": "request" } ] }
              ]
            }
            """
        )
    );

    public static readonly ResourceSchema UserSchema = ResourceSchema.User();

    public static readonly ResourceSchema AcmeSchema = ResourceSchema.User(Acme);

    public static readonly ResourceSchema GroupSchema = ResourceSchema.Group();

    public static DeviationLog Auto => new(ClientProfile.Auto);

    public static DeviationLog Strict => new(ClientProfile.Strict);

    /// <summary>A user's body: the members given, and userName and schemas unless they are among them.</summary>
    public static byte[] UserBody(string members = "")
    {
        var json = (JsonObject)JsonNode.Parse("{" + members + "}")!;
        json.TryAdd("schemas", new JsonArray(Urns.User));
        json.TryAdd("userName", "bjensen");
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    public static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);

    public static ResourceBody Read(string json, DeviationLog? deviations = null, ResourceSchema? schema = null) =>
        DocumentReader.ReadBody(Bytes(json), schema ?? AcmeSchema, deviations ?? Auto);

    public static ResourceBody User(string members = "", DeviationLog? deviations = null) =>
        DocumentReader.ReadBody(UserBody(members), AcmeSchema, deviations ?? Auto);

    public static Document Document(string members = "") => User(members).Document;

    public static ResourceBody Group(string members = "", DeviationLog? deviations = null)
    {
        var json = (JsonObject)JsonNode.Parse("{" + members + "}")!;
        json.TryAdd("schemas", new JsonArray(Urns.Group));
        json.TryAdd("displayName", "Staff");
        return DocumentReader.ReadBody(Bytes(json.ToJsonString()), GroupSchema, deviations ?? Auto);
    }

    public static Filter Filter(string text, DeviationLog? deviations = null, ResourceSchema? schema = null) =>
        FilterParser.Parse(text, schema ?? AcmeSchema, deviations ?? Auto, new FilterLimits());

    /// <summary>Stored JSON of a document without schemas and id.</summary>
    public static JsonObject Json(Document document)
    {
        var json = (JsonObject)JsonNode.Parse(DocumentWriter.Write(document, Id).Bytes.Span)!;
        json.Remove("schemas");
        json.Remove("id");
        return json;
    }

    public static string Print(Document document) =>
        Json(document).ToJsonString(new JsonSerializerOptions { Encoder = DocumentWriter.Options.Encoder });

    /// <summary>Asserts that the action is refused as RFC 7644 §3.12 says.</summary>
    public static ScimError Refused(Action act, string? scimType, int status = 400)
    {
        var error = act.Should().Throw<ScimException>().Which.Error;
        using (new AssertionScope())
        {
            error.Status.Should().Be(status, error.Detail);
            error.ScimType.Should().Be(scimType, error.Detail);
            error.Detail.Should().NotBeNullOrWhiteSpace();
        }

        return error;
    }
}

internal static class Patches
{
    public static string Message(params string[] operations) =>
        $$"""{"schemas":["{{Urns.PatchOp}}"],"Operations":[{{string.Join(',', operations)}}]}""";

    public static PatchOutcome Apply(this Document document, params string[] operations) =>
        document.Apply(Some.Auto, operations);

    public static PatchOutcome Apply(this Document document, DeviationLog deviations, params string[] operations) =>
        Patcher.Apply(document, PatchRequest.Read(Some.Bytes(Message(operations)), deviations), deviations);

    public static string Operation(string op, string? path, string? value) =>
        "{\"op\":\""
        + op
        + "\""
        + (path is null ? "" : ",\"path\":" + JsonSerializer.Serialize(path))
        + (value is null ? "" : ",\"value\":" + value)
        + "}";

    public static string Add(string path, string value) => Operation("add", path, value);

    public static string Replace(string path, string value) => Operation("replace", path, value);

    public static string Remove(string path, string? value = null) => Operation("remove", path, value);

    public static string Set(string value) => Operation("replace", null, value);
}
