using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Resources;
using Scim.Domain.Schemas;
using Scim.Domain.Users;
using static Scim.Domain.Tests.Patches;

namespace Scim.Domain.Tests.Users;

/// <summary>What a tenant's schema demands of a user, also of one that was written before the schema demanded it.</summary>
internal sealed class TenantSchemaTests
{
    private const string Urn = "urn:a:b";

    private static readonly ResourceSchema Demanding = ResourceSchema.User(
        SchemaDocument.ReadExtension(
            """
            {"id":"urn:a:b","attributes":[
              {"name":"code","required":true,"uniqueness":"server"},
              {"name":"level","type":"integer"},
              {"name":"origin","mutability":"readOnly","required":true},
              {"name":"desk","type":"complex","subAttributes":[
                {"name":"room","uniqueness":"server"},{"name":"plate","mutability":"readOnly"}]}]}
            """u8,
            required: true
        )
    );

    [Test]
    public void A_required_extension_must_be_there_on_creation_and_PUT()
    {
        Some.Refused(() => Create(""), "invalidValue").Detail.Should().Contain(Urn);
        Some.Refused(() => Create("\"urn:a:b\":{\"code\":null}"), "invalidValue").Detail.Should().Contain(Urn);
        Some.Refused(() => Load("").Replace(Body(""), null, Some.Auto, Some.Time), "invalidValue");
        Create(Worn).Document.SchemaUrns.Should().Contain(Urn);
    }

    [Test]
    public void A_user_without_the_required_extension_can_still_be_patched()
    {
        var user = Load("");

        Patch(user, Add("title", "\"T\""));

        user.Document.Text("title").Should().Be("T");
        Some.Refused(() => Patch(user, Add("urn:a:b:level", "1")), "invalidValue").Detail.Should().Contain("code");
        Patch(user, Add("urn:a:b:code", "\"c\""));
        user.Document.SchemaUrns.Should().Contain(Urn);
    }

    [TestCase("urn:a:b", "mutability")]
    [TestCase("urn:a:b:code", "mutability")]
    public void What_is_required_is_not_removed(string path, string scimType) =>
        Some.Refused(() => Patch(Load(Worn), Remove(path)), scimType);

    [Test]
    public void A_part_that_became_required_is_not_asked_of_a_PATCH_of_something_else()
    {
        var user = Load("\"urn:a:b\":{\"level\":1},\"title\":\"T\"");

        Patch(user, Replace("urn:a:b:level", "2"), Remove("title"));

        Some.Print(user.Document).Should().Contain("\"level\":2").And.NotContain("title");
    }

    [Test]
    public void A_readOnly_attribute_is_ignored_in_bodies_and_refused_as_a_path()
    {
        var user = Create("\"urn:a:b\":{\"code\":\"c\",\"origin\":\"x\",\"desk\":{\"room\":\"1\",\"plate\":\"p\"}}");

        Patch(user, Add("urn:a:b", "{\"origin\":\"y\"}"), Set("{\"urn:a:b\":{\"desk\":{\"plate\":\"q\"}}}"));

        Some.Print(user.Document).Should().EndWith("""{"code":"c","desk":{"room":"1"}}}""");
        Some.Refused(() => Patch(user, Add("urn:a:b:origin", "\"y\"")), "mutability");
        Some.Refused(() => Patch(user, Remove("urn:a:b:origin")), "mutability");
        Some.Refused(() => Patch(user, Replace("urn:a:b:desk.plate", "\"y\"")), "mutability");
    }

    [Test]
    public void A_required_extension_that_no_client_could_supply_is_refused() =>
        Some.Refused(
            () =>
                SchemaDocument.ReadExtension(
                    """{"id":"urn:a:b","attributes":[{"name":"x","mutability":"readOnly"}]}"""u8,
                    required: true
                ),
            "invalidValue"
        );

    [Test]
    public void Unique_are_the_tenants_attributes_and_parts_of_them()
    {
        var core = SchemaDocument.ReadExtension(
            Some.Bytes($$"""{"id":"{{Urns.User}}","attributes":[{"name":"badge","uniqueness":"global"}]}""")
        );

        Demanding.Unique.Select(path => path.Target.Path).Should().Equal("urn:a:b:code", "urn:a:b:desk.room");
        ResourceSchema.User(core).Unique.Select(path => path.Target.Path).Should().Equal("badge");
        Some.UserSchema.Unique.Should().BeEmpty();
        Some.GroupSchema.Unique.Should().BeEmpty();
    }

    [Test]
    public void A_unique_value_that_no_index_takes_is_refused() =>
        Some.Refused(() => Create($"\"urn:a:b\":{{\"code\":\"{new string('x', 1025)}\"}}"), "invalidValue");

    private const string Worn = "\"urn:a:b\":{\"code\":\"c\"}";

    private static ResourceBody Body(string members) =>
        DocumentReader.ReadBody(Some.UserBody(members), Demanding, Some.Auto);

    private static User Create(string members) => User.Create(Body(members), null, Some.Auto, Some.Time);

    // As stored: written before the schema demanded anything.
    private static User Load(string members)
    {
        var active = members.Length == 0 ? "\"active\":true" : "\"active\":true," + members;
        return User.Load(Some.Id, Body(active).Document, 1, Some.Time, Some.Time);
    }

    private static void Patch(User user, params string[] operations) =>
        user.Patch(user.Document.Apply(operations), null, Some.Time);
}
