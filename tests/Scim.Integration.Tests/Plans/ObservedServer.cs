using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Npgsql;
using Scim.TestKit;

namespace Scim.Integration.Tests.Plans;

/// <summary>How statements are planned: for the values at hand, or, as PostgreSQL comes to do with a prepared one, for any.</summary>
public enum Planning
{
    Sqlite,
    PostgreSqlCustom,
    PostgreSqlGeneric,
}

[SuppressMessage("Naming", "CA1710", Justification = "A fixture source is read, not collected into.")]
public sealed class Plannings : IEnumerable<Planning>
{
    public IEnumerator<Planning> GetEnumerator() => ((IEnumerable<Planning>)Enum.GetValues<Planning>()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>
/// The API in this process on a database that tells of everything it does: PostgreSQL on the wire, SQLite by a trace.
/// </summary>
internal sealed class ObservedServer : IAsyncDisposable
{
    private readonly Observations _seen = new();
    private readonly TcpProxy? _proxy;
    private readonly SqliteTrace? _trace;

    private ObservedServer(TestDatabase database)
    {
        if (database.Kind == DatabaseKind.Sqlite)
        {
            _trace = new SqliteTrace(database.Configuration["Database:Path"], _seen);
            return;
        }

        var direct = new NpgsqlConnectionStringBuilder(database.Configuration["ConnectionStrings:Scim"]);
        _proxy = new TcpProxy(direct.Host!, direct.Port, new PostgreSqlReplies(_seen).Watch);
    }

    public ApiServer Server { get; private set; } = null!;

    public Effort Effort => _seen.Effort;

    /// <param name="options">What PostgreSQL is told at the start of each connection.</param>
    public static async Task<ObservedServer> StartAsync(TestDatabase database, string options = "")
    {
        var observed = new ObservedServer(database);
        try
        {
            observed.Server = await ApiServer.StartAsync(database, observed.Settings(database, options));
            return observed;
        }
        catch
        {
            await observed.DisposeAsync();
            throw;
        }
    }

    public static Task<ObservedServer> StartAsync(TestDatabase database, Planning planning) =>
        StartAsync(
            database,
            planning switch
            {
                Planning.PostgreSqlCustom => PostgreSqlReplies.Plans + " -c plan_cache_mode=force_custom_plan",
                Planning.PostgreSqlGeneric => PostgreSqlReplies.Plans + " -c plan_cache_mode=force_generic_plan",
                _ => "",
            }
        );

    /// <summary>Everything that ran meanwhile, for the request or beside it.</summary>
    public async Task<IReadOnlyList<Executed>> DuringAsync(Func<Task> work)
    {
        _trace?.Explain();
        _seen.Take();
        await work();
        _trace?.Explain();
        return _seen.Take();
    }

    public async ValueTask DisposeAsync()
    {
        await (Server?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_proxy?.DisposeAsync() ?? ValueTask.CompletedTask);
        _trace?.Dispose();
    }

    private Dictionary<string, string> Settings(TestDatabase database, string options)
    {
        // What a job does at the same time would be counted too.
        var settings = new Dictionary<string, string> { ["Worker:InProcess"] = "false" };
        if (_proxy is null)
        {
            return settings;
        }

        var watched = new NpgsqlConnectionStringBuilder(database.Configuration["ConnectionStrings:Scim"])
        {
            Port = _proxy.Port,
            Options = options,
        };
        settings["ConnectionStrings:Scim"] = watched.ConnectionString;
        return settings;
    }
}
