using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Application.Audit;
using Scim.Infrastructure.Hosting.Telemetry;
using Scim.Infrastructure.Persistence.Tenants;
using Scim.TestKit;

namespace Scim.Integration.Tests.Admin;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Tokens are rotated in one call, with an overlap, without one failed request")]
public sealed class ClientTokenTests(DatabaseKind kind)
{
    private AdminHost _host = null!;
    private AdminClient _admin = null!;
    private TestTenant _tenant = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _host = await AdminHost.StartAsync(kind, new Dictionary<string, string> { ["Session:LeaseSeconds"] = "3600" });
        _admin = await _host.SignInAsync("platform-admin");
        _tenant = await TestTenant.CreateAsync(_host.Server);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _admin?.Dispose();
        _tenant?.Dispose();
        await _host.DisposeAsync();
    }

    [Test]
    public async Task Two_tokens_live_at_a_time_even_when_many_are_asked_for_at_once()
    {
        var client = await CreateAsync();

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => _admin.PostAsync($"{client.Path}/tokens", new JsonObject()))
        );

        answers.Count(answer => answer.Status == 201).Should().Be(1);
        answers.Where(answer => answer.Status != 201).Should().OnlyContain(answer => answer.Status == 409);
        (await LiveAsync(client.Path)).Should().HaveCount(2);
    }

    [Test]
    public async Task A_token_is_revoked_by_its_id_and_by_its_own_client_only()
    {
        var client = await CreateAsync();
        var other = await CreateAsync();
        var id = await OnlyAsync(client.Path);

        (await _admin.DeleteAsync($"{other.Path}/tokens/{id}")).Status.Should().Be(404);
        (await _admin.DeleteAsync($"{client.Path}/tokens/{client.Token}")).Status.Should().Be(422);
        await _admin.DeleteAsync($"{client.Path}/tokens/{id}").Expecting(204);

        (await _admin.DeleteAsync($"{client.Path}/tokens/{id}")).Status.Should().Be(404);
        await EndsAsync(client.Token);
    }

    [Test]
    public async Task Rotating_twice_in_a_row_leaves_two_live_tokens()
    {
        var client = await CreateAsync();
        var first = await OnlyAsync(client.Path);

        var second = await _admin.PostAsync($"{client.Path}/tokens/rotate").Expecting(201);
        var third = await _admin.PostAsync($"{client.Path}/tokens/rotate").Expecting(201);

        (await LiveAsync(client.Path)).Should().Equal(second.Id, third.Id);
        var replaced = second.Json.GetProperty("replaced")[0];
        replaced.GetProperty("id").GetString().Should().Be(first);
        (replaced.GetProperty("endsAt").GetDateTimeOffset() - _host.Clock.GetUtcNow())
            .Should()
            .BeCloseTo(TimeSpan.FromHours(24), TimeSpan.FromMinutes(1));
        await EndsAsync(client.Token);
        (await StatusAsync(Value(second))).Should().Be(200);
        (await StatusAsync(Value(third))).Should().Be(200);
        var journal = await _host.SendAsync(new TailJournal(_tenant.Slug, Limit: 10_000));
        journal.Should().Contain(row => row.Operation == "token.rotate" && row.ResourceId == third.Id);
        journal.Should().NotContain(row => $"{row}".Contains(Value(third), StringComparison.Ordinal));
    }

    [Test]
    public async Task Two_tokens_that_nothing_has_replaced_are_not_rotated_blindly()
    {
        var client = await CreateAsync();
        await _admin.PostAsync($"{client.Path}/tokens", new JsonObject()).Expecting(201);

        var answer = await _admin.PostAsync($"{client.Path}/tokens/rotate");

        answer.Problem().Should().Be("conflict");
        (await StatusAsync(client.Token)).Should().Be(200);
    }

    [Test]
    public async Task The_old_token_ends_with_the_time_of_grace()
    {
        var client = await CreateAsync();
        var rotated = await _admin
            .PostAsync($"{client.Path}/tokens/rotate", new JsonObject { ["graceSeconds"] = 60 })
            .Expecting(201);
        (await StatusAsync(client.Token)).Should().Be(200);

        _host.Clock.Advance(TimeSpan.FromSeconds(61));

        await EndsAsync(client.Token);
        (await StatusAsync(Value(rotated))).Should().Be(200);
    }

    [TestCase("tokens")]
    [TestCase("tokens/rotate")]
    public async Task Without_grace_the_old_token_ends_at_once(string path)
    {
        var client = await CreateAsync();
        (await StatusAsync(client.Token)).Should().Be(200);

        await _admin.PostAsync($"{client.Path}/{path}", new JsonObject { ["graceSeconds"] = 0 }).Expecting(201);

        await EndsAsync(client.Token);
        (await LiveAsync(client.Path)).Should().ContainSingle();
    }

    [Test]
    public async Task A_token_ends_at_its_time()
    {
        var client = await CreateAsync();
        var at = _host.Clock.GetUtcNow().AddMinutes(5);
        var issued = await _admin.PostAsync($"{client.Path}/tokens", Expiring(at)).Expecting(201);
        issued.Json.GetProperty("expiresAt").GetDateTimeOffset().Should().BeCloseTo(at, TimeSpan.FromMilliseconds(1));
        (await StatusAsync(Value(issued))).Should().Be(200);

        _host.Clock.Advance(TimeSpan.FromMinutes(6));

        await EndsAsync(Value(issued));
    }

    [Test]
    public async Task Times_out_of_bounds_are_refused_together()
    {
        var client = await CreateAsync();
        var body = Expiring(_host.Clock.GetUtcNow().AddDays(-1));
        body["graceSeconds"] = -1;

        foreach (var path in (string[])["tokens", "tokens/rotate"])
        {
            var answer = await _admin.PostAsync($"{client.Path}/{path}", body);

            answer.Status.Should().Be(422);
            answer.WrongFields().Should().BeEquivalentTo("expiresAt", "graceSeconds");
        }
    }

    [Test]
    public async Task No_request_fails_while_tokens_are_rotated_under_load()
    {
        const int Workers = 6;
        const int Rotations = 3;
        var client = await CreateAsync();
        var (token, done) = (client.Token, false);
        var rounds = new int[Workers];
        var failures = new ConcurrentQueue<string>();

        async Task WorkAsync(int worker)
        {
            using var scim = new ScimClient(_host.Server.BaseAddress, null);
            while (!Volatile.Read(ref done))
            {
                scim.Token = Volatile.Read(ref token);
                var answer =
                    rounds[worker] % 3 == 0
                        ? await scim.PostAsync("/Users", Some.User())
                        : await scim.GetAsync("/Users?count=1");
                if (answer.Status >= 400)
                {
                    failures.Enqueue(answer.ToString());
                }

                Interlocked.Increment(ref rounds[worker]);
            }
        }

        // An identity provider takes a while to send the new token; it has while the old one lives.
        async Task SettleAsync()
        {
            int[] before = [.. rounds.Select(count => count + 2)];
            await Eventually.IsTrueAsync(() =>
                Task.FromResult(before.Zip(rounds).All(pair => pair.Second >= pair.First))
            );
        }

        var work = Enumerable.Range(0, Workers).Select(worker => Task.Run(() => WorkAsync(worker))).ToArray();
        for (var i = 0; i < Rotations; i++)
        {
            await SettleAsync();
            var rotated = await _admin.PostAsync($"{client.Path}/tokens/rotate").Expecting(201);
            await SettleAsync();
            Volatile.Write(ref token, Value(rotated));
        }

        await SettleAsync();
        Volatile.Write(ref done, true);
        await Task.WhenAll(work);

        failures.Should().BeEmpty();
        rounds.Should().OnlyContain(count => count >= Rotations * 4);
    }

    [Test]
    public async Task A_token_that_runs_out_is_told_of_once_per_threshold()
    {
        var client = await CreateAsync(Expiring(_host.Clock.GetUtcNow().AddDays(7).AddMinutes(10)));
        var id = await OnlyAsync(client.Path);
        var replica = await _host.AddReplicaAsync();
        TokenExpiryWatch[] watches = [Watch(_host.Server), Watch(replica)];

        await Task.WhenAll(watches.Select(watch => watch.LookAsync(default)));
        await Task.WhenAll(watches.Select(watch => watch.LookAsync(default)));

        (await ToldAsync(id)).Should().Be(1);
        (await WarningAsync(client.Path)).Should().Be("30-days");
        _host
            .Server.Services.GetRequiredService<PrometheusExporter>()
            .Scrape()
            .Should()
            .MatchRegex("""scim_token_expiring\{[^}]*within="30-days"[^}]*\} [1-9]""");
        _host.Clock.Advance(TimeSpan.FromMinutes(15));
        await Task.WhenAll(watches.Select(watch => watch.LookAsync(default)));
        (await ToldAsync(id)).Should().Be(2);
    }

    [Test]
    public async Task A_token_that_was_replaced_is_not_warned_of()
    {
        var client = await CreateAsync();
        var id = await OnlyAsync(client.Path);

        await _admin.PostAsync($"{client.Path}/tokens/rotate").Expecting(201);
        await Watch(_host.Server).LookAsync(default);

        (await ToldAsync(id)).Should().Be(0);
        (await WarningAsync(client.Path)).Should().BeNull();
    }

    private static TokenExpiryWatch Watch(ApiServer server) => server.Services.GetRequiredService<TokenExpiryWatch>();

    private static JsonObject Expiring(DateTimeOffset at) =>
        new() { ["expiresAt"] = at.ToString("O", CultureInfo.InvariantCulture) };

    private static string Value(ScimResponse issued) => issued.Json.GetProperty("value").GetString()!;

    private async Task<int> ToldAsync(string token) =>
        (await _host.SendAsync(new TailJournal(_tenant.Slug, Limit: 10_000))).Count(row =>
            row.Operation == "token.expiring" && row.ResourceId == token
        );

    private async Task<string?> WarningAsync(string path) =>
        (await TokensAsync(path))[0].GetProperty("warning").GetString();

    private async Task<string> OnlyAsync(string path) => (await LiveAsync(path)).Single();

    private async Task<string[]> LiveAsync(string path) =>
        [.. (await TokensAsync(path)).Select(token => token.GetProperty("id").GetString()!)];

    private async Task<JsonElement[]> TokensAsync(string path) =>
        [.. (await _admin.GetAsync(path).Expecting(200)).Json.GetProperty("tokens").EnumerateArray()];

    private Task EndsAsync(string token) => Eventually.IsTrueAsync(async () => await StatusAsync(token) == 401);

    private async Task<int> StatusAsync(string token)
    {
        using var scim = new ScimClient(_host.Server.BaseAddress, token);
        return (await scim.GetAsync("/Users?count=0")).Status;
    }

    private async Task<(string Path, string Token)> CreateAsync(JsonObject? more = null)
    {
        var body = more ?? [];
        body["tenantId"] = _tenant.TenantId;
        body["name"] = Some.Name();
        var created = await _admin.PostAsync("/scim_clients", body).Expecting(201);
        return ($"/scim_clients/{created.Id}", created.Json.GetProperty("token").GetProperty("value").GetString()!);
    }
}
