using System.Text;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Errors;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;

namespace Scim.Domain.Tests.Resources;

internal sealed class DocumentReaderTests
{
    private const string Enterprise = Urns.EnterpriseUser;

    [Test]
    public void Names_and_URNs_ignore_case_on_input_and_are_canonical_on_output()
    {
        var document = Some.Document(
            $$$"""
            "schemas": ["{{{Urns.User}}}"], "userName": "x", "Name": {"GIVENNAME": "Ann"}, "eMails": [{"VALUE": "a@b", "Primary": true}],
            "{{{Enterprise.ToUpperInvariant()}}}": {"Department": "IT"}
            """
        );

        Some.Print(document)
            .Should()
            .Be(
                $$$"""{"userName":"x","name":{"givenName":"Ann"},"emails":[{"value":"a@b","primary":true}],"{{{Enterprise}}}":{"department":"IT"}}"""
            );
    }

    [Test]
    public void Escaped_names_are_names() =>
        Some.Read($$"""{"schemas":["{{Urns.User}}"],"user\u004eame":"x","\u0065mails":[{"valu\u0065":"v"}]}""")
            .Document.Text("userName")
            .Should()
            .Be("x");

    [TestCase("""{"userName":"a","USERNAME":"b"}""")]
    [TestCase("""{"userName":"a","userName":"a"}""")]
    [TestCase("""{"userName":"a","user\u004eame":"a"}""")]
    [TestCase("""{"name":{"givenName":"a","GivenName":"b"}}""")]
    [TestCase("""{"emails":[{"value":"a","value":"b"}]}""")]
    [TestCase("""{"foo":1,"FOO":2}""")]
    [TestCase("""{"foo":{"a":[{"b":1,"b":2}]}}""")]
    [TestCase("""{"meta":{"a":1,"a":2}}""")]
    [TestCase("""{"password":"a","Password":"b"}""")]
    [TestCase(
        """{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"Schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}"""
    )]
    public void A_name_that_occurs_twice_is_refused(string json) =>
        Some.Refused(() => Some.Read($$"""{"schemas":["{{Urns.User}}"],{{json[1..]}}"""), "invalidSyntax");

    [TestCase("null")]
    [TestCase("\"\"")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("[null]")]
    [TestCase("[{}]")]
    [TestCase("[\"\"]")]
    [TestCase("[{\"value\":null}]")]
    [TestCase("[{\"value\":\"\",\"type\":null}]")]
    public void Null_and_empty_are_unassigned_in_a_list(string value) =>
        Some.Json(Some.Document($"\"emails\": {value}")).Should().NotContainKey("emails");

    [TestCase("title", "null")]
    [TestCase("title", "\"\"")]
    [TestCase("title", "[]")]
    [TestCase("name", "{}")]
    [TestCase("name", "\"\"")]
    [TestCase("name", "{\"givenName\":null,\"familyName\":\"\"}")]
    [TestCase("active", "null")]
    [TestCase("active", "\"\"")]
    [TestCase(Enterprise, "{}")]
    [TestCase(Enterprise, "{\"manager\":{\"value\":\"\"}}")]
    [TestCase(Enterprise, "{\"manager\":{\"$ref\":\"x\",\"displayName\":\"y\"}}")]
    public void Null_and_empty_are_unassigned_in_a_single_value(string name, string value) =>
        Some.Json(Some.Document($"\"{name}\": {value}")).Select(member => member.Key).Should().Equal("userName");

    [Test]
    public void Null_parts_vanish_and_the_element_stays() =>
        Some.Print(Some.Document("""  "emails": [{"value":"a@b","type":null,"display":""}] """))
            .Should()
            .Contain("""[{"value":"a@b"}]""");

    [TestCase("\"True\"", true)]
    [TestCase("\"false\"", false)]
    [TestCase("\"TRUE\"", true)]
    [TestCase("true", true)]
    public void A_boolean_may_be_text_where_that_is_tolerated(string value, bool expected)
    {
        var log = Some.Auto;

        var document = Some.User($"\"active\": {value}", log).Document;

        document.Root.IsTrue(document.Schema.Root.Find("active")).Should().Be(expected);
        log.Seen.Contains(Deviation.StringBoolean).Should().Be(value[0] == '"');
    }

    [TestCase("active", "\"yes\"")]
    [TestCase("active", "\" true\"")]
    [TestCase("active", "\"true\\u0000\"")]
    [TestCase("active", "1")]
    [TestCase("active", "{}")]
    [TestCase("userName", "5")]
    [TestCase("userName", "true")]
    [TestCase("userName", "{\"value\":\"x\"}")]
    [TestCase("userName", "[\"a\",\"b\"]")]
    [TestCase("userName", "[[\"a\"]]")]
    [TestCase("title", "\"a\\u0000b\"")]
    [TestCase("name", "\"Ann\"")]
    [TestCase("name", "5")]
    [TestCase("name", "{\"givenName\":{}}")]
    [TestCase("emails", "5")]
    [TestCase("emails", "[[]]")]
    [TestCase("emails", "[5]")]
    [TestCase("emails", "[{\"primary\":\"maybe\"}]")]
    [TestCase("x509Certificates", "[{\"value\":\"not base64!\"}]")]
    [TestCase("x509Certificates", "[\"AAAA\"]")]
    [TestCase(Enterprise, "\"x\"")]
    [TestCase(Enterprise, "{\"employeeNumber\":5}")]
    [TestCase(Enterprise, "{\"manager\":5}")]
    [TestCase(Enterprise, "{\"manager\":[\"a\",\"b\"]}")]
    public void A_value_of_the_wrong_type_is_refused(string name, string value) =>
        Some.Refused(() => Some.Read($$"""{"schemas":["{{Urns.User}}"],"{{name}}":{{value}}}"""), "invalidValue")
            .Detail.Should()
            .Contain(name);

    [TestCase("level", "9223372036854775807", true)]
    [TestCase("level", "-9223372036854775808", true)]
    [TestCase("level", "9223372036854775808", false)]
    [TestCase("level", "1e400", false)]
    [TestCase("level", "1.5", false)]
    [TestCase("level", "\"42\"", true)]
    [TestCase("level", "\"4 2\"", false)]
    [TestCase("level", "true", false)]
    [TestCase("score", "1e308", true)]
    [TestCase("score", "1e309", false)]
    [TestCase("score", "-1e999999999", false)]
    [TestCase("score", "-0.0", true)]
    [TestCase("score", "\"1.5\"", true)]
    [TestCase("score", "\"NaN\"", false)]
    [TestCase("score", "\"Infinity\"", false)]
    [TestCase("since", "\"2011-05-13T04:42:34Z\"", true)]
    [TestCase("since", "\"2011-05-13T04:42:34.123456789+05:30\"", true)]
    [TestCase("since", "\"2011-05-13T04:42:34\"", true)]
    [TestCase("since", "\"2011-05-13\"", false)]
    [TestCase("since", "\"2011-13-13T04:42:34Z\"", false)]
    [TestCase("since", "\"yesterday\"", false)]
    [TestCase("since", "1305261754", false)]
    [TestCase("since", "\"0001-01-01T00:00:00+14:00\"", false)]
    [TestCase("key", "\"TWFu\"", true)]
    [TestCase("key", "\"_-8\"", true)]
    [TestCase("key", "\"a\"", false)]
    [TestCase("marks", "[1, 2, 2]", true)]
    [TestCase("marks", "[1, \"x\"]", false)]
    [TestCase("marks", "7", true)]
    public void Values_of_every_type_are_checked(string name, string value, bool accepted)
    {
        var act = () => Some.Document($$"""  "{{Some.AcmeUrn}}": {"{{name}}": {{value}}} """);
        if (accepted)
        {
            act.Should().NotThrow().Which.Root[Some.AcmeSchema.Root.Find(Some.AcmeUrn)!].Should().NotBeNull();
        }
        else
        {
            act.Should().Throw<ScimException>().Which.Error.ScimType.Should().Be("invalidValue");
        }
    }

    [TestCase("""{"schemas":["S"],"active":"True"}""", "invalidValue", Deviation.StringBoolean)]
    [TestCase(
        """{"schemas":["S"],"urn:example:params:scim:schemas:extension:acme:2.0:User":{"level":"5"}}""",
        "invalidValue",
        Deviation.StringNumber
    )]
    [TestCase("""{"schemas":["S"],"favouriteColour":"red"}""", "invalidSyntax", Deviation.UnknownAttribute)]
    [TestCase("""{"schemas":["S"],"name":{"initials":"x"}}""", "invalidSyntax", Deviation.UnknownAttribute)]
    [TestCase("""{"schemas":["S"],"urn:example:none":{"x":1}}""", "invalidSyntax", Deviation.UnknownAttribute)]
    [TestCase("""{"schemas":["S"],"emails":{"value":"a"}}""", "invalidValue", Deviation.SingleValueForMultiValued)]
    [TestCase("""{"schemas":["S"],"title":["a"]}""", "invalidValue", Deviation.SingleValueForMultiValued)]
    [TestCase("""{"schemas":["S"],"roles":["admin"]}""", "invalidValue", Deviation.BareReference)]
    [TestCase(
        """{"schemas":["S"],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":"m"}}""",
        "invalidValue",
        Deviation.BareReference
    )]
    [TestCase(
        """{"schemas":["S"],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"managerId":"m"}}""",
        "invalidSyntax",
        Deviation.BareReference
    )]
    [TestCase(
        """{"schemas":["S"],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"managerId":"m"}}}""",
        "invalidSyntax",
        Deviation.BareReference
    )]
    [TestCase("""{"schemas":["S","urn:example:none"]}""", "invalidSyntax", Deviation.UnknownSchema)]
    [TestCase("""{"schemas":["urn:scim:schemas:core:1.0"]}""", "invalidSyntax", Deviation.UnknownSchema)]
    [TestCase(
        """{"schemas":["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]}""",
        "invalidSyntax",
        Deviation.UnknownSchema
    )]
    [TestCase(
        """{"schemas":["S","urn:ietf:params:scim:schemas:core:2.0:Group"]}""",
        "invalidSyntax",
        Deviation.UnknownSchema
    )]
    public void Strict_refuses_what_auto_tolerates_and_records(string json, string scimType, Deviation deviation)
    {
        json = json.Replace("\"S\"", $"\"{Urns.User}\"", StringComparison.Ordinal);
        var log = Some.Auto;

        Some.Read(json, log);

        log.Seen.Should().Contain(deviation);
        Some.Refused(() => Some.Read(json, Some.Strict), scimType);
    }

    [TestCase("""{"userName":"x"}""")]
    [TestCase("""{"schemas":[],"userName":"x"}""")]
    [TestCase("""{"schemas":"urn:ietf:params:scim:schemas:core:2.0:User"}""")]
    [TestCase("""{"schemas":null}""")]
    [TestCase("""{"schemas":{}}""")]
    [TestCase("""{"schemas":[null]}""")]
    [TestCase("""{"schemas":[5]}""")]
    [TestCase("""{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"]}""")]
    [TestCase("""{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}""")]
    public void A_body_without_the_right_schemas_is_refused_by_every_profile(string json) =>
        Some.Refused(() => Some.Read(json), "invalidSyntax");

    [TestCase("URN:IETF:params:scim:schemas:CORE:2.0:user")]
    [TestCase("urn:scim:schemas:core:2.0")]
    public void Odd_URNs_in_schemas_are_tolerated(string urn) =>
        Some.Read($$"""{"schemas":["{{urn}}"],"userName":"x"}""").Document.Text("userName").Should().Be("x");

    [TestCase("\"m1\"")]
    [TestCase("{\"value\":\"m1\"}")]
    [TestCase("{\"value\":\"m1\",\"$ref\":null,\"displayName\":\"Boss\"}")]
    [TestCase("[{\"value\":\"m1\"}]")]
    [TestCase("[\"m1\"]")]
    [TestCase("{\"managerId\":\"m1\",\"displayName\":\"Boss\"}")]
    public void A_manager_comes_in_many_shapes_and_is_kept_as_one(string value) =>
        Some.Print(Some.Document($$"""  "{{Enterprise}}": {"manager": {{value}}} """))
            .Should()
            .Contain("""{"manager":{"value":"m1"}}""");

    [Test]
    public void ManagerId_stands_for_the_manager() =>
        Some.Print(Some.Document($$"""  "{{Enterprise}}": {"managerId": "m1"} """))
            .Should()
            .Contain("""{"manager":{"value":"m1"}}""");

    [Test]
    public void What_the_client_may_not_write_is_ignored_by_every_profile()
    {
        var document = Some.User("""  "id": null, "meta": {"version": 5}, "groups": [] """, Some.Strict).Document;

        Some.Print(document).Should().Be("""{"userName":"bjensen"}""");
    }

    [Test]
    public void The_password_is_lifted_out_of_the_document()
    {
        var body = Some.User("""  "password": "s3cret" """);

        body.Password.Should().Be("s3cret");
        Some.Print(body.Document).Should().NotContain("s3cret");
        Encoding
            .UTF8.GetString((DocumentWriter.WriteFolded(body.Document) ?? default).Span)
            .Should()
            .NotContain("s3cret");
    }

    [TestCase("null")]
    [TestCase("\"\"")]
    public void An_empty_password_is_none(string value) =>
        Some.User($"\"password\": {value}").Password.Should().BeNull();

    [TestCase("")]
    [TestCase("   ")]
    [TestCase("[]")]
    [TestCase("\"x\"")]
    [TestCase("null")]
    [TestCase("{")]
    [TestCase("{} {}")]
    [TestCase("{\"schemas\":[}")]
    [TestCase("{'schemas':[]}")]
    [TestCase("{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],}")]
    [TestCase("{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"title\":\"\\ud800\"}")]
    [TestCase("{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"unknown\":\"\\udfff\"}")]
    [TestCase("{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"\\ud800\":1}")]
    [TestCase("{\"schemas\":[\"\\ud800\"]}")]
    [TestCase("{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"title\":01}")]
    [TestCase("{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"title\":NaN}")]
    public void Malformed_JSON_is_refused(string json) => Some.Refused(() => Some.Read(json), "invalidSyntax");

    [TestCase(new byte[] { 0xFF })]
    [TestCase(new byte[] { 0x7B, 0x22, 0xC0, 0x80, 0x22, 0x3A, 0x31, 0x7D })]
    [TestCase(new byte[] { 0x7B, 0x22, 0xED, 0xA0, 0x80, 0x22, 0x3A, 0x31, 0x7D })]
    [TestCase(new byte[] { 0xEF, 0xBB, 0xBF, 0x7B, 0x7D })]
    public void Bytes_that_are_not_UTF8_JSON_are_refused(byte[] bytes) =>
        Some.Refused(() => DocumentReader.ReadBody(bytes, Some.UserSchema, Some.Auto), "invalidSyntax");

    [Test]
    public void Deep_nesting_is_refused_without_exhausting_the_stack()
    {
        var deep = new string('[', 100_000) + new string(']', 100_000);

        Some.Refused(() => Some.Read($$"""{"schemas":["{{Urns.User}}"],"unknown":{{deep}}}"""), "invalidSyntax");
    }

    [TestCase("userName")]
    [TestCase("externalId")]
    [TestCase("displayName")]
    [TestCase("name.familyName")]
    [TestCase("name.givenName")]
    public void Indexed_text_is_bounded(string path)
    {
        Check(path, new string('x', 1024)).Should().NotThrow();
        Some.Refused(() => Check(path, new string('x', 1025))(), "invalidValue").Detail.Should().Contain(path);
    }

    [Test]
    public void The_bound_holds_for_the_folded_form_and_for_text_that_is_not_folded()
    {
        Some.Refused(() => Check("userName", new string('\uFDFA', 40))(), "invalidValue");
        Some.Refused(() => Check("externalId", new string('\uFF21', 400))(), "invalidValue");
    }

    [Test]
    public void Text_without_an_index_has_no_bound() => Check("title", new string('x', 100_000)).Should().NotThrow();

    [Test]
    public void Members_keep_the_value_of_each_element()
    {
        var body = Some.Group(
            """  "members": [{"value":"a","$ref":null,"display":null,"type":"User"},{"VALUE":"b","displayName":"x"},"c"] """
        );

        body.Members.Should().Equal("a", "b", "c");
        Some.Print(body.Document).Should().Be("""{"displayName":"Staff"}""");
    }

    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("\"\"")]
    [TestCase("[null]")]
    public void Empty_members_are_no_members(string value) =>
        Some.Group($"\"members\": {value}").Members.Should().BeEmpty();

    [Test]
    public void Absent_members_are_not_empty_members() => Some.Group().Members.Should().BeNull();

    [TestCase("[{}]")]
    [TestCase("[{\"display\":\"x\"}]")]
    [TestCase("[{\"value\":\"\"}]")]
    [TestCase("[5]")]
    [TestCase("[[]]")]
    [TestCase("5")]
    public void A_member_without_a_value_is_refused(string value) =>
        Some.Refused(() => Some.Group($"\"members\": {value}"), "invalidValue");

    [Law]
    public void Noise_is_read_or_refused_but_never_breaks(Noise noise)
    {
        try
        {
            var document = DocumentReader.ReadBody(noise.Bytes, Some.AcmeSchema, Some.Auto).Document;
            DocumentWriter.WriteFolded(document);
            DocumentReader
                .ReadStored(DocumentWriter.Write(document, Some.Id).Bytes.Span, Some.AcmeSchema)
                .Should()
                .Be(document);
        }
        catch (ScimException exception)
        {
            exception.Error.Status.Should().Be(400);
        }
    }

    private static Action Check(string path, string value)
    {
        var parts = path.Split('.');
        var json =
            parts.Length == 1 ? $"\"{path}\":\"{value}\"" : $$"""  "{{parts[0]}}":{"{{parts[1]}}":"{{value}}"} """;
        var document = Some.Document(json);
        return () => DocumentRules.Check(document, null, isWhole: true);
    }
}
