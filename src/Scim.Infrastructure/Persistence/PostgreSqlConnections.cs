using Microsoft.Extensions.Logging;
using Npgsql;
using Scim.Infrastructure.Security;

namespace Scim.Infrastructure.Persistence;

/// <summary>
/// One data source per role. The role is a start-up option of the connection: unlike SET ROLE it survives every reset,
/// and row-level security binds even a superuser's login.
/// </summary>
internal sealed class PostgreSqlConnections : IAsyncDisposable
{
    public const string ServingRole = "scim_app";
    public const string ControlRole = "scim_control";
    public const string ErasureRole = "scim_erase";

    // The roles carry the same limits for logins of their own; an option is what reaches a role that is only assumed.
    // No statement here runs long enough to earn back its compilation (tens of milliseconds).
    private const string Limits =
        "-c jit=off -c statement_timeout=30000 -c idle_in_transaction_session_timeout=30000 -c lock_timeout=10000";

    // One plan for any values, made once: left to itself PostgreSQL plans most statements here anew each time they run, which takes
    // longer than running them. A plan may be older than the rows, so no whole table is ever read for want of figures.
    private const string Planning =
        "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c max_parallel_workers_per_gather=0";

    // To connect, or to wait for a connection of the pool: then the client had better come again.
    private const int ConnectSeconds = 5;

    private readonly Lazy<NpgsqlDataSource> _erasure;

    public PostgreSqlConnections(ConnectionStrings strings, DatabaseOptions options, ILoggerFactory loggers)
    {
        Serving = Source(strings.Serving, ServingRole, options.PoolSize);
        Places = new TenantPlaces(options.PoolSize);
        Control = Source(strings.Serving, ControlRole, Math.Max(4, options.PoolSize / 4));
        _erasure = new Lazy<NpgsqlDataSource>(() => Source(strings.Serving, ErasureRole, 2));

        NpgsqlDataSource Source(string connectionString, string role, int poolSize)
        {
            var builder = new NpgsqlConnectionStringBuilder(connectionString)
            {
                MaxAutoPrepare = 128,
                AutoPrepareMinUsages = 2,
                NoResetOnClose = true,
                Multiplexing = false,
                MaxPoolSize = poolSize,
                CommandTimeout = options.CommandTimeout,
                SearchPath = "public",
                ApplicationName = role,
            };
            if (!builder.ShouldSerialize("Timeout"))
            {
                builder.Timeout = ConnectSeconds;
            }

            var planning = role == ServingRole ? Planning : "";
            builder.Options = $"{planning} {builder.Options} {Limits} -c role={role}".TrimStart();
            // The name is the metrics' label; without one it would be the connection string.
            return new NpgsqlDataSourceBuilder(builder.ConnectionString) { Name = role }
                .UseLoggerFactory(loggers)
                .Build();
        }
    }

    public NpgsqlDataSource Serving { get; }

    /// <summary>One for each connection of <see cref="Serving"/>; whoever opens one holds it.</summary>
    public TenantPlaces Places { get; }

    public NpgsqlDataSource Control { get; }

    public NpgsqlDataSource Erasure => _erasure.Value;

    public async ValueTask DisposeAsync()
    {
        await Serving.DisposeAsync();
        await Control.DisposeAsync();
        if (_erasure.IsValueCreated)
        {
            await _erasure.Value.DisposeAsync();
        }
    }
}
