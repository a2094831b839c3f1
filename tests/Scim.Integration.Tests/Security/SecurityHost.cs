using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using Dapper;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Scim.Api.Scim;
using Scim.Api.Security;
using Scim.Application.Common;
using Scim.Application.Tenants;
using Scim.Infrastructure;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Persistence;
using Scim.TestKit;

namespace Scim.Integration.Tests.Security;

/// <summary>The security pipeline before an endpoint that answers everything, on a real listener and database.</summary>
internal sealed class SecurityHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http;

    private SecurityHost(WebApplication app)
    {
        _app = app;
        Database = (ObservedDatabase)app.Services.GetRequiredService<IDatabase>();
        _http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public ObservedDatabase Database { get; }

    public IServiceProvider Services => _app.Services;

    public ConcurrentQueue<Refusal> Refusals { get; } = new();

    public static async Task<SecurityHost> StartAsync(string kind, Action<LimitsOptions>? limits = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(await FreshDatabaseAsync(kind));
        builder.Services.AddScimInfrastructure(builder.Configuration);
        builder.Services.Decorate<IDatabase, ObservedDatabase>();
        builder.Services.AddScimSecurity();
        builder.Services.AddSingleton<ScimResults>();
        builder.Services.AddSingleton<RefusalQueue>();
        builder.Services.AddSingleton<IRefusalRecorder>(provider => provider.GetRequiredService<RefusalQueue>());
        if (limits is not null)
        {
            builder.Services.PostConfigure(limits);
        }

        var app = builder.Build();
        app.UseMiddleware<ScimExceptionHandler>();
        app.UseScimSecurity();
        app.Run(context => context.Response.WriteAsync("reached"));
        await app.Services.GetRequiredService<IMigrations>().ApplyAsync(CancellationToken.None);
        await app.StartAsync();
        var host = new SecurityHost(app);
        app.Services.GetRequiredService<RefusalQueue>().Target = host.Refusals;
        return host;
    }

    public async Task<T> SendAsync<T>(IRequest<T> request)
    {
        await using var scope = Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<RequestContext>().ActAs("operator:test", tenant: null);
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(request);
    }

    public async Task<IssuedToken> ClientAsync(string scopes = "scim:read,scim:write", TimeSpan? expiresIn = null)
    {
        var slug = "t" + Guid.NewGuid().ToString("N");
        await SendAsync(new CreateTenant(slug, null));
        return await SendAsync(new CreateClient(slug, null, scopes, "auto", expiresIn));
    }

    public async Task<HttpResponseMessage> CallAsync(
        string? token,
        string path = "/scim/v2/Users",
        string method = "GET",
        string scheme = "Bearer",
        string? accept = null
    )
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue(scheme, token);
        if (accept is not null)
        {
            request.Headers.Accept.ParseAdd(accept);
        }

        return await _http.SendAsync(request);
    }

    public async Task<HttpStatusCode> StatusAsync(string? token, string path = "/scim/v2/Users", string method = "GET")
    {
        using var response = await CallAsync(token, path, method);
        return response.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        var file = _app.Configuration["Database:Path"];
        await _app.DisposeAsync();
        foreach (
            var path in file is null
                ? []
                : Directory.GetFiles(Path.GetDirectoryName(file)!, Path.GetFileName(file) + "*")
        )
        {
            File.Delete(path);
        }
    }

    private static async Task<Dictionary<string, string?>> FreshDatabaseAsync(string kind)
    {
        var name = "scim_" + Guid.NewGuid().ToString("N");
        if (kind == "sqlite")
        {
            return new() { ["Database:Path"] = Path.Combine(Path.GetTempPath(), name + ".db") };
        }

        var server = PostgresCluster.ConnectionString;
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync();
        await connection.ExecuteAsync($"create database {name}");
        return new()
        {
            ["Database:Provider"] = "PostgreSql",
            ["ConnectionStrings:Scim"] = new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString,
        };
    }

    private sealed class RefusalQueue : IRefusalRecorder
    {
        public ConcurrentQueue<Refusal>? Target { get; set; }

        public void Record(Refusal refusal) => Target?.Enqueue(refusal);
    }
}
