using FluentAssertions;
using Microsoft.AspNetCore.Identity;
using NUnit.Framework;
using Scim.Infrastructure.Security;
using Scim.Integration.Tests.Protocol;
using Scim.TestKit;

namespace Scim.Integration.Tests.Rfc7644;

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7644 §5")]
[Property("Capability", "Names and passwords that read the same are the same, however they were typed")]
internal sealed class InternationalisedStringTests(DatabaseKind database) : ProtocolFixture(database)
{
    [TestCase("zo\u00EB", "zoe\u0308")] // composed, decomposed
    [TestCase("\u00C5ngstr\u00F6m", "a\u030Angstro\u0308m")] // and case
    [TestCase("\u212Bngstrom", "\u00E5ngstrom")] // the sign of the unit
    [TestCase("\uFF21nn", "ann")] // full width
    [TestCase("\uFB01nn", "FINN")] // a ligature
    [TestCase("stra\u00DFe", "STRASSE")]
    [TestCase("\u03A3\u039F\u03A6\u039F\u03A3", "\u03C3\u03BF\u03C6\u03BF\u03C2")] // final sigma
    [TestCase("\uAC00", "\u1100\u1161")] // Hangul, in one and in two
    public async Task A_userName_is_taken_and_found_in_any_of_its_forms(string one, string other)
    {
        var suffix = Some.UserName();
        var user = await CreateUserAsync(userName: one + suffix);

        var again = await Client.PostAsync("/Users", UserBody(userName: other + suffix));
        var found = await FindAsync($"userName eq \"{other}{suffix}\"");
        var begun = await FindAsync($"userName sw \"{other}{suffix[..^3]}\"");
        var renamed = await PatchUserAsync(
            user.Id,
            $"\"op\":\"replace\",\"path\":\"userName\",\"value\":\"{other}{suffix}\""
        );

        user.At("userName").Should().Be(one + suffix, "a value is kept as it was sent");
        again.ShouldBeError(409, "uniqueness");
        found.Each("Resources", "id").Should().Equal(user.Id);
        begun.Each("Resources", "id").Should().Equal(user.Id);
        renamed.ShouldBe(200).At("userName").Should().Be(other + suffix);
    }

    [TestCase("anna", "\u0430nna")] // Cyrillic
    [TestCase("zoe", "zo\u00EB")]
    [TestCase("aydin", "ayd\u0131n")] // dotless i
    public async Task What_only_looks_alike_is_another_name(string one, string other)
    {
        var suffix = Some.UserName();
        await CreateUserAsync(userName: one + suffix);

        (await Client.PostAsync("/Users", UserBody(userName: other + suffix))).ShouldBe(201);
    }

    [TestCase("pe\u0301che\u0301", "p\u00E9ch\u00E9", true)]
    [TestCase("a\u00A0b\u2003c", "a b c", true)]
    [TestCase("Secret", "secret", false)]
    [TestCase("\uFF21", "A", false)]
    public void A_password_is_compared_as_prepared(string given, string typed, bool same)
    {
        var hash = new PasswordHasher().Hash(given)!;

        var verified = new PasswordHasher<object>().VerifyHashedPassword(new object(), hash, typed);

        (verified != PasswordVerificationResult.Failed).Should().Be(same);
        new PasswordHasher().Hash(null).Should().BeNull();
    }

    private Task<ScimResponse> FindAsync(string filter) => Client.GetAsync($"/Users?filter={Escape(filter)}");
}
