using System.Text.Json.Nodes;
using Dapper;
using FluentAssertions;
using NUnit.Framework;
using Scim.Api.Admin;
using Scim.Integration.Tests.Admin;
using Scim.Integration.Tests.Jobs;
using Scim.TestKit;

namespace Scim.Integration.Tests.Crash;

[TestFixtureSource(typeof(Databases))]
[Category(Soak.Crash)]
[Property("Capability", "A sign-up that was accepted gets its message, whenever the server is killed")]
public sealed class SignupKillTests(DatabaseKind kind)
{
    private const string Unsent = "select count(*) from jobs where type = 'signup.send' and state <> 'succeeded'";

    [Test]
    public async Task A_server_killed_after_it_accepted_a_sign_up_sends_the_message_afterwards()
    {
        using var mail = new Mailbox();
        await using var database = await TestDatabase.CreateAsync(kind);
        var settings = new Dictionary<string, string>
        {
            ["Signup:Enabled"] = "true",
            ["Email:Folder"] = mail.Folder,
            ["Worker:InProcess"] = "true",
            ["Worker:LeaseSeconds"] = "1",
            ["Worker:PollMilliseconds"] = "20",
        };
        var random = Some.Random();
        var server = await ApiProcess.StartAsync(database, settings);
        try
        {
            for (var kill = Soak.Count(2, 50); kill > 0; kill--)
            {
                var email = Some.UserName();
                await PostAsync(server, "", new() { ["slug"] = Some.Slug(), ["email"] = email }, 202);
                await Task.Delay(random.Next(0, 60));
                server.Kill();
                await server.WaitForExitAsync();
                server.Dispose();
                TestContext.Out.WriteLine($"killed after {mail.MessagesTo(email).Count} messages");
                server = await ApiProcess.StartAsync(database, settings);
                await using var connection = await TenantRows.OpenAsync(database);
                await Eventually.GetAsync(() => connection.ExecuteScalarAsync<long>(Unsent), unsent => unsent == 0);

                var confirm = new JsonObject
                {
                    ["token"] = mail.TokensTo(email)[^1],
                    ["password"] = "a long quiet river 9",
                };
                await PostAsync(server, "/confirm", confirm, 201);
            }
        }
        finally
        {
            server.Dispose();
        }
    }

    private static async Task PostAsync(ApiProcess server, string path, JsonObject body, int expected)
    {
        using var client = new ScimClient(server.BaseAddress, null, AdminRoutes.Base);
        await client.PostAsync("/signup" + path, body, ("Content-Type", "application/json")).Expecting(expected);
    }
}
