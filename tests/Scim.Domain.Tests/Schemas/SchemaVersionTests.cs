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
        var act = () => SchemaVersion.CheckSucceeds(Version(attribute), Version());

        act.Should().NotThrow();
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
    public void A_new_version_that_does_not_fit_what_is_stored_is_refused(
        string attribute,
        string path,
        string characteristic
    ) =>
        Some.Refused(() => SchemaVersion.CheckSucceeds(Version(attribute), Version()), "invalidValue")
            .Detail.Should()
            .Contain(path)
            .And.Contain(characteristic);

    [Test]
    public void A_new_version_without_an_attribute_of_the_old_one_is_refused()
    {
        var next = SchemaDocument.ReadExtension("""{"id":"urn:a:b","attributes":[{"name":"extra"}]}"""u8);

        Some.Refused(() => SchemaVersion.CheckSucceeds(next, Version()), "invalidValue")
            .Detail.Should()
            .Contain("code");
    }

    [Test]
    public void A_URN_keeps_its_spelling()
    {
        var next = SchemaDocument.ReadExtension(Some.Bytes($$"""{"id":"urn:A:b","attributes":[{{Attributes}}]}"""));

        Some.Refused(() => SchemaVersion.CheckSucceeds(next, Version()), "invalidValue")
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
