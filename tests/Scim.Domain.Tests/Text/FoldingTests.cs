using System.Text;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Text;

namespace Scim.Domain.Tests.Text;

internal sealed class FoldingTests
{
    [TestCase("Straße", "STRASSE")]
    [TestCase("STRAẞE", "strasse")]
    [TestCase("ﬁn", "FIN")]
    [TestCase("ΣΊΣΥΦΟΣ", "σίσυφος")]
    [TestCase("Éa", "e\u0301A")]
    [TestCase("ＡＢＣ", "abc")]
    [TestCase("İ", "i\u0307")]
    [TestCase("I\u0307", "İ")]
    [TestCase("ŉ", "ʼN")]
    [TestCase("ᾳ", "ΑΙ")]
    [TestCase("ᾼ", "αι")]
    [TestCase("Å", "å")]
    [TestCase("ſ", "S")]
    [TestCase("𐐀", "𐐨")]
    public void Text_that_differs_only_in_case_or_form_folds_to_the_same(string left, string right) =>
        Folding.Fold(left).Should().Be(Folding.Fold(right));

    [TestCase("ı", "i")]
    [TestCase("é", "e")]
    [TestCase("İ", "i")]
    [TestCase("a b", "ab")]
    public void Different_letters_stay_different(string left, string right) =>
        Folding.Fold(left).Should().NotBe(Folding.Fold(right));

    [Test]
    public void Folding_does_not_depend_on_the_culture()
    {
        var before = Thread.CurrentThread.CurrentCulture;
        Thread.CurrentThread.CurrentCulture = new System.Globalization.CultureInfo("tr-TR");
        try
        {
            Folding.Fold("TITLE").Should().Be("title");
        }
        finally
        {
            Thread.CurrentThread.CurrentCulture = before;
        }
    }

    [Test]
    public void Folding_every_character_twice_is_folding_it_once()
    {
        var changed = Enumerable
            .Range(1, 0x1FFFF)
            .Where(Rune.IsValid)
            .Select(code => new Rune(code).ToString())
            .Where(text => Folding.Fold(Folding.Fold(text)) != Folding.Fold(text));

        changed.Should().BeEmpty();
    }

    [Law]
    public bool Folding_twice_is_folding_once(AnyText left, AnyText right)
    {
        var once = Folding.Fold(left.Text + right.Text);

        return Folding.Fold(once) == once;
    }

    [Law]
    public bool Order_is_the_order_of_UTF8_bytes(AnyText left, AnyText right, AnyText common)
    {
        var (a, b) = (common.Text + left.Text, common.Text + right.Text);
        var bytes = Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b));

        return Math.Sign(Folding.Compare(a, b)) == Math.Sign(bytes);
    }

    [Law]
    public bool After_prefix_bounds_exactly_the_texts_with_the_prefix(AnyText prefix, AnyText rest, AnyText other)
    {
        var after = Folding.AfterPrefix(prefix.Text)!;
        var inside = Folding.Compare(other.Text, prefix.Text) >= 0 && Folding.Compare(other.Text, after) < 0;

        return Folding.Compare(prefix.Text + rest.Text, after) < 0
            && inside == other.Text.StartsWith(prefix.Text, StringComparison.Ordinal);
    }

    [TestCase("", null)]
    [TestCase("\U0010FFFF", null)]
    [TestCase("a\U0010FFFF", "b")]
    [TestCase("\uD7FF", "\uE000")]
    [TestCase("\uFFFF", "\U00010000")]
    [TestCase("az", "a{")]
    public void After_prefix_skips_what_is_no_character(string prefix, string? after) =>
        Folding.AfterPrefix(prefix).Should().Be(after);

    [TestCase("", "")]
    [TestCase("abc", "cba")]
    [TestCase("a\U0001F98Ab", "b\U0001F98Aa")]
    public void Reversing_keeps_code_points(string text, string reversed)
    {
        Folding.Reverse(text).Should().Be(reversed);
        Folding.Reverse(reversed).Should().Be(text);
    }
}
