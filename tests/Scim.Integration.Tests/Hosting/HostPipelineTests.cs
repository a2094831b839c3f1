using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FluentAssertions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Scim.Api.Scim;
using Scim.Api.Security;
using Scim.Domain.Errors;
using Scim.Infrastructure;
using Scim.Infrastructure.Hosting;
using Scim.Infrastructure.Hosting.Readiness;
using Scim.Infrastructure.Hosting.Requests;

namespace Scim.Integration.Tests.Hosting;

/// <summary>The outer pipeline on a real listener, without a database.</summary>
[Property("Capability", "Health, readiness, request ids and drain")]
public sealed class HostPipelineTests
{
    private readonly Condition _condition = new();
    private readonly Lines _log = new();
    private WebApplication _app = null!;
    private HttpClient _client = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _app = Create(_log, _condition);
        _app.MapGet("/scim/v2/boom", IResult () => throw new InvalidOperationException("/secret/path"));
        _app.MapPost("/scim/v2/Users", IResult () => throw ScimError.Uniqueness("taken"));
        _app.MapPost(
            "/scim/v2/Bulk",
            async (HttpRequest request) => await new StreamReader(request.Body).ReadToEndAsync()
        );
        _app.MapGet("/boom", IResult () => throw new InvalidOperationException("/secret/path"));
        _app.MapGet(
            "/seen",
            (HttpRequest request) => $"{request.Scheme} {request.Host} {request.HttpContext.Connection.RemoteIpAddress}"
        );
        await _app.StartAsync();
        _client = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    [TestCase("abc-1._Z", "abc-1._Z")]
    [TestCase("with space", null)]
    [TestCase("", null)]
    public async Task A_harmless_request_id_is_kept_and_any_other_replaced(string sent, string? kept)
    {
        var answered = await RequestIdOf(("X-Request-Id", sent));

        (kept is null ? answered.Length == 32 && answered != sent : answered == kept).Should().BeTrue(answered);
    }

    [Test]
    public async Task A_request_id_has_at_most_128_characters()
    {
        (await RequestIdOf(("X-Request-Id", new string('a', 128)))).Should().HaveLength(128);
        (await RequestIdOf(("X-Request-Id", new string('a', 129)))).Should().HaveLength(32);
    }

    [Test]
    public async Task The_trace_id_serves_as_request_id()
    {
        var id = await RequestIdOf(("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));

        id.Should().Be("0af7651916cd43dd8448eb211c80319c");
    }

    [Test]
    public async Task An_unexpected_failure_tells_the_request_id_and_nothing_else_and_is_logged_once()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/scim/v2/boom?filter=hush");
        request.Headers.Add("X-Request-Id", "boom-1");
        using var response = await _client.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();

        response.StatusCode.Should().Be(HttpStatusCode.InternalServerError);
        response.Content.Headers.ContentType!.MediaType.Should().Be("application/scim+json");
        response.Headers.GetValues("X-Request-Id").Should().Equal("boom-1");
        body.Should().Contain("boom-1").And.NotContain("secret").And.NotContain("Exception");
        var line = await _log.Single("boom-1");
        line.Should().Contain("/scim/v2/boom 500").And.NotContain("hush");
    }

    [Test]
    public async Task A_refusal_becomes_a_scim_error()
    {
        using var response = await _client.PostAsync("/scim/v2/Users", content: null);

        response.StatusCode.Should().Be(HttpStatusCode.Conflict);
        (await response.Content.ReadAsStringAsync()).Should().Contain("uniqueness");
    }

    [Test]
    public async Task Unknown_routes_and_methods_are_scim_errors_under_scim_and_problems_elsewhere()
    {
        using var unknown = await _client.GetAsync("/scim/v2/Nowhere");
        using var method = await _client.DeleteAsync("/scim/v2/Users");
        using var elsewhere = await _client.GetAsync("/nowhere");
        using var boom = await _client.GetAsync("/boom");

        unknown.StatusCode.Should().Be(HttpStatusCode.NotFound);
        unknown.Content.Headers.ContentType!.MediaType.Should().Be("application/scim+json");
        method.StatusCode.Should().Be(HttpStatusCode.MethodNotAllowed);
        method.Content.Headers.ContentType!.MediaType.Should().Be("application/scim+json");
        method.Content.Headers.Allow.Should().Equal("POST");
        elsewhere.StatusCode.Should().Be(HttpStatusCode.NotFound);
        elsewhere.Content.Headers.ContentType!.MediaType.Should().Be("application/problem+json");
        boom.StatusCode.Should().Be(HttpStatusCode.InternalServerError);
        (await boom.Content.ReadAsStringAsync()).Should().NotContain("secret");
    }

    [Test]
    public async Task A_body_beyond_the_limit_is_a_scim_413()
    {
        using var response = await _client.PostAsync("/scim/v2/Bulk", new ByteArrayContent(new byte[4096]));

        response.StatusCode.Should().Be(HttpStatusCode.RequestEntityTooLarge);
        response.Content.Headers.ContentType!.MediaType.Should().Be("application/scim+json");
    }

    [Test]
    public async Task Ready_names_each_check_and_follows_them()
    {
        _condition.Ok = false;
        using var down = await _client.GetAsync("/ready");
        _condition.Ok = true;
        using var up = await _client.GetAsync("/ready");
        using var health = await _client.GetAsync("/health");

        down.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        var report = await down.Content.ReadFromJsonAsync<JsonElement>();
        report.GetProperty("status").GetString().Should().Be("failed");
        report.GetProperty("checks")[0].GetProperty("name").GetString().Should().Be("condition");
        up.StatusCode.Should().Be(HttpStatusCode.OK);
        health.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Test]
    public async Task Metrics_hold_the_duration_of_scim_requests()
    {
        (await _client.GetAsync("/scim/v2/Nowhere")).Dispose();
        using var response = await _client.GetAsync("/metrics");
        var text = await response.Content.ReadAsStringAsync();

        response.Content.Headers.ContentType!.ToString().Should().Be("text/plain; version=0.0.4; charset=utf-8");
        text.Should()
            .Contain("scim_request_duration_seconds_count{method=\"GET\",resource_type=\"Other\",status=\"4xx\"}");
        text.Should().Contain("dotnet_gc_collections_total").And.Contain("kestrel_active_connections");
    }

    [Test]
    public async Task Metrics_move_to_a_listener_of_their_own()
    {
        await using var app = Create(new Lines(), new Condition(), ("Metrics:Url", "http://127.0.0.1:0"));
        await app.StartAsync();
        using var client = new HttpClient();
        var own = app.Services.GetRequiredService<MetricsListener>().Addresses.Single();

        (await client.GetStringAsync($"{own}/metrics")).Should().Contain("# TYPE ");
        (await client.GetAsync($"{own}/health")).StatusCode.Should().Be(HttpStatusCode.NotFound);
        (await client.GetAsync($"{app.Urls.Single()}/metrics")).StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    [TestCase(true, "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:2")]
    [TestCase(false, "http://0.0.0.0:8080")]
    [TestCase(false, "http://127.0.0.1:8080", "http://*:8080")]
    [TestCase(false, "http://[::]:8080")]
    [TestCase(false)]
    public void Metrics_stay_on_the_loopback(bool loopback, params string[] addresses)
    {
        OperationsEndpoints.IsLoopback(addresses).Should().Be(loopback);
    }

    [TestCase(null, "http")]
    [TestCase("10.0.0.0/8", "http")]
    [TestCase("10.0.0.0/8, 127.0.0.0/8", "https scim.example.com 203.0.113.7")]
    public async Task Forwarded_headers_are_believed_from_configured_networks_only(string? networks, string seen)
    {
        await using var app = Create(new Lines(), new Condition(), ("Scim:TrustedProxies", networks));
        app.MapGet(
            "/seen",
            (HttpRequest request) => $"{request.Scheme} {request.Host} {request.HttpContext.Connection.RemoteIpAddress}"
        );
        await app.StartAsync();
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{app.Urls.Single()}/seen");
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", "scim.example.com");

        using var response = await client.SendAsync(request);
        (await response.Content.ReadAsStringAsync()).Should().StartWith(seen + (seen == "http" ? " 127.0.0.1" : ""));
    }

    private static WebApplication Create(Lines log, Condition condition, params (string Key, string? Value)[] settings)
    {
        var builder = HostSetup.CreateBuilder([]);
        builder.Configuration.AddInMemoryCollection([
            new("Limits:MaxBodyBytes", "2048"),
            new("urls", "http://127.0.0.1:0"),
            .. settings
                .Where(setting => setting.Value is not null)
                .Select(setting => KeyValuePair.Create(setting.Key, setting.Value)),
        ]);
        builder.Services.AddScimInfrastructure(builder.Configuration);
        builder.Services.AddScimSecurity();
        builder.AddHost("test", "http://127.0.0.1:0");
        builder.Services.RemoveAll<IReadinessCheck>();
        builder.Services.AddSingleton<IReadinessCheck>(condition);
        builder.Logging.ClearProviders().AddProvider(log);
        var app = builder.Build();
        app.UseHost();
        app.UseMiddleware<ScimExceptionHandler>();
        app.UseRouting();
        app.MapOperations();
        return app;
    }

    private async Task<string> RequestIdOf((string Name, string Value) header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health");
        request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        using var response = await _client.SendAsync(request);
        return response.Headers.GetValues("X-Request-Id").Single();
    }

    private sealed class Condition : IReadinessCheck
    {
        public bool Ok { get; set; } = true;

        public string Name => "condition";

        public Task<(bool Ok, string Detail)> CheckAsync(CancellationToken cancellationToken) =>
            Task.FromResult((Ok, "as told"));
    }

    /// <summary>A log in memory.</summary>
    private sealed class Lines : ILoggerProvider, ILogger
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = new();

        public async Task<string> Single(string text)
        {
            for (var attempt = 0; attempt < 100 && !_lines.Any(line => line.Contains(text)); attempt++)
            {
                await Task.Delay(50);
            }

            return _lines.Single(line => line.Contains(text));
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => _lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
            // Kept for the assertions.
        }
    }
}
