using FluentAssertions;
using NUnit.Framework;
using Scim.Integration.Tests.Admin;
using Scim.TestKit;

namespace Scim.Integration.Tests.Cli;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Operator verbs")]
public sealed class OperatorVerbTests(DatabaseKind kind)
{
    [Test]
    public async Task The_first_operator_is_made_by_a_verb_and_signs_in_with_the_password_that_it_printed()
    {
        await using var server = await ApiServer.StartAsync(kind);

        var made = (await TestKit.Cli.RunAsync(server.Database, "operator", "create", "first", "--json")).Json;

        made.GetProperty("roles")[0].GetString().Should().Be("platform-admin");
        var password = made.GetProperty("password").GetString()!;
        password.Should().HaveLength(24);
        using var client = new AdminClient(server, null);
        var offer = await client.PostAsync("/login", AdminHost.Login("first", password)).Expecting(200);
        offer.Json.TryGetProperty("enrollment", out _).Should().BeTrue();

        var again = await TestKit.Cli.RunAsync(server.Database, "operator", "create", "First");
        again.ExitCode.Should().Be(1);
        again.Error.Should().Contain("already an operator");
        again.Output.Should().BeEmpty();
    }

    [Test]
    public async Task Who_has_lost_the_authenticator_enrols_another_after_a_verb()
    {
        await using var host = await AdminHost.StartAsync(kind);
        var account = await host.OperatorAsync("platform-admin");
        using var client = await host.SignInAsync(account);

        var reset = await TestKit.Cli.RunAsync(
            host.Server.Database,
            "operator",
            "reset-totp",
            account.UserName,
            "--json"
        );

        reset.Json.GetProperty("userName").GetString().Should().Be(account.UserName);
        (await client.GetAsync("/session")).Status.Should().Be(401);
        var offer = await client.PostAsync("/login", AdminHost.Login(account.UserName, account.Password));
        offer.Json.TryGetProperty("enrollment", out _).Should().BeTrue(offer.ToString());
        var unknown = await TestKit.Cli.RunAsync(host.Server.Database, "operator", "reset-totp", "nobody");
        unknown.ExitCode.Should().Be(1);
        unknown.Error.Should().Contain("does not exist");
    }
}
