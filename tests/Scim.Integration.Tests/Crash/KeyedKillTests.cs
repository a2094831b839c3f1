using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Api.Admin;
using Scim.Domain.Operators;
using Scim.TestKit;

namespace Scim.Integration.Tests.Crash;

[TestFixtureSource(typeof(Databases))]
[Category(Soak.Crash)]
[Property("Capability", "A request with an Idempotency-Key, repeated after the server was killed, has one effect")]
[Property("Rfc", "draft-ietf-httpapi-idempotency-key-header")]
public sealed class KeyedKillTests(DatabaseKind kind)
{
    private const string Password = "a long quiet river 9";

    private static readonly byte[] Secret = new byte[Totp.SecretLength];

    private static readonly Dictionary<string, string> Settings = new()
    {
        ["Bootstrap:AdminUser"] = "root",
        ["Bootstrap:AdminPassword"] = Password,
        ["Bootstrap:AdminTotpSecret"] = Totp.Encode(Secret),
    };

    private TestDatabase _database = null!;

    [OneTimeSetUp]
    public async Task Start() => _database = await TestDatabase.CreateAsync(kind);

    [OneTimeTearDown]
    public async Task Stop() => await _database.DisposeAsync();

    [Test]
    public async Task A_server_killed_between_commit_and_answer_gives_the_answer_afterwards()
    {
        var random = Some.Random();
        var server = await ApiProcess.StartAsync(_database, Settings);
        try
        {
            var token = await SignInAsync(server);
            for (var kill = 0; kill < Soak.Count(2, 100); kill++)
            {
                using var before = new ScimClient(server.BaseAddress, token, AdminRoutes.Base);
                var tenant = (await PostAsync(before, "/tenants", new() { ["slug"] = Some.Slug() }, null)).Id;
                var body = new JsonObject { ["tenantId"] = tenant, ["name"] = "x" };
                var key = Guid.NewGuid().ToString();
                // Every other time the answer was on its way.
                var wasAnswered = kill % 2 == 0;

                if (wasAnswered)
                {
                    await KillWhenAnsweredAsync(server, token, body, key);
                }
                else
                {
                    var lost = PostAsync(before, "/scim_clients", body, key);
                    await Task.Delay(random.Next(0, 40));
                    server.Kill();
                    await ((Task)lost).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }

                await server.WaitForExitAsync();
                server.Dispose();
                server = await ApiProcess.StartAsync(_database, Settings);
                using var after = new ScimClient(server.BaseAddress, token, AdminRoutes.Base);
                var repeat = await PostAsync(after, "/scim_clients", body, key);

                repeat.Status.Should().Be(201, repeat.ToString());
                var isReplayed = repeat.Header(Idempotency.ReplayedHeader) is not null;
                TestContext.Out.WriteLine($"kill {kill}: the effect was {(isReplayed ? "there" : "not there")}");
                if (wasAnswered)
                {
                    isReplayed.Should().BeTrue();
                }

                repeat.Json.GetProperty("token").TryGetProperty("value", out _).Should().Be(!isReplayed);
                var clients = (await after.GetAsync($"/scim_clients?tenantId={tenant}")).Json.GetProperty("items");
                clients
                    .EnumerateArray()
                    .Should()
                    .ContainSingle()
                    .Which.GetProperty("id")
                    .GetString()
                    .Should()
                    .Be(repeat.Id);
            }
        }
        finally
        {
            server.Dispose();
        }
    }

    private static async Task<string> SignInAsync(ApiProcess server)
    {
        using var client = new ScimClient(server.BaseAddress, null, AdminRoutes.Base);
        var login = new JsonObject
        {
            ["userName"] = "root",
            ["password"] = Password,
            ["totp"] = Totp.Compute(Secret, Totp.StepAt(TimeProvider.System.GetUtcNow())),
        };
        var session = await PostAsync(client, "/login", login, null);
        return session.Json.GetProperty("sessionToken").GetString()!;
    }

    /// <summary>The answer leaves the server, which has committed by then, and does not arrive.</summary>
    private static async Task KillWhenAnsweredAsync(ApiProcess server, string token, JsonObject body, string key)
    {
        var answered = new Answered();
        await using var proxy = new TcpProxy("127.0.0.1", server.BaseAddress.Port, () => answered);
        answered.Proxy = proxy;
        using var client = new ScimClient(new Uri($"http://127.0.0.1:{proxy.Port}"), token, AdminRoutes.Base);
        var lost = PostAsync(client, "/scim_clients", body, key);
        await answered.Began.WaitAsync(TimeSpan.FromSeconds(60));
        server.Kill();
        proxy.Cut();
        await ((Task)lost).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lost.IsFaulted.Should().BeTrue("the client heard nothing");
    }

    private static Task<ScimResponse> PostAsync(ScimClient client, string path, JsonObject body, string? key) =>
        client.PostAsync(path, body, ("Content-Type", "application/json"), (Idempotency.Header, key));

    private sealed class Answered : IConversation
    {
        private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TcpProxy? Proxy { get; set; }

        public Task Began => _began.Task;

        public void Sent(ReadOnlySpan<byte> bytes) { }

        public void Received(ReadOnlySpan<byte> bytes)
        {
            Proxy!.Stall();
            _began.TrySetResult();
        }
    }
}
