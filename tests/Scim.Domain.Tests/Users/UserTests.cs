using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Users;
using static Scim.Domain.Tests.Patches;

namespace Scim.Domain.Tests.Users;

internal sealed class UserTests
{
    private static readonly DateTimeOffset Later = Some.Time.AddMinutes(1);

    [TestCase("", true)]
    [TestCase("\"active\": null", true)]
    [TestCase("\"active\": true", true)]
    [TestCase("\"active\": false", false)]
    public void A_new_user_is_active_unless_it_says_otherwise(string members, bool active) =>
        Create(members).Active.Should().Be(active);

    [Test]
    public void A_new_user_has_version_1_and_the_time_of_its_creation()
    {
        var user = Create();

        (user.Version, user.Created, user.LastModified).Should().Be((1L, Some.Time, Some.Time));
        user.Id.Version.Should().Be(7);
        user.Change!.Before.Should().BeNull();
        user.UserName.Should().Be("bjensen");
    }

    [TestCase("\"userName\": null")]
    [TestCase("\"userName\": \"\"")]
    public void A_user_needs_a_userName(string members) => Some.Refused(() => Create(members), "invalidValue");

    [Test]
    public void Several_primaries_keep_the_last_or_are_refused()
    {
        const string Emails = """ "emails": [{"value":"a","primary":true},{"value":"b","primary":true}] """;

        Some.Print(Create(Emails).Document)
            .Should()
            .Contain("""[{"value":"a","primary":false},{"value":"b","primary":true}]""");
        Some.Refused(() => User.Create(Some.User(Emails, Some.Strict), null, Some.Strict, Some.Time), "invalidValue");
    }

    [Test]
    public void Patching_a_user_to_the_state_it_is_in_changes_nothing()
    {
        var user = Load("\"active\": true, \"title\": \"T\"");

        Patch(user, Replace("active", "\"True\""), Add("title", "\"T\""), Remove("nickName"));

        (user.Version, user.LastModified, user.Change).Should().Be((4L, Some.Time, (ResourceChanged?)null));
    }

    [Test]
    public void A_change_raises_the_version_by_one_and_tells_before_and_after()
    {
        var user = Load("\"active\": true");
        var before = user.Document;

        Patch(user, Replace("active", "false"), Replace("title", "\"T\""));

        (user.Version, user.LastModified, user.Active).Should().Be((5L, Later, false));
        user.Change.Should().Be(new ResourceChanged(before, user.Document, false));
    }

    [Test]
    public void A_change_right_after_the_creation_is_part_of_the_creation()
    {
        var user = Create();

        Patch(user, Replace("title", "\"T\""));

        user.Change!.Before.Should().BeNull();
        user.Change.After.Should().BeSameAs(user.Document);
    }

    [TestCase("remove", null)]
    [TestCase("replace", "null")]
    [TestCase("replace", "\"\"")]
    [TestCase("add", "[]")]
    public void Active_cannot_be_unassigned(string op, string? value)
    {
        var user = Load("\"active\": false");

        Some.Refused(() => Patch(user, Operation(op, "active", value)), "invalidValue");
        (user.Version, user.Active).Should().Be((4L, false));
    }

    [TestCase("", false)]
    [TestCase("\"active\": null", false)]
    [TestCase("\"active\": true", true)]
    public void A_PUT_clears_what_it_omits_but_active(string members, bool active)
    {
        var user = Load("\"active\": false, \"title\": \"T\", \"externalId\": \"x\"");

        Put(user, members);

        Some.Print(user.Document).Should().Be($$"""{"userName":"bjensen","active":{{(active ? "true" : "false")}}}""");
        user.Version.Should().Be(5);
    }

    [Test]
    public void A_PUT_of_what_is_there_changes_nothing()
    {
        var user = Load("\"active\": true, \"title\": \"T\"");

        Put(user, "\"title\": \"T\"");

        (user.Version, user.LastModified).Should().Be((4L, Some.Time));
    }

    [Test]
    public void A_PUT_keeps_the_password_it_omits()
    {
        var user = Load("\"active\": true");
        Put(user, "\"title\": \"T\"");
        user.PasswordChanged.Should().BeFalse();

        user.Replace(Some.User("\"title\": \"T\""), "hash", Some.Auto, Later);

        (user.PasswordChanged, user.PasswordHash, user.Change!.PasswordChanged).Should().Be((true, "hash", true));
    }

    [Test]
    public void A_refused_change_leaves_the_password_alone()
    {
        var user = Load("\"active\": true");

        Some.Refused(
            () => user.Patch(user.Document.Apply(Replace("password", "\"p\""), Remove("active")), "hash", Later),
            "invalidValue"
        );
        Some.Refused(
            () => user.Replace(Some.Read($$"""{"schemas":["{{Urns.User}}"]}"""), "hash", Some.Auto, Later),
            "invalidValue"
        );

        (user.PasswordChanged, user.PasswordHash).Should().Be((false, null));
    }

    [Test]
    public void A_password_alone_is_a_change()
    {
        var user = Load("\"active\": true");

        user.Patch(user.Document.Apply(Replace("password", "\"p\"")), "hash", Later);

        (user.Version, user.PasswordHash, user.Change!.PasswordChanged).Should().Be((5L, "hash", true));
    }

    [Test]
    public void A_PUT_keeps_immutable_values_it_omits_and_refuses_others()
    {
        var user = Load(
            $$"""  "active": true, "{{Some.AcmeUrn}}": {"badge": "b", "level": 1, "desk": {"plate": "p", "room": "r"} } """
        );

        Put(user, "");

        Some.Print(user.Document)
            .Should()
            .Be(
                $$$$"""{"userName":"bjensen","active":true,"{{{{Some.AcmeUrn}}}}":{"badge":"b","desk":{"plate":"p"}}}"""
            );
        Some.Refused(() => Put(user, $$"""  "{{Some.AcmeUrn}}": {"badge": "c"} """), "mutability");
        Some.Refused(() => Put(user, $$"""  "{{Some.AcmeUrn}}": {"desk": {"plate": "c"} } """), "mutability");
    }

    [Test]
    public void An_immutable_value_can_be_set_once()
    {
        var user = Load("\"active\": true");

        Patch(user, Add(Some.AcmeUrn + ":badge", "\"b\""), Add(Some.AcmeUrn + ":desk", "{\"plate\":\"p\"}"));
        Patch(user, Replace(Some.AcmeUrn + ":badge", "\"b\""));

        foreach (
            var operation in new[]
            {
                Replace("badge", "\"c\""),
                Remove("badge"),
                Remove(Some.AcmeUrn),
                Remove("desk"),
                Replace("desk.plate", "\"q\""),
            }
        )
        {
            Some.Refused(() => Patch(user, operation), "mutability");
        }

        user.Version.Should().Be(5);
    }

    [Test]
    public void A_required_part_of_an_extension_is_demanded_with_the_extension()
    {
        var schema = ResourceSchema.User(
            SchemaDocument.ReadExtension(
                """{"id":"urn:a:b","attributes":[{"name":"must","required":true},{"name":"may"}]}"""u8
            )
        );
        var body = Some.Read(
            $$"""{"schemas":["{{Urns.User}}"],"userName":"x","urn:a:b":{"may":"y"} }""",
            schema: schema
        );

        Some.Refused(() => User.Create(body, null, Some.Auto, Some.Time), "invalidValue")
            .Detail.Should()
            .Contain("urn:a:b:must");
        User.Create(
                Some.Read($$"""{"schemas":["{{Urns.User}}"],"userName":"x"}""", schema: schema),
                null,
                Some.Auto,
                Some.Time
            )
            .Should()
            .NotBeNull();
    }

    [Law]
    public void A_user_that_is_put_as_it_is_read_does_not_change(UserJson json)
    {
        var document = User.Create(Some.Read(json.Json), null, Some.Auto, Some.Time).Document;
        var user = User.Load(Some.Id, document, 1, Some.Time, Some.Time);

        user.Replace(
            DocumentReader.ReadBody(DocumentWriter.Write(document, Some.Id).Bytes.Span, Some.AcmeSchema, Some.Strict),
            null,
            Some.Strict,
            Later
        );

        user.Change.Should().BeNull();
    }

    private static User Create(string members = "") => User.Create(Some.User(members), null, Some.Auto, Some.Time);

    private static User Load(string members) => User.Load(Some.Id, Some.Document(members), 4, Some.Time, Some.Time);

    private static void Put(User user, string members) => user.Replace(Some.User(members), null, Some.Auto, Later);

    private static void Patch(User user, params string[] operations) =>
        user.Patch(user.Document.Apply(operations), null, Later);
}
