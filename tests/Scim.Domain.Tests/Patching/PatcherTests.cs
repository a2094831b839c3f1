using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Patching;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;
using static Scim.Domain.Tests.Patches;

namespace Scim.Domain.Tests.Patching;

/// <summary>RFC 7644 §3.5.2 and what clients make of it.</summary>
internal sealed class PatcherTests
{
    private const string Enterprise = Urns.EnterpriseUser;

    private const string Emails = """
        "emails": [{"value": "w", "type": "work", "primary": true}, {"value": "h", "type": "home"}]
        """;

    // §3.5.2.1 add
    [TestCase("", "title", "\"T\"", """{"userName":"bjensen","title":"T"}""")]
    [TestCase("\"title\":\"old\"", "TITLE", "\"T\"", """{"userName":"bjensen","title":"T"}""")]
    [TestCase("\"active\":true", "active", "\"False\"", """{"userName":"bjensen","active":false}""")]
    [TestCase(
        "\"name\":{\"givenName\":\"G\"}",
        "name",
        "{\"familyName\":\"F\"}",
        """{"userName":"bjensen","name":{"familyName":"F","givenName":"G"}}"""
    )]
    [TestCase("", "name.familyName", "\"F\"", """{"userName":"bjensen","name":{"familyName":"F"}}""")]
    [TestCase(
        "\"roles\":[{\"value\":\"a\"}]",
        "roles",
        "[{\"value\":\"b\"}]",
        """{"userName":"bjensen","roles":[{"value":"a"},{"value":"b"}]}"""
    )]
    [TestCase(
        "\"roles\":[{\"value\":\"a\"}]",
        "roles",
        "[{\"value\":\"a\"},{\"value\":\"b\"},{\"value\":\"b\"}]",
        """{"userName":"bjensen","roles":[{"value":"a"},{"value":"b"}]}"""
    )]
    [TestCase(
        "\"roles\":[{\"value\":\"a\"}]",
        "roles",
        "{\"value\":\"b\"}",
        """{"userName":"bjensen","roles":[{"value":"a"},{"value":"b"}]}"""
    )]
    [TestCase(
        "\"roles\":[{\"value\":\"a\"}]",
        "roles[value eq \"a\"]",
        "{\"type\":\"t\"}",
        """{"userName":"bjensen","roles":[{"value":"a","type":"t"}]}"""
    )]
    [TestCase(
        "",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber",
        "\"7\"",
        """{"userName":"bjensen","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"7"}}"""
    )]
    [TestCase(
        "",
        "URN:ietf:params:scim:schemas:extension:enterprise:2.0:user.EmployeeNumber",
        "\"7\"",
        """{"userName":"bjensen","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"7"}}"""
    )]
    [TestCase(
        "",
        "urn:ietf:params:scim:schemas:core:2.0:User:title",
        "\"T\"",
        """{"userName":"bjensen","title":"T"}"""
    )]
    public void Add_sets_or_appends(string before, string path, string value, string after) =>
        Some.Print(Some.Document(before).Apply(Add(path, value)).Document).Should().Be(after);

    // §3.5.2.3 replace
    [TestCase("\"title\":\"old\"", "title", "\"T\"", """{"userName":"bjensen","title":"T"}""")]
    [TestCase("", "title", "\"T\"", """{"userName":"bjensen","title":"T"}""")]
    [TestCase("\"title\":\"old\"", "title", "\"\"", """{"userName":"bjensen"}""")]
    [TestCase("\"title\":\"old\"", "title", "null", """{"userName":"bjensen"}""")]
    [TestCase(
        "\"name\":{\"givenName\":\"G\",\"familyName\":\"F\"}",
        "name",
        "{\"familyName\":\"N\",\"givenName\":null}",
        """{"userName":"bjensen","name":{"familyName":"N"}}"""
    )]
    [TestCase("\"name\":{\"givenName\":\"G\"}", "name", "null", """{"userName":"bjensen"}""")]
    [TestCase("\"name\":{\"givenName\":\"G\"}", "name.givenName", "\"\"", """{"userName":"bjensen"}""")]
    [TestCase(
        "\"roles\":[{\"value\":\"a\"}]",
        "roles",
        "[{\"value\":\"b\"}]",
        """{"userName":"bjensen","roles":[{"value":"b"}]}"""
    )]
    [TestCase("\"roles\":[{\"value\":\"a\"}]", "roles", "[]", """{"userName":"bjensen"}""")]
    [TestCase("\"roles\":[{\"value\":\"a\"}]", "roles", "null", """{"userName":"bjensen"}""")]
    [TestCase(
        "\"roles\":[{\"value\":\"a\",\"type\":\"t\"},{\"value\":\"b\"}]",
        "roles[value eq \"A\"]",
        "{\"value\":\"c\"}",
        """{"userName":"bjensen","roles":[{"value":"c"},{"value":"b"}]}"""
    )]
    [TestCase(
        "\"roles\":[{\"value\":\"a\"},{\"value\":\"ab\"},{\"value\":\"b\"}]",
        "roles[value sw \"a\"].type",
        "\"t\"",
        """{"userName":"bjensen","roles":[{"value":"a","type":"t"},{"value":"ab","type":"t"},{"value":"b"}]}"""
    )]
    [TestCase(
        "\"roles\":[{\"value\":\"a\"},{\"value\":\"b\"}]",
        "roles.type",
        "\"t\"",
        """{"userName":"bjensen","roles":[{"value":"a","type":"t"},{"value":"b","type":"t"}]}"""
    )]
    [TestCase(
        "\"roles\":[{\"value\":\"{\\\"id\\\":1}\"}]",
        "roles",
        "[{\"value\":\"{\\\"id\\\":\\\"x\\\"}\"}]",
        """{"userName":"bjensen","roles":[{"value":"{\"id\":\"x\"}"}]}"""
    )]
    public void Replace_sets_exactly(string before, string path, string value, string after) =>
        Some.Print(Some.Document(before).Apply(Replace(path, value)).Document).Should().Be(after);

    // §3.5.2.2 remove
    [TestCase(
        "title",
        null,
        """{"userName":"bjensen","name":{"familyName":"F","givenName":"G"},"emails":[{"value":"w","type":"work","primary":true},{"value":"h","type":"home"}]}"""
    )]
    [TestCase(
        "name",
        null,
        """{"userName":"bjensen","title":"T","emails":[{"value":"w","type":"work","primary":true},{"value":"h","type":"home"}]}"""
    )]
    [TestCase(
        "name.givenName",
        null,
        """{"userName":"bjensen","name":{"familyName":"F"},"title":"T","emails":[{"value":"w","type":"work","primary":true},{"value":"h","type":"home"}]}"""
    )]
    [TestCase("emails", null, """{"userName":"bjensen","name":{"familyName":"F","givenName":"G"},"title":"T"}""")]
    [TestCase(
        "emails[type eq \"work\"]",
        null,
        """{"userName":"bjensen","name":{"familyName":"F","givenName":"G"},"title":"T","emails":[{"value":"h","type":"home"}]}"""
    )]
    [TestCase(
        "emails[type eq \"work\" and value ew \"W\"]",
        null,
        """{"userName":"bjensen","name":{"familyName":"F","givenName":"G"},"title":"T","emails":[{"value":"h","type":"home"}]}"""
    )]
    [TestCase(
        "emails[value pr]",
        null,
        """{"userName":"bjensen","name":{"familyName":"F","givenName":"G"},"title":"T"}"""
    )]
    [TestCase(
        "emails[type eq \"work\"].primary",
        null,
        """{"userName":"bjensen","name":{"familyName":"F","givenName":"G"},"title":"T","emails":[{"value":"w","type":"work"},{"value":"h","type":"home"}]}"""
    )]
    [TestCase(
        "emails.type",
        null,
        """{"userName":"bjensen","name":{"familyName":"F","givenName":"G"},"title":"T","emails":[{"value":"w","primary":true},{"value":"h"}]}"""
    )]
    [TestCase(
        "emails",
        "[{\"value\":\"W\"}]",
        """{"userName":"bjensen","name":{"familyName":"F","givenName":"G"},"title":"T","emails":[{"value":"h","type":"home"}]}"""
    )]
    [TestCase(
        "emails",
        "[{\"type\":\"home\"},{\"value\":\"w\",\"primary\":true}]",
        """{"userName":"bjensen","name":{"familyName":"F","givenName":"G"},"title":"T"}"""
    )]
    public void Remove_unassigns_what_the_path_selects(string path, string? value, string after)
    {
        var document = Some.Document($$"""  "title":"T", "name":{"givenName":"G","familyName":"F"}, {{Emails}} """);

        Some.Print(document.Apply(Remove(path, value)).Document).Should().Be(after);
    }

    [TestCase("title")]
    [TestCase("name.givenName")]
    [TestCase("emails")]
    [TestCase("emails[type eq \"none\"]")]
    [TestCase("emails[type eq \"none\"].value")]
    [TestCase(Enterprise)]
    [TestCase(Enterprise + ":manager")]
    [TestCase("manager.value")]
    public void Removing_what_is_not_there_changes_nothing(string path)
    {
        var document = Some.Document();

        document.Apply(Remove(path)).Document.Should().BeSameAs(document);
    }

    [TestCase("tags[value eq \"RED\"]", "remove", null, "blue")]
    [TestCase("tags[value eq \"red\"]", "replace", "\"green\"", "green,blue")]
    [TestCase("tags[not (value eq \"red\")]", "remove", null, "Red")]
    [TestCase("tags", "remove", "[\"RED\"]", "blue")]
    [TestCase("tags", "add", "[\"Red\",\"x\"]", "Red,blue,x")]
    public void Simple_values_are_selected_by_value(string path, string op, string? value, string after)
    {
        var document = Some.Document($$"""  "{{Some.AcmeUrn}}": {"tags": ["Red", "blue"]} """);

        var tags = (
            Some.Json(document.Apply(Operation(op, Some.AcmeUrn + ":" + path, value)).Document)[Some.AcmeUrn]!["tags"]!
        ).AsArray();

        string.Join(',', tags.Select(tag => (string?)tag)).Should().Be(after);
    }

    [TestCase("add", "bogus", "\"x\"", "invalidPath")]
    [TestCase("replace", "name.bogus", "\"x\"", "invalidPath")]
    [TestCase("replace", "emails[type eq \"work\"].bogus", "\"x\"", "invalidPath")]
    [TestCase("remove", "emails[bogus eq \"work\"]", null, "invalidPath")]
    [TestCase("remove", "emails[type zz \"work\"]", null, "invalidPath")]
    [TestCase("remove", "emails[type eq \"work\"", null, "invalidPath")]
    [TestCase("remove", "emails]", null, "invalidPath")]
    [TestCase("remove", "emails[]", null, "invalidPath")]
    [TestCase("remove", "emails[type eq \"work\"]value", null, "invalidPath")]
    [TestCase("remove", "emails[type eq \"work\"].", null, "invalidPath")]
    [TestCase("remove", "emails[0]", null, "invalidPath")]
    [TestCase("remove", "title[value eq \"x\"]", null, "invalidPath")]
    [TestCase("remove", "emails.value[type eq \"x\"]", null, "invalidPath")]
    [TestCase("remove", " ", null, "invalidPath")]
    [TestCase("add", "urn:ietf:params:scim:schemas:core:2.0:User", "{}", "invalidPath")]
    [TestCase("add", Enterprise + ":bogus", "\"x\"", "invalidPath")]
    [TestCase("remove", null, null, "noTarget")]
    [TestCase("remove", "", null, "noTarget")]
    [TestCase("remove", null, "{\"title\":1}", "noTarget")]
    [TestCase("replace", "emails[type eq \"none\"]", "{\"value\":\"x\"}", "noTarget")]
    [TestCase("add", "emails[type eq \"none\"]", "{\"value\":\"x\"}", "noTarget")]
    [TestCase("replace", "emails[type co \"none\"].value", "\"x\"", "noTarget")]
    [TestCase("replace", "emails[type eq \"a\" or type eq \"b\"].value", "\"x\"", "noTarget")]
    [TestCase("replace", "emails[not (type eq \"work\" or type eq \"home\")].value", "\"x\"", "noTarget")]
    [TestCase("replace", "emails[type eq \"a\" and type eq \"b\"].value", "\"x\"", "noTarget")]
    [TestCase("replace", "emails[type eq \"\"].value", "\"x\"", "noTarget")]
    [TestCase("replace", "x509Certificates[value eq \"!\"].display", "\"x\"", "noTarget")]
    [TestCase("replace", Some.AcmeUrn + ":devices[slots eq 1.5].value", "\"x\"", "noTarget")]
    [TestCase("replace", Some.AcmeUrn + ":tags[value eq \"none\"]", "\"x\"", "noTarget")]
    [TestCase("replace", "id", "\"x\"", "mutability")]
    [TestCase("replace", "meta", "{}", "mutability")]
    [TestCase("replace", "meta.created", "\"x\"", "mutability")]
    [TestCase("add", "schemas", "[\"urn:x\"]", "mutability")]
    [TestCase("add", "groups", "[]", "mutability")]
    [TestCase("remove", "groups[value eq \"x\"]", null, "mutability")]
    [TestCase("replace", "groups.display", "\"x\"", "mutability")]
    [TestCase("replace", "manager.displayName", "\"x\"", "mutability")]
    [TestCase("remove", "userName", null, "mutability")]
    [TestCase("replace", "userName", "\"\"", "invalidValue")]
    [TestCase("replace", "userName", "null", "invalidValue")]
    [TestCase("replace", "userName", "[]", "invalidValue")]
    [TestCase("add", "title", null, "invalidValue")]
    [TestCase("replace", "title", null, "invalidValue")]
    [TestCase("add", null, null, "invalidValue")]
    [TestCase("add", null, "null", "invalidValue")]
    [TestCase("add", null, "[]", "invalidValue")]
    [TestCase("add", null, "\"x\"", "invalidValue")]
    [TestCase("replace", "title", "5", "invalidValue")]
    [TestCase("replace", "title", "\"a\\u0000\"", "invalidValue")]
    [TestCase("replace", "active", "\"yes\"", "invalidValue")]
    [TestCase("replace", "name", "\"x\"", "invalidValue")]
    [TestCase("replace", "name.givenName", "{}", "invalidValue")]
    [TestCase("replace", "emails", "5", "invalidValue")]
    [TestCase("replace", "emails[type eq \"work\"]", "5", "invalidValue")]
    [TestCase("replace", "emails[type eq \"work\"].primary", "\"maybe\"", "invalidValue")]
    [TestCase("add", Enterprise, "5", "invalidValue")]
    [TestCase("add", null, "{\"title\":\"a\",\"TITLE\":\"b\"}", "invalidSyntax")]
    public void Each_refusal_has_its_scimType_under_every_profile(
        string op,
        string? path,
        string? value,
        string scimType
    ) => Some.Refused(() => Some.Document(Emails).Apply(Operation(op, path, value)), scimType);

    [TestCase("Replace", "title", "\"T\"", "invalidSyntax", Deviation.CapitalisedOperation)]
    [TestCase("replace", "active", "\"True\"", "invalidValue", Deviation.StringBoolean)]
    [TestCase("replace", Some.AcmeUrn + ":level", "\"5\"", "invalidValue", Deviation.StringNumber)]
    [TestCase("remove", "emails", "[{\"value\":\"w\"}]", "invalidValue", Deviation.RemoveWithValue)]
    [TestCase("replace", null, "{\"name.givenName\":\"G\"}", "invalidPath", Deviation.DottedKey)]
    [TestCase("replace", null, "{\"emails[type eq \\\"work\\\"].value\":\"G\"}", "invalidPath", Deviation.DottedKey)]
    [TestCase("replace", Enterprise + ":manager", "\"m\"", "invalidValue", Deviation.BareReference)]
    [TestCase("replace", "managerId", "\"m\"", "invalidPath", Deviation.BareReference)]
    [TestCase("replace", "department", "\"d\"", "invalidPath", Deviation.BareExtensionAttribute)]
    [TestCase(
        "replace",
        "phoneNumbers[type eq \"mobile\"].value",
        "\"1\"",
        "noTarget",
        Deviation.CreateOnMissingValuePath
    )]
    [TestCase("add", "phoneNumbers[type eq \"mobile\"].value", "\"1\"", "noTarget", Deviation.CreateOnMissingValuePath)]
    [TestCase("replace", null, "{\"bogus\":1}", "invalidPath", Deviation.UnknownAttribute)]
    [TestCase("replace", null, "{\"name\":{\"bogus\":1}}", "invalidPath", Deviation.UnknownAttribute)]
    [TestCase("replace", Enterprise, "{\"bogus\":1}", "invalidPath", Deviation.UnknownAttribute)]
    [TestCase("replace", "urn:example:none:User:x", "1", "invalidPath", Deviation.UnknownAttribute)]
    [TestCase("add", "roles", "{\"value\":\"b\"}", "invalidValue", Deviation.SingleValueForMultiValued)]
    [TestCase(
        "add",
        Enterprise + ":manager",
        "[{\"value\":\"m\"}]",
        "invalidValue",
        Deviation.SingleValueForMultiValued
    )]
    [TestCase(
        "replace",
        "emails",
        "[{\"value\":\"a\",\"primary\":true},{\"value\":\"b\",\"primary\":true}]",
        "invalidValue",
        Deviation.SeveralPrimaries
    )]
    public void Strict_refuses_what_auto_tolerates_and_records(
        string op,
        string? path,
        string value,
        string scimType,
        Deviation deviation
    )
    {
        var log = Some.Auto;

        Some.Document(Emails).Apply(log, Operation(op, path, value));

        log.Seen.Should().Contain(deviation);
        Some.Refused(() => Some.Document(Emails).Apply(Some.Strict, Operation(op, path, value)), scimType);
    }

    [Test]
    public void Plain_requests_deviate_in_nothing()
    {
        var log = Some.Auto;

        Some.Document(Emails)
            .Apply(
                log,
                Add("title", "\"T\""),
                Replace("emails[type eq \"work\"].value", "\"x\""),
                Remove("emails[type eq \"home\"]"),
                Replace(Enterprise + ":manager", "{\"value\":\"m\"}"),
                Set("{\"nickName\":\"N\",\"" + Enterprise + "\":{\"department\":\"D\"}}")
            );

        log.Seen.Should().BeEmpty();
    }

    [Test]
    public void Several_operations_on_a_missing_value_path_build_one_element() =>
        Some.Print(
                Some.Document()
                    .Apply(
                        Add("addresses[type eq \"work\"].streetAddress", "\"S\""),
                        Replace("addresses[type eq \"work\"].postalCode", "\"P\""),
                        Add("addresses[type eq \"work\" and primary eq \"True\"].country", "\"US\"")
                    )
                    .Document
            )
            .Should()
            .Be(
                """{"userName":"bjensen","addresses":[{"streetAddress":"S","postalCode":"P","type":"work"},{"country":"US","type":"work","primary":true}]}"""
            );

    [TestCase("\"\"")]
    [TestCase("null")]
    public void Nothing_is_created_for_an_empty_value(string value)
    {
        var document = Some.Document();

        document.Apply(Replace("phoneNumbers[type eq \"fax\"].value", value)).Document.Should().BeSameAs(document);
    }

    [Test]
    public void A_created_element_holds_values_of_their_types()
    {
        var path =
            Some.AcmeUrn
            + ":devices[slots eq 3 and weight eq 2 and seen eq \"2011-05-13T04:42:34Z\" and labels eq \"L\"].value";

        var document = Some.Document().Apply(Add(path, "\"d\"")).Document;

        Some.Print(document)
            .Should()
            .Contain("""{"value":"d","seen":"2011-05-13T04:42:34Z","weight":2,"slots":3,"labels":["L"]}""");
        DocumentReader
            .ReadStored(DocumentWriter.Write(document, Some.Id).Bytes.Span, Some.AcmeSchema)
            .Should()
            .Be(document);
    }

    [Test]
    public void A_role_selected_by_primary_as_text_is_created_with_a_boolean() =>
        Some.Print(Some.Document().Apply(Add("roles[primary eq \"True\"].value", "\"admin\"")).Document)
            .Should()
            .Be("""{"userName":"bjensen","roles":[{"value":"admin","primary":true}]}""");

    [Test]
    public void A_value_without_path_takes_every_kind_of_key()
    {
        var value = $$"""
            { "id": "x", "schemas": [], "meta": null, "groups": [{"value": "g"}], "bogus": {"a": 1}, "name.bogus": 1, "urn:none:x:y": 2,
              "ACTIVE": "False", "name.givenName": "G", "name": {"familyName": "F"}, "{{Enterprise}}:employeeNumber": "7",
              "{{Enterprise}}": {"Department": "D", "bogus": 1, "managerId": "m"}, "emails[type eq \"work\"].value": "new",
              "urn:ietf:params:scim:schemas:core:2.0:User:title": "T", "costCenter": "C" }
            """;

        Some.Print(Some.Document("\"active\": true, " + Emails).Apply(Set(value)).Document)
            .Should()
            .Be(
                $$$$"""{"userName":"bjensen","name":{"familyName":"F","givenName":"G"},"title":"T","active":false,"emails":[{"value":"new","type":"work","primary":true},{"value":"h","type":"home"}],"{{{{Enterprise}}}}":{"employeeNumber":"7","costCenter":"C","department":"D","manager":{"value":"m"}}}"""
            );
    }

    [TestCase("manager", "\"m\"", "m")]
    [TestCase("managerId", "\"m\"", "m")]
    [TestCase(Enterprise + ":manager", "\"m\"", "m")]
    [TestCase(Enterprise + ".manager", "{\"value\":\"m\"}", "m")]
    [TestCase(Enterprise + ":manager", "{\"$ref\":null,\"value\":\"m\",\"displayName\":\"x\"}", "m")]
    [TestCase(Enterprise + ":manager", "[{\"$ref\":\"u\",\"value\":\"m\"}]", "m")]
    [TestCase(Enterprise + ":manager", "{\"managerId\":\"m\"}", "m")]
    [TestCase(Enterprise + ":manager.value", "\"m\"", "m")]
    [TestCase(Enterprise, "{\"manager\":\"m\"}", "m")]
    [TestCase("manager", "\"\"", null)]
    [TestCase("manager", "null", null)]
    [TestCase("manager", "[]", null)]
    [TestCase(Enterprise + ":manager", "{\"value\":\"\"}", null)]
    [TestCase(Enterprise + ":manager", "{\"value\":null}", null)]
    [TestCase(Enterprise + ":manager.value", "\"\"", null)]
    [TestCase(Enterprise, "{\"manager\":null}", null)]
    [TestCase(Enterprise, "null", null)]
    public void The_manager_is_set_and_cleared_in_every_shape(string path, string value, string? expected)
    {
        var document = Some.Document($$"""  "{{Enterprise}}": {"manager": {"value": "old"} } """)
            .Apply(Replace(path, value))
            .Document;

        ((string?)Some.Json(document)[Enterprise]?["manager"]?["value"]).Should().Be(expected);
    }

    [Test]
    public void Derived_parts_of_a_manager_are_ignored()
    {
        var document = Some.Document($$"""  "{{Enterprise}}": {"manager": {"value": "m"} } """);

        document
            .Apply(Replace("manager.$ref", "\"x\""), Add("manager", "{\"displayName\":\"x\"}"))
            .Document.Should()
            .BeSameAs(document);
    }

    [Test]
    public void Removing_the_URN_of_an_extension_clears_it()
    {
        var document = Some.Document($$"""  "{{Enterprise}}": {"department": "D", "manager": {"value": "m"} } """);

        var after = document.Apply(Remove(Enterprise.ToUpperInvariant())).Document;

        after.SchemaUrns.Should().Equal(Urns.User);
        document.SchemaUrns.Should().Equal(Urns.User, Enterprise);
    }

    [TestCase("replace", "emails[type eq \"home\"].primary", "true")]
    [TestCase("add", "emails[type eq \"home\"].primary", "\"True\"")]
    [TestCase("add", "emails[type eq \"home\"]", "{\"primary\":true}")]
    [TestCase("replace", "emails[type eq \"home\"]", "{\"value\":\"h\",\"type\":\"home\",\"primary\":true}")]
    public void Setting_a_second_primary_clears_the_first(string op, string path, string value) =>
        Some.Print(Some.Document(Emails).Apply(Operation(op, path, value)).Document)
            .Should()
            .Contain("""[{"value":"w","type":"work","primary":false},{"value":"h","type":"home","primary":true}]""");

    [Test]
    public void An_added_primary_clears_the_first() =>
        Some.Print(
                Some.Document(Emails).Apply(Some.Strict, Add("emails", "[{\"value\":\"n\",\"primary\":true}]")).Document
            )
            .Should()
            .Contain(
                """[{"value":"w","type":"work","primary":false},{"value":"h","type":"home"},{"value":"n","primary":true}]"""
            );

    [Test]
    public void The_last_of_several_primaries_in_one_value_stays() =>
        Some.Print(
                Some.Document()
                    .Apply(Replace("emails", "[{\"value\":\"a\",\"primary\":true},{\"value\":\"b\",\"primary\":true}]"))
                    .Document
            )
            .Should()
            .Contain("""[{"value":"a","primary":false},{"value":"b","primary":true}]""");

    [Test]
    public void An_immutable_part_of_an_element_keeps_its_value()
    {
        var document = Some.Document($$"""  "{{Some.AcmeUrn}}": {"devices": [{"value": "d", "serial": "1"}]} """);
        var path = Some.AcmeUrn + ":devices[value eq \"d\"]";

        Some.Refused(() => document.Apply(Replace(path + ".serial", "\"2\"")), "mutability");
        Some.Refused(() => document.Apply(Remove(path + ".serial")), "mutability");
        Some.Refused(() => document.Apply(Replace(path, "{\"value\":\"d\"}")), "mutability");
        document.Apply(Replace(path + ".serial", "\"1\"")).Document.Should().Be(document);
        document.Apply(Remove(path)).Document.Root[Some.AcmeSchema.Root.Find(Some.AcmeUrn)!].Should().BeNull();
    }

    [TestCase("replace", "password", "\"new\"", "new")]
    [TestCase("add", "PASSWORD", "\"new\"", "new")]
    [TestCase("replace", null, "{\"password\":\"new\"}", "new")]
    [TestCase("replace", "password", "\"\"", null)]
    [TestCase("remove", "password", null, null)]
    public void The_password_is_lifted_out(string op, string? path, string? value, string? password)
    {
        var document = Some.Document();

        var outcome = document.Apply(Operation(op, path, value));

        outcome.PasswordTouched.Should().BeTrue();
        outcome.Password.Should().Be(password);
        outcome.Document.Should().BeSameAs(document);
    }

    [Test]
    public void Operations_apply_in_order_each_to_the_result_of_the_one_before() =>
        Some.Document()
            .Apply(Add("title", "\"a\""), Remove("title"), Add("nickName", "\"n\""), Replace("title", "\"b\""))
            .Document.Text("title")
            .Should()
            .Be("b");

    [Test]
    public void Long_lists_are_added_and_removed_in_time()
    {
        var values = string.Join(',', Enumerable.Range(0, 50_000).Select(i => $$"""{"value":"r{{i}}"}"""));

        var clock = System.Diagnostics.Stopwatch.StartNew();
        var after = Some.Document()
            .Apply(Add("roles", $"[{values}]"), Add("roles", $"[{values}]"), Remove("roles", $"[{values}]"))
            .Document;

        after.Should().Be(Some.Document());
        clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(20), "each list is compared by hash, not pair by pair");
    }
}
