using System.Buffers;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;

namespace Scim.Domain.Tests.Resources;

internal sealed class ProjectionTests
{
    private const string Acme = Some.AcmeUrn;
    private const string Enterprise = Urns.EnterpriseUser;

    private static readonly Document Document = Some.Document(
        $$"""
        "title": "T", "name": {"givenName": "G", "familyName": "F"},
        "emails": [{"value": "w", "type": "work"}, {"display": "D"}],
        "{{Enterprise}}": {"department": "IT", "manager": {"value": "m"} },
        "{{Acme}}": {"note": "N", "realm": "R", "level": 1, "devices": [{"value": "d", "pin": "1"}, {"pin": "2"}]}
        """
    );

    [TestCase(
        "",
        "schemas,id,userName,name.familyName,name.givenName,title,emails.value,emails.type,emails.display,E:department,E:manager.value,A:level,A:realm,A:devices.value,meta"
    )]
    [TestCase("userName", "schemas,id,userName,A:realm")]
    [TestCase("USERNAME, unknown", "schemas,id,userName,A:realm")]
    [TestCase("unknown", "schemas,id,A:realm")]
    [TestCase("password", "schemas,id,A:realm")]
    [TestCase("id", "schemas,id,A:realm")]
    [TestCase("name", "schemas,id,name.familyName,name.givenName,A:realm")]
    [TestCase("name.givenName", "schemas,id,name.givenName,A:realm")]
    [TestCase("name,name.givenName", "schemas,id,name.familyName,name.givenName,A:realm")]
    [TestCase("name.givenName,name", "schemas,id,name.familyName,name.givenName,A:realm")]
    [TestCase("name.middleName", "schemas,id,A:realm")]
    [TestCase("name.unknown", "schemas,id,A:realm")]
    [TestCase("emails.value", "schemas,id,emails.value,A:realm")]
    [TestCase("emails.type,emails.display", "schemas,id,emails.type,emails.display,A:realm")]
    [TestCase("emails.primary", "schemas,id,A:realm")]
    [TestCase("phoneNumbers.value", "schemas,id,A:realm")]
    [TestCase("meta.version", "schemas,id,A:realm,meta")]
    [TestCase("urn:ietf:params:scim:schemas:core:2.0:User:title", "schemas,id,title,A:realm")]
    [TestCase("urn:ietf:params:scim:schemas:core:2.0:USER:Name.GivenName", "schemas,id,name.givenName,A:realm")]
    [TestCase(Enterprise, "schemas,id,E:department,E:manager.value,A:realm")]
    [TestCase(Enterprise + ":department", "schemas,id,E:department,A:realm")]
    [TestCase(Enterprise + ":manager.value", "schemas,id,E:manager.value,A:realm")]
    [TestCase("department", "schemas,id,E:department,A:realm")]
    [TestCase("manager.value", "schemas,id,E:manager.value,A:realm")]
    [TestCase("urn:none:User:title", "schemas,id,A:realm")]
    [TestCase(Acme + ":note", "schemas,id,A:note,A:realm")]
    [TestCase("note", "schemas,id,A:note,A:realm")]
    [TestCase(Acme, "schemas,id,A:level,A:realm,A:devices.value")]
    [TestCase("devices", "schemas,id,A:realm,A:devices.value")]
    [TestCase("devices.pin", "schemas,id,A:realm,A:devices.pin")]
    public void Attributes_shows_what_it_names_and_what_is_always_returned(string attributes, string expected) =>
        Shown(Projection.Create(Some.AcmeSchema, Split(attributes))).Should().Be(expected);

    [TestCase(
        "userName,title,emails,name",
        "schemas,id,E:department,E:manager.value,A:level,A:realm,A:devices.value,meta"
    )]
    [TestCase(
        "id,schemas,unknown,password",
        "schemas,id,userName,name.familyName,name.givenName,title,emails.value,emails.type,emails.display,E:department,E:manager.value,A:level,A:realm,A:devices.value,meta"
    )]
    [TestCase(
        "name.givenName,emails.value,emails.type,meta",
        "schemas,id,userName,name.familyName,title,emails.display,E:department,E:manager.value,A:level,A:realm,A:devices.value"
    )]
    [TestCase(
        "name.givenName,name.familyName,emails,title,meta",
        "schemas,id,userName,E:department,E:manager.value,A:level,A:realm,A:devices.value"
    )]
    [TestCase(Enterprise + "," + Acme + ",emails,name", "schemas,id,userName,title,A:realm,meta")]
    [TestCase(
        "department,manager," + Acme + ":level,realm,devices.value,emails,name,meta",
        "schemas,id,userName,title,A:realm"
    )]
    public void ExcludedAttributes_hides_what_it_names_unless_always_returned(string excluded, string expected) =>
        Shown(Projection.Create(Some.AcmeSchema, null, Split(excluded))).Should().Be(expected);

    [Test]
    public void Both_at_once_are_refused() =>
        Some.Refused(() => Projection.Create(Some.UserSchema, ["title"], ["name"]), "invalidValue");

    [Test]
    public void Without_hidden_attributes_the_default_is_the_stored_bytes()
    {
        Projection.Create(Some.UserSchema).IsDefault.Should().BeTrue();
        Projection.Create(Some.UserSchema, [], []).IsDefault.Should().BeTrue();
        Projection.Create(Some.UserSchema, ["title"]).IsDefault.Should().BeFalse();
        Projection.Create(Some.AcmeSchema).IsDefault.Should().BeFalse();
    }

    [TestCase(null, null, true, true, true, true)]
    [TestCase("members", null, true, true, true, true)]
    [TestCase("members.value", null, true, false, false, false)]
    [TestCase("members.$ref,members.display", null, false, true, false, true)]
    [TestCase(null, "members.display", true, true, true, false)]
    public void Members_show_the_parts_asked_for(
        string? attributes,
        string? excluded,
        bool value,
        bool reference,
        bool type,
        bool display
    ) =>
        MemberProjection
            .Of(Some.GroupSchema, Projection.Create(Some.GroupSchema, attributes?.Split(','), excluded?.Split(',')))
            .Should()
            .Be(new MemberProjection(value, reference, type, display));

    [TestCase("displayName", null)]
    [TestCase(null, "members")]
    public void Members_can_be_left_out(string? attributes, string? excluded) =>
        MemberProjection
            .Of(Some.GroupSchema, Projection.Create(Some.GroupSchema, attributes?.Split(','), excluded?.Split(',')))
            .Should()
            .BeNull();

    [Law]
    public bool What_is_shown_is_part_of_the_whole_and_never_empty(UserJson user, NamedAttributes names)
    {
        var whole = Write(user.Document, Some.UserSchema, Projection.Create(Some.UserSchema));
        var shown = Write(user.Document, Some.AcmeSchema, Projection.Create(Some.AcmeSchema, names.Names));
        var rest = Write(user.Document, Some.AcmeSchema, Projection.Create(Some.AcmeSchema, null, names.Names));

        return Within(shown, whole) && Within(rest, whole) && shown["id"] is not null && rest["id"] is not null;
    }

    private static bool HasEmptyParts(JsonNode? node) =>
        node switch
        {
            null => true,
            JsonObject json => json.Count == 0 || json.Any(member => HasEmptyParts(member.Value)),
            JsonArray array => array.Count == 0 || array.Any(HasEmptyParts),
            _ => false,
        };

    private static bool Within(JsonNode? part, JsonNode? whole) =>
        (part, whole) switch
        {
            (JsonObject a, JsonObject b) => a.Count > 0
                && a.All(member => b.ContainsKey(member.Key) && Within(member.Value, b[member.Key])),
            (JsonArray a, JsonArray b) => a.Count > 0
                && a.Count <= b.Count
                && a.All(item => b.Any(other => Within(item, other))),
            _ => JsonNode.DeepEquals(part, whole),
        };

    private static string Shown(Projection projection)
    {
        var paths = new List<string>();
        Collect(Write(Document, Some.AcmeSchema, projection), "");
        return string.Join(',', paths.Distinct());

        void Collect(JsonNode? node, string path)
        {
            if (node is JsonObject json && path is not "meta")
            {
                foreach (var (name, value) in json)
                {
                    Collect(
                        value,
                        path.Length == 0 ? Short(name)
                            : path is "A" or "E" ? $"{path}:{name}"
                            : $"{path}.{name}"
                    );
                }
            }
            else if (node is JsonArray { Count: > 0 } array && array[0] is JsonObject)
            {
                foreach (var item in array)
                {
                    Collect(item, path);
                }
            }
            else
            {
                paths.Add(path);
            }
        }
    }

    private static string Short(string name) =>
        name switch
        {
            Acme => "A",
            Enterprise => "E",
            _ => name,
        };

    private static string[] Split(string names) => names.Length == 0 ? [] : names.Split(',');

    private static JsonObject Write(Document document, ResourceSchema schema, Projection projection)
    {
        var stored = DocumentWriter.Write(document, Some.Id);
        var output = new ArrayBufferWriter<byte>();
        ResourceWriter.Write(
            output,
            schema,
            new StoredResource(Some.Id, stored.Bytes, 1, Some.Time, Some.Time),
            projection,
            "https://h/scim/v2"
        );
        var json = (JsonObject)JsonNode.Parse(output.WrittenSpan)!;
        HasEmptyParts(json).Should().BeFalse();
        return json;
    }
}
