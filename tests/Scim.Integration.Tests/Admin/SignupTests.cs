using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.Application.Audit;
using Scim.Application.Signup;
using Scim.Domain.Operators;
using Scim.TestKit;
using ScimClient = Scim.TestKit.ScimClient;

namespace Scim.Integration.Tests.Admin;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Whoever proves an e-mail address makes a trial tenant and its first operator, once and whole")]
public sealed class SignupTests(DatabaseKind kind)
{
    private const string Password = "a long quiet river 9";

    private AdminHost _host = null!;
    private Mailbox _mail = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _mail = new Mailbox();
        _host = await AdminHost.StartAsync(
            kind,
            new Dictionary<string, string>
            {
                ["Signup:Enabled"] = "true",
                ["Signup:ConfirmUrl"] = "https://example.com/confirm",
                ["Email:Folder"] = _mail.Folder,
            }
        );
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _host.DisposeAsync();
        _mail.Dispose();
    }

    [Test]
    public async Task A_proved_address_gets_a_trial_tenant_and_can_sign_in()
    {
        var (slug, email) = (Some.Slug(), Some.UserName());
        using var client = _host.Client();
        var token = await SignUpAsync(client, slug, email);
        var confirm = new JsonObject { ["token"] = token, ["password"] = Password };

        var made = await client.PostAsync("/signup/confirm", confirm).Expecting(201);

        var tenant = made.Json.GetProperty("tenant");
        tenant.GetProperty("plan").GetString().Should().Be("trial");
        (await client.PostAsync("/signup/confirm", confirm)).Problem().Should().Be("invalid-credentials");
        var enrollment = await client.PostAsync("/login", AdminHost.Login(email, Password)).Expecting(200);
        var secret = enrollment.Json.GetProperty("enrollment");
        var code = Totp.Compute(
            Totp.Decode(secret.GetProperty("secret").GetString()!)!,
            Totp.StepAt(_host.Clock.GetUtcNow())
        );
        var session = await client
            .PostAsync(
                "/login/enroll",
                new JsonObject { ["token"] = secret.GetProperty("token").GetString(), ["totp"] = code }
            )
            .Expecting(200);
        client.Token = session.Json.GetProperty("sessionToken").GetString();
        var seen = (await client.GetAsync("/tenants").Expecting(200)).Json.GetProperty("items").EnumerateArray();
        seen.Single().GetProperty("slug").GetString().Should().Be(slug);
        (await client.GetAsync("/workspaces")).Json.GetProperty("items").GetArrayLength().Should().Be(1);
        var journal = await _host.SendAsync(new TailJournal(slug));
        journal.Single().Operation.Should().Be("tenant.create");
        journal.Single().Actor.Should().StartWith("signup:");
    }

    [Test]
    public async Task A_slug_that_was_taken_meanwhile_leaves_nothing_behind_and_the_token_good()
    {
        var (slug, email) = (Some.Slug(), Some.UserName());
        using var client = _host.Client();
        var token = await SignUpAsync(client, slug, email);
        using var admin = await _host.SignInAsync("platform-admin", stepUp: false);
        await admin.PostAsync("/tenants", new JsonObject { ["slug"] = slug }).Expecting(201);
        var confirm = new JsonObject { ["token"] = token, ["password"] = Password };

        (await client.PostAsync("/signup/confirm", confirm)).Problem().Should().Be("conflict");

        (await admin.GetAsync("/workspaces?limit=500")).Text.Should().NotContain($"\"{slug}\"");
        confirm["slug"] = Some.Slug();
        await client.PostAsync("/signup/confirm", confirm).Expecting(201);
        confirm["token"] = await SignUpAsync(client, Some.Slug(), email);
        confirm["slug"] = Some.Slug();
        (await client.PostAsync("/signup/confirm", confirm)).Problem().Should().Be("conflict", "the address is taken");
    }

    [Test]
    [Category(Soak.Concurrency)]
    public async Task Of_those_who_confirm_at_once_one_succeeds()
    {
        using var client = _host.Client();
        var token = await SignUpAsync(client, Some.Slug(), Some.UserName());

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(_ =>
                    client.PostAsync(
                        "/signup/confirm",
                        new JsonObject
                        {
                            ["token"] = token,
                            ["password"] = Password,
                            ["slug"] = Some.Slug(),
                        }
                    )
                )
        );

        answers.Count(answer => answer.Status == 201).Should().Be(1);
        answers.Where(answer => answer.Status != 201).Should().OnlyContain(answer => answer.Status == 401);
    }

    [Test]
    public async Task A_token_ends_after_a_day_and_weak_input_is_told_at_once()
    {
        using var client = _host.Client();
        using var http = new ScimClient(_host.Server.BaseAddress, null, "");
        (await http.PostAsync("/signup", new JsonObject(), ("Content-Type", "application/json")))
            .Problem()
            .Should()
            .Be("validation", "the short path is the same");
        (await client.PostAsync("/signup", new JsonObject { ["email"] = "nobody", ["slug"] = "A" }))
            .WrongFields()
            .Should()
            .BeEquivalentTo("email", "slug");
        var token = await SignUpAsync(client, Some.Slug(), Some.UserName());
        var confirm = new JsonObject { ["token"] = token, ["password"] = "password1234" };
        (await client.PostAsync("/signup/confirm", confirm)).WrongFields().Should().Equal("password");

        _host.Clock.Advance(TimeSpan.FromHours(25));

        confirm["password"] = Password;
        (await client.PostAsync("/signup/confirm", confirm)).Problem().Should().Be("invalid-credentials");
    }

    [Test]
    public async Task A_message_that_is_sent_again_brings_the_token_that_works_from_then_on()
    {
        var (slug, email) = (Some.Slug(), Some.UserName());
        using var client = _host.Client();
        var first = await SignUpAsync(client, slug, email);
        await _host.RepeatJobsAsync(SendSignup.JobType);

        await _host.RunJobsAsync(SendSignup.JobType);

        var tokens = _mail.TokensTo(email);
        tokens.Should().HaveCount(2).And.OnlyHaveUniqueItems();
        var confirm = new JsonObject { ["token"] = first, ["password"] = Password };
        (await client.PostAsync("/signup/confirm", confirm)).Problem().Should().Be("invalid-credentials");
        confirm["token"] = tokens.Single(token => token != first);
        await client.PostAsync("/signup/confirm", confirm).Expecting(201);
        await _host.RepeatJobsAsync(SendSignup.JobType);
        await _host.RunJobsAsync(SendSignup.JobType);
        _mail.MessagesTo(email).Should().HaveCount(2, "what is confirmed gets no more of them");
    }

    [Test]
    public async Task An_address_gets_three_messages_and_the_answer_does_not_tell()
    {
        var email = Some.UserName();
        var texts = new HashSet<string>();
        for (var i = 0; i < 5; i++)
        {
            // From five networks.
            using var client = _host.Client();
            var body = new JsonObject { ["slug"] = Some.Slug(), ["email"] = email };
            texts.Add((await client.PostAsync("/signup", body).Expecting(202)).Text);
        }

        texts.Should().ContainSingle();
        await _host.RunJobsAsync(SendSignup.JobType);
        _mail.MessagesTo(email).Should().HaveCount(3);
    }

    [Test]
    public async Task A_network_is_bounded_and_sign_up_is_off_unless_switched_on()
    {
        using var client = _host.Client();
        for (var i = 0; i < 20; i++)
        {
            await client
                .PostAsync("/signup", new JsonObject { ["slug"] = Some.Slug(), ["email"] = Some.UserName() })
                .Expecting(202);
        }

        var refused = await client.PostAsync(
            "/signup",
            new JsonObject { ["slug"] = Some.Slug(), ["email"] = Some.UserName() }
        );
        refused.Problem().Should().Be("too-many-requests");

        using var elsewhere = new AdminClient(await ApiServer.SharedAsync(kind), null);
        var off = await elsewhere.PostAsync(
            "/signup",
            new JsonObject { ["slug"] = Some.Slug(), ["email"] = Some.UserName() }
        );
        off.Problem().Should().Be("not-found");
    }

    /// <summary>The token of the message.</summary>
    private async Task<string> SignUpAsync(AdminClient client, string slug, string email)
    {
        await client.PostAsync("/signup", new JsonObject { ["slug"] = slug, ["email"] = email }).Expecting(202);
        await _host.RunJobsAsync(SendSignup.JobType);
        return _mail.TokensTo(email)[^1];
    }
}
