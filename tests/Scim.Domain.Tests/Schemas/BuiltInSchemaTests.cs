using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Schemas;

namespace Scim.Domain.Tests.Schemas;

internal sealed class BuiltInSchemaTests
{
    // name type multi required caseExact mutability returned uniqueness: RFC 7643 §4.1, §4.3, §8.7.1.
    private const string UserAttributes = """
        schemas Reference multi - exact ReadOnly Always None
        id String - - exact ReadOnly Always Server
        externalId String - - exact ReadWrite Default None
        userName String - required - ReadWrite Default Server
        name Complex - - - ReadWrite Default None
        name.formatted String - - - ReadWrite Default None
        name.familyName String - - - ReadWrite Default None
        name.givenName String - - - ReadWrite Default None
        name.middleName String - - - ReadWrite Default None
        name.honorificPrefix String - - - ReadWrite Default None
        name.honorificSuffix String - - - ReadWrite Default None
        displayName String - - - ReadWrite Default None
        nickName String - - - ReadWrite Default None
        profileUrl Reference - - exact ReadWrite Default None
        title String - - - ReadWrite Default None
        userType String - - - ReadWrite Default None
        preferredLanguage String - - - ReadWrite Default None
        locale String - - - ReadWrite Default None
        timezone String - - - ReadWrite Default None
        active Boolean - - - ReadWrite Default None
        password String - - - WriteOnly Never None
        emails Complex multi - - ReadWrite Default None
        emails.value String - - - ReadWrite Default None
        emails.display String - - - ReadWrite Default None
        emails.type String - - - ReadWrite Default None
        emails.primary Boolean - - - ReadWrite Default None
        phoneNumbers Complex multi - - ReadWrite Default None
        phoneNumbers.value String - - - ReadWrite Default None
        phoneNumbers.display String - - - ReadWrite Default None
        phoneNumbers.type String - - - ReadWrite Default None
        phoneNumbers.primary Boolean - - - ReadWrite Default None
        ims Complex multi - - ReadWrite Default None
        ims.value String - - - ReadWrite Default None
        ims.display String - - - ReadWrite Default None
        ims.type String - - - ReadWrite Default None
        ims.primary Boolean - - - ReadWrite Default None
        photos Complex multi - - ReadWrite Default None
        photos.value Reference - - exact ReadWrite Default None
        photos.display String - - - ReadWrite Default None
        photos.type String - - - ReadWrite Default None
        photos.primary Boolean - - - ReadWrite Default None
        addresses Complex multi - - ReadWrite Default None
        addresses.formatted String - - - ReadWrite Default None
        addresses.streetAddress String - - - ReadWrite Default None
        addresses.locality String - - - ReadWrite Default None
        addresses.region String - - - ReadWrite Default None
        addresses.postalCode String - - - ReadWrite Default None
        addresses.country String - - - ReadWrite Default None
        addresses.type String - - - ReadWrite Default None
        addresses.primary Boolean - - - ReadWrite Default None
        groups Complex multi - - ReadOnly Default None
        groups.value String - - - ReadOnly Default None
        groups.$ref Reference - - exact ReadOnly Default None
        groups.display String - - - ReadOnly Default None
        groups.type String - - - ReadOnly Default None
        entitlements Complex multi - - ReadWrite Default None
        entitlements.value String - - - ReadWrite Default None
        entitlements.display String - - - ReadWrite Default None
        entitlements.type String - - - ReadWrite Default None
        entitlements.primary Boolean - - - ReadWrite Default None
        roles Complex multi - - ReadWrite Default None
        roles.value String - - - ReadWrite Default None
        roles.display String - - - ReadWrite Default None
        roles.type String - - - ReadWrite Default None
        roles.primary Boolean - - - ReadWrite Default None
        x509Certificates Complex multi - - ReadWrite Default None
        x509Certificates.value Binary - - exact ReadWrite Default None
        x509Certificates.display String - - - ReadWrite Default None
        x509Certificates.type String - - - ReadWrite Default None
        x509Certificates.primary Boolean - - - ReadWrite Default None
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User Complex - - - ReadWrite Default None
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber String - - - ReadWrite Default None
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter String - - - ReadWrite Default None
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization String - - - ReadWrite Default None
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division String - - - ReadWrite Default None
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department String - - - ReadWrite Default None
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager Complex - - - ReadWrite Default None
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value String - - - ReadWrite Default None
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.$ref Reference - - exact ReadWrite Default None
        urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName String - - - ReadOnly Default None
        meta Complex - - exact ReadOnly Default None
        meta.resourceType String - - exact ReadOnly Default None
        meta.created DateTime - - exact ReadOnly Default None
        meta.lastModified DateTime - - exact ReadOnly Default None
        meta.location Reference - - exact ReadOnly Default None
        meta.version String - - exact ReadOnly Default None
        """;

    private const string GroupAttributes = """
        schemas Reference multi - exact ReadOnly Always None
        id String - - exact ReadOnly Always Server
        externalId String - - exact ReadWrite Default None
        displayName String - required - ReadWrite Default Server
        members Complex multi - - ReadWrite Default None
        members.value String - - - Immutable Default None
        members.$ref Reference - - exact Immutable Default None
        members.display String - - - ReadOnly Default None
        members.type String - - - Immutable Default None
        meta Complex - - exact ReadOnly Default None
        meta.resourceType String - - exact ReadOnly Default None
        meta.created DateTime - - exact ReadOnly Default None
        meta.lastModified DateTime - - exact ReadOnly Default None
        meta.location Reference - - exact ReadOnly Default None
        meta.version String - - exact ReadOnly Default None
        """;

    [TestCaseSource(nameof(ExpectedOfUser))]
    public void A_user_has_the_characteristics_of_the_RFC(string path, string characteristics) =>
        Describe(Some.UserSchema)[path].Should().Be(characteristics);

    [TestCaseSource(nameof(ExpectedOfGroup))]
    public void A_group_has_the_characteristics_of_the_RFC(string path, string characteristics) =>
        Describe(Some.GroupSchema)[path].Should().Be(characteristics);

    [Test]
    public void There_is_no_attribute_beside_those_of_the_RFC()
    {
        Describe(Some.UserSchema).Keys.Should().Equal(Lines(UserAttributes).Select(line => line.Path));
        Describe(Some.GroupSchema).Keys.Should().Equal(Lines(GroupAttributes).Select(line => line.Path));
    }

    [TestCase("emails", "type", "work,home,other")]
    [TestCase("phoneNumbers", "type", "work,home,mobile,fax,pager,other")]
    [TestCase("ims", "type", "aim,gtalk,icq,xmpp,msn,skype,qq,yahoo,other")]
    [TestCase("photos", "type", "photo,thumbnail")]
    [TestCase("groups", "type", "direct,indirect")]
    public void Canonical_values_are_those_of_the_RFC(string attribute, string sub, string values)
    {
        var canonical = Some.UserSchema.Root.Find(attribute)!.Attributes.Find(sub)!.CanonicalValues;

        foreach (var value in values.Split(','))
        {
            canonical.Should().Contain(value);
        }
    }

    [Test]
    public void All_six_schemas_are_published_with_their_URN()
    {
        BuiltInSchemas
            .All.Select(schema => schema.Urn)
            .Should()
            .Equal(
                Urns.User,
                Urns.EnterpriseUser,
                Urns.Group,
                Urns.ServiceProviderConfig,
                Urns.ResourceType,
                Urns.Schema
            );
        BuiltInSchemas.All.Should().OnlyContain(schema => schema.Name.Length > 0 && schema.Description.Length > 0);
        BuiltInSchemas
            .All.Should()
            .OnlyContain(schema => schema.Json.GetProperty("schemas")[0].GetString() == Urns.Schema);
    }

    [Test]
    public void No_sub_attribute_is_complex_outside_the_extensions()
    {
        var nested = Some
            .UserSchema.Root.Concat(Some.GroupSchema.Root)
            .Where(attribute => !attribute.IsExtension)
            .SelectMany(attribute => attribute.Attributes)
            .Where(sub => sub.Attributes.Count > 0);

        nested.Should().BeEmpty();
    }

    [TestCase("groups", true)]
    [TestCase("meta", true)]
    [TestCase("id", true)]
    [TestCase("schemas", true)]
    [TestCase("externalId", false)]
    [TestCase("emails", false)]
    public void What_the_server_derives_is_marked(string name, bool derived) =>
        Some.UserSchema.Root.Find(name)!.Derived.Should().Be(derived);

    private static IEnumerable<object[]> ExpectedOfUser() => Expected(UserAttributes);

    private static IEnumerable<object[]> ExpectedOfGroup() => Expected(GroupAttributes);

    private static IEnumerable<object[]> Expected(string table) =>
        Lines(table).Select(line => new object[] { line.Path, line.Traits });

    private static IEnumerable<(string Path, string Traits)> Lines(string table) =>
        table.Split('\n').Select(line => line.Trim().Split(' ', 2)).Select(parts => (parts[0], parts[1]));

    private static Dictionary<string, string> Describe(ResourceSchema schema) =>
        Flatten(schema.Root)
            .ToDictionary(
                a => a.Path,
                a =>
                    $"{a.Type} {(a.MultiValued ? "multi" : "-")} {(a.Required ? "required" : "-")} {(a.CaseExact ? "exact" : "-")} {a.Mutability} {a.Returned} {a.Uniqueness}"
            );

    private static IEnumerable<AttributeDefinition> Flatten(IEnumerable<AttributeDefinition> attributes) =>
        attributes.SelectMany(attribute => Flatten(attribute.Attributes).Prepend(attribute));
}
