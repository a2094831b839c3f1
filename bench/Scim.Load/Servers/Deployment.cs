using Npgsql;
using Scim.TestKit;

namespace Scim.Load.Servers;

/// <summary>
/// The floor and the platform, each a process of its own on a database of its own of the same kind; with PostgreSQL also
/// one more of each behind a proxy that counts, for the pass that counts round trips.
/// </summary>
internal sealed class Deployment : IAsyncDisposable
{
    private const string FloorToken = "floor-token";

    private readonly List<IAsyncDisposable> _owned = [];

    private readonly LoadOptions _options;

    private Deployment(DatabaseKind kind, LoadOptions options)
    {
        Kind = kind;
        _options = options;
    }

    public DatabaseKind Kind { get; }

    public DatabaseSide FloorDatabase { get; private set; } = null!;

    public DatabaseSide OurDatabase { get; private set; } = null!;

    public Target Floor { get; private set; } = null!;

    public Target Ours { get; private set; } = null!;

    /// <summary>Target → the same server program and directory behind a counting proxy. Empty with the embedded database.</summary>
    public Dictionary<Target, (Target Target, TrafficCounter Counter)> Counted { get; } = [];

    public IReadOnlyList<Target> Targets => [Floor, Ours];

    public static async Task<Deployment> StartAsync(DatabaseKind kind, LoadOptions options)
    {
        var deployment = new Deployment(kind, options);
        try
        {
            await deployment.StartAsync();
            return deployment;
        }
        catch
        {
            await deployment.DisposeAsync();
            throw;
        }
    }

    /// <summary>A process of the platform, with more settings than those of every measured one.</summary>
    public static Task<ApiProcess> StartOursAsync(
        LoadOptions options,
        TestDatabase database,
        IReadOnlyDictionary<string, string>? more = null
    )
    {
        var settings = new Dictionary<string, string>(options.Settings);
        foreach (var (key, value) in more ?? new Dictionary<string, string>())
        {
            settings[key] = value;
        }

        return ApiProcess.StartAsync(database, settings, Program(options.Programs, "Scim.Api", "src"));
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
        {
            await _owned[i].DisposeAsync();
        }
    }

    private async Task StartAsync()
    {
        FloorDatabase = await CreateDatabaseAsync();
        OurDatabase = await CreateDatabaseAsync();
        var ours = Own(await StartOursAsync(_options, OurDatabase.Database));
        using var tenant = await TestTenant.CreateAsync(ours);
        var floor = Own(await StartFloorAsync(FloorDatabase.Database));
        Floor = await DescribeAsync(Target.Floor, floor, FloorToken, FloorDatabase);
        Ours = await DescribeAsync(Target.Ours, ours, tenant.Token, OurDatabase);
        if (Kind == DatabaseKind.PostgreSql)
        {
            await CountAsync(Floor, FloorDatabase, StartFloorAsync);
            await CountAsync(Ours, OurDatabase, database => StartOursAsync(_options, database));
        }
    }

    private async Task<DatabaseSide> CreateDatabaseAsync()
    {
        var database = await TestDatabase.CreateAsync(Kind);
        _owned.Add(database);
        return new DatabaseSide(database);
    }

    private Task<ApiProcess> StartFloorAsync(TestDatabase database) =>
        ApiProcess.StartAsync(database, _options.Settings, Program(_options.Programs, "Scim.Floor", "bench"));

    private ApiProcess Own(ApiProcess server)
    {
        _owned.Add(new Stop(server));
        return server;
    }

    private async Task CountAsync(Target target, DatabaseSide side, Func<TestDatabase, Task<ApiProcess>> start)
    {
        var login = new NpgsqlConnectionStringBuilder(side.ConnectionString);
        var counter = new TrafficCounter();
        var proxy = new TcpProxy(login.Host!, login.Port, counter.Watch);
        _owned.Add(proxy);
        var throughProxy = new NpgsqlConnectionStringBuilder(side.Database.Configuration["ConnectionStrings:Scim"])
        {
            Port = proxy.Port,
        };
        var server = Own(await start(side.Database.With("ConnectionStrings:Scim", throughProxy.ConnectionString)));
        Counted[target] = (target with { BaseAddress = AddressOf(target.Name, server) }, counter);
    }

    private static async Task<Target> DescribeAsync(string name, ApiProcess server, string token, DatabaseSide side) =>
        new(name, AddressOf(name, server), token, new Directory { Tag = "s" + Guid.NewGuid().ToString("N")[..6] })
        {
            Process = new ProcessFigures(
                server.Id,
                await side.ProcessIdAsync(),
                new Uri(server.BaseAddress, "/metrics")
            ),
        };

    private static Uri AddressOf(string name, ApiProcess server) =>
        name == Target.Floor ? server.BaseAddress : new Uri(server.BaseAddress, "/scim/v2");

    private static string Program(string? programs, string project, string folder) =>
        programs is null
            ? Repository.Built(project, project + ".dll", folder)
            : Path.GetFullPath(Path.Combine(programs, project, project + ".dll"));

    private sealed class Stop(ApiProcess server) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            server.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
