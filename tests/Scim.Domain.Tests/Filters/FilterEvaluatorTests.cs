using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Filters;

namespace Scim.Domain.Tests.Filters;

internal sealed class FilterEvaluatorTests
{
    private const string User = """
        "userName": "BJensen", "externalId": "AbC", "active": true, "name": {"givenName": "Bärbel"},
        "emails": [{"value": "b@Work.example", "type": "work", "primary": true}, {"value": "b@home.example", "type": "home"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "IT", "manager": {"value": "m1"}},
        "urn:example:params:scim:schemas:extension:acme:2.0:User": {
          "level": 5, "score": 2.5, "since": "2011-05-13T06:42:34+02:00", "tags": ["Red", "blue"], "marks": [1, 9], "key": "TWFu",
          "devices": [{"value": "d1", "slots": 4, "labels": ["x", "y"]}, {"value": "d2", "slots": 8}] }
        """;

    [TestCase("userName eq \"bjensen\"", true)]
    [TestCase("userName eq \"bjense\"", false)]
    [TestCase("externalId eq \"AbC\"", true)]
    [TestCase("externalId eq \"abc\"", false)]
    [TestCase("externalId sw \"Ab\"", true)]
    [TestCase("externalId sw \"ab\"", false)]
    [TestCase("userName ne \"x\"", true)]
    [TestCase("userName ne \"BJENSEN\"", false)]
    [TestCase("title ne \"x\"", true)]
    [TestCase("title eq \"x\"", false)]
    [TestCase("title gt \"\"", false)]
    [TestCase("title pr", false)]
    [TestCase("title eq null", true)]
    [TestCase("userName ne null", true)]
    [TestCase("userName co \"JENS\"", true)]
    [TestCase("userName co \"\"", true)]
    [TestCase("userName sw \"bj\"", true)]
    [TestCase("userName ew \"SEN\"", true)]
    [TestCase("userName gt \"bjens\"", true)]
    [TestCase("userName ge \"bjensen\"", true)]
    [TestCase("userName gt \"bjensen\"", false)]
    [TestCase("userName lt \"c\"", true)]
    [TestCase("userName le \"BJENSEN\"", true)]
    [TestCase("name.givenName eq \"BÄRBEL\"", true)]
    [TestCase("name.givenName eq \"ba\u0308rbel\"", true)]
    [TestCase("name.givenName gt \"bz\"", true)]
    [TestCase("name pr", true)]
    [TestCase("name.familyName pr", false)]
    [TestCase("active eq true", true)]
    [TestCase("active eq \"True\"", true)]
    [TestCase("active ne true", false)]
    [TestCase("active ne false", true)]
    [TestCase("emails eq \"B@work.EXAMPLE\"", true)]
    [TestCase("emails co \"home\"", true)]
    [TestCase("emails ne \"b@home.example\"", true)]
    [TestCase("emails.primary eq true", true)]
    [TestCase("emails.primary eq false", true)]
    [TestCase("emails.primary ne true", true)]
    [TestCase("emails[primary ne false and type eq \"home\"]", false)]
    [TestCase("emails.display pr", false)]
    [TestCase("emails[type eq \"work\" and value co \"home\"]", false)]
    [TestCase("emails.type eq \"work\" and emails.value co \"home\"", true)]
    [TestCase("emails[not (type eq \"work\")]", true)]
    [TestCase("emails[type eq \"home\" and primary ne true]", true)]
    [TestCase("emails[type eq \"work\"].value eq \"B@WORK.example\"", true)]
    [TestCase("emails[type eq \"home\"].value eq \"B@WORK.example\"", false)]
    [TestCase("phoneNumbers[type eq \"work\"]", false)]
    [TestCase("not (phoneNumbers pr)", true)]
    [TestCase("department eq \"it\"", true)]
    [TestCase("manager eq \"m1\"", true)]
    [TestCase("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr", true)]
    [TestCase("level eq 5", true)]
    [TestCase("level eq 5.0", true)]
    [TestCase("level gt 4.5", true)]
    [TestCase("level lt 99999999999999999999", true)]
    [TestCase("level ne 5", false)]
    [TestCase("score ge 2.5", true)]
    [TestCase("score lt 2.5", false)]
    [TestCase("since eq \"2011-05-13T04:42:34Z\"", true)]
    [TestCase("since gt \"2011-05-13T05:00:00Z\"", false)]
    [TestCase("since lt \"2011-05-13T04:42:34.0000001Z\"", true)]
    [TestCase("tags eq \"RED\"", true)]
    [TestCase("tags ne \"red\"", true)]
    [TestCase("tags eq \"green\"", false)]
    [TestCase("marks gt 8", true)]
    [TestCase("marks gt 9", false)]
    [TestCase("key eq \"TWFu\"", true)]
    [TestCase("key sw \"TW\"", true)]
    [TestCase("key eq \"twfu\"", false)]
    [TestCase("devices[slots gt 5 and value eq \"d2\"]", true)]
    [TestCase("devices[slots gt 5 and value eq \"d1\"]", false)]
    [TestCase("devices.labels eq \"Y\"", true)]
    [TestCase("devices[labels eq \"y\" and slots eq 8]", false)]
    public void A_filter_matches_by_the_rules_of_its_attribute(string filter, bool expected) =>
        Some.Filter(filter).Matches(Some.Document(User).Root).Should().Be(expected);

    [Law]
    public bool Logical_operators_are_boolean_algebra(UserJson user, FilterText left, FilterText right)
    {
        var root = user.Document.Root;
        var (a, b) = (Matches($"({left.Text})"), Matches($"({right.Text})"));

        return Matches($"({left.Text}) and ({right.Text})") == (a && b)
            && Matches($"({left.Text}) or ({right.Text})") == (a || b)
            && Matches($"not ({left.Text})") == !a
            && Matches($"not (({left.Text}) or ({right.Text}))")
                == Matches($"not ({left.Text}) and not ({right.Text})");

        bool Matches(string text) =>
            FilterParser.Parse(text, Some.AcmeSchema, Some.Auto, new FilterLimits(100_000)).Matches(root);
    }

    [Law]
    public bool Every_stored_text_equals_itself(UserJson user)
    {
        var name = user.Document.Text("userName")!;
        var root = user.Document.Root;
        var literal = System.Text.Json.JsonSerializer.Serialize(name);

        return new[] { "eq", "co", "sw", "ew", "ge", "le" }.All(comparison =>
                Some.Filter($"userName {comparison} {literal}").Matches(root)
            )
            && new[] { "ne", "gt", "lt" }.All(comparison =>
                !Some.Filter($"userName {comparison} {literal}").Matches(root)
            );
    }
}
