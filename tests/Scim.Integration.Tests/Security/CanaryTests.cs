using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Scim.Domain.Operators;
using Scim.Integration.Tests.Admin;
using Scim.Integration.Tests.Hosting;
using Scim.Integration.Tests.OAuth;
using Scim.TestKit;

namespace Scim.Integration.Tests.Security;

/// <summary>
/// A known secret goes in wherever one can, right or wrong, and is then looked for wherever it could come out of a real process
/// that logs all it has to say.
/// </summary>
[TestFixtureSource(typeof(Databases))]
[Property(
    "Capability",
    "A secret that goes in comes out nowhere: logs, traces, metrics, journal, exports, streams, the database's text"
)]
public sealed class CanaryTests(DatabaseKind kind)
{
    /// <summary>Each puts the canary in; <see cref="Scene.Note"/> adds secrets that come of it. A new entrance is one line.</summary>
    private static readonly (string Name, Func<Scene, string, Task> PutIn)[] Entrances =
    [
        ("a user's password", (s, c) => s.ScimAsync("POST", "/Users", User(c))),
        ("a user's password, replaced", (s, c) => s.ScimAsync("PUT", $"/Users/{s.User}", User(c))),
        ("a user's password, patched", (s, c) => s.ScimAsync("PATCH", $"/Users/{s.User}", Patch("password", c))),
        ("a user's password, patched without path", (s, c) => s.ScimAsync("PATCH", $"/Users/{s.User}", Patch(null, c))),
        ("a user's password, in bulk", (s, c) => s.ScimAsync("POST", "/Bulk", InBulk(c))),
        ("a password of the wrong type", (s, c) => s.ScimAsync("POST", "/Users", User(new JsonArray(c)))),
        ("a password beside what is refused", (s, c) => s.ScimAsync("POST", "/Users", Broken(c))),
        ("a body that breaks off", (s, c) => s.RawAsync("/scim/v2/Users", $"{{\"password\":\"{c}", s.Token)),
        ("a filter on passwords", (s, c) => s.ScimAsync("GET", $"/Users?filter=password%20eq%20%22{c}%22")),
        ("a query", (s, c) => s.ScimAsync("GET", $"/Users?access_token={c}")),
        ("a path", (s, c) => s.ScimAsync("GET", $"/Users/{c}")),
        ("headers", (s, c) => s.ScimAsync("GET", "/Users", null, ("Cookie", c), ("X-Api-Key", c), ("X-Token", c))),
        ("Idempotency-Key of SCIM", (s, c) => s.ScimAsync("POST", "/Users", Some.User(), ("Idempotency-Key", c))),
        ("a mistyped token", (s, c) => s.ScimAsync("GET", "/Users", null, ("Authorization", $"Bearer scim_{c}"))),
        ("a scheme that is none", (s, c) => s.ScimAsync("GET", "/Users", null, ("Authorization", $"Basic {c}"))),
        ("the token of a client", (s, _) => s.NoteAsync(s.Token.Split('_')[^1])),
        ("the password of the first operator", (s, _) => s.NoteAsync(s.Password)),
        ("the authenticator of the first operator", (s, _) => s.NoteAsync(s.TotpSecret)),
        ("the session of the first operator", (s, _) => s.NoteAsync(s.Session[5..])),
        ("the keys in the settings", (s, _) => s.NoteAsync([s.SecretsKey, .. s.SigningKey])),
        ("a wrong password", (s, c) => s.AdminAsync("POST", "/login", AdminHost.Login(Some.Name(), c))),
        ("a password for a name", (s, c) => s.AdminAsync("POST", "/login", AdminHost.Login(c, c))),
        ("a wrong code", (s, c) => s.AdminAsync("POST", "/login", AdminHost.Login("x", "y", c))),
        ("a field that is none", (s, c) => s.AdminAsync("POST", "/login", new() { [c] = c, ["password"] = 1 })),
        ("a sign-in that breaks off", (s, c) => s.RawAsync("/admin/v1/login", $"{{\"password\":\"{c}", null)),
        ("a wrong enrolment", (s, c) => s.AdminAsync("POST", "/login/enroll", new() { ["token"] = c, ["totp"] = c })),
        ("a wrong step-up", (s, c) => s.AdminAsync("POST", "/session/step-up", new() { ["totp"] = c })),
        ("a sign-up", (s, c) => s.AdminAsync("POST", "/signup/confirm", new() { ["token"] = c, ["password"] = c })),
        ("an operator's life", (s, c) => s.LiveAsync(c)),
        ("a password that is too common", (s, c) => s.AdminAsync("POST", "/operators", Refused(c))),
        ("a changed password", (s, c) => s.AdminAsync("PUT", "/operators/me/password", Change(c))),
        (
            "a credential that is none",
            (s, c) => s.AdminAsync("GET", "/operators", null, ("Authorization", $"Bearer {c}"))
        ),
        ("a query of the control plane", (s, c) => s.AdminAsync("GET", $"/operators?{c}={c}")),
        ("a path of the control plane", (s, c) => s.AdminAsync("GET", $"/operators/{c}")),
        ("a path that is none", (s, c) => s.AdminAsync("GET", $"/{c}")),
        (
            "headers of the control plane",
            (s, c) => s.AdminAsync("GET", "/session", null, ("Cookie", c), ("If-Match", c))
        ),
        ("Idempotency-Key", (s, c) => s.AdminAsync("POST", "/workspaces", Slug(), ("Idempotency-Key", c))),
        (
            "an API key",
            (s, _) =>
                s.NoteMadeAsync(
                    "/api_keys",
                    new() { ["name"] = "x", ["scopes"] = new JsonArray("audit:read") },
                    "value"
                )
        ),
        ("a setting that is none", (s, c) => s.AdminAsync("PUT", "/config", Setting(c), ("If-Match", "1"))),
        ("a new client's token", (s, _) => s.NoteMadeAsync("/scim_clients", s.NewClient(), "token", "value")),
        ("a rotated token", (s, _) => s.NoteMadeAsync($"/scim_clients/{s.Client}/tokens/rotate", [], "value")),
        ("a private key of a client", (s, c) => s.AdminAsync("POST", "/scim_clients", s.NewClient(PrivateKey(c)))),
        ("a stream's authorization", (s, c) => s.AdminAsync("POST", "/audit/streams", s.Stream($"Bearer {c}"))),
        (
            "a stream's URL",
            (s, c) => s.AdminAsync("POST", "/audit/streams", s.Stream(null, $"https://x:{c}@siem.example/"))
        ),
        ("a client's secret", (s, c) => s.OAuthAsync(o => o.ByPostAsync(s.Client, c), c)),
        (
            "a stream's path",
            (s, c) => s.AdminAsync("POST", "/audit/streams", s.Stream(null, s.Received($"/{c}"))).Expecting(201)
        ),
        (
            "a stream's query",
            (s, c) => s.AdminAsync("POST", "/audit/streams", s.Stream(null, s.Received($"?key={c}"))).Expecting(201)
        ),
        ("a client's secret, Basic", (s, c) => s.OAuthAsync(o => o.ByBasicAsync(s.Client, c), $"{s.Client}:{c}")),
        ("an assertion", (s, c) => s.OAuthAsync(o => o.ByAssertionAsync($"eyJhbGciOiJFUzI1NiJ9.e30.{c}"), c)),
        ("a form that is none", (s, c) => s.OAuthAsync(o => o.SendAsync($"client_secret={c}&{c}={c}"), c)),
        ("an access token", (s, _) => s.UseAccessTokenAsync()),
    ];

    [Test]
    public async Task A_secret_that_goes_in_comes_out_nowhere()
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        await using var collector = await OtlpCollector.StartAsync();
        await using var receiver = await Receiver.StartAsync();
        using var scene = await Scene.StartAsync(database, collector, receiver);
        foreach (var (name, putIn) in Entrances)
        {
            scene.At = name;
            var canary = "cAnArY" + RandomNumberGenerator.GetHexString(20);
            scene.Note(canary);
            await putIn(scene, canary);
        }

        var sinks = await scene.EndAsync();

        sinks.Values.Should().OnlyContain(text => text.Length > 100, "there is something to look into");
        var found =
            from sink in sinks
            from secret in scene.Secrets
            where secret.Forms.Any(form => sink.Value.Contains(form, StringComparison.OrdinalIgnoreCase))
            select $"{secret.Entrance} → {sink.Key}";
        found.Distinct().Should().BeEmpty();
    }

    private static JsonObject User(JsonNode password)
    {
        var user = Some.User();
        user["password"] = password;
        return user;
    }

    private static JsonObject Broken(string canary)
    {
        var user = User(canary);
        user["userName"] = 1;
        user["emails"] = canary;
        return user;
    }

    private static JsonObject Patch(string? path, string canary) =>
        Messages.Patch("replace", path, path is null ? new JsonObject { ["password"] = canary } : canary);

    private static JsonObject InBulk(string canary) =>
        Messages.Bulk(
            Messages.BulkOperation("POST", "/Users", User(canary), "1"),
            Messages.BulkOperation("POST", "/Users", Broken(canary), "2")
        );

    private static JsonObject Slug() => new() { ["slug"] = Some.Slug() };

    private static JsonObject Refused(string canary)
    {
        var body = AdminHost.Operator();
        body["password"] = canary + "\u0001";
        body["roles"] = new JsonArray(canary);
        return body;
    }

    private static JsonObject Change(string canary) =>
        new() { ["currentPassword"] = canary, ["newPassword"] = canary + "new" };

    private static JsonObject Setting(string canary) =>
        new()
        {
            ["settings"] = new JsonObject { [canary] = canary, ["session.leaseSeconds"] = canary },
        };

    private static JsonObject PrivateKey(string canary)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var jwk = OAuthClient.Jwk("1", key);
        jwk["d"] = canary;
        return new JsonObject { ["keys"] = new JsonArray(jwk) };
    }

    private sealed record Secret(string Entrance, string[] Forms);

    /// <summary>A server with an operator who is signed in, a tenant and a client.</summary>
    private sealed class Scene : IDisposable
    {
        private readonly TestDatabase _database;
        private readonly OtlpCollector _collector;
        private readonly Receiver _receiver;
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("scim-canary-");
        private readonly ConcurrentBag<Secret> _secrets = [];
        private ApiProcess _server = null!;
        private ScimClient _scim = null!;
        private ScimClient _admin = null!;
        private TestTenant _tenant = null!;

        private Scene(TestDatabase database, OtlpCollector collector, Receiver receiver) =>
            (_database, _collector, _receiver) = (database, collector, receiver);

        public string At { get; set; } = "";

        public IEnumerable<Secret> Secrets => _secrets;

        public string Password { get; } = "cAnArY" + RandomNumberGenerator.GetHexString(20);

        public string TotpSecret { get; } = Totp.Encode(RandomNumberGenerator.GetBytes(Totp.SecretLength));

        public string SecretsKey { get; } = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

        public string[] SigningKey { get; private set; } = [];

        public string Session => _admin.Token!;

        public string Token => _tenant.Token;

        public string Client => _tenant.ClientId;

        public string User { get; private set; } = "";

        public static async Task<Scene> StartAsync(TestDatabase database, OtlpCollector collector, Receiver receiver)
        {
            var scene = new Scene(database, collector, receiver);
            var keyFile = Path.Combine(scene._folder.FullName, "key.pem");
            using (var key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
            {
                await File.WriteAllTextAsync(keyFile, key.ExportECPrivateKeyPem());
                scene.SigningKey = key.ExportECPrivateKeyPem().Split('\n')[1..3];
            }

            scene._server = await ApiProcess.StartAsync(
                database,
                new Dictionary<string, string>
                {
                    ["Bootstrap:AdminUser"] = "root",
                    ["Bootstrap:AdminPassword"] = scene.Password,
                    ["Bootstrap:AdminTotpSecret"] = scene.TotpSecret,
                    ["Secrets:Key"] = scene.SecretsKey,
                    ["Scim:TrustedProxies"] = "127.0.0.0/8",
                    ["Telemetry:OtlpEndpoint"] = collector.Url,
                    ["Telemetry:ReadLogSampleRatio"] = "1",
                    ["Logging:LogLevel:Default"] = "Debug",
                    ["Logging:LogLevel:Microsoft.AspNetCore"] = "Debug",
                    ["Logging:LogLevel:Npgsql"] = "Debug",
                    ["Logging:LogLevel:Quartz"] = "Debug",
                    ["Worker:InProcess"] = "true",
                    ["Worker:PollMilliseconds"] = "100",
                    ["Audit:SealSeconds"] = "1",
                    ["Audit:StreamSeconds"] = "1",
                    ["Audit:SigningKeyFile"] = keyFile,
                    ["Audit:CheckpointFolder"] = Path.Combine(scene._folder.FullName, "checkpoints"),
                    ["Outbound:AllowedNetworks"] = "127.0.0.0/8",
                }
            );
            scene._tenant = await TestTenant.CreateAsync(scene._server);
            scene._scim = new ScimClient(scene._server.BaseAddress, scene.Token);
            scene._admin = new ScimClient(scene._server.BaseAddress, null, "/admin/v1");
            scene.User = (await scene._scim.PostAsync("/Users", Some.User()).Expecting(201)).Id;
            var login = AdminHost.Login("root", scene.Password, scene.Code(-1));
            var session = await scene.AdminAsync("POST", "/login", login).Expecting(200);
            scene._admin.Token = session.Json.GetProperty("sessionToken").GetString();
            await scene.AdminAsync("POST", "/session/step-up", new() { ["totp"] = scene.Code(0) }).Expecting(200);
            await scene.AdminAsync("POST", "/audit/streams", scene.Stream(null)).Expecting(201);
            return scene;
        }

        public void Note(params string[] secrets)
        {
            foreach (var secret in secrets)
            {
                var bytes = Encoding.UTF8.GetBytes(secret);
                _secrets.Add(
                    new Secret(At, [secret, Convert.ToHexString(bytes), Convert.ToBase64String(bytes).TrimEnd('=')])
                );
            }
        }

        public Task NoteAsync(params string[] secrets)
        {
            Note(secrets);
            return Task.CompletedTask;
        }

        /// <summary>Notes what is shown this once.</summary>
        public async Task NoteMadeAsync(string path, JsonObject body, params string[] names)
        {
            var made = await AdminAsync("POST", path, body).Expecting(201);
            var value = names.Aggregate(made.Json, (json, name) => json.GetProperty(name)).GetString()!;
            Note(value, value.Split('_')[^1]);
            await ScimAsync("GET", "/Users", null, ("Authorization", $"Bearer {value}"));
            await AdminAsync("GET", "/audit", null, ("Authorization", $"Bearer {value}"));
        }

        public Task<ScimResponse> ScimAsync(
            string method,
            string path,
            JsonObject? body = null,
            params (string, string?)[] headers
        ) => CheckAsync(_scim.SendAsync(method, path, body?.ToJsonString(), headers));

        public Task<ScimResponse> AdminAsync(
            string method,
            string path,
            JsonObject? body = null,
            params (string, string?)[] headers
        )
        {
            // From another network each time, so that failures delay nothing.
            var network = new IPAddress(RandomNumberGenerator.GetBytes(16)).ToString();
            return CheckAsync(
                _admin.SendAsync(
                    method,
                    path,
                    body?.ToJsonString(),
                    [("Content-Type", "application/json"), ("X-Forwarded-For", network), .. headers]
                )
            );
        }

        public async Task RawAsync(string path, string body, string? token)
        {
            using var client = new ScimClient(_server.BaseAddress, token, "");
            await CheckAsync(client.SendAsync("POST", path, body, [("Content-Type", "application/json")]));
        }

        public async Task OAuthAsync(Func<OAuthClient, Task<OAuthAnswer>> send, string sent)
        {
            Note(sent);
            using var client = new OAuthClient(_server.BaseAddress);
            ((int)(await send(client)).Status).Should().BeInRange(400, 499);
        }

        public async Task UseAccessTokenAsync()
        {
            using var client = new OAuthClient(_server.BaseAddress);
            var token = (await client.ByBasicAsync(Client, Token)).Token;
            Note(token, token.Split('.')[^1], Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Client}:{Token}")));
            (await client.ScimAsync(token)).Should().Be(HttpStatusCode.OK);
            (await client.ScimAsync(token + "x")).Should().Be(HttpStatusCode.Unauthorized);
        }

        /// <summary>Made, enrolled, signed in by a recovery code, given another password.</summary>
        public async Task LiveAsync(string canary)
        {
            var body = AdminHost.Operator();
            body["password"] = canary;
            var name = body["userName"]!.GetValue<string>();
            var id = (await AdminAsync("POST", "/operators", body).Expecting(201)).Id;
            var login = AdminHost.Login(name, canary);
            var offer = (await AdminAsync("POST", "/login", login).Expecting(200)).Json.GetProperty("enrollment");
            var (secret, token) = (Text(offer, "secret"), Text(offer, "token"));
            var code = Totp.Compute(Totp.Decode(secret)!, Totp.StepAt(TimeProvider.System.GetUtcNow()));
            var proof = new JsonObject { ["token"] = token, ["totp"] = code };
            var enrolled = (await AdminAsync("POST", "/login/enroll", proof).Expecting(200)).Json;
            var codes = enrolled.GetProperty("recoveryCodes").EnumerateArray().Select(x => x.GetString()!).ToArray();
            login["recoveryCode"] = codes[0];
            var session = (await AdminAsync("POST", "/login", login).Expecting(200)).Json;
            Note([
                secret,
                token[5..],
                Text(enrolled, "sessionToken")[5..],
                Text(session, "sessionToken")[5..],
                .. codes,
            ]);
            body["password"] = canary + "2";
            await AdminAsync("PUT", $"/operators/{id}", body).Expecting(200);
            await AdminAsync("DELETE", $"/operators/{id}/totp").Expecting(204);
        }

        public JsonObject NewClient(JsonObject? jwks = null) =>
            new()
            {
                ["tenantId"] = _tenant.TenantId,
                ["name"] = Some.Name(),
                ["jwks"] = jwks,
            };

        public JsonObject Stream(string? authorization, string? url = null) =>
            new()
            {
                ["name"] = Some.Name(),
                ["url"] = url ?? _receiver.Url,
                ["authorization"] = authorization,
            };

        public string Received(string more) => _receiver.Url + more;

        /// <summary>All that came out, by where.</summary>
        public async Task<Dictionary<string, string>> EndAsync()
        {
            var last = (await AdminAsync("POST", "/workspaces", Slug()).Expecting(201)).Id;
            await Eventually.IsTrueAsync(() =>
                Task.FromResult(_receiver.Text.Contains(last, StringComparison.Ordinal))
            );
            var sinks = new Dictionary<string, string>
            {
                ["stream"] = _receiver.Text,
                ["audit"] = (await AdminAsync("GET", "/audit?limit=500").Expecting(200)).Text,
                ["export"] = (await AdminAsync("GET", "/audit/export").Expecting(200)).Text,
                ["CSV"] = (await AdminAsync("GET", "/audit/export?format=csv").Expecting(200)).Text,
                ["what the API shows"] = string.Join(
                    '\n',
                    (await AdminAsync("GET", "/operators").Expecting(200)).Text,
                    (await AdminAsync("GET", "/api_keys").Expecting(200)).Text,
                    (await AdminAsync("GET", "/scim_clients").Expecting(200)).Text,
                    (await AdminAsync("GET", "/audit/streams").Expecting(200)).Text,
                    (await AdminAsync("GET", "/config?describe=true").Expecting(200)).Text,
                    (await _scim.GetAsync("/Users?count=200").Expecting(200)).Text
                ),
            };
            using (var http = new HttpClient())
            {
                sinks["metrics"] = await http.GetStringAsync(new Uri(_server.BaseAddress, "/metrics"));
            }

            // Before the end of the process, which tidies SQLite's log away, and after it.
            sinks["database"] = await StoredText.ReadAsync(_database);
            (await _server.StopAsync()).Should().Be(0);
            sinks["database afterwards"] = await StoredText.ReadAsync(_database);
            sinks["log"] = _server.Output;
            sinks["traces"] = _collector.Traces;
            sinks["exported metrics"] = _collector.Metrics;
            sinks["checkpoints"] = string.Concat(
                Directory.GetFiles(Path.Combine(_folder.FullName, "checkpoints")).Select(File.ReadAllText)
            );
            sinks["log"].Should().Contain("\"LogLevel\":\"Debug\"");
            sinks["traces"].Should().Contain("/admin/v1/login");
            sinks["database"].Should().Contain(Client, "clients are in it").And.Contain(_tenant.Slug);
            return sinks;
        }

        public void Dispose()
        {
            _server?.Dispose();
            _scim?.Dispose();
            _admin?.Dispose();
            _tenant?.Dispose();
            _folder.Delete(recursive: true);
        }

        private static async Task<ScimResponse> CheckAsync(Task<ScimResponse> sent)
        {
            var answer = await sent;
            answer.Status.Should().BeLessThan(500, answer.Text);
            return answer;
        }

        private string Code(int steps) =>
            Totp.Compute(Totp.Decode(TotpSecret)!, Totp.StepAt(TimeProvider.System.GetUtcNow()) + steps);

        private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
    }

    /// <summary>Where the streams go; their header is theirs to know.</summary>
    private sealed class Receiver : IAsyncDisposable
    {
        private readonly WebApplication _application;
        private readonly ConcurrentQueue<string> _bodies = [];

        private Receiver(WebApplication application) => _application = application;

        public string Url => _application.Urls.First() + "/in";

        public string Text => string.Concat(_bodies);

        public static async Task<Receiver> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            var receiver = new Receiver(builder.Build());
            receiver._application.MapPost("/in/{**key}", receiver.TakeAsync);
            await receiver._application.StartAsync();
            return receiver;
        }

        public ValueTask DisposeAsync() => _application.DisposeAsync();

        private async Task TakeAsync(HttpRequest request)
        {
            using var reader = new StreamReader(request.Body);
            _bodies.Enqueue(await reader.ReadToEndAsync());
        }
    }
}
