using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Schemas;

namespace Scim.Domain.Tests.Schemas;

internal sealed class SchemaVersionTests
{
    private const string Attributes = """
        {"name":"code","caseExact":true,"uniqueness":"server"},
        {"name":"level","type":"integer","required":true},
        {"name":"origin","mutability":"readOnly"},
        {"name":"serial","mutability":"immutable"},
        {"name":"desk","type":"complex","subAttributes":[{"name":"room"}]},
        {"name":"doors","type":"complex","multiValued":true,"subAttributes":[{"name":"value"}]}
        """;

    [TestCase(""" {"name":"extra","type":"boolean"} """)]
    [TestCase(""" {"name":"extra","required":true} """)]
    [TestCase(""" {"name":"extra","uniqueness":"server"} """)]
    [TestCase(""" {"name":"level","type":"integer","required":false} """)]
    [TestCase(""" {"name":"level","type":"integer","required":true,"returned":"request","description":"How far"} """)]
    [TestCase(""" {"name":"serial"} """)]
    [TestCase(""" {"name":"origin","mutability":"immutable"} """)]
    [TestCase(
        """ {"name":"desk","type":"complex","subAttributes":[{"name":"floor","required":true},{"name":"room"}]} """
    )]
    [TestCase(
        """ {"name":"doors","type":"complex","multiValued":true,"subAttributes":[{"name":"value"},{"name":"key"}]} """
    )]
    public void A_new_version_adds_and_relaxes(string attribute)
    {
        SchemaVersion.Narrowings(Version(attribute), Version()).Should().BeEmpty();
    }

    [TestCase(""" {"name":"code","caseExact":true,"uniqueness":"none"} """, "code", "uniqueness")]
    [TestCase(""" {"name":"code","uniqueness":"server"} """, "code", "caseExact")]
    [TestCase(""" {"name":"serial","mutability":"immutable","uniqueness":"global"} """, "serial", "uniqueness")]
    [TestCase(""" {"name":"level","required":true} """, "level", "type")]
    [TestCase(""" {"name":"level","type":"integer","required":true,"multiValued":true} """, "level", "multiValued")]
    [TestCase(""" {"name":"serial","mutability":"immutable","required":true} """, "serial", "required")]
    [TestCase(""" {"name":"serial","mutability":"readOnly"} """, "serial", "mutability")]
    [TestCase(""" {"name":"CODE","caseExact":true,"uniqueness":"server"} """, "code", "lacks")]
    [TestCase(""" {"name":"desk","type":"complex","subAttributes":[{"name":"floor"}]} """, "desk.room", "lacks")]
    [TestCase(
        """ {"name":"desk","type":"complex","subAttributes":[{"name":"room","type":"integer"}]} """,
        "desk.room",
        "type"
    )]
    [TestCase(
        """ {"name":"doors","type":"complex","multiValued":true,"subAttributes":[{"name":"value"},{"name":"key","required":true}]} """,
        "doors.key",
        "required"
    )]
    public void What_may_not_fit_what_is_stored_is_named(string attribute, string path, string characteristic) =>
        SchemaVersion
            .Narrowings(Version(attribute), Version())
            .Should()
            .Contain(narrowing => narrowing.Reason.Contains(path) && narrowing.Reason.Contains(characteristic));

    [Test]
    public void An_attribute_that_is_left_out_is_named()
    {
        var next = SchemaDocument.ReadExtension("""{"id":"urn:a:b","attributes":[{"name":"extra"}]}"""u8);

        SchemaVersion.Narrowings(next, Version()).Should().Contain(narrowing => narrowing.Path == "code");
    }

    [Test]
    public void A_URN_keeps_its_spelling()
    {
        var next = SchemaDocument.ReadExtension(Some.Bytes($$"""{"id":"urn:A:b","attributes":[{{Attributes}}]}"""));

        Some.Refused(() => SchemaVersion.Narrowings(next, Version()), "invalidValue")
            .Detail.Should()
            .Contain("urn:a:b");
    }

    /// <summary>The schema with one attribute added or put in the place of its namesake.</summary>
    private static SchemaDocument Version(string attribute = "")
    {
        var lines = Attributes.Split(",\n").Select(line => line.Trim()).ToList();
        if (attribute.Length > 0)
        {
            var name = attribute.Trim(' ', '}').Split(',')[0];
            lines.RemoveAll(line => line.Split(',')[0].Equals(name, StringComparison.OrdinalIgnoreCase));
            lines.Add(attribute);
        }

        return SchemaDocument.ReadExtension(
            Some.Bytes($$"""{"id":"urn:a:b","attributes":[{{string.Join(',', lines)}}]}""")
        );
    }
}
