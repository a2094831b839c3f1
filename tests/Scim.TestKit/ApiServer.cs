using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Scim.Api;

namespace Scim.TestKit;

/// <summary>The API in this process, on a real port of the loopback.</summary>
public sealed class ApiServer : IServer, IAsyncDisposable
{
    private static readonly ConcurrentDictionary<DatabaseKind, Lazy<Task<ApiServer>>> Shared = new();

    private readonly WebApplication _application;
    private readonly bool _ownsDatabase;

    private ApiServer(WebApplication application, TestDatabase database, bool ownsDatabase)
    {
        _application = application;
        _ownsDatabase = ownsDatabase;
        Database = database;
        BaseAddress = new Uri(application.Urls.First());
    }

    public Uri BaseAddress { get; }

    public TestDatabase Database { get; }

    public IServiceProvider Services => _application.Services;

    /// <summary>The one server per database that the tests of an assembly share; each test brings its own tenant.</summary>
    public static Task<ApiServer> SharedAsync(DatabaseKind kind) =>
        Shared.GetOrAdd(kind, _ => new Lazy<Task<ApiServer>>(() => StartAsync(kind))).Value;

    /// <summary>Ends the shared servers. Each test assembly calls it from a <c>[SetUpFixture]</c>.</summary>
    public static async Task DisposeSharedAsync()
    {
        foreach (var kind in Shared.Keys)
        {
            if (Shared.TryRemove(kind, out var server))
            {
                await (await server.Value).DisposeAsync();
            }
        }
    }

    /// <summary>A server on a database of its own.</summary>
    public static async Task<ApiServer> StartAsync(
        DatabaseKind kind,
        IReadOnlyDictionary<string, string>? settings = null,
        Action<WebApplicationBuilder>? configure = null
    )
    {
        var database = await TestDatabase.CreateAsync(kind);
        try
        {
            return await StartAsync(database, ownsDatabase: true, settings, configure);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>A server on a database that the caller keeps.</summary>
    public static Task<ApiServer> StartAsync(
        TestDatabase database,
        IReadOnlyDictionary<string, string>? settings = null,
        Action<WebApplicationBuilder>? configure = null
    ) => StartAsync(database, ownsDatabase: false, settings, configure);

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
        if (_ownsDatabase)
        {
            await Database.DisposeAsync();
        }
    }

    private static async Task<ApiServer> StartAsync(
        TestDatabase database,
        bool ownsDatabase,
        IReadOnlyDictionary<string, string>? settings,
        Action<WebApplicationBuilder>? configure
    )
    {
        var application = ApiHost.Create(
            [],
            builder =>
            {
                builder.Configuration.AddInMemoryCollection(ServerSettings.For(database, settings)!);
                builder.Configuration["Logging:LogLevel:Default"] = "Warning";
                builder.WebHost.UseUrls("http://127.0.0.1:0");
                configure?.Invoke(builder);
            }
        );
        try
        {
            await application.StartAsync();
            return new ApiServer(application, database, ownsDatabase);
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }
}
