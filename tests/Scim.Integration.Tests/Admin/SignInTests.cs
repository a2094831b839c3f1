using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Domain.Operators;
using Scim.Infrastructure.Persistence;
using Scim.TestKit;

namespace Scim.Integration.Tests.Admin;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Operators sign in with password and a one-time code, enrolled at the first sign-in")]
[Property("Rfc", "RFC 6238")]
public sealed class SignInTests(DatabaseKind kind)
{
    private const string BootName = "root";
    private const string BootPassword = "the first of many doors";

    private AdminHost _host = null!;

    [OneTimeSetUp]
    public async Task Start() =>
        _host = await AdminHost.StartAsync(
            kind,
            new Dictionary<string, string>
            {
                ["Bootstrap:AdminUser"] = BootName,
                ["Bootstrap:AdminPassword"] = BootPassword,
            }
        );

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [Test]
    public async Task The_first_sign_in_enrols_an_authenticator_and_hands_out_recovery_codes_once()
    {
        using var client = _host.Client();

        var offer = (await client.PostAsync("/login", AdminHost.Login(BootName, BootPassword)).Expecting(200)).Json;
        var enrollment = offer.GetProperty("enrollment");
        var secret = Totp.Decode(enrollment.GetProperty("secret").GetString()!)!;
        enrollment
            .GetProperty("otpauthUri")
            .GetString()
            .Should()
            .StartWith("otpauth://totp/ScimPlatform:root?secret=" + enrollment.GetProperty("secret").GetString());
        enrollment.GetProperty("qrSvg").GetString().Should().StartWith("<svg");
        var enrol = new JsonObject
        {
            ["token"] = enrollment.GetProperty("token").GetString(),
            ["totp"] = Totp.Compute(secret, Totp.StepAt(_host.Clock.GetUtcNow())),
        };
        var session = (await client.PostAsync("/login/enroll", enrol).Expecting(200)).Json;

        var codes = session.GetProperty("recoveryCodes").EnumerateArray().Select(code => code.GetString()).ToList();
        codes.Should().HaveCount(10).And.OnlyHaveUniqueItems();
        session.GetProperty("operator").GetProperty("userName").GetString().Should().Be(BootName);
        session.GetProperty("operator").GetProperty("roles")[0].GetString().Should().Be("platform-admin");
        client.Token = session.GetProperty("sessionToken").GetString();
        (await client.GetAsync("/operators")).Status.Should().Be(200);

        // The token is spent, and the next sign-in offers no other.
        (await client.PostAsync("/login/enroll", enrol))
            .Problem()
            .Should()
            .Be("invalid-credentials");
        (await client.PostAsync("/login", AdminHost.Login(BootName, BootPassword))).Status.Should().Be(401);
        var recovery = AdminHost.Login(BootName, BootPassword);
        recovery["recoveryCode"] = codes[3]!.ToUpperInvariant().Replace('-', ' ');
        (await client.PostAsync("/login", recovery)).Status.Should().Be(200);
        (await client.PostAsync("/login", recovery)).Status.Should().Be(401);
    }

    [Test]
    public async Task A_later_offer_replaces_the_earlier_one_and_an_old_one_does_not_enrol()
    {
        var admin = await _host.SignInAsync("platform-admin");
        var body = AdminHost.Operator();
        var name = body["userName"]!.GetValue<string>();
        var password = body["password"]!.GetValue<string>();
        await admin.PostAsync("/operators", body).Expecting(201);
        using var client = _host.Client();

        var first = await OfferAsync(client, name, password);
        var second = await OfferAsync(client, name, password);
        (await client.PostAsync("/login/enroll", Enrol(first))).Status.Should().Be(401);
        var late = Enrol(second);
        _host.Clock.Advance(TimeSpan.FromMinutes(11));
        late["totp"] = Enrol(second)["totp"]!.GetValue<string>();
        (await client.PostAsync("/login/enroll", late)).Status.Should().Be(401);
        var third = await OfferAsync(client, name, password);
        (await client.PostAsync("/login/enroll", Enrol(third))).Status.Should().Be(200);
    }

    [Test]
    public async Task Whatever_is_wrong_the_answer_is_the_same()
    {
        var account = await _host.OperatorAsync("support");
        var disabled = await _host.OperatorAsync("support");
        using var admin = await _host.SignInAsync("platform-admin");
        var off = AdminHost.Operator(disabled.UserName);
        off.Remove("password");
        off["state"] = "disabled";
        await admin.PutAsync($"/operators/{disabled.Id}", off).Expecting(200);
        JsonObject[] wrong =
        [
            AdminHost.Login("nobody-" + account.UserName, account.Password, _host.CodeOf(account)),
            AdminHost.Login(account.UserName, "not the password 1", _host.CodeOf(account)),
            AdminHost.Login(account.UserName, account.Password, "000000"),
            AdminHost.Login(account.UserName, account.Password, "abc"),
            AdminHost.Login(account.UserName, account.Password),
            AdminHost.Login(disabled.UserName, disabled.Password, _host.CodeOf(disabled)),
        ];

        var answers = new List<string>();
        foreach (var body in wrong)
        {
            using var client = _host.Client();
            var answer = await client.PostAsync("/login", body);
            answer.Status.Should().Be(401, body.ToJsonString());
            answer.Header("WWW-Authenticate").Should().StartWith("Bearer");
            var json = JsonNode.Parse(answer.Text)!.AsObject();
            json.Remove("traceId");
            json.Remove("requestId");
            answers.Add(json.ToJsonString());
        }

        answers.Distinct().Should().ContainSingle();
    }

    [Test]
    public async Task Failures_are_journalled_with_the_reason_that_the_answer_does_not_tell()
    {
        var account = await _host.OperatorAsync("support");
        using var client = _host.Client();

        await client.PostAsync("/login", AdminHost.Login(account.UserName, "not the password 1")).Expecting(401);
        await client.PostAsync("/login", AdminHost.Login(account.UserName, account.Password, "000000")).Expecting(401);

        var rows = await Eventually(async () =>
            (await _host.JournalAsync())
                .Where(row => row.Operation == "auth.failure" && row.Resource == account.Id.ToString("D"))
                .Select(row => row.Detail)
                .ToList()
                is { Count: 2 } found
                ? found
                : null
        );
        rows.Should().BeEquivalentTo("wrong-password", "wrong-code");
    }

    [Test]
    public async Task Guessing_is_delayed_longer_and_longer_and_a_right_password_passes_after_the_delay()
    {
        using var stopped = _host.Clock.Stop();
        var account = await _host.OperatorAsync("support");
        var wrong = AdminHost.Login(account.UserName, "not the password 1");
        for (var i = 0; i < 6; i++)
        {
            using var other = _host.Client();
            await other.PostAsync("/login", wrong).Expecting(401);
        }

        using var client = _host.Client();
        var right = AdminHost.Login(account.UserName, account.Password, _host.CodeOf(account));
        var delayed = await client.PostAsync("/login", right);
        delayed.Status.Should().Be(429);
        delayed.Problem().Should().Be("too-many-requests");
        delayed.Header("Retry-After").Should().Be("1");

        _host.Clock.Advance(TimeSpan.FromSeconds(2));
        await client.PostAsync("/login", wrong).Expecting(401);
        _host.Clock.Advance(TimeSpan.FromSeconds(1.5));
        (await client.PostAsync("/login", wrong)).Status.Should().Be(429, "the delay has doubled");

        _host.Clock.Advance(TimeSpan.FromSeconds(30));
        right["totp"] = _host.CodeOf(account);
        (await client.PostAsync("/login", right)).Status.Should().Be(200);
        (await client.PostAsync("/login", wrong)).Status.Should().Be(401, "the account starts anew");
    }

    [Test]
    public async Task A_flood_of_parallel_guesses_gets_no_more_tries_than_one_after_the_other()
    {
        using var stopped = _host.Clock.Stop();
        var account = await _host.OperatorAsync("support");
        var wrong = AdminHost.Login(account.UserName, "not the password 1").ToJsonString();

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 40)
                .Select(async _ =>
                {
                    using var client = _host.Client();
                    return (await client.SendAsync("POST", "/login", wrong)).Status;
                })
        );

        // Those for whom there is no turn to be checked are 503, and no tries.
        answers.Should().OnlyContain(status => status == 401 || status == 429 || status == 503);
        // Five are free, and the next is the first that delays.
        answers.Count(status => status == 401).Should().Be(6);
    }

    [Test]
    public async Task A_network_that_guesses_at_many_accounts_is_delayed_too_and_no_other_network()
    {
        using var stopped = _host.Clock.Stop();
        using var guesser = _host.Client();
        var statuses = new List<int>();
        for (var i = 0; i < 22; i++)
        {
            statuses.Add((await guesser.PostAsync("/login", AdminHost.Login($"guess-{i}", "not it at all 1"))).Status);
        }

        // Twenty are free, and the next is the first that delays.
        statuses.Should().Equal([.. Enumerable.Repeat(401, 21), 429]);
        using var neighbour = new AdminClient(_host.Server, null) { Network = guesser.Network[..^1] + "99" };
        (await neighbour.PostAsync("/login", AdminHost.Login("guess-x", "not it at all 1"))).Status.Should().Be(429);
        using var other = _host.Client();
        (await other.PostAsync("/login", AdminHost.Login("guess-x", "not it at all 1"))).Status.Should().Be(401);
    }

    [Test]
    public async Task A_code_of_the_previous_or_next_half_minute_is_taken_and_no_other()
    {
        var account = await _host.OperatorAsync("support");
        var now = Totp.StepAt(_host.Clock.GetUtcNow());
        using var client = _host.Client();

        async Task<int> TryAsync(long step) =>
            (
                await client.PostAsync(
                    "/login",
                    AdminHost.Login(account.UserName, account.Password, Totp.Compute(account.Secret, step))
                )
            ).Status;

        (await TryAsync(now - 3)).Should().Be(401);
        (await TryAsync(now + 3)).Should().Be(401);
        (await TryAsync(now + 1)).Should().Be(200);
        (await TryAsync(now)).Should().Be(401, "a later code was used");
    }

    [Test]
    public async Task The_database_holds_no_password_code_token_or_secret_in_clear()
    {
        var account = await _host.OperatorAsync("support");
        using var session = await _host.SignInAsync(account);

        var texts = await DumpAsync();

        texts.Should().Contain(account.UserName);
        texts.Should().NotContain(account.Password);
        texts.Should().NotContain(session.Token![5..]);
        texts.Should().NotContain(Convert.ToHexString(account.Secret));
        texts.Should().NotContain(Totp.Encode(account.Secret));
    }

    [Test]
    public async Task Bootstrap_creates_and_never_resets_and_takes_a_secret_for_unattended_installations()
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        var clock = new ShiftedClock();
        Dictionary<string, string> Settings(string password) =>
            new()
            {
                ["Bootstrap:AdminUser"] = "first",
                ["Bootstrap:AdminPassword"] = password,
                ["Bootstrap:AdminTotpSecret"] = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
            };
        var secret = Totp.Decode("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")!;

        async Task<int> SignInAsync(string configured, string password, long offset)
        {
            await using var server = await ApiServer.StartAsync(
                database,
                Settings(configured),
                builder => builder.Services.AddSingleton<TimeProvider>(clock)
            );
            using var client = new AdminClient(server, null);
            clock.Advance(TimeSpan.FromSeconds(30 * offset));
            var code = Totp.Compute(secret, Totp.StepAt(clock.GetUtcNow()));
            return (await client.PostAsync("/login", AdminHost.Login("FIRST", password, code))).Status;
        }

        (await SignInAsync("one river and a half", "one river and a half", 0)).Should().Be(200);
        (await SignInAsync("two rivers and a half", "two rivers and a half", 1)).Should().Be(401);
        (await SignInAsync("two rivers and a half", "one river and a half", 2)).Should().Be(200);
    }

    private static async Task<JsonElement> OfferAsync(AdminClient client, string name, string password) =>
        (await client.PostAsync("/login", AdminHost.Login(name, password)).Expecting(200)).Json.GetProperty(
            "enrollment"
        );

    private JsonObject Enrol(JsonElement offer) =>
        new()
        {
            ["token"] = offer.GetProperty("token").GetString(),
            ["totp"] = Totp.Compute(
                Totp.Decode(offer.GetProperty("secret").GetString()!)!,
                Totp.StepAt(_host.Clock.GetUtcNow())
            ),
        };

    /// <summary>Every column of the tables of sign-in and of the journal, bytes as hexadecimal and as text.</summary>
    private async Task<string> DumpAsync()
    {
        string[] tables =
        [
            "operators",
            "operator_sessions",
            "operator_recovery_codes",
            "api_keys",
            "sign_in_failures",
            "journal",
        ];
        var dump = new System.Text.StringBuilder();
        foreach (var table in tables)
        {
            var rows = await _host
                .Server.Services.GetRequiredService<IDatabase>()
                .ReadAsync(connection => connection.QueryAsync($"select * from {table}"), default);
            foreach (IDictionary<string, object?> row in rows)
            {
                foreach (var value in row.Values)
                {
                    dump.AppendLine(
                        value is byte[] bytes
                            ? Convert.ToHexString(bytes) + System.Text.Encoding.Latin1.GetString(bytes)
                            : value?.ToString()
                    );
                }
            }
        }

        return dump.ToString();
    }

    private static async Task<T> Eventually<T>(Func<Task<T?>> find)
        where T : class
    {
        for (var i = 0; i < 100; i++)
        {
            if (await find() is { } found)
            {
                return found;
            }

            await Task.Delay(100);
        }

        throw new AssertionException("It did not happen within ten seconds.");
    }
}
