using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Operators;

namespace Scim.Domain.Tests.Operators;

internal sealed class CredentialTests
{
    [TestCase("password1234", "among the most common")]
    [TestCase("!!Liverpool2026", "among the most common")]
    [TestCase("QWERTYUIOP12", "among the most common")]
    [TestCase("908172635445", "among the most common")]
    [TestCase("aaaabbbbcccc", "different characters")]
    [TestCase("short one 1", "12 to 256")]
    [TestCase("jane.doe is my name", "user name")]
    public void A_password_that_is_guessed_first_is_refused(string password, string reason) =>
        PasswordRules.Violation(password, "Jane.Doe").Should().Contain(reason).And.NotContain(password);

    [TestCase("correct horse battery staple")]
    [TestCase("kX9#mQ2$vL7!")]
    [TestCase("四つの川が静かに流れている夜")]
    public void Any_other_long_password_will_do(string password) =>
        PasswordRules.Violation(password, "jane").Should().BeNull();

    [Test]
    public void Tokens_are_known_by_their_prefix_and_shape()
    {
        var token = OpaqueToken.Generate(OpaqueToken.Session);

        OpaqueToken.Is(OpaqueToken.Session, token).Should().BeTrue();
        OpaqueToken.Is(OpaqueToken.ApiKey, token).Should().BeFalse();
        OpaqueToken.Is(OpaqueToken.Session, token[..^1]).Should().BeFalse();
        OpaqueToken.Is(OpaqueToken.Session, token[..^1] + "-").Should().BeFalse();
        OpaqueToken.Generate(OpaqueToken.Session).Should().NotBe(token);
    }

    [Test]
    public void A_recovery_code_is_the_same_however_it_is_typed()
    {
        var codes = RecoveryCode.GenerateAll();

        codes.Should().HaveCount(10).And.OnlyHaveUniqueItems();
        codes.Should().OnlyContain(code => code.Length == 19);
        RecoveryCode
            .Hash(codes[0].ToUpperInvariant().Replace('-', ' '))
            .Should()
            .Equal(RecoveryCode.Hash(codes[0]))
            .And.NotEqual(RecoveryCode.Hash(codes[1]));
    }

    [Test]
    public void Permissions_are_read_as_they_are_written()
    {
        PermissionNames.Parse(PermissionNames.All).Should().Be(Permissions.All);
        PermissionNames.Of(Permissions.All).Should().Equal(PermissionNames.All);
        PermissionNames.Parse(["operators:read", "moon:write"]).Should().Be(Permissions.ReadOperators);
    }
}
