using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Dapper;
using FluentAssertions;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Scim.Application.Common;
using Scim.Application.Jobs;
using Scim.Application.Operators;
using Scim.Domain.Operators;
using Scim.Infrastructure.Persistence;
using Scim.Integration.Tests.OpenApi;
using Scim.TestKit;

namespace Scim.Integration.Tests.Admin;

internal sealed record TestOperator(Guid Id, string UserName, string Password, byte[] Secret);

/// <summary>A server with a clock of its own, and operators who have their authenticators at hand.</summary>
internal sealed class AdminHost : IAsyncDisposable
{
    private const string Password = "a long quiet river 9";

    private readonly List<ApiServer> _replicas = [];

    private AdminHost(ApiServer server, ShiftedClock clock)
    {
        Server = server;
        Clock = clock;
    }

    public ApiServer Server { get; }

    public ShiftedClock Clock { get; }

    public static async Task<AdminHost> StartAsync(
        DatabaseKind kind,
        IReadOnlyDictionary<string, string>? settings = null
    )
    {
        var clock = new ShiftedClock();
        return new AdminHost(await ApiServer.StartAsync(kind, Settings(settings), Use(clock)), clock);
    }

    /// <summary>Another process on the same database, as far as it can tell.</summary>
    public async Task<ApiServer> AddReplicaAsync()
    {
        var replica = await ApiServer.StartAsync(Server.Database, Settings(null), Use(Clock));
        _replicas.Add(replica);
        return replica;
    }

    /// <summary>Each from a network of its own, so that one test's failures do not delay another's sign-in.</summary>
    public AdminClient Client(string? token = null, ApiServer? server = null) => new(server ?? Server, token);

    public Task<TestOperator> OperatorAsync(string role, params Guid[] tenants) =>
        OperatorAsync(role, tenants.Length == 0 ? null : tenants, null);

    public Task<TestOperator> MemberAsync(string role, params Guid[] workspaces) =>
        OperatorAsync(role, null, workspaces);

    private async Task<TestOperator> OperatorAsync(string role, Guid[]? tenants, Guid[]? workspaces)
    {
        var name = "op-" + Guid.NewGuid().ToString("N")[..12];
        var secret = RandomNumberGenerator.GetBytes(Totp.SecretLength);
        var values = new NewOperator(name, Password, [role], tenants, null, workspaces);
        var account = await SendAsync(new CreateOperator(values, secret));
        return new TestOperator(account.Id, name, Password, secret);
    }

    /// <summary>A code that was not used yet: time moves on until there is one.</summary>
    public string NextCode(TestOperator account)
    {
        Clock.Advance(TimeSpan.FromSeconds(30));
        return CodeOf(account);
    }

    public string CodeOf(TestOperator account) => Totp.Compute(account.Secret, Totp.StepAt(Clock.GetUtcNow()));

    public async Task<AdminClient> SignInAsync(TestOperator account, bool stepUp = true)
    {
        var client = Client();
        var session = await client
            .PostAsync("/login", Login(account.UserName, account.Password, NextCode(account)))
            .Expecting(200);
        client.Token = session.Json.GetProperty("sessionToken").GetString();
        if (stepUp)
        {
            var code = NextCode(account);
            await client.PostAsync("/session/step-up", new JsonObject { ["totp"] = code }).Expecting(200);
        }

        return client;
    }

    public async Task<AdminClient> SignInAsync(string role, params Guid[] tenants) =>
        await SignInAsync(await OperatorAsync(role, tenants));

    public async Task<AdminClient> SignInAsync(string role, bool stepUp) =>
        await SignInAsync(await OperatorAsync(role), stepUp);

    public static JsonObject Login(string userName, string password, string? totp = null) =>
        totp is null
            ? new() { ["userName"] = userName, ["password"] = password }
            : new()
            {
                ["userName"] = userName,
                ["password"] = password,
                ["totp"] = totp,
            };

    public static JsonObject Operator(string? userName = null, string role = "support", params Guid[] tenants)
    {
        var body = new JsonObject
        {
            ["userName"] = userName ?? "op-" + Guid.NewGuid().ToString("N")[..12],
            ["password"] = Password,
            ["roles"] = new JsonArray(role),
        };
        if (tenants.Length > 0)
        {
            body["tenantIds"] = new JsonArray([.. tenants.Select(id => (JsonNode)id.ToString("D"))]);
        }

        return body;
    }

    public async Task<T> SendAsync<T>(IRequest<T> request)
    {
        await using var scope = Server.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(request);
    }

    /// <summary>Does what waits of one type, as a worker does; whatever time it is here, it is due.</summary>
    public async Task RunJobsAsync(string type)
    {
        await using var scope = Server.Services.CreateAsyncScope();
        var jobs = scope.ServiceProvider.GetRequiredService<IJobStore>();
        var command = Server.Services.GetServices<JobType>().Single(known => known.Name == type).Command;
        await SetJobsAsync("run_after = @past", type, "waiting");
        while (await jobs.ClaimAsync("test", TimeSpan.FromMinutes(5), [type], default, default) is { } job)
        {
            var result = await SendAsync(command(job));
            (await jobs.EndAttemptAsync(job.Succeed(result, Clock.Now()), default)).Should().BeTrue();
        }
    }

    /// <summary>As if the worker had died after the effect: what is done waits again.</summary>
    public Task RepeatJobsAsync(string type) =>
        SetJobsAsync("state = 'waiting', result = null, finished_at = null", type, "succeeded");

    private Task<int> SetJobsAsync(string values, string type, string state) =>
        Server
            .Services.GetRequiredService<IDatabase>()
            .WriteAsync(
                (connection, transaction) =>
                    connection.ExecuteAsync(
                        $"update jobs set {values} where type = @type and state = @state",
                        new
                        {
                            past = DateTimeOffset.UnixEpoch,
                            type,
                            state,
                        },
                        transaction
                    ),
                default
            );

    /// <summary>The installation's journal, oldest first: operation, actor, resource, outcome.</summary>
    public async Task<
        IReadOnlyList<(string Operation, string Actor, string? Resource, string Outcome, string? Detail)>
    > JournalAsync() =>
        await Server
            .Services.GetRequiredService<IDatabase>()
            .ReadAsync(
                async connection =>
                    (
                        await connection.QueryAsync<(string, string, string?, string, string?)>(
                            "select operation, actor, resource_id, outcome, detail from journal where tenant_id = @id order by sequence",
                            new { id = Guid.Empty }
                        )
                    ).AsList(),
                default
            );

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }

        await Server.DisposeAsync();
    }

    private static Dictionary<string, string> Settings(IReadOnlyDictionary<string, string>? more)
    {
        var settings = new Dictionary<string, string> { ["Scim:TrustedProxies"] = "127.0.0.0/8, ::1/128" };
        foreach (var (key, value) in more ?? new Dictionary<string, string>())
        {
            settings[key] = value;
        }

        return settings;
    }

    private static Action<WebApplicationBuilder> Use(ShiftedClock clock) =>
        builder => builder.Services.AddSingleton<TimeProvider>(clock);
}

/// <summary>Calls <c>/admin/v1</c> from one network.</summary>
internal sealed class AdminClient(ApiServer server, string? token) : IDisposable
{
    private readonly ScimClient _http = new(server.BaseAddress, token, "/admin/v1");

    public string? Token
    {
        get => _http.Token;
        set => _http.Token = value;
    }

    public Uri Server => server.BaseAddress;

    /// <summary>What the proxy says of where the request comes from.</summary>
    public string Network { get; init; } =
        string.Join('.', RandomNumberGenerator.GetBytes(3).Select(part => part.ToString(CultureInfo.InvariantCulture)))
        + ".7";

    public Task<ScimResponse> GetAsync(string path) => SendAsync("GET", path, null);

    public Task<ScimResponse> PostAsync(string path, JsonNode? body = null) =>
        SendAsync("POST", path, body?.ToJsonString());

    public Task<ScimResponse> PutAsync(string path, JsonNode body, params (string, string?)[] headers) =>
        SendAsync("PUT", path, body.ToJsonString(), headers);

    public Task<ScimResponse> DeleteAsync(string path) => SendAsync("DELETE", path, null);

    public async Task<ScimResponse> SendAsync(
        string method,
        string path,
        string? body,
        params (string, string?)[] headers
    )
    {
        var answer = await _http.SendAsync(
            method,
            path,
            body,
            [("X-Forwarded-For", Network), ("Content-Type", "application/json"), .. headers]
        );
        AdminContract.Check(method, "/admin/v1" + path, body, answer);
        return answer;
    }

    public void Dispose() => _http.Dispose();
}

internal static class AdminAnswers
{
    /// <summary>The last part of the problem's type.</summary>
    public static string Problem(this ScimResponse response)
    {
        response.Header("Content-Type").Should().Be("application/problem+json; charset=utf-8", response.ToString());
        response.Json.GetProperty("status").GetInt32().Should().Be(response.Status);
        return response.Json.GetProperty("type").GetString()!.Split(':')[^1];
    }

    public static string[] WrongFields(this ScimResponse response) =>
        [.. response.Json.GetProperty("errors").EnumerateObject().Select(error => error.Name)];
}
