using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Search;

[TestFixtureSource(typeof(Databases))]
[Property(
    "Capability",
    "Filters: the whole grammar, every operator on every kind of attribute, in SQL on both databases"
)]
[Property("Rfc", "RFC 7644 §3.4.2.2")]
public sealed class FilterTests(DatabaseKind kind) : HttpTests(kind)
{
    private TestTenant _tenant = null!;
    private IReadOnlyDictionary<string, string> _ids = null!;

    // Reads only: one filled tenant serves every case.
    [OneTimeSetUp]
    public async Task Fill()
    {
        _tenant = await TenantAsync();
        await AddSchemaAsync(_tenant, Directory.Schema);
        _ids = await Directory.FillAsync(_tenant);
    }

    [OneTimeTearDown]
    public void Leave() => _tenant?.Dispose();

    [TestCase("userName eq \"ada.lovelace@EXAMPLE.com\"", "ada")]
    [TestCase("userName ne \"ADA.lovelace@example.com\"", "bob eve zoe")]
    [TestCase("userName co \"LOVE\"", "ada")]
    [TestCase("userName sw \"ADA.\"", "ada")]
    [TestCase("userName ew \"Tag@example.com\"", "eve")]
    [TestCase("userName pr", "ada bob eve zoe")]
    [TestCase("userName gt \"bob@example.com\"", "eve zoe")]
    [TestCase("userName ge \"BOB@example.com\"", "bob eve zoe")]
    [TestCase("userName lt \"bob@example.com\"", "ada")]
    [TestCase("userName le \"bob@example.com\"", "ada bob")]
    [TestCase("userName co \"%\"", "")]
    [TestCase("userName co \"_\"", "")]
    [TestCase("userName co \"+\"", "eve")]
    [TestCase("userName sw \"\"", "ada bob eve zoe")]
    [TestCase("externalId eq \"Ext-1\"", "ada")]
    [TestCase("externalId eq \"ext-1\"", "bob")]
    [TestCase("externalId eq \"EXT-1\"", "")]
    [TestCase("externalId ne \"Ext-1\"", "bob eve zoe")]
    [TestCase("externalId sw \"Ext\"", "ada")]
    [TestCase("externalId co \"xt-\"", "ada bob")]
    [TestCase("externalId ew \"t-1\"", "ada bob")]
    [TestCase("externalId gt \"Ext-1\"", "bob")]
    [TestCase("externalId pr", "ada bob")]
    [TestCase("displayName eq \"ADA LOVELACE\"", "ada")]
    [TestCase("displayName eq \"ÉVE STRASSE 日本 😀\"", "eve")]
    [TestCase("displayName co \"straße\"", "eve")]
    [TestCase("displayName sw \"E\u0301ve\"", "eve")]
    [TestCase("displayName ew \"😀\"", "eve")]
    [TestCase("displayName ew \"\\ud83d\\ude00\"", "eve")]
    [TestCase("displayName co \"\\\"quote\\\"\"", "bob")]
    [TestCase("displayName co \"\\u0022QUOTE\"", "bob")]
    [TestCase("name.familyName eq \"o'hara\"", "bob")]
    [TestCase("name.familyName sw \"love\" and displayName sw \"ada\"", "ada")]
    [TestCase("name.givenName co \"D\"", "ada")]
    [TestCase("name pr", "ada bob")]
    [TestCase("name.familyName pr", "ada bob")]
    [TestCase("not (name pr)", "eve zoe")]
    [TestCase("title eq \"countess\"", "ada")]
    [TestCase("title ne \"countess\"", "bob eve zoe")]
    [TestCase("title pr", "ada eve")]
    [TestCase("title eq null", "bob zoe")]
    [TestCase("title ne null", "ada eve")]
    [TestCase("title co \"%_\"", "eve")]
    [TestCase("title ew \"\\\\\"", "eve")]
    [TestCase("title sw \"1\"", "eve")]
    [TestCase("title gt \"1\"", "ada eve")]
    [TestCase("active eq true", "ada eve zoe")]
    [TestCase("active eq false", "bob")]
    [TestCase("active ne true", "bob")]
    [TestCase("active eq \"True\"", "ada eve zoe")]
    [TestCase("active eq \"false\"", "bob")]
    [TestCase("active pr", "ada bob eve zoe")]
    [TestCase("active eq TRUE", "ada eve zoe")]
    public Task Core_attributes(string filter, string expected) => FindsAsync(filter, expected);

    [TestCase("emails pr", "ada bob eve")]
    [TestCase("emails eq \"ADA@work.example\"", "ada")]
    [TestCase("emails.value eq \"ada@home.example\"", "ada")]
    [TestCase("emails.value eq \"Ada@HOME.example\"", "ada")]
    [TestCase("emails.value sw \"ada@w\"", "ada")]
    [TestCase("emails.value sw \"BOB\"", "bob")]
    [TestCase("emails co \"work.example\"", "ada bob")]
    [TestCase("emails.value ew \"@work.example\"", "ada bob")]
    [TestCase("emails.type eq \"work\"", "ada bob")]
    [TestCase("emails.type ne \"work\"", "ada eve zoe")]
    [TestCase("emails.primary eq true", "ada")]
    [TestCase("emails[type eq \"work\"]", "ada bob")]
    [TestCase("emails[type eq \"work\" and value co \"@home\"]", "")]
    [TestCase("emails.type eq \"work\" and emails.value co \"@home\"", "ada")]
    [TestCase("emails[type eq \"work\"].value eq \"ada@WORK.example\"", "ada")]
    [TestCase("emails[type eq \"home\"].value eq \"ada@work.example\"", "")]
    [TestCase("emails[type eq \"work\" and value eq \"bob@work.example\"]", "bob")]
    [TestCase("emails[type eq \"home\" or type eq \"other\"]", "ada eve")]
    [TestCase("emails[not (type eq \"work\")]", "ada eve")]
    [TestCase("emails[primary eq true]", "ada")]
    [TestCase("emails[primary eq \"True\"]", "ada")]
    [TestCase("emails[primary ne true]", "ada bob eve")]
    [TestCase("emails[primary eq false]", "ada bob eve")]
    [TestCase("emails.primary eq false", "ada bob eve")]
    [TestCase("emails.primary ne false", "ada zoe")]
    [TestCase("emails[primary pr]", "ada")]
    [TestCase("emails[not (primary eq false)]", "ada")]
    [TestCase("not (emails.primary eq true)", "bob eve zoe")]
    [TestCase("not (emails[type eq \"work\"])", "eve zoe")]
    [TestCase("not (emails.value eq \"ada@home.example\")", "bob eve zoe")]
    [TestCase("not (emails pr)", "zoe")]
    [TestCase("emails eq null", "zoe")]
    [TestCase("emails[value eq \"a]b\"]", "")]
    public Task Multi_valued_attributes(string filter, string expected) => FindsAsync(filter, expected);

    [TestCase("level eq 1", "ada")]
    [TestCase("level eq 1.0", "ada")]
    [TestCase("level ne 1", "bob eve zoe")]
    [TestCase("level gt 1", "zoe")]
    [TestCase("level ge 1", "ada zoe")]
    [TestCase("level lt 1", "bob")]
    [TestCase("level lt 1.5", "ada bob")]
    [TestCase("level le -5", "bob")]
    [TestCase("level gt 1e0", "zoe")]
    [TestCase("level lt 1e300", "ada bob zoe")]
    [TestCase("level pr", "ada bob zoe")]
    [TestCase("level eq null", "eve")]
    [TestCase("score eq 1.50", "ada")]
    [TestCase("score eq 2", "bob")]
    [TestCase("score gt -0.3", "ada bob zoe")]
    [TestCase("score le 1.5", "ada zoe")]
    [TestCase("numbers eq 2", "ada")]
    [TestCase("numbers eq 9007199254740993", "bob")]
    [TestCase("numbers eq 9007199254740992", "")]
    [TestCase("numbers gt 2", "ada bob")]
    [TestCase("flag eq true", "ada")]
    [TestCase("flag ne true", "bob eve zoe")]
    [TestCase("flag eq false", "bob")]
    [TestCase("hired eq \"2020-01-01T00:00:00Z\"", "ada bob")]
    [TestCase("hired eq \"2019-12-31T19:00:00-05:00\"", "ada bob")]
    [TestCase("hired gt \"2020-01-01T00:00:00Z\"", "zoe")]
    [TestCase("hired ge \"2021-06-01T12:00:00.500000Z\"", "zoe")]
    [TestCase("hired lt \"2021-06-01T12:00:00.5Z\"", "ada bob")]
    [TestCase("hired le \"2021-06-01T14:00:00.5+02:00\"", "ada bob zoe")]
    [TestCase("hired ne \"2020-01-01T00:00:00Z\"", "eve zoe")]
    [TestCase("code eq \"aB\"", "ada")]
    [TestCase("code eq \"AB\"", "bob")]
    [TestCase("code eq \"ab\"", "")]
    [TestCase("code sw \"a\"", "ada")]
    [TestCase("code lt \"a\"", "bob")]
    [TestCase("label eq \"BLUE\"", "ada bob")]
    [TestCase("label ew \"LUE\"", "ada bob")]
    [TestCase("blob eq \"YWJj\"", "ada")]
    [TestCase("blob pr", "ada")]
    [TestCase("link eq \"https://example.com/Ada\"", "ada")]
    [TestCase("link sw \"https://example.com/A\"", "ada")]
    [TestCase("tags eq \"GREEN\"", "ada")]
    [TestCase("tags sw \"b\"", "zoe")]
    [TestCase("tags ne \"red\"", "ada bob eve zoe")]
    [TestCase("tags pr", "ada zoe")]
    [TestCase("tags eq null", "bob eve")]
    [TestCase("badges pr", "ada bob")]
    [TestCase("badges.rank gt 5", "ada bob")]
    [TestCase("badges[value eq \"x1\" and rank eq 9]", "bob")]
    [TestCase("badges[value eq \"X1\" and rank lt 9]", "ada")]
    [TestCase("badges[since gt \"2020-04-30T23:59:59Z\"]", "ada")]
    [TestCase("badges[since pr]", "ada")]
    [TestCase("badges[since eq null]", "ada bob")]
    [TestCase("badges.primary eq true", "ada")]
    [TestCase("badges[$ref pr]", "ada")]
    [TestCase("badges.$ref eq \"https://example.com/x1\"", "ada")]
    [TestCase("badges[$ref sw \"https://\"]", "ada")]
    [TestCase("desk pr", "ada zoe")]
    [TestCase("desk.floor eq 3", "ada zoe")]
    [TestCase("desk.room eq \"3.14\"", "ada")]
    [TestCase("desk[floor eq 3 and room pr]", "ada")]
    [TestCase("desk[not (room pr)]", "zoe")]
    public Task Attributes_of_a_tenants_own_schema(string filter, string expected) =>
        FindsAsync(Qualify(filter), expected);

    [TestCase("urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"bob\"", "bob")]
    [TestCase("URN:IETF:PARAMS:SCIM:SCHEMAS:CORE:2.0:USER:USERNAME SW \"bob\"", "bob")]
    [TestCase("urn:ietf:params:scim:schemas:core:2.0:User:name.familyName eq \"lovelace\"", "ada")]
    [TestCase("urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq \"work\"]", "ada bob")]
    [TestCase("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq \"007\"", "eve")]
    [TestCase("urn:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:user:Department co \"our\"", "eve")]
    [TestCase("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr", "eve")]
    [TestCase("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager pr", "eve")]
    [TestCase("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq \"{ada}\"", "eve")]
    [TestCase("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq \"{ada}\"", "eve")]
    [TestCase(
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName eq \"ada LOVELACE\"",
        "eve"
    )]
    [TestCase("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager[value eq \"{ada}\"]", "eve")]
    [TestCase("id eq \"{eve}\" and manager eq \"{ada}\"", "eve")]
    [TestCase("id eq \"{ada}\" and manager eq \"{ada}\"", "")]
    [TestCase("schemas eq \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"", "eve")]
    [TestCase("schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\"", "ada bob eve zoe")]
    [TestCase("schemas co \"filter\"", "ada bob zoe")]
    public Task Qualified_names_and_managers(string filter, string expected) => FindsAsync(filter, expected);

    [TestCase("id eq \"{bob}\"", "bob")]
    [TestCase("id eq \"{BOB}\"", "")]
    [TestCase("id ne \"{bob}\"", "ada eve zoe")]
    [TestCase("id eq \"{bob}\" or id eq \"{eve}\"", "bob eve")]
    [TestCase("id eq \"nobody\"", "")]
    [TestCase("id ne \"nobody\"", "ada bob eve zoe")]
    [TestCase("id sw \"{bob:35}\"", "bob")]
    [TestCase("id co \"-\"", "ada bob eve zoe")]
    [TestCase("id pr", "ada bob eve zoe")]
    [TestCase("id eq null", "")]
    [TestCase("meta.resourceType eq \"User\"", "ada bob eve zoe")]
    [TestCase("meta.resourceType eq \"Group\"", "")]
    [TestCase("meta.resourceType ne \"Group\"", "ada bob eve zoe")]
    [TestCase("meta.created gt \"2020-01-01T00:00:00Z\"", "ada bob eve zoe")]
    [TestCase("meta.created lt \"2020-01-01T00:00:00Z\"", "")]
    [TestCase("meta.lastModified ge \"2020-01-01T00:00:00+14:00\"", "ada bob eve zoe")]
    [TestCase("meta.lastModified gt \"9999-12-31T23:59:59Z\"", "")]
    [TestCase("meta.lastModified gt \"0001-01-01T00:00:00Z\"", "ada bob eve zoe")]
    [TestCase("meta pr", "ada bob eve zoe")]
    public Task Common_attributes(string filter, string expected) => FindsAsync(filter, expected);

    [TestCase("groups pr", "ada bob")]
    [TestCase("groups eq \"{alpha}\"", "ada bob")]
    [TestCase("groups.value eq \"{beta}\"", "ada bob")]
    [TestCase("groups.value eq \"{gamma}\"", "")]
    [TestCase("groups.display eq \"ALPHA\"", "ada bob")]
    [TestCase("groups[value eq \"{beta}\" and type eq \"indirect\"]", "ada bob")]
    [TestCase("groups[value eq \"{beta}\" and type eq \"direct\"]", "")]
    [TestCase("groups.type eq \"direct\"", "ada bob")]
    [TestCase("not (groups.value eq \"{alpha}\")", "eve zoe")]
    [TestCase("groups.value ne \"{alpha}\"", "ada bob eve zoe")]
    [TestCase("groups eq null and title pr", "eve")]
    public Task Derived_groups(string filter, string expected) => FindsAsync(filter, expected);

    [TestCase("displayName eq \"alpha\"", "Alpha")]
    [TestCase("displayName sw \"G\"", "Gamma")]
    [TestCase("displayName co \"a\"", "Alpha Beta Gamma")]
    [TestCase("externalId eq \"G-1\"", "Gamma")]
    [TestCase("externalId eq \"g-1\"", "")]
    [TestCase("members pr", "Alpha Beta")]
    [TestCase("not (members pr)", "Gamma")]
    [TestCase("members eq \"{ada}\"", "Alpha")]
    [TestCase("members.value eq \"{alpha}\"", "Beta")]
    [TestCase("id eq \"{alpha}\" and members eq \"{bob}\"", "Alpha")]
    [TestCase("id eq \"{alpha}\" and members eq \"{eve}\"", "")]
    [TestCase("members[value eq \"{ada}\" and type eq \"User\"]", "Alpha")]
    [TestCase("members[value eq \"{ada}\" and type eq \"Group\"]", "")]
    [TestCase("members.type eq \"group\"", "Beta")]
    [TestCase("members.display co \"lovelace\"", "Alpha")]
    [TestCase("members.value eq \"no-id\"", "")]
    [TestCase("meta.resourceType eq \"Group\"", "Alpha Beta Gamma")]
    [TestCase("urn:ietf:params:scim:schemas:core:2.0:Group:displayName eq \"beta\"", "Beta")]
    [TestCase("members.$ref eq \"{base}/Users/{ada}\"", "Alpha")]
    [TestCase("members.$ref eq \"{base}/Groups/{ada}\"", "")]
    [TestCase("members.$ref eq \"{base}/Groups/{alpha}\"", "Beta")]
    [TestCase("members.$ref ne \"{base}/Users/{ada}\"", "Alpha Beta Gamma")]
    [TestCase("members.$ref sw \"{base}/Users/\"", "Alpha")]
    [TestCase("members.$ref ew \"{alpha}\"", "Beta")]
    [TestCase("members.$ref co \"/Groups/\"", "Beta")]
    [TestCase("members.$ref ge \"{base}/Users/\"", "Alpha")]
    [TestCase("members.$ref lt \"{base}/Users/\"", "Beta")]
    [TestCase("members.$ref pr", "Alpha Beta")]
    [TestCase("members[$ref eq \"{base}/Users/{bob}\" and display sw \"bob\"]", "Alpha")]
    [TestCase("members[not ($ref eq \"{base}/Users/{bob}\")]", "Alpha Beta")]
    [TestCase("meta.location eq \"{base}/Groups/{beta}\"", "Beta")]
    [TestCase("meta.version eq \"W/\\\"1\\\"\"", "Alpha Beta Gamma")]
    [TestCase("meta.version ne \"W/\\\"1\\\"\"", "")]
    [TestCase("meta.version eq \"W/\\\"2\\\"\"", "")]
    [TestCase("meta.version co \"1\"", "Alpha Beta Gamma")]
    [TestCase("meta.version sw \"W/\" and meta.version ew \"\\\"\"", "Alpha Beta Gamma")]
    [TestCase("meta.version gt \"W/\\\"1\"", "Alpha Beta Gamma")]
    [TestCase("meta.version pr", "Alpha Beta Gamma")]
    public async Task Groups(string filter, string expected)
    {
        var found = await _tenant.Client.GetAsync("/Groups?filter=" + Uri.EscapeDataString(Fill(filter)));

        found.Status.Should().Be(200, found.Text);
        string.Join(' ', found.Texts("displayName").Order(StringComparer.Ordinal)).Should().Be(expected);
        found.Total().Should().Be(found.Resources().Length);
    }

    [TestCase("meta.location eq \"{base}/Users/{bob}\"", "bob")]
    [TestCase("meta.location eq \"{base}/Groups/{bob}\"", "")]
    [TestCase("meta.location eq \"{base}/Users/{BOB}\"", "")]
    [TestCase("meta.location eq \"https://elsewhere.example/scim/v2/Users/{bob}\"", "")]
    [TestCase("meta.location eq \"x\"", "")]
    [TestCase("meta.location ne \"{base}/Users/{bob}\"", "ada eve zoe")]
    [TestCase("meta.location ne \"x\"", "ada bob eve zoe")]
    [TestCase("meta.location sw \"{base}/Users/\"", "ada bob eve zoe")]
    [TestCase("meta.location ew \"/{bob}\"", "bob")]
    [TestCase("meta.location co \"Users/{bob:35}\"", "bob")]
    [TestCase("meta.location ge \"{base}/Users/{bob}\" and meta.location le \"{base}/Users/{bob}\"", "bob")]
    [TestCase("meta.location gt \"{base}/Users/{bob}\" and meta.location lt \"{base}/Users/{bob}x\"", "")]
    [TestCase("not (meta.location eq \"{base}/Users/{bob}\")", "ada eve zoe")]
    [TestCase("meta.location pr", "ada bob eve zoe")]
    [TestCase("meta.version pr", "ada bob eve zoe")]
    [TestCase("meta.version eq null", "")]
    [TestCase("meta[location ew \"{bob}\" and resourceType eq \"User\"]", "bob")]
    [TestCase("groups.$ref eq \"{base}/Groups/{beta}\"", "ada bob")]
    [TestCase("groups.$ref eq \"{base}/Users/{beta}\"", "")]
    [TestCase("groups.$ref eq \"{base}/Groups/{gamma}\"", "")]
    [TestCase("groups.$ref ne \"{base}/Groups/{alpha}\"", "ada bob eve zoe")]
    [TestCase("groups.$ref co \"{alpha}\"", "ada bob")]
    [TestCase("groups.$ref pr", "ada bob")]
    [TestCase("groups[$ref eq \"{base}/Groups/{beta}\" and type eq \"indirect\"]", "ada bob")]
    [TestCase("groups[$ref eq \"{base}/Groups/{beta}\" and type eq \"direct\"]", "")]
    [TestCase("{manager}.$ref eq \"{base}/Users/{ada}\"", "eve")]
    [TestCase("{manager}.$ref ne \"{base}/Users/{ada}\"", "ada bob zoe")]
    [TestCase("{manager}.$ref sw \"{base}\"", "eve")]
    [TestCase("{manager}.$ref pr", "eve")]
    [TestCase("not ({manager}.$ref pr)", "ada bob zoe")]
    [TestCase("{manager}[$ref eq \"{base}/Users/{ada}\"]", "eve")]
    [TestCase("{manager}[displayName eq \"ada lovelace\"]", "eve")]
    [TestCase("{manager}[not (displayName eq \"x\")]", "eve")]
    [TestCase("name[familyName sw \"love\"]", "ada")]
    public Task Attributes_that_the_server_derives(string filter, string expected) => FindsAsync(filter, expected);

    [TestCase("title pr and active eq true", "ada eve")]
    [TestCase("nickName eq \"zoe\" or nickName eq \"ada\" and active eq false", "zoe")]
    [TestCase("(nickName eq \"zoe\" or nickName eq \"ada\") and active eq false", "")]
    [TestCase("nickName eq \"bob\" and active eq false or nickName eq \"zoe\"", "bob zoe")]
    [TestCase("not (nickName eq \"bob\") and active eq true", "ada eve zoe")]
    [TestCase("NOT(nickName EQ \"bob\" OR nickName eq \"ada\") AND title PR", "eve")]
    [TestCase("not (not (title pr))", "ada eve")]
    [TestCase("not (title eq \"countess\")", "bob eve zoe")]
    [TestCase("not (title sw \"c\" or title sw \"1\")", "bob zoe")]
    [TestCase("  (  title   pr  )  ", "ada eve")]
    [TestCase("((((((((((title pr))))))))))", "ada eve")]
    [TestCase("UserName Eq \"bob@example.com\"", "bob")]
    [TestCase("nickname eq \"BOB\"", "bob")]
    public Task Logic_grouping_and_case(string filter, string expected) => FindsAsync(filter, expected);

    [TestCase("userName eq \"x' or '1'='1\"")]
    [TestCase("title eq \"'; drop table users; --\"")]
    [TestCase("title co \"' union select password_hash from users --\"")]
    [TestCase("name.familyName eq \"\\\\' or 1=1\"")]
    [TestCase("userName co \"$1 %s {0} @p1 ?\"")]
    [TestCase("userName co \"\\\\\"")]
    [TestCase("userName co \"' || (select 1) || '\"")]
    [TestCase("emails[value eq \"'); delete from users; --\"]")]
    public Task Sql_in_values_is_only_text(string filter) => FindsAsync(filter, "");

    [TestCase("")]
    [TestCase(" ")]
    [TestCase("userName")]
    [TestCase("bob")]
    [TestCase("\"bob\"")]
    [TestCase("userName eq")]
    [TestCase("userName eq bob")]
    [TestCase("userName eq 'bob'")]
    [TestCase("userName eq \"bob")]
    [TestCase("userName eq \"bob\\\"")]
    [TestCase("userName eq \"bob\" and")]
    [TestCase("userName eq \"bob\" extra")]
    [TestCase("userName eq \"bob\" userName eq \"bob\"")]
    [TestCase("userName eq \"a\"and userName eq \"b\"")]
    [TestCase("and userName eq \"bob\"")]
    [TestCase("(userName eq \"bob\"")]
    [TestCase("userName eq \"bob\")")]
    [TestCase("()")]
    [TestCase("not userName pr")]
    [TestCase("not (userName pr")]
    [TestCase("userName regex \"a\"")]
    [TestCase("userName = \"a\"")]
    [TestCase("userName eq [1]")]
    [TestCase("userName eq {}")]
    [TestCase("userName eq 5")]
    [TestCase("userName eq true")]
    [TestCase("userName gt null")]
    [TestCase("userName co null")]
    [TestCase("userName pr \"x\"")]
    [TestCase("userName eq \"\\ud800\"")]
    [TestCase("userName eq \"\\u0000\"")]
    [TestCase("userName eq \"\\x\"")]
    [TestCase("1name pr")]
    [TestCase("unknown eq \"x\"")]
    [TestCase("unknown pr")]
    [TestCase("userName.value eq \"x\"")]
    [TestCase("name.unknown eq \"x\"")]
    [TestCase("name eq \"x\"")]
    [TestCase("urn:unknown:name eq \"x\"")]
    [TestCase("urn:ietf:params:scim:schemas:core:2.0:User:unknown pr")]
    [TestCase("active gt true")]
    [TestCase("active co \"t\"")]
    [TestCase("active eq \"yes\"")]
    [TestCase("active eq 1")]
    [TestCase("x509Certificates.value gt \"YQ==\"")]
    [TestCase("meta.created eq \"yesterday\"")]
    [TestCase("meta.created gt 5")]
    [TestCase("meta.created sw \"2020\"")]
    [TestCase("meta.created eq true")]
    [TestCase("meta.version eq \"W/\\\"1\\\"\"")]
    [TestCase("meta.location gt 5")]
    [TestCase("level eq \"1\"")]
    [TestCase("level co 1")]
    [TestCase("level eq 1.")]
    [TestCase("level eq +1")]
    [TestCase("level eq 0x10")]
    [TestCase("level eq 1e999")]
    [TestCase("level gt NaN")]
    [TestCase("hired eq \"2020-13-01T00:00:00Z\"")]
    [TestCase("hired gt \"2020\"")]
    [TestCase("emails[")]
    [TestCase("emails[]")]
    [TestCase("emails]")]
    [TestCase("emails[type eq \"work\"")]
    [TestCase("emails[type eq \"work\" and ]")]
    [TestCase("emails[type eq work]")]
    [TestCase("emails[unknown eq \"x\"]")]
    [TestCase("emails[emails[type eq \"x\"]]")]
    [TestCase("emails[type[value eq \"x\"]]")]
    [TestCase("emails[type eq \"work\"]x")]
    [TestCase("emails[type eq \"work\"].unknown eq \"x\"")]
    [TestCase("emails[0]")]
    [TestCase("userName[value eq \"x\"]")]
    [TestCase("password eq \"x\"")]
    [TestCase("password pr")]
    [TestCase("userName eq \"a\" xor userName eq \"b\"")]
    [TestCase("userName;drop eq \"a\"")]
    [TestCase("user'Name eq \"a\"")]
    [TestCase("userName\u00A0eq\u00A0bob")]
    public async Task What_is_no_filter_is_refused(string filter)
    {
        var byUrl = await _tenant.Client.GetAsync("/Users?filter=" + Uri.EscapeDataString(Qualify(filter)));
        var byMessage = await _tenant.Client.PostAsync("/Users/.search", Messages.Search(Qualify(filter)));

        foreach (var refused in (ScimResponse[])[byUrl, byMessage])
        {
            refused.Status.Should().Be(400, refused.Text);
            refused.ScimType().Should().Be("invalidFilter");
            refused.Json.GetProperty("detail").GetString().Should().NotBeNullOrEmpty();
        }
    }

    [Test]
    public async Task An_unknown_operator_is_named_in_the_refusal()
    {
        var refused = await _tenant.Client.GetAsync("/Users?filter=userName%20regex%20%22a%22");

        refused.Json.GetProperty("detail").GetString().Should().Contain("regex");
    }

    [Test]
    public async Task Filters_beyond_depth_length_and_terms_are_refused_and_do_not_hang()
    {
        string[] hostile =
        [
            new string('(', 20_000) + "title pr" + new string(')', 20_000),
            string.Concat(Enumerable.Repeat("not (", 20_000)) + "title pr" + new string(')', 20_000),
            new string('(', 20_000),
            string.Concat(Enumerable.Repeat("emails[", 20_000)),
            string.Join(" or ", Enumerable.Repeat("title pr", 20_000)),
            string.Join(" and ", Enumerable.Repeat("title pr", 900)),
            "title eq \"" + new string('a', 1_000_000) + "\"",
            new string('a', 100_000) + " pr",
        ];

        foreach (var filter in hostile)
        {
            var refused = await _tenant.Client.PostAsync("/Users/.search", Messages.Search(filter));

            refused.Status.Should().Be(400, refused.Text);
            refused.ScimType().Should().Be("invalidFilter");
        }
    }

    [Test]
    public async Task A_filter_within_the_limits_is_answered()
    {
        var wide = string.Join(" or ", Enumerable.Range(0, 400).Select(i => $"title eq \"{i}\""));
        var deep = new string('(', 30) + "title pr" + new string(')', 30);

        (await _tenant.Client.PostAsync("/Users/.search", Messages.Search(wide))).Total().Should().Be(0);
        (await _tenant.Client.PostAsync("/Users/.search", Messages.Search(deep))).Total().Should().Be(2);
    }

    [TestCase("filter=userName+eq+%22bob%40example.com%22", "bob")]
    [TestCase("filter=userName%20eq%20%22eve%2Btag%40example.com%22", "eve")]
    [TestCase("filter=displayName%20co%20%22%E6%97%A5%E6%9C%AC%22", "eve")]
    [TestCase("filter=displayName co \"Stra\u00DFe\"", "eve")]
    [TestCase("filter=%75serName eq \"bob@example.com\"&", "bob")]
    [TestCase("&&filter=title%20pr&unknown=1", "ada eve")]
    public async Task Escapes_of_the_url_are_understood(string query, string expected)
    {
        var path = "/Users?" + query.Replace(" ", "%20", StringComparison.Ordinal);
        var found = await _tenant.Client.GetAsync(path.Replace("\u00DF", "%C3%9F", StringComparison.Ordinal));

        Names(found).Should().Be(expected);
    }

    [TestCase("filter=title%20eq%20%22%FF%FE%22")]
    [TestCase("filter=title%20eq%20%22%00%22")]
    [TestCase("filter=%")]
    [TestCase("filter=%ZZ")]
    [TestCase("filter=title%20pr&filter=title%20pr")]
    public async Task Broken_escapes_are_never_an_error_of_the_server(string query)
    {
        var answer = await _tenant.Client.GetAsync("/Users?" + query);

        answer.Status.Should().BeOneOf([200, 400], answer.Text);
    }

    [Test]
    public async Task No_match_is_an_empty_list()
    {
        var found = await _tenant.Client.GetAsync("/Users?filter=userName%20eq%20%22nobody%22");

        found.Status.Should().Be(200);
        found.Total().Should().Be(0);
        found.Json.GetProperty("Resources").GetArrayLength().Should().Be(0);
    }

    [Test]
    public async Task Strict_clients_may_not_compare_booleans_with_strings_or_leave_out_an_extensions_urn()
    {
        using var strict = await TenantAsync("strict");

        foreach (var filter in (string[])["active eq \"True\"", "employeeNumber eq \"1\""])
        {
            var refused = await strict.Client.GetAsync("/Users?filter=" + Uri.EscapeDataString(filter));

            refused.Status.Should().Be(400, filter);
            refused.ScimType().Should().Be("invalidFilter");
        }
    }

    [Test]
    public async Task Addresses_begin_with_the_public_base_url()
    {
        await using var server = await ApiServer.StartAsync(
            Kind,
            new Dictionary<string, string> { ["Scim:PublicBaseUrl"] = "https://scim.example.com/" }
        );
        using var tenant = await TestTenant.CreateAsync(server);
        var user = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;

        (await FindAsync("https://scim.example.com")).Should().Equal(user);
        (await FindAsync(server.BaseAddress.GetLeftPart(UriPartial.Authority))).Should().BeEmpty();

        async Task<string[]> FindAsync(string start)
        {
            var filter = $"meta.location eq \"{start}/scim/v2/Users/{user}\"";
            return (await tenant.Client.GetAsync("/Users?filter=" + Uri.EscapeDataString(filter)).Expecting(200)).Ids();
        }
    }

    private async Task FindsAsync(string filter, string expected)
    {
        var byUrl = await _tenant.Client.GetAsync("/Users?filter=" + Uri.EscapeDataString(Fill(filter)));
        var byMessage = await _tenant.Client.PostAsync("/Users/.search", Messages.Search(Fill(filter)));

        byUrl.Status.Should().Be(200, byUrl.Text);
        Names(byUrl).Should().Be(expected);
        byUrl.Total().Should().Be(byUrl.Resources().Length);
        Names(byMessage).Should().Be(expected);
    }

    private static string Names(ScimResponse found) =>
        string.Join(' ', found.Texts("nickName").Order(StringComparer.Ordinal));

    // {bob} is bob's id, {BOB} the same in capitals, {bob:35} its beginning.
    private string Fill(string filter)
    {
        filter = filter
            .Replace(
                "{base}",
                Server.BaseAddress.GetLeftPart(UriPartial.Authority) + "/scim/v2",
                StringComparison.Ordinal
            )
            .Replace("{manager}", Messages.Enterprise + ":manager", StringComparison.Ordinal);
        foreach (var (name, id) in _ids)
        {
            filter = filter
                .Replace($"{{{name}}}", id, StringComparison.Ordinal)
                .Replace($"{{{name.ToUpperInvariant()}}}", id.ToUpperInvariant(), StringComparison.Ordinal)
                .Replace($"{{{name}:35}}", id[..35], StringComparison.Ordinal);
        }

        return filter;
    }

    private static readonly string[] Own =
    [
        "level",
        "score",
        "flag",
        "hired",
        "code",
        "label",
        "blob",
        "link",
        "tags",
        "numbers",
        "badges",
        "desk",
    ];

    private static string Qualify(string filter)
    {
        var name = Array.Find(Own, name => filter.StartsWith(name, StringComparison.Ordinal));
        return name is null ? filter : $"{Directory.Urn}:{filter}";
    }
}
