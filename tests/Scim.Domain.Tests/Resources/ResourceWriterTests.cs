using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;

namespace Scim.Domain.Tests.Resources;

internal sealed class ResourceWriterTests
{
    private const string Base = "https://host.example/scim/v2";

    private static readonly Guid Other = Guid.Parse("0198c0de-0000-7000-8000-00000000000b");

    [Test]
    public void A_user_goes_out_with_groups_manager_and_meta()
    {
        var stored = DocumentWriter.Write(
            Some.Document($$"""  "{{Urns.EnterpriseUser}}": {"manager": {"value": "{{Other}}"} } """),
            Some.Id
        );
        var resource = new StoredResource(Some.Id, stored.Bytes, 7, Some.Time, Some.Time.AddHours(1))
        {
            ManagerEnd = stored.ManagerEnd,
            Manager = new ManagerOfUser(Other, "The \"Boss\" \n"),
            Groups = [new GroupOfUser(Other, "Staff é", true), new GroupOfUser(Some.Id, "All", false)],
        };

        var json = Write(resource, Some.UserSchema);

        JsonNode
            .DeepEquals(
                json,
                JsonNode.Parse(
                    $$$"""
                    { "schemas": ["{{{Urns.User}}}", "{{{Urns.EnterpriseUser}}}"], "id": "{{{Some.Id}}}", "userName": "bjensen",
                      "{{{Urns.EnterpriseUser}}}": { "manager": { "value": "{{{Other}}}", "$ref": "{{{Base}}}/Users/{{{Other}}}", "displayName": "The \"Boss\" \n" } },
                      "groups": [
                        { "value": "{{{Other}}}", "$ref": "{{{Base}}}/Groups/{{{Other}}}", "display": "Staff é", "type": "direct" },
                        { "value": "{{{Some.Id}}}", "$ref": "{{{Base}}}/Groups/{{{Some.Id}}}", "display": "All", "type": "indirect" } ],
                      "meta": { "resourceType": "User", "created": "2026-03-04T05:06:07.890Z", "lastModified": "2026-03-04T06:06:07.890Z",
                        "location": "{{{Base}}}/Users/{{{Some.Id}}}", "version": "{{{resource.Tag.Replace(
                        "\"",
                        "\\\"",
                        StringComparison.Ordinal
                    )}}}" } }
                    """
                )
            )
            .Should()
            .BeTrue(json.ToJsonString());
    }

    [Test]
    public void A_manager_that_is_no_user_keeps_its_value_only()
    {
        var stored = DocumentWriter.Write(
            Some.Document($$"""  "{{Urns.EnterpriseUser}}": {"manager": {"value": "theirs"} } """),
            Some.Id
        );

        var json = Write(
            new StoredResource(Some.Id, stored.Bytes, 1, Some.Time, Some.Time) { ManagerEnd = stored.ManagerEnd },
            Some.UserSchema
        );

        json[Urns.EnterpriseUser]!["manager"]!.ToJsonString().Should().Be("""{"value":"theirs"}""");
    }

    [Test]
    public void A_projection_reaches_into_derived_parts()
    {
        var stored = DocumentWriter.Write(
            Some.Document($$"""  "{{Urns.EnterpriseUser}}": {"manager": {"value": "m"} } """),
            Some.Id
        );
        var resource = new StoredResource(Some.Id, stored.Bytes, 1, Some.Time, Some.Time)
        {
            ManagerEnd = stored.ManagerEnd,
            Manager = new ManagerOfUser(Other, "Boss"),
            Groups = [new GroupOfUser(Other, "Staff", true)],
        };

        var json = Write(
            resource,
            Some.UserSchema,
            Projection.Create(Some.UserSchema, ["groups.display", "manager.displayName", "meta.resourceType"])
        );

        json["groups"]!.ToJsonString().Should().Be("""[{"display":"Staff"}]""");
        json[Urns.EnterpriseUser]!.ToJsonString().Should().Be("""{"manager":{"displayName":"Boss"}}""");
        json["meta"]!.ToJsonString().Should().Be("""{"resourceType":"User"}""");
    }

    [Test]
    public void An_open_group_takes_its_members_behind_it()
    {
        var stored = DocumentWriter.Write(Some.Group().Document, Some.Id);
        var output = new ArrayBufferWriter<byte>();

        ResourceWriter.WriteOpen(
            output,
            Some.GroupSchema,
            new StoredResource(Some.Id, stored.Bytes, 1, Some.Time, Some.Time),
            Projection.Create(Some.GroupSchema),
            Base
        );
        output.Write(",\"members\":[]}"u8);

        ((JsonObject)JsonNode.Parse(output.WrittenSpan)!)
            .Select(member => member.Key)
            .Should()
            .Equal("schemas", "id", "displayName", "meta", "members");
    }

    [TestCase(true, true, true, true, """{"value":"V","$ref":"B/Groups/V","type":"Group","display":"D\"x"}""")]
    [TestCase(true, false, false, false, """{"value":"V"}""")]
    [TestCase(false, true, false, true, """{"$ref":"B/Groups/V","display":"D\"x"}""")]
    [TestCase(false, false, true, false, """{"type":"Group"}""")]
    [TestCase(false, false, false, true, """{"display":"D\"x"}""")]
    [TestCase(false, false, false, false, "{}")]
    public void A_member_shows_the_parts_asked_for(bool value, bool reference, bool type, bool display, string expected)
    {
        var output = new ArrayBufferWriter<byte>();

        ResourceWriter.WriteMember(
            output,
            new MemberOfGroup(Other, true, "D\"x"),
            new MemberProjection(value, reference, type, display),
            Base
        );

        Encoding
            .UTF8.GetString(output.WrittenSpan)
            .Should()
            .Be(
                expected
                    .Replace("V", Other.ToString(), StringComparison.Ordinal)
                    .Replace("B/", Base + "/", StringComparison.Ordinal)
            );
    }

    [Test]
    public void A_member_without_a_display_shows_none()
    {
        var output = new ArrayBufferWriter<byte>();

        ResourceWriter.WriteMember(
            output,
            new MemberOfGroup(Other, false, null),
            new MemberProjection(true, true, true, true),
            Base
        );

        JsonNode
            .Parse(output.WrittenSpan)!
            .ToJsonString()
            .Should()
            .Be($$"""{"value":"{{Other}}","$ref":"{{Base}}/Users/{{Other}}","type":"User"}""");
    }

    [Test]
    public void The_tag_changes_with_the_version_and_with_everything_derived()
    {
        var plain = new StoredResource(Some.Id, "{}"u8.ToArray(), 3, Some.Time, Some.Time);
        var tags = new[]
        {
            plain,
            plain with
            {
                Version = 4,
            },
            plain with
            {
                Groups = [new GroupOfUser(Other, "A", true)],
            },
            plain with
            {
                Groups = [new GroupOfUser(Other, "B", true)],
            },
            plain with
            {
                Groups = [new GroupOfUser(Other, "A", false)],
            },
            plain with
            {
                Groups = [new GroupOfUser(Some.Id, "A", true)],
            },
            plain with
            {
                Manager = new ManagerOfUser(Other, null),
            },
            plain with
            {
                Manager = new ManagerOfUser(Other, "X"),
            },
        }.Select(resource => resource.Tag);

        plain.Tag.Should().Be("W/\"3\"");
        tags.Should().OnlyHaveUniqueItems();
    }

    [Test]
    public void A_copy_of_a_resource_has_its_own_tag()
    {
        var plain = new StoredResource(Some.Id, "{}"u8.ToArray(), 3, Some.Time, Some.Time);
        _ = plain.Tag;

        (plain with { Version = 4 }).Tag.Should().Be("W/\"4\"");
    }

    private static JsonObject Write(StoredResource resource, ResourceSchema schema, Projection? projection = null)
    {
        var output = new ArrayBufferWriter<byte>();
        ResourceWriter.Write(output, schema, resource, projection ?? Projection.Create(schema), Base);
        return (JsonObject)JsonNode.Parse(output.WrittenSpan)!;
    }
}
