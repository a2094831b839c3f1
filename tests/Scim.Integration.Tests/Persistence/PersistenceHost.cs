using System.Text;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Scim.Application.Common;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Persistence.Migrations;
using Scim.TestKit;

namespace Scim.Integration.Tests.Persistence;

/// <summary>
/// The persistence layer on a new, migrated database of its own. PostgreSQL comes from the test kit, a login that may
/// create databases and roles; without it these tests fail rather than pass unrun.
/// </summary>
internal sealed class PersistenceHost : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly string _name = $"scim_persistence_{Guid.NewGuid():N}";

    private PersistenceHost(DatabaseProvider provider)
    {
        Provider = provider;
        Folder = Directory.CreateTempSubdirectory("scim-").FullName;
        Options = new DatabaseOptions
        {
            Provider = provider,
            Path = Path.Combine(Folder, "data", "scim.db"),
            PoolSize = 8,
        };
        Strings = new ConnectionStrings(provider == DatabaseProvider.PostgreSql ? Login(_name) : null, null);
        _services = new ServiceCollection()
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning))
            .AddMetrics()
            .AddScoped<RequestContext>()
            .AddPersistence(Options, Strings)
            .BuildServiceProvider();
    }

    public DatabaseProvider Provider { get; }

    public string Folder { get; }

    public DatabaseOptions Options { get; }

    public ConnectionStrings Strings { get; }

    public IDatabase Database => _services.GetRequiredService<IDatabase>();

    public Migrator Migrator => _services.GetRequiredService<Migrator>();

    public static async Task<PersistenceHost> StartAsync(DatabaseProvider provider, bool migrate = true)
    {
        var host = new PersistenceHost(provider);
        if (provider == DatabaseProvider.PostgreSql)
        {
            await using var admin = new NpgsqlConnection(Login("postgres"));
            await admin.ExecuteAsync($"create database {host._name}");
        }

        if (migrate)
        {
            await host.Migrator.MigrateAsync(default);
        }

        return host;
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>A session as a request of that tenant would have it.</summary>
    public ITenantSession Session(TenantId? tenant)
    {
        var scope = _services.CreateScope();
        var request = scope.ServiceProvider.GetRequiredService<RequestContext>();
        request.RequestId = "request-1";
        request.ActAs("operator:test", tenant);
        return scope.ServiceProvider.GetRequiredService<ITenantSession>();
    }

    public async Task<TenantId> CreateTenantAsync()
    {
        var id = new TenantId(Guid.CreateVersion7());
        await Database.WriteAsync(
            (connection, transaction) =>
                connection.ExecuteAsync(
                    """
                    insert into tenants (id, workspace_id, slug, name, plan, created_at)
                    select @id, id, @slug, 'Tenant', 'unlimited', @now from workspaces where slug = 'default'
                    """,
                    new
                    {
                        id,
                        slug = $"t{id.Value:N}",
                        now = TimeProvider.System.Now(),
                    },
                    transaction
                ),
            default
        );
        return id;
    }

    public Task<long> CountAsync(string sql, object? parameters = null) =>
        Provider == DatabaseProvider.PostgreSql
            ? OnOwnerAsync(connection => connection.ExecuteScalarAsync<long>(sql, parameters))
            : Database.ReadAsync(connection => connection.ExecuteScalarAsync<long>(sql, parameters), default);

    /// <summary>The superuser's view, past row-level security.</summary>
    public async Task<T> OnOwnerAsync<T>(Func<NpgsqlConnection, Task<T>> work)
    {
        await using var connection = new NpgsqlConnection(Strings.Serving);
        return await work(connection);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        if (Provider == DatabaseProvider.PostgreSql)
        {
            await using var admin = new NpgsqlConnection(Login("postgres"));
            await admin.ExecuteAsync($"drop database {_name} with (force)");
        }

        Directory.Delete(Folder, recursive: true);
    }

    private static string Login(string database) =>
        new NpgsqlConnectionStringBuilder(PostgresCluster.ConnectionString)
        {
            Database = database,
            Pooling = false,
        }.ConnectionString;
}

/// <summary>Statements on users as stores write them.</summary>
internal static class Users
{
    public static Statement Insert(TenantId tenant, Guid id, string userName, string document = "{}") =>
        new(
            """
            insert into users (tenant_id, id, user_name_key, active, document, created_at, last_modified)
            values ($1, $2, $3, $4, $5, $6, $6)
            """,
            Arg.Uuid(tenant.Value),
            Arg.Uuid(id),
            Arg.Text(userName),
            Arg.Bool(true),
            Arg.Json(Encoding.UTF8.GetBytes(document)),
            Arg.Time(TimeProvider.System.Now())
        );

    public static Statement AddEmail(TenantId tenant, Guid id, string email) =>
        new(
            "insert into user_emails (tenant_id, user_id, email_key) select $1, $2, $3 from head",
            Arg.Uuid(tenant.Value),
            Arg.Uuid(id),
            Arg.Text(email)
        );

    public static Mutation Create(TenantId tenant, Guid id, string userName, params Statement[] parts) =>
        new(
            Insert(tenant, id, userName),
            new JournalEntry("user.create", "User", id.ToString("D"), Change: """{"after":{}}"""),
            parts
        );

    public static Statement Find(TenantId tenant, Guid id) =>
        new(
            "select id, user_name_key, active, document, created_at, external_id, version from users where tenant_id = $1 and id = $2",
            Arg.Uuid(tenant.Value),
            Arg.Uuid(id)
        );

    public static Statement All => new("select id from users");

    public static async Task<int> CountAsync(this ITenantSession session, Statement statement) =>
        await session.QueryAsync(
            [statement],
            async rows =>
            {
                var count = 0;
                while (await rows.ReadAsync())
                {
                    count++;
                }

                return count;
            },
            default
        );
}
