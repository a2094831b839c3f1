using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NUnit.Framework;
using Scim.Application.Audit;
using Scim.Application.Common;
using Scim.Application.Operators;
using Scim.Domain.Operators;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Security;
using Scim.Integration.Tests.Admin;
using Scim.Integration.Tests.OAuth;
using Scim.TestKit;

namespace Scim.Integration.Tests.Security;

[TestFixtureSource(typeof(Databases))]
[Property(
    "Capability",
    "The key that encrypts stored secrets is rotated while hosts work, and by as many attempts as it takes"
)]
internal sealed class KeyRotationTests(DatabaseKind kind)
{
    private const string Password = "a long quiet river 9";
    private const string Authorization = "Bearer of-the-stream";
    private const string Address = "https://siem.example/of-the-stream";
    private const int Many = 1_500;

    private readonly string _old = NewKey();
    private readonly string _new = NewKey();

    [TestCase(true)]
    [TestCase(false)]
    public async Task After_a_rotation_all_opens_without_the_old_key(bool wasConfigured)
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        var secret = RandomNumberGenerator.GetBytes(Totp.SecretLength);
        var before = wasConfigured ? Keys(_old) : [];
        string client,
            token,
            access;
        AuditStream stream;
        await using (var server = await ApiServer.StartAsync(database, before))
        {
            using var tenant = await TestTenant.CreateAsync(server);
            using var oauth = new OAuthClient(server.BaseAddress);
            (client, token) = (tenant.ClientId, tenant.Token);
            access = (await oauth.ByPostAsync(client, token)).Token;
            var values = new NewOperator("root", Password, ["platform-admin"], null, null);
            await server.SendAsync(new CreateOperator(values, secret));
            stream = await server.SendAsync(
                new CreateAuditStream(new AuditStreamValues("s", Address, null, Authorization, null))
            );
        }

        var refused = await RotateAsync(database, Keys(null));
        refused.ExitCode.Should().Be(1);
        refused.Error.Should().Contain("Set Secrets:Key");
        if (wasConfigured)
        {
            var unreadable = await RotateAsync(database, Keys(_new));
            unreadable.ExitCode.Should().Be(1);
            unreadable.Error.Should().Contain("Secrets:PreviousKeys");
        }

        var rotated = await RotateAsync(database, Keys(_new, wasConfigured ? _old : null));

        rotated
            .Json.EnumerateArray()
            .Select(row => (Text(row, "kind"), Number(row, "rewrapped"), Number(row, "unreadable")))
            .Should()
            .Equal(
                ("authenticators", 1, 0),
                ("signing keys", 1, 0),
                ("audit streams", 1, 0),
                ("addresses of audit streams", 1, 0)
            );
        await using var after = await ApiServer.StartAsync(database, Keys(_new));
        using var admin = new AdminClient(after, null);
        var code = Totp.Compute(secret, Totp.StepAt(TimeProvider.System.GetUtcNow()));
        await admin.PostAsync("/login", AdminHost.Login("root", Password, code)).Expecting(200);
        using var again = new OAuthClient(after.BaseAddress);
        (await again.ScimAsync(access)).Should().Be(System.Net.HttpStatusCode.OK);
        (await again.ByPostAsync(client, token)).Status.Should().Be(System.Net.HttpStatusCode.OK);
        var stored = await after.SendAsync(new GetAuditStream(stream.Id));
        var box = after.Services.GetRequiredService<ISecretBox>();
        var opened = await box.OpenAsync(stored.Authorization!, stored.Purpose, default);
        System.Text.Encoding.ASCII.GetString(opened).Should().Be(Authorization);
        var address = await box.OpenAsync(stored.Address!, stored.AddressPurpose, default);
        System.Text.Encoding.ASCII.GetString(address).Should().Be(Address);
        var old = wasConfigured
            ? Convert.FromBase64String(_old)
            : await after.Services.GetRequiredService<ServerKeys>().GetAsync("secret-box", default);
        (await SealedUnderAsync(after, old)).Should().BeEmpty("every column that holds sealed secrets was rotated");
        (await SealedUnderAsync(after, Convert.FromBase64String(_new))).Should().HaveCount(4);
        (await RotateAsync(database, Keys(_new)))
            .Json.EnumerateArray()
            .Sum(row => Number(row, "rewrapped"))
            .Should()
            .Be(0);
    }

    [Test]
    [Category(Soak.Crash)]
    public async Task A_rotation_that_is_killed_is_run_again_and_a_live_host_loses_nothing()
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        await using var server = await ApiServer.StartAsync(database, Keys(_new, _old));
        var ids = new List<Guid>();
        var rotation = Configured(database, Keys(_new, _old));
        using var working = new CancellationTokenSource();
        var work = EnrollAgainAndAgainAsync(server, working.Token);

        long done;
        do
        {
            // Where it was done before the kill came, it has as much to do again.
            var before = ids.Count;
            ids.AddRange(await FillAsync(server));
            await TestKit.Cli.KillAsync(
                rotation,
                () => Eventually.IsTrueAsync(async () => await RewrappedAsync(server) > before),
                "keys",
                "rotate"
            );
            done = await RewrappedAsync(server);
            TestContext.Out.WriteLine($"killed after {done} of {ids.Count}");
        } while (done == ids.Count && ids.Count < 5 * Many);

        var both = await Task.WhenAll(
            TestKit.Cli.RunAsync(rotation, "keys", "rotate", "--json"),
            TestKit.Cli.RunAsync(rotation, "keys", "rotate", "--json")
        );
        await working.CancelAsync();
        var (client, offer) = await work;

        done.Should().BeInRange(1, ids.Count - 1, "it was killed in the middle");
        both.Should().OnlyContain(run => run.ExitCode == 0);
        (await RewrappedAsync(server))
            .Should()
            .Be(ids.Count, "each is put under the new key once, and journalled with it");
        var box = Box(server, Keys(_new));
        foreach (var (id, secret) in await SecretsAsync(server, ids))
        {
            (await box.OpenAsync(secret, $"operator-totp:{id:D}", default)).Should().Equal(id.ToByteArray());
        }

        // What the host wrote last is what counts, not what the rotation had read before.
        var code = Totp.Compute(Totp.Decode(Text(offer, "secret"))!, Totp.StepAt(TimeProvider.System.GetUtcNow()));
        await client
            .PostAsync(
                "/login/enroll",
                new System.Text.Json.Nodes.JsonObject { ["token"] = Text(offer, "token"), ["totp"] = code }
            )
            .Expecting(200);
        client.Dispose();
    }

    private static async Task<(AdminClient Client, JsonElement Offer)> EnrollAgainAndAgainAsync(
        ApiServer server,
        CancellationToken stop
    )
    {
        await server.SendAsync(new CreateOperator(new NewOperator("busy", Password, ["support"], null, null)));
        var client = new AdminClient(server, null);
        while (true)
        {
            var answer = await client.PostAsync("/login", AdminHost.Login("busy", Password)).Expecting(200);
            if (stop.IsCancellationRequested)
            {
                return (client, answer.Json.GetProperty("enrollment").Clone());
            }
        }
    }

    /// <summary>Operators whose sealed secret is their id, under the old key.</summary>
    private async Task<IReadOnlyList<Guid>> FillAsync(ApiServer server)
    {
        const string Insert = """
            insert into operators (id, user_name, user_name_key, roles, reach, state, totp_secret, enrolled_at, version, created_at)
            values (@id, @name, @name, 'support', 'installation', 'active', @secret, @now, 1, @now)
            """;
        var box = Box(server, Keys(_old));
        var now = TimeProvider.System.GetUtcNow();
        var rows = new List<object>();
        var ids = Enumerable.Range(0, Many).Select(_ => Guid.NewGuid()).ToList();
        foreach (var id in ids)
        {
            var secret = await box.SealAsync(id.ToByteArray(), $"operator-totp:{id:D}", default);
            rows.Add(
                new
                {
                    id,
                    name = id.ToString("N"),
                    secret,
                    now,
                }
            );
        }

        await server
            .Services.GetRequiredService<IDatabase>()
            .WriteAsync((connection, transaction) => connection.ExecuteAsync(Insert, rows, transaction), default);
        return ids;
    }

    private static async Task<IReadOnlyList<(Guid Id, byte[] Secret)>> SecretsAsync(ApiServer server, List<Guid> ids)
    {
        var rows = await server
            .Services.GetRequiredService<IDatabase>()
            .ReadAsync(
                connection =>
                    connection.QueryAsync<(Guid Id, byte[] Secret)>(
                        "select id, totp_secret from operators where totp_secret is not null"
                    ),
                default
            );
        var wanted = ids.ToHashSet();
        var found = rows.Where(row => wanted.Contains(row.Id)).ToList();
        found.Should().HaveCount(ids.Count);
        return found;
    }

    private static async Task<long> RewrappedAsync(ApiServer server)
    {
        var details = await server
            .Services.GetRequiredService<IDatabase>()
            .ReadAsync(
                connection =>
                    connection.QueryAsync<string>(
                        "select detail from journal where tenant_id = @id and operation = 'keys.rotate'",
                        new { id = Guid.Empty }
                    ),
                default
            );
        return details.Sum(detail => (long)Number(JsonElement.Parse(detail), "rewrapped"));
    }

    /// <summary>Every column of bytes there is: one that a rotation forgot is found, too.</summary>
    private static async Task<IReadOnlyList<string>> SealedUnderAsync(ApiServer server, byte[] key)
    {
        var id = SHA256.HashData([.. "secret-box-key-id"u8, .. key])[..8];
        var all = await StoredText.BytesAsync(server);
        return [.. all.Where(stored => stored.Value.AsSpan().IndexOf(id) == 1).Select(stored => stored.Column)];
    }

    private static SecretBox Box(ApiServer server, Dictionary<string, string> keys) =>
        new(
            server.Services.GetRequiredService<ServerKeys>(),
            Options.Create(new SecretsOptions { Key = keys["Secrets:Key"] })
        );

    private static Task<CliResult> RotateAsync(TestDatabase database, Dictionary<string, string> keys) =>
        TestKit.Cli.RunAsync(Configured(database, keys), "keys", "rotate", "--json");

    private static TestDatabase Configured(TestDatabase database, Dictionary<string, string> keys) =>
        keys.Aggregate(database, (configured, pair) => configured.With(pair.Key, pair.Value));

    private static Dictionary<string, string> Keys(string? key, string? previous = null) =>
        key is null ? []
        : previous is null ? new() { ["Secrets:Key"] = key }
        : new() { ["Secrets:Key"] = key, ["Secrets:PreviousKeys"] = previous };

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private static int Number(JsonElement json, string name) => json.GetProperty(name).GetInt32();
}
