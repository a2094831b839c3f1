using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Errors;
using Scim.Domain.Filters;
using Scim.Domain.Schemas;
using Scim.Domain.Tenants;

namespace Scim.Domain.Tests.Filters;

internal sealed class FilterParserTests
{
    // RFC 7644 §3.4.2.2, figure 2, and what clients send.
    [TestCase("userName eq \"bjensen\"")]
    [TestCase("name.familyName co \"O'Malley\"")]
    [TestCase("userName sw \"J\"")]
    [TestCase("urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"J\"")]
    [TestCase("title pr")]
    [TestCase("meta.lastModified gt \"2011-05-13T04:42:34Z\"")]
    [TestCase("meta.lastModified ge \"2011-05-13T04:42:34Z\"")]
    [TestCase("meta.lastModified lt \"2011-05-13T04:42:34Z\"")]
    [TestCase("meta.lastModified le \"2011-05-13T04:42:34Z\"")]
    [TestCase("title pr and userType eq \"Employee\"")]
    [TestCase("title pr or userType eq \"Intern\"")]
    [TestCase("schemas eq \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"")]
    [TestCase("userType eq \"Employee\" and (emails co \"example.com\" or emails.value co \"example.org\")")]
    [TestCase("userType ne \"Employee\" and not (emails co \"example.com\" or emails.value co \"example.org\")")]
    [TestCase("userType eq \"Employee\" and (emails.type eq \"work\")")]
    [TestCase("userType eq \"Employee\" and emails[type eq \"work\" and value co \"@example.com\"]")]
    [TestCase(
        "emails[type eq \"work\" and value co \"@example.com\"] or ims[type eq \"xmpp\" and value co \"@foo.com\"]"
    )]
    [TestCase("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq \"701984\"")]
    [TestCase("URN:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:user:Manager.Value eq \"x\"")]
    [TestCase("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr")]
    [TestCase("urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq \"work\"]")]
    [TestCase("groups eq \"x\"")]
    [TestCase("groups.display sw \"x\"")]
    [TestCase("not(title pr)")]
    [TestCase("  ( title   pr )  ")]
    [TestCase("emails[not (type eq \"work\")]")]
    [TestCase("emails[type eq \"a]b\"]")]
    [TestCase("active eq true")]
    [TestCase("active ne FALSE")]
    [TestCase("title eq null")]
    [TestCase("emails[type eq \"work\"].value eq \"x\"")]
    [TestCase("id eq \"x\" and externalId ne \"y\"")]
    [TestCase("x509Certificates.value eq \"TWFu\"")]
    public void A_filter_of_the_grammar_is_accepted_by_every_profile(string text) =>
        FluentActions.Invoking(() => Some.Filter(text, Some.Strict)).Should().NotThrow();

    [TestCase("")]
    [TestCase("   ")]
    [TestCase("\"BJENSEN\"")]
    [TestCase("bjensen")]
    [TestCase("userName")]
    [TestCase("userName eq")]
    [TestCase("userName eq ")]
    [TestCase("userName eq bjensen")]
    [TestCase("userName eq 'bjensen'")]
    [TestCase("userName eq \"bjensen")]
    [TestCase("userName eq \"bjensen\\\"")]
    [TestCase("userName eq \"a\" \"b\"")]
    [TestCase("userName eq \"a\"b")]
    [TestCase("userName eq \"a\\x\"")]
    [TestCase("userName eq \"\\ud800\"")]
    [TestCase("userName eq \"\\u0000\"")]
    [TestCase("userName eq \"a\nb\"")]
    [TestCase("userName eq\"a\"")]
    [TestCase("userName regex \"a\"")]
    [TestCase("userName = \"a\"")]
    [TestCase("userName eq {}")]
    [TestCase("userName eq [\"a\"]")]
    [TestCase("userName eq 5")]
    [TestCase("userName eq true")]
    [TestCase("userName gt null")]
    [TestCase("title eq nullx")]
    [TestCase("userName prx")]
    [TestCase("userName pr \"x\"")]
    [TestCase("userName pr and")]
    [TestCase("and userName pr")]
    [TestCase("userName pr userName pr")]
    [TestCase("userName pr xor title pr")]
    [TestCase("(userName pr")]
    [TestCase("userName pr)")]
    [TestCase("()")]
    [TestCase("not userName pr")]
    [TestCase("not")]
    [TestCase("not ()")]
    [TestCase("unknown eq \"x\"")]
    [TestCase("name.unknown eq \"x\"")]
    [TestCase("userName.value eq \"x\"")]
    [TestCase("emails.value.x eq \"x\"")]
    [TestCase("urn:none:User:title pr")]
    [TestCase("urn:ietf:params:scim:schemas:core:2.0:User pr")]
    [TestCase("urn:ietf:params:scim:schemas:core:2.0:User:unknown pr")]
    [TestCase("name eq \"x\"")]
    [TestCase("meta eq \"x\"")]
    [TestCase("password eq \"x\"")]
    [TestCase("password pr")]
    [TestCase("active eq \"yes\"")]
    [TestCase("active eq \" true\"")]
    [TestCase("active gt true")]
    [TestCase("active co true")]
    [TestCase("active eq 1")]
    [TestCase("meta.created eq \"yesterday\"")]
    [TestCase("meta.created gt 5")]
    [TestCase("meta.created co \"2011-05-13T04:42:34Z\"")]
    [TestCase("level eq \"5\"")]
    [TestCase("level co 5")]
    [TestCase("level eq 5,6")]
    [TestCase("level eq 5}")]
    [TestCase("level eq 1e999")]
    [TestCase("level eq 01")]
    [TestCase("level eq +1")]
    [TestCase("level eq NaN")]
    [TestCase("x509Certificates.value gt \"TWFu\"")]
    [TestCase("emails[type eq \"work\"")]
    [TestCase("emails[]")]
    [TestCase("emails[unknown eq \"x\"]")]
    [TestCase("emails[type eq \"a\" and ims[type eq \"b\"]]")]
    [TestCase("emails[type eq \"a\"]x")]
    [TestCase("emails[type eq \"a\"].")]
    [TestCase("emails[type eq \"a\"].unknown eq \"x\"")]
    [TestCase("emails[type eq \"a\"].value")]
    [TestCase("emails.value[type eq \"a\"]")]
    [TestCase("userName[value eq \"a\"]")]
    [TestCase("emails.[type eq \"a\"]")]
    [TestCase(".")]
    [TestCase("[")]
    [TestCase("\0")]
    public void Everything_else_is_an_invalid_filter(string text) =>
        Some.Refused(() => Some.Filter(text), "invalidFilter");

    [TestCase("title pr or userType pr and active eq true", "or(pr title, and(pr userType, eq active))")]
    [TestCase("title pr and userType pr or active eq true", "or(and(pr title, pr userType), eq active)")]
    [TestCase("(title pr or userType pr) and active eq true", "and(or(pr title, pr userType), eq active)")]
    [TestCase("not (title pr) and userType pr", "and(not(pr title), pr userType)")]
    [TestCase("title pr and userType pr and locale pr", "and(and(pr title, pr userType), pr locale)")]
    [TestCase("TITLE PR AND NOT (USERTYPE PR)", "and(pr title, not(pr userType))")]
    [TestCase("title eq null", "not(pr title)")]
    [TestCase("title ne null", "pr title")]
    [TestCase("emails eq \"x\"", "eq emails.value")]
    [TestCase("emails eq null", "not(pr emails)")]
    [TestCase("manager eq \"x\"", "eq urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value")]
    [TestCase("emails[type eq \"work\"]", "any(emails: eq emails.type)")]
    [TestCase("emails[type eq \"work\"].value eq \"x\"", "any(emails: and(eq emails.type, eq emails.value))")]
    [TestCase(
        "emails[type eq \"work\"].value pr and title pr",
        "and(any(emails: and(eq emails.type, pr emails.value)), pr title)"
    )]
    [TestCase(
        "emails[type eq \"a\" or type eq \"b\" and primary eq true]",
        "any(emails: or(eq emails.type, and(eq emails.type, eq emails.primary)))"
    )]
    public void Precedence_and_shorthands_parse_to(string text, string tree) =>
        Print(Some.Filter(text)).Should().Be(tree);

    [TestCase("userName eq \"a\\\"b\\\\c\\/\\u0041\\n\"", "a\"b\\c/A\n")]
    [TestCase("userName eq \"(a) [b] and\"", "(a) [b] and")]
    [TestCase("userName eq \"日本🙂\"", "日本🙂")]
    [TestCase("userName eq \"\"", "")]
    public void Strings_have_the_escapes_of_JSON(string text, string value) =>
        Operand(text).Original.Should().Be(value);

    [Test]
    public void Operands_take_the_comparison_form_of_the_attribute()
    {
        Operand("userName eq \"STRASSE\"").Text.Should().Be("strasse");
        Operand("externalId eq \"ABC\"").Text.Should().Be("ABC");
        Operand("meta.created eq \"2011-05-13T06:42:34+02:00\"").Text.Should().Be("2011-05-13T04:42:34.0000000Z");
        Operand("level eq 5").Integer.Should().Be(5);
        Operand("level gt 5.5").Number.Should().Be(5.5);
        Operand("score eq 5").Number.Should().Be(5);
        Operand("level gt 99999999999999999999").Number.Should().Be(1e20);
    }

    [TestCase("active eq \"True\"", Deviation.StringBoolean)]
    [TestCase("emails[primary eq \"true\"]", Deviation.StringBoolean)]
    [TestCase("manager eq \"x\"", Deviation.BareExtensionAttribute)]
    [TestCase("department sw \"x\"", Deviation.BareExtensionAttribute)]
    public void Strict_refuses_what_auto_tolerates_and_records(string text, Deviation deviation)
    {
        var log = Some.Auto;

        Some.Filter(text, log);

        log.Seen.Should().Equal(deviation);
        Some.Refused(() => Some.Filter(text, Some.Strict), "invalidFilter");
    }

    [Test]
    public void Nesting_is_limited_and_20000_levels_do_no_harm()
    {
        var limits = new FilterLimits(MaxLength: 1_000_000);
        FilterParser.Parse(Nested(50), Some.UserSchema, Some.Auto, limits).Should().NotBeNull();

        Some.Refused(() => FilterParser.Parse(Nested(51), Some.UserSchema, Some.Auto, limits), "invalidFilter");
        Some.Refused(() => FilterParser.Parse(Nested(20_000), Some.UserSchema, Some.Auto, limits), "invalidFilter");
        Some.Refused(
            () => FilterParser.Parse(Nested(20_000, "not ("), Some.UserSchema, Some.Auto, limits),
            "invalidFilter"
        );
        Some.Refused(() => Some.Filter(Nested(20_000)), "invalidFilter");

        static string Nested(int levels, string open = "(") =>
            string.Concat(Enumerable.Repeat(open, levels)) + "title pr" + new string(')', levels);
    }

    [Test]
    public void Nesting_counts_through_value_paths()
    {
        var limits = new FilterLimits(MaxDepth: 4);

        FilterParser.Parse("((emails[((type pr))]))", Some.UserSchema, Some.Auto, limits).Should().NotBeNull();
        Some.Refused(
            () => FilterParser.Parse("((emails[(((type pr)))]))", Some.UserSchema, Some.Auto, limits),
            "invalidFilter"
        );
    }

    [Test]
    public void The_number_of_comparisons_and_the_length_are_limited()
    {
        var many = string.Join(" or ", Enumerable.Repeat("title pr", 500));
        Some.Filter(many).Should().NotBeNull();

        Some.Refused(
            () => FilterParser.Parse(many + " or title pr", Some.UserSchema, Some.Auto, new FilterLimits(100_000)),
            "invalidFilter"
        );
        Some.Refused(() => Some.Filter($"userName eq \"{new string('x', 9000)}\""), "invalidFilter");
    }

    [TestCase("unknown eq \"x\"", false)]
    [TestCase("unknown ne \"x\"", true)]
    [TestCase("unknown eq null", true)]
    [TestCase("unknown pr", false)]
    [TestCase("unknown[x eq \"y\"]", false)]
    [TestCase("unknown[x eq \"y\"].z eq \"w\"", false)]
    public void In_a_search_over_all_types_an_unknown_attribute_is_unassigned(string text, bool matches) =>
        FilterParser
            .Parse(text, Some.UserSchema, Some.Auto, new FilterLimits(), lenient: true)
            .Should()
            .Be(new Filter.Constant(matches));

    [Test]
    public void The_password_is_refused_in_a_search_over_all_types_too() =>
        Some.Refused(
            () =>
                FilterParser.Parse("password sw \"x\"", Some.UserSchema, Some.Auto, new FilterLimits(), lenient: true),
            "invalidFilter"
        );

    [Law]
    public void Noise_is_parsed_or_an_invalid_filter(FilterText filter, AnyText noise, int position)
    {
        var text = filter.Text;
        var at = Math.Abs(position % (text.Length + 1));
        try
        {
            Some.Filter(text[..at] + noise.Text + text[at..]);
            Some.Filter(text[..at]);
        }
        catch (ScimException exception)
        {
            exception.Error.ScimType.Should().Be("invalidFilter");
        }
    }

    private static FilterValue Operand(string text) => ((Filter.Comparison)Some.Filter(text)).Value;

    private static string Print(Filter filter) =>
        filter switch
        {
            Filter.And and => $"and({Print(and.Left)}, {Print(and.Right)})",
            Filter.Or or => $"or({Print(or.Left)}, {Print(or.Right)})",
            Filter.Not not => $"not({Print(not.Inner)})",
            Filter.Present present => $"pr {present.Path.Target.Path}",
            Filter.Comparison comparison =>
                $"{comparison.Operator switch { FilterOperator.Equal => "eq", var other => other.ToString() }} {comparison.Path.Target.Path}",
            Filter.ValuePath path => $"any({path.Path.Attribute.Path}: {Print(path.Inner)})",
            _ => filter.ToString(),
        };
}
