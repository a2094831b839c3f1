using System.Text.RegularExpressions;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Tenants;

namespace Scim.Domain.Tests.Tenants;

public sealed class ScimTokenTests
{
    [Test]
    public void A_generated_token_is_well_formed_and_short()
    {
        var token = ScimToken.Generate();

        ScimToken.IsWellFormed(token.Text).Should().BeTrue();
        token.Text.Should().HaveLength(ScimToken.Length);
        token.Text.Length.Should().BeLessThan(120);
        token.Text.Should().StartWith($"scim_{token.Id}_");
    }

    [Test]
    public void Secret_scanners_find_a_token_in_running_text_by_the_pattern()
    {
        var token = ScimToken.Generate();

        var found = Regex.Match($"Authorization: Bearer {token.Text}\r\n", ScimToken.Pattern);

        found.Value.Should().Be(token.Text);
    }

    [Test]
    public void Every_changed_character_is_noticed()
    {
        var text = ScimToken.Generate().Text;

        for (var i = 0; i < text.Length; i++)
        {
            var typo = text.ToCharArray();
            typo[i] = typo[i] == 'a' ? 'b' : 'a';

            ScimToken.IsWellFormed(typo).Should().BeFalse("position {0} differs", i);
        }
    }

    [Test]
    public void Swapped_neighbours_are_noticed()
    {
        var text = ScimToken.Generate().Text;

        for (var i = 1; i < text.Length; i++)
        {
            var typo = text.ToCharArray();
            (typo[i - 1], typo[i]) = (typo[i], typo[i - 1]);

            ScimToken.IsWellFormed(typo).Should().Be(typo[i] == typo[i - 1], "position {0} is swapped", i);
        }
    }

    [TestCase("")]
    [TestCase("scim_")]
    [TestCase("secret")]
    [TestCase("scim_0123456789abcdef_0123456789012345678901234567890123456789012345678")]
    public void What_is_no_token_is_refused(string text) => ScimToken.IsWellFormed(text).Should().BeFalse();

    [Test]
    public void A_cut_or_lengthened_token_is_refused()
    {
        var text = ScimToken.Generate().Text;

        ScimToken.IsWellFormed(text.AsSpan(0, text.Length - 1)).Should().BeFalse();
        ScimToken.IsWellFormed(text + "0").Should().BeFalse();
        ScimToken.IsWellFormed(text.ToUpperInvariant()).Should().BeFalse();
    }

    // The checksum is part of the published format: it must never change for tokens that are out there.
    [Test]
    public void The_checksum_is_the_crc_32_of_all_before_it_in_base_62() =>
        ScimToken
            .IsWellFormed("scim_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA3abDg6")
            .Should()
            .BeTrue();

    [Test]
    public void Tokens_never_repeat() =>
        Enumerable.Range(0, 1000).Select(_ => ScimToken.Generate().Id).Should().OnlyHaveUniqueItems();

    [Test]
    public void Printing_a_token_object_does_not_show_its_secret()
    {
        var token = ScimToken.Generate();

        token.ToString().Should().Be($"scim_{token.Id}_…");
    }
}
