using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Api.Admin;
using Scim.Application.Common;
using Scim.Application.Jobs;
using Scim.Application.Retention;
using Scim.Application.Signup;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Persistence;
using Scim.TestKit;

namespace Scim.Integration.Tests.Admin;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "A POST with an Idempotency-Key has its effect once, and a repeat is answered as it was")]
[Property("Rfc", "draft-ietf-httpapi-idempotency-key-header")]
public sealed class IdempotencyTests(DatabaseKind kind)
{
    // What takes a key, and a request that succeeds.
    private static readonly Dictionary<string, Func<IdempotencyTests, AdminClient, Task<Example>>> Keyed = new()
    {
        ["/signup"] = (_, _) => Task.FromResult(new Example("/signup", Signup(Some.UserName()))),
        ["/signup/confirm"] = async (tests, admin) =>
        {
            var email = Some.UserName();
            await admin.PostAsync("/signup", Signup(email)).Expecting(202);
            await tests._host.RunJobsAsync(SendSignup.JobType);
            var token = tests._mail.TokensTo(email)[0];
            return new Example(
                "/signup/confirm",
                new JsonObject { ["token"] = token, ["password"] = "a long quiet river 9" }
            );
        },
        ["/logout"] = async (tests, _) =>
            new Example(
                "/logout",
                null,
                await tests._host.SignInAsync(await tests._host.OperatorAsync("support"), stepUp: false)
            ),
        ["/session/step-up"] = (tests, _) =>
            Task.FromResult(
                new Example("/session/step-up", new JsonObject { ["totp"] = tests._host.NextCode(tests._operator) })
            ),
        ["/scim_clients/{id}/test"] = async (_, admin) =>
            new Example($"/scim_clients/{await ClientAsync(admin)}/test", null),
        ["/operators"] = (_, _) => Task.FromResult(new Example("/operators", AdminHost.Operator())),
        ["/api_keys"] = (_, _) => Task.FromResult(new Example("/api_keys", ApiKey("tenants:read"))),
        ["/tenants"] = (_, _) => Task.FromResult(new Example("/tenants", Slug())),
        ["/tenants/{id}/restore"] = async (_, admin) =>
        {
            var id = (await admin.PostAsync("/tenants", Slug()).Expecting(201)).Id;
            await admin.DeleteAsync($"/tenants/{id}").Expecting(200);
            return new Example($"/tenants/{id}/restore", null);
        },
        ["/workspaces"] = (_, _) => Task.FromResult(new Example("/workspaces", Slug())),
        ["/config/versions/{version}/restore"] = async (_, admin) =>
        {
            await admin.PutAsync("/config", MaxPageSize(), ("If-Match", "*")).Expecting(200);
            return new Example("/config/versions/1/restore", null);
        },
        ["/schemas"] = async (_, admin) => new Example($"/schemas?tenantId={await TenantAsync(admin)}", Schema()),
        ["/tenants/{tenantId}/users/{id}/erase"] = async (_, admin) =>
        {
            var client = (await admin.PostAsync("/scim_clients", Client(await TenantAsync(admin))).Expecting(201)).Json;
            using var scim = new ScimClient(admin.Server, client.GetProperty("token").GetProperty("value").GetString());
            var user = (await scim.PostAsync("/Users", Some.User()).Expecting(201)).Id;
            await scim.DeleteAsync($"/Users/{user}").Expecting(204);
            return new Example($"/tenants/{client.GetProperty("tenantId").GetString()}/users/{user}/erase", null);
        },
        ["/audit/streams"] = (_, _) =>
            Task.FromResult(
                new Example(
                    "/audit/streams",
                    new JsonObject
                    {
                        ["name"] = Some.Name(),
                        ["url"] = "https://siem.example",
                        ["authorization"] = "Bearer of a secret",
                    }
                )
            ),
        ["/scim_clients"] = async (_, admin) => new Example("/scim_clients", Client(await TenantAsync(admin))),
        ["/scim_clients/{id}/tokens"] = async (_, admin) =>
            new Example($"/scim_clients/{await ClientAsync(admin)}/tokens", null),
        ["/scim_clients/{id}/tokens/rotate"] = async (_, admin) =>
            new Example(
                $"/scim_clients/{await ClientAsync(admin)}/tokens/rotate",
                new JsonObject { ["graceSeconds"] = 60 }
            ),
        ["/signing_keys/rotate"] = (_, _) => Task.FromResult(new Example("/signing_keys/rotate", null)),
    };

    private static readonly string[] Secrets = ["value"];

    // Where the header means nothing, as docs/admin-api.md says.
    private static readonly string[] Others = ["/login", "/login/enroll", "/session/heartbeat"];

    private AdminHost _host = null!;
    private Mailbox _mail = null!;
    private TestOperator _operator = null!;
    private AdminClient _admin = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _mail = new Mailbox();
        _host = await AdminHost.StartAsync(
            kind,
            new Dictionary<string, string>
            {
                ["Session:LeaseSeconds"] = "3600",
                ["Database:PoolSize"] = "16",
                ["Signup:Enabled"] = "true",
                ["Email:Folder"] = _mail.Folder,
            }
        );
        _operator = await _host.OperatorAsync("platform-admin");
        _admin = await _host.SignInAsync(_operator);
    }

    [SetUp]
    public Task StepUp() =>
        _admin.PostAsync("/session/step-up", new JsonObject { ["totp"] = _host.NextCode(_operator) }).Expecting(200);

    [OneTimeTearDown]
    public async Task Stop()
    {
        _admin?.Dispose();
        await _host.DisposeAsync();
        _mail.Dispose();
    }

    [Test]
    public void Every_POST_takes_a_key_or_is_known_not_to() =>
        Routes
            .Of(_host.Server)
            .Where(route => route is { IsAdmin: true, Method: "POST" })
            .Select(route => route.Path[AdminRoutes.Base.Length..])
            .Should()
            .BeEquivalentTo([.. Keyed.Keys, .. Others]);

    [Test]
    public async Task A_repeat_of_every_POST_is_answered_as_the_first_and_does_nothing()
    {
        foreach (var (route, prepare) in Keyed)
        {
            var example = await prepare(this, _admin);
            var key = Key();

            var first = await PostAsync(example, key);
            var rows = await RowsAsync();
            var repeat = await PostAsync(example, key);

            first.Status.Should().BeOneOf([200, 201, 202, 204], $"{route}: {first}");
            first.Header(Idempotency.ReplayedHeader).Should().BeNull();
            repeat.Status.Should().Be(first.Status, $"{route}: {repeat}");
            repeat.Header(Idempotency.ReplayedHeader).Should().Be("true", route);
            foreach (var header in new[] { "Location", "ETag", "Content-Type", "Cache-Control" })
            {
                repeat.Header(header).Should().Be(first.Header(header), $"{header} of {route}");
            }

            var answer = JsonNode.Parse(first.Text.Length == 0 ? "{}" : first.Text)!;
            var secrets = Take(answer).ToList();
            if (secrets.Count > 0)
            {
                answer["secretShown"] = true;
            }

            JsonNode
                .DeepEquals(JsonNode.Parse(repeat.Text.Length == 0 ? "{}" : repeat.Text), answer)
                .Should()
                .BeTrue($"{route}: {first} {repeat}");
            (await RowsAsync()).Should().Be(rows, $"a repeat of {route} does nothing");
            (await DumpAsync())
                .Should()
                .NotContainAny([key, .. secrets])
                .And.NotMatchRegex("sc(im|p[a-z])_[A-Za-z0-9]{10}");
        }
    }

    [TestCase("/api_keys", "value")]
    [TestCase("/scim_clients", "token.value")]
    [TestCase("/scim_clients/{id}/tokens", "value")]
    [TestCase("/scim_clients/{id}/tokens/rotate", "value")]
    public async Task A_secret_is_shown_by_the_first_answer_only(string route, string path)
    {
        var example = await Keyed[route](this, _admin);
        var key = Key();

        var first = await PostAsync(example, key).Expecting(201);
        var repeat = await PostAsync(example, key).Expecting(201);

        var secret = path.Split('.').Aggregate(first.Json, (json, name) => json.GetProperty(name)).GetString()!;
        secret.Should().NotBeNullOrEmpty();
        repeat.Text.Should().NotContain(secret);
        repeat.Json.GetProperty("secretShown").GetBoolean().Should().BeTrue();
        first.Json.TryGetProperty("secretShown", out _).Should().BeFalse();
    }

    [Test]
    public async Task A_wrong_code_under_a_key_is_counted_and_keeps_no_answer()
    {
        var account = await _host.OperatorAsync("support");
        using var client = await _host.SignInAsync(account, stepUp: false);
        var wrong = new Example("/session/step-up", new JsonObject { ["totp"] = "000000" });
        var (key, answers) = (Key(), await AnswersAsync());

        for (var i = 0; i < 5; i++)
        {
            (await PostAsync(wrong, key, client)).Problem().Should().Be("invalid-credentials");
        }

        (await AnswersAsync()).Should().Be(answers);
        (await PostAsync(wrong, key, client)).Problem().Should().Be("invalid-credentials", "five are free");
        (await PostAsync(wrong, key, client)).Problem().Should().Be("too-many-requests");
        _host.Clock.Advance(TimeSpan.FromMinutes(2));
        var right = new Example("/session/step-up", new JsonObject { ["totp"] = _host.NextCode(account) });
        var stepped = await PostAsync(right, key, client).Expecting(200);
        (await PostAsync(right, key, client)).Text.Should().Be(stepped.Text);
    }

    [Test]
    public async Task A_step_up_of_one_session_is_not_that_of_the_next()
    {
        var account = await _host.OperatorAsync("platform-admin");
        var key = Key();
        using var before = await _host.SignInAsync(account, stepUp: false);
        var code = new JsonObject { ["totp"] = _host.NextCode(account) };
        await PostAsync(new Example("/session/step-up", code), key, before).Expecting(200);
        using var after = await _host.SignInAsync(account, stepUp: false);

        code["totp"] = _host.NextCode(account);
        var again = await PostAsync(new Example("/session/step-up", code), key, after).Expecting(200);

        again.Header(Idempotency.ReplayedHeader).Should().BeNull();
    }

    [Test]
    public async Task Whose_session_was_ended_otherwise_is_not_told_that_it_signed_out()
    {
        using var client = await _host.SignInAsync("support", stepUp: false);
        var example = new Example("/logout", null, client);
        var key = Key();

        await PostAsync(example, key).Expecting(204);

        (await PostAsync(example, key)).Status.Should().Be(204);
        (await PostAsync(example, Key())).Problem().Should().Be("credential-invalid");
        (await client.PostAsync("/logout")).Problem().Should().Be("credential-invalid");
        (await PostAsync(new Example("/session/step-up", new JsonObject { ["totp"] = "000000" }), key, client))
            .Problem()
            .Should()
            .Be("credential-invalid");
        using var other = await _host.SignInAsync("support", stepUp: false);
        (await PostAsync(example, key, other)).Header(Idempotency.ReplayedHeader).Should().BeNull();
    }

    [Test]
    public async Task Where_nobody_is_signed_in_a_key_is_for_what_it_was_sent_with()
    {
        var (key, email, other) = (Key(), Some.UserName(), Some.UserName());
        var example = new Example("/signup", Signup(email));

        await PostAsync(example, key).Expecting(202);
        (await PostAsync(example, key)).Header(Idempotency.ReplayedHeader).Should().Be("true");
        (await PostAsync(new Example("/signup", Signup(other)), key).Expecting(202))
            .Header(Idempotency.ReplayedHeader)
            .Should()
            .BeNull();

        await _host.RunJobsAsync(SendSignup.JobType);
        _mail.MessagesTo(email).Should().ContainSingle();
        _mail.MessagesTo(other).Should().ContainSingle();
    }

    [Test]
    public async Task A_key_is_for_one_request_whatever_its_spacing()
    {
        var key = Key();
        var slug = Some.Slug();
        await PostAsync(new Example("/tenants", new JsonObject { ["slug"] = slug }), key).Expecting(201);

        var spaced = await _admin.SendAsync(
            "POST",
            "/tenants",
            $$"""
            { "slug" : "{{slug}}" }
            """,
            (Idempotency.Header, key)
        );
        var other = await PostAsync(new Example("/tenants", Slug()), key);

        spaced.Status.Should().Be(201);
        spaced.Header(Idempotency.ReplayedHeader).Should().Be("true");
        other.Status.Should().Be(422);
        other.Problem().Should().Be("idempotency-key-reused");
        // Another thing of the same kind is another request, another kind is another route with keys of its own.
        var (one, another) = (await ClientAsync(_admin), await ClientAsync(_admin));
        await PostAsync(new Example($"/scim_clients/{one}/tokens", null), key).Expecting(201);
        (await PostAsync(new Example($"/scim_clients/{another}/tokens", null), key)).Status.Should().Be(422);
    }

    [Test]
    public async Task A_key_of_one_caller_is_not_that_of_another()
    {
        using var other = await _host.SignInAsync("platform-admin");
        var key = Key();
        var mine = new Example("/workspaces", Slug());

        await PostAsync(mine, key).Expecting(201);
        var theirs = await PostAsync(mine, key, other);
        var made = await PostAsync(new Example("/workspaces", Slug()), key, other);

        theirs.Problem().Should().Be("conflict", "they see what their own request finds");
        made.Status.Should().Be(201);
        made.Header(Idempotency.ReplayedHeader).Should().BeNull();
    }

    [Test]
    public async Task A_session_after_the_next_sign_in_is_the_same_caller()
    {
        var account = await _host.OperatorAsync("platform-admin");
        using var before = await _host.SignInAsync(account, stepUp: false);
        var example = new Example("/workspaces", Slug());
        var key = Key();
        await PostAsync(example, key, before).Expecting(201);

        using var after = await _host.SignInAsync(account, stepUp: false);
        var repeat = await PostAsync(example, key, after);

        repeat.Header(Idempotency.ReplayedHeader).Should().Be("true", repeat.ToString());
    }

    [Test]
    public async Task What_was_refused_keeps_nothing()
    {
        var key = Key();
        var taken = Some.Slug();
        await _admin.PostAsync("/workspaces", new JsonObject { ["slug"] = taken }).Expecting(201);

        (await PostAsync(new Example("/workspaces", new JsonObject { ["slug"] = "-" }), key)).Status.Should().Be(422);
        (await PostAsync(new Example("/workspaces", new JsonObject { ["slug"] = taken }), key))
            .Problem()
            .Should()
            .Be("conflict");
        var made = await PostAsync(new Example("/workspaces", Slug()), key);

        made.Status.Should().Be(201);
        made.Header(Idempotency.ReplayedHeader).Should().BeNull();
    }

    [Test]
    public async Task A_taken_user_name_is_told_under_a_key_too()
    {
        var example = new Example("/operators", AdminHost.Operator());
        await PostAsync(example, Key()).Expecting(201);

        (await PostAsync(example, Key())).Problem().Should().Be("conflict");
    }

    [TestCase("")]
    [TestCase("\"\"")]
    [TestCase("two words")]
    [TestCase("a,b")]
    [TestCase("a\\b")]
    public async Task What_is_no_key_is_refused(string key)
    {
        var slug = Slug();

        var answer = await PostAsync(new Example("/workspaces", slug), key);

        answer.Problem().Should().Be("malformed-request");
        (await _admin.PostAsync("/workspaces", slug)).Status.Should().Be(201, "nothing was written");
    }

    [Test]
    public async Task A_quoted_key_is_the_bare_one_and_255_characters_are_the_most()
    {
        var example = new Example("/workspaces", Slug());
        var key = new string('k', 255);

        await PostAsync(example, key).Expecting(201);

        (await PostAsync(example, $"\"{key}\"")).Header(Idempotency.ReplayedHeader).Should().Be("true");
        (await PostAsync(example, key + "k")).Problem().Should().Be("malformed-request");
    }

    [Test]
    public async Task After_a_day_a_key_is_new_again_and_its_answer_is_pruned()
    {
        using var automation = _host.Client(await KeyOfAutomationAsync("workspaces:write"));
        var (key, other) = (Key(), Key());
        await PostAsync(new Example("/workspaces", Slug()), key, automation).Expecting(201);
        await PostAsync(new Example("/workspaces", Slug()), other, automation).Expecting(201);

        _host.Clock.Advance(TimeSpan.FromDays(1));
        var again = await PostAsync(new Example("/workspaces", Slug()), key, automation);

        again.Status.Should().Be(201);
        again.Header(Idempotency.ReplayedHeader).Should().BeNull();
        var jobs = _host.Server.Services.CreateScope().ServiceProvider.GetRequiredService<IJobStore>();
        await jobs.EnqueueAsync([Job.Create(TenantId.Installation, "test.prune", TimeProvider.System.Now())], default);
        var job = await jobs.ClaimAsync("test", TimeSpan.FromMinutes(5), ["test.prune"], default, default);
        var result = await _host.SendAsync(new PruneTenant(job!.Lease));
        JsonElement.Parse(result!).GetProperty("keptAnswers").GetInt32().Should().BeGreaterThanOrEqualTo(1);
        (await AnswersAsync()).Should().Be(1, "only the one of today is left");
        _admin.Dispose();
        _admin = await _host.SignInAsync(_operator);
    }

    [Test]
    [Category(Soak.Concurrency)]
    public async Task Of_many_duplicates_at_once_on_two_replicas_one_has_an_effect()
    {
        var replica = await _host.AddReplicaAsync();
        var token = await KeyOfAutomationAsync("scim_clients:write", "scim_clients:read");
        var tenant = await TenantAsync(_admin);
        var example = new Example("/scim_clients", Client(tenant));
        var key = Key();
        using var here = _host.Client(token);
        using var there = _host.Client(token, replica);

        var answers = new List<ScimResponse>();
        for (var left = Soak.Count(40, 10_000); left > 0; left -= 40)
        {
            answers.AddRange(
                await Task.WhenAll(
                    Enumerable.Range(0, 40).Select(i => PostAsync(example, key, i % 2 == 0 ? here : there))
                )
            );
        }

        answers.Count(IsNew).Should().Be(1, string.Join('\n', answers));
        answers
            .Where(answer => !IsNew(answer))
            .Should()
            .OnlyContain(answer =>
                answer.Status == 201 || (answer.Status == 409 && answer.Problem() == "idempotency-key-in-use")
            );
        answers.Where(answer => answer.Status == 201).Select(answer => answer.Id).Distinct().Should().HaveCount(1);
        var clients = (await here.GetAsync($"/scim_clients?tenantId={tenant}").Expecting(200)).Json;
        clients.GetProperty("items").GetArrayLength().Should().Be(1);
    }

    [Test]
    public async Task More_keys_at_once_than_there_are_connections_do_not_wait_for_each_other()
    {
        using var automation = _host.Client(await KeyOfAutomationAsync("scim_clients:write"));
        var tenant = await TenantAsync(_admin);

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 24)
                .Select(_ => PostAsync(new Example("/scim_clients", Client(tenant)), Key(), automation))
        );

        answers.Should().OnlyContain(answer => answer.Status == 201);
        answers.Select(answer => answer.Id).Should().OnlyHaveUniqueItems();
    }

    [Test]
    public async Task A_setting_restored_under_a_key_holds_at_once_in_the_process_that_did_it()
    {
        var settings = _host.Server.Services.GetRequiredService<RuntimeSettings>();
        await _admin.PutAsync("/config", MaxPageSize(177), ("If-Match", "*")).Expecting(200);
        settings.Installation.Limits.MaxPageSize.Should().Be(177);

        await PostAsync(new Example("/config/versions/1/restore", null), Key()).Expecting(200);

        settings.Installation.Limits.MaxPageSize.Should().NotBe(177);
    }

    [Test]
    public async Task The_first_client_of_an_installation_may_be_made_under_a_key()
    {
        await using var host = await AdminHost.StartAsync(kind);
        using var admin = await host.SignInAsync("platform-admin");
        var tenant = (await PostAsync(new Example("/tenants", Slug()), Key(), admin).Expecting(201)).Id;

        var client = await PostAsync(new Example("/scim_clients", Client(tenant)), Key(), admin);

        client.Status.Should().Be(201, client.Text);
        using var scim = new ScimClient(
            host.Server.BaseAddress,
            client.Json.GetProperty("token").GetProperty("value").GetString()
        );
        (await scim.GetAsync("/Users")).Status.Should().Be(200);
    }

    private static bool IsNew(ScimResponse answer) =>
        answer.Status == 201 && answer.Header(Idempotency.ReplayedHeader) is null;

    private static string Key() => Guid.NewGuid().ToString();

    private static JsonObject Signup(string email) => new() { ["slug"] = Some.Slug(), ["email"] = email };

    private static JsonObject Slug() => new() { ["slug"] = Some.Slug() };

    private static JsonObject Client(string tenant) => new() { ["tenantId"] = tenant, ["name"] = Some.Name() };

    private static JsonObject ApiKey(params string[] scopes) =>
        new() { ["name"] = Some.Name(), ["scopes"] = new JsonArray([.. scopes.Select(scope => (JsonNode)scope)]) };

    private static JsonObject MaxPageSize(int size = 150) =>
        new() { ["settings"] = new JsonObject { ["limits.maxPageSize"] = size } };

    private static JsonObject Schema()
    {
        var urn = "urn:example:" + Some.Name().Replace(' ', '-');
        return new()
        {
            ["resourceType"] = "User",
            ["schema"] = JsonNode.Parse($$"""{"id":"{{urn}}","name":"x","attributes":[{"name":"badge"}]}"""),
        };
    }

    private static async Task<string> TenantAsync(AdminClient admin) =>
        (await admin.PostAsync("/tenants", Slug()).Expecting(201)).Id;

    private static async Task<string> ClientAsync(AdminClient admin) =>
        (await admin.PostAsync("/scim_clients", Client(await TenantAsync(admin))).Expecting(201)).Id;

    /// <summary>Takes secrets out of an answer, however deep.</summary>
    private static IEnumerable<string> Take(JsonNode? node)
    {
        foreach (var (name, value) in (node as JsonObject)?.ToList() ?? [])
        {
            if (Secrets.Contains(name))
            {
                node!.AsObject().Remove(name);
                yield return value!.GetValue<string>();
            }

            foreach (var secret in Take(value))
            {
                yield return secret;
            }
        }
    }

    private Task<ScimResponse> PostAsync(Example example, string key, AdminClient? client = null) =>
        (client ?? example.Client ?? _admin).SendAsync(
            "POST",
            example.Path,
            example.Body?.ToJsonString(),
            (Idempotency.Header, key)
        );

    private async Task<string> KeyOfAutomationAsync(params string[] scopes) =>
        (await _admin.PostAsync("/api_keys", ApiKey(scopes)).Expecting(201)).Json.GetProperty("value").GetString()!;

    /// <summary>What was done to the installation and its tenants, and what is to be done.</summary>
    private Task<long> RowsAsync() =>
        ReadAsync<long>(
            """
            select (select count(*) from journal where outcome = 'success' and actor not like 'job:%')
                 + (select count(*) from jobs where type = 'signup.send') + (select count(*) from signups)
            """
        );

    private Task<long> AnswersAsync() => ReadAsync<long>("select count(*) from kept_answers");

    private Task<T> ReadAsync<T>(string sql) =>
        _host
            .Server.Services.GetRequiredService<IDatabase>()
            .ReadAsync(async connection => (await connection.ExecuteScalarAsync<T>(sql))!, default);

    private async Task<string> DumpAsync()
    {
        var rows = await _host
            .Server.Services.GetRequiredService<IDatabase>()
            .ReadAsync(connection => connection.QueryAsync("select * from kept_answers"), default);
        return string.Join(
            '\n',
            from IDictionary<string, object?> row in rows
            from value in row.Values
            select value is byte[] bytes ? System.Text.Encoding.Latin1.GetString(bytes) : $"{value}"
        );
    }

    private sealed record Example(string Path, JsonObject? Body, AdminClient? Client = null);
}
