using System.Text;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Schemas;

namespace Scim.Domain.Tests.Schemas;

internal sealed class SchemaDocumentTests
{
    [TestCase("""[]""", "invalidSyntax")]
    [TestCase("""{""", "invalidSyntax")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"x"}]} trailing""", "invalidSyntax")]
    [TestCase("""{"id":"urn:a:b","id":"urn:a:c","attributes":[{"name":"x"}]}""", "invalidSyntax")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"\ud800"}]}""", "invalidSyntax")]
    [TestCase("""{"attributes":[{"name":"x"}]}""", "invalidValue")]
    [TestCase("""{"id":"acme","attributes":[{"name":"x"}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b c","attributes":[{"name":"x"}]}""", "invalidValue")]
    [TestCase("""{"id":5,"attributes":[{"name":"x"}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b"}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":{}}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","name":5,"attributes":[{"name":"x"}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","description":[],"attributes":[{"name":"x"}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":["x"]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[{}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"1x"}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"a.b"}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":""}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"x"},{"name":"X"}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"x","type":"float"}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"x","type":"String"}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"x","type":5}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"x","mutability":"writeOnly"}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"x","returned":"sometimes"}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"x","uniqueness":"tenant"}]}""", "invalidValue")]
    [TestCase(
        """{"id":"urn:a:b","attributes":[{"name":"x","type":"boolean","uniqueness":"server"}]}""",
        "invalidValue"
    )]
    [TestCase(
        """{"id":"urn:a:b","attributes":[{"name":"x","type":"dateTime","uniqueness":"server"}]}""",
        "invalidValue"
    )]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"x","type":"binary","uniqueness":"global"}]}""", "invalidValue")]
    [TestCase(
        """{"id":"urn:a:b","attributes":[{"name":"x","type":"complex","uniqueness":"server","subAttributes":[{"name":"y"}]}]}""",
        "invalidValue"
    )]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"x","multiValued":"yes"}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"x","required":1}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"x","caseExact":null}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"x","canonicalValues":"a"}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"x","canonicalValues":[1]}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"x","referenceTypes":{}}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"x","description":7}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"x","type":"complex"}]}""", "invalidValue")]
    [TestCase("""{"id":"urn:a:b","attributes":[{"name":"x","type":"complex","subAttributes":[]}]}""", "invalidValue")]
    [TestCase(
        """{"id":"urn:a:b","attributes":[{"name":"x","type":"complex","subAttributes":[{"name":"y","type":"complex","subAttributes":[{"name":"z"}]}]}]}""",
        "invalidValue"
    )]
    public void A_schema_that_breaks_the_rules_is_refused(string json, string scimType) =>
        Some.Refused(() => SchemaDocument.ReadExtension(Some.Bytes(json)), scimType);

    [Test]
    public void A_schema_that_is_not_UTF8_is_refused() =>
        Some.Refused(() => SchemaDocument.ReadExtension([0x7B, 0x22, 0xFF, 0x22, 0x7D]), "invalidSyntax");

    [Test]
    public void A_schema_with_too_many_attributes_is_refused()
    {
        var attributes = string.Join(',', Enumerable.Range(0, 501).Select(i => $$"""{"name":"a{{i}}"}"""));

        Some.Refused(
            () => SchemaDocument.ReadExtension(Some.Bytes($$"""{"id":"urn:a:b","attributes":[{{attributes}}]}""")),
            "invalidValue"
        );
    }

    [Test]
    public void A_URN_that_is_too_long_to_be_looked_up_is_refused()
    {
        var urn = "urn:a:" + new string('b', 300);

        Some.Refused(
            () => SchemaDocument.ReadExtension(Some.Bytes($$"""{"id":"{{urn}}","attributes":[{"name":"x"}]}""")),
            "invalidValue"
        );
    }

    [Test]
    public void What_a_schema_leaves_out_has_the_defaults_of_the_RFC()
    {
        var document = SchemaDocument.ReadExtension("""{"id":"urn:a:b","attributes":[{"name":"x"}]}"""u8);
        var attribute = ResourceSchema.User(document).Root.Find("urn:a:b")!.Attributes.Find("X")!;

        attribute.Type.Should().Be(AttributeType.String);
        attribute.Mutability.Should().Be(Mutability.ReadWrite);
        attribute.Returned.Should().Be(Returned.Default);
        attribute.Uniqueness.Should().Be(Uniqueness.None);
        (attribute.Required, attribute.CaseExact, attribute.MultiValued).Should().Be((false, false, false));
        document.Name.Should().Be("urn:a:b");
    }

    [Test]
    public void An_extension_compiles_to_one_attribute_named_by_its_URN()
    {
        var acme = Some.AcmeSchema.Root.Find(Some.AcmeUrn.ToUpperInvariant())!;

        acme.IsExtension.Should().BeTrue();
        acme.Attributes.Should().HaveCount(15);
        acme.Attributes.Find("DEVICES")!.Attributes.Find("Labels")!.Path.Should().Be(Some.AcmeUrn + ":devices.labels");
        Some.AcmeSchema.HasHiddenAttributes.Should().BeTrue();
        Some.UserSchema.HasHiddenAttributes.Should().BeFalse();
    }

    [TestCase("urn:example:params:scim:schemas:extension:acme:2.0:User:tags", Some.AcmeUrn, "tags")]
    [TestCase("URN:EXAMPLE:params:scim:schemas:extension:acme:2.0:User.tags", Some.AcmeUrn, "tags")]
    [TestCase("urn:example:params:scim:schemas:extension:acme:2.0:User", Some.AcmeUrn, "")]
    [TestCase("urn:ietf:params:scim:schemas:core:2.0:User:name.givenName", null, "name.givenName")]
    public void A_path_is_split_at_the_URN_it_begins_with(string path, string? urn, string rest)
    {
        Some.AcmeSchema.TrySplitUrn(path, out var extension, out var found).Should().BeTrue();

        extension?.Name.Should().Be(urn);
        found.Should().Be(rest);
    }

    [TestCase("urn:ietf:params:scim:schemas:core:2.0:Group:displayName")]
    [TestCase("urn:example:params:scim:schemas:extension:acme:2.0:Users:tags")]
    [TestCase("urn:x")]
    public void A_foreign_URN_is_not_split(string path) =>
        Some.AcmeSchema.TrySplitUrn(path, out _, out _).Should().BeFalse();

    [Test]
    public void A_plain_name_that_two_extensions_know_is_ambiguous()
    {
        var one = SchemaDocument.ReadExtension("""{"id":"urn:a:one","attributes":[{"name":"x"},{"name":"y"}]}"""u8);
        var two = SchemaDocument.ReadExtension("""{"id":"urn:a:two","attributes":[{"name":"x"}]}"""u8);
        var schema = ResourceSchema.User(one, two);

        schema.Find("x").Should().BeNull();
        schema.Find("y")!.Value.Extension!.Name.Should().Be("urn:a:one");
        schema.Find("title")!.Value.Extension.Should().BeNull();
    }
}
