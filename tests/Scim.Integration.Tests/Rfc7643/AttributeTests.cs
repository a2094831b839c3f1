using FluentAssertions;
using NUnit.Framework;
using Scim.Integration.Tests.Protocol;
using Scim.TestKit;

namespace Scim.Integration.Tests.Rfc7643;

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7643 §2")]
[Property("Capability", "Attribute names, data types and multi-valued attributes")]
internal sealed class AttributeTests(DatabaseKind database) : ProtocolFixture(database)
{
    [Test]
    public async Task Names_ignore_case_on_input_and_are_canonical_on_output()
    {
        var userName = Some.UserName();

        var user = await Client.PostAsync(
            "/Users",
            $$$"""
            {"SCHEMAS":["{{{User.ToUpperInvariant()}}}"],"USERNAME":"{{{userName}}}","Name":{"GIVENNAME":"Ann"},
             "EMAILS":[{"VALUE":"ann@example.com","Primary":true}],"{{{Enterprise.ToUpperInvariant()}}}":{"DEPARTMENT":"R"}}
            """
        );

        user.ShouldBe(201);
        user.At("userName").Should().Be(userName);
        user.At("name/givenName").Should().Be("Ann");
        user.At("emails").Should().Be("""[{"value":"ann@example.com","primary":true}]""");
        user.At($"{Enterprise}/department").Should().Be("R");
        user.At("schemas/0").Should().Be(User);
        user.At("schemas/1").Should().Be(Enterprise);
    }

    [TestCase("\"active\":\"yes\"")]
    [TestCase("\"active\":1")]
    [TestCase("\"active\":{}")]
    [TestCase("\"title\":5")]
    [TestCase("\"title\":{\"a\":1}")]
    [TestCase("\"title\":[\"a\",\"b\"]")]
    [TestCase("\"name\":5")]
    [TestCase("\"name\":\"Ann\"")]
    [TestCase("\"emails\":5")]
    [TestCase("\"emails\":[5]")]
    [TestCase("\"emails\":[[{\"value\":\"a\"}]]")]
    [TestCase("\"emails\":[{\"value\":{}}]")]
    [TestCase("\"emails\":[{\"value\":\"a\",\"primary\":\"perhaps\"}]")]
    [TestCase("\"x509Certificates\":[{\"value\":\"***\"}]")]
    [TestCase("\"userName\":true")]
    public async Task A_value_of_another_type_is_refused(string member)
    {
        var body = member.StartsWith("\"userName\"", StringComparison.Ordinal)
            ? $$"""{"schemas":["{{User}}"],{{member}}}"""
            : UserBody(member);

        (await Client.PostAsync("/Users", body)).ShouldBeError(400, "invalidValue");
    }

    [Test]
    public async Task Binary_and_reference_values_are_kept_as_they_are()
    {
        var user = await CreateUserAsync(
            """
            "x509Certificates":[{"value":"TUlJQw=="}],"profileUrl":"https://Example.com/Ann?x=Y",
            "photos":[{"value":"https://Example.com/A.png","type":"photo"}]
            """
        );

        var read = await ReadAsync(user);
        read.At("x509Certificates/0/value").Should().Be("TUlJQw==");
        read.At("profileUrl").Should().Be("https://Example.com/Ann?x=Y");
        read.At("photos/0/value").Should().Be("https://Example.com/A.png");
    }

    [Test]
    public async Task The_order_of_members_has_no_meaning()
    {
        var userName = Some.UserName();
        var one = await Client.PostAsync(
            "/Users",
            $$$"""{"name":{"familyName":"B","givenName":"A"},"title":"t","userName":"{{{userName}}}","schemas":["{{{User}}}"]}"""
        );
        one.ShouldBe(201);

        var same = await Client.PutAsync(
            $"/Users/{one.Id}",
            $$$"""{"schemas":["{{{User}}}"],"userName":"{{{userName}}}","title":"t","name":{"givenName":"A","familyName":"B"}}"""
        );

        same.ShouldBe(200).At("meta/version").Should().Be(one.At("meta/version"));
    }

    [TestCase("null")]
    [TestCase("\"\"")]
    [TestCase("[]")]
    public async Task Null_empty_and_absent_are_unassigned(string nothing)
    {
        var emails = nothing == "\"\"" ? "[]" : nothing;
        var user = await CreateUserAsync(
            $$$"""
            "title":{{{(
                nothing == "[]" ? "null" : nothing
            )}}},"emails":{{{emails}}},"name":{"givenName":"A","familyName":null,"middleName":""},
            "phoneNumbers":[{"value":"1","type":null}],"{{{Enterprise}}}":null
            """
        );

        user.Names().Should().NotContain(["title", "emails", Enterprise]);
        user.At("name").Should().Be("""{"givenName":"A"}""");
        user.At("phoneNumbers").Should().Be("""[{"value":"1"}]""");
        user.At("schemas").Should().Be($"[\"{User}\"]");
        user.Text.Should().NotContain("null");
        var found = await Client.GetAsync(
            $"/Users?filter={Escape($"userName eq \"{user.At("userName")}\" and not (title pr) and title eq null")}"
        );
        found.At("totalResults").Should().Be("1");
    }

    [Test]
    public async Task An_element_without_primary_counts_as_not_primary()
    {
        var user = await CreateUserAsync(
            """ "emails":[{"value":"a@example.com"},{"value":"b@example.com","primary":true}] """
        );

        var found = await Client.GetAsync(
            $"/Users?filter={Escape($"userName eq \"{user.At("userName")}\" and emails[value sw \"a@\" and primary eq false]")}"
        );

        found.At("totalResults").Should().Be("1");
    }

    [Test]
    public async Task At_most_one_element_is_primary()
    {
        var user = await CreateUserAsync(
            """ "emails":[{"value":"a@example.com","primary":true},{"value":"b@example.com","primary":true}] """
        );

        user.Each("emails", "primary").Should().Equal("false", "true");
    }

    [Test]
    public async Task Types_are_free_text_and_may_be_missing()
    {
        var user = await CreateUserAsync(
            """ "emails":[{"value":"a@example.com","type":"School"},{"value":"b@example.com"}],"roles":[{"value":"x","type":"WindowsAzureActiveDirectoryRole"}] """
        );

        user.At("emails/0/type").Should().Be("School");
        user.At("emails/1").Should().Be("""{"value":"b@example.com"}""");
        user.At("roles/0/type").Should().Be("WindowsAzureActiveDirectoryRole");
    }

    [Test]
    public async Task The_same_value_is_not_kept_twice()
    {
        var user = await CreateUserAsync(
            """ "emails":[{"value":"a@example.com","type":"work"},{"value":"a@example.com","type":"work"}] """
        );

        user.Count("emails").Should().Be(1);
    }

    [TestCase("Zoë Ångström 北京 🎉")]
    [TestCase("tab\\tquote\\\"slash\\\\")]
    public async Task Text_comes_back_as_it_was_sent(string json)
    {
        var user = await CreateUserAsync($"\"displayName\":\"{json}\"");

        (await ReadAsync(user)).At("displayName").Should().Be(System.Text.RegularExpressions.Regex.Unescape(json));
    }
}
