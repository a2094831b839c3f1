using System.Data.Common;
using System.Security.Cryptography;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Scim.Application.Audit;
using Scim.Application.Common;
using Scim.Application.Jobs;
using Scim.Domain.Audit;
using Scim.Domain.Jobs;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Persistence.Journal;
using Scim.TestKit;

namespace Scim.Integration.Tests.Audit;

/// <summary>A server without a worker of its own, with a key and a second place, whose journals the tests seal.</summary>
internal sealed class SealedJournal : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;

    private SealedJournal(ApiServer server, DirectoryInfo folder, IReadOnlyDictionary<string, string> settings)
    {
        Server = server;
        _folder = folder;
        Settings = settings;
    }

    public ApiServer Server { get; }

    public string Key => Path.Combine(_folder.FullName, "key.pem");

    public string PublicKey => Path.Combine(_folder.FullName, "public.pem");

    public string SecondPlace => Path.Combine(_folder.FullName, "checkpoints");

    public string Scratch => _folder.FullName;

    public IReadOnlyDictionary<string, string> Settings { get; }

    public static async Task<SealedJournal> StartAsync(
        DatabaseKind kind,
        IReadOnlyDictionary<string, string>? more = null
    )
    {
        var folder = Directory.CreateTempSubdirectory("scim-audit-");
        WriteKey(folder.FullName);
        var settings = SettingsOf(folder).Concat(more ?? new Dictionary<string, string>()).ToDictionary();
        return new SealedJournal(await ApiServer.StartAsync(kind, settings), folder, settings);
    }

    public static void WriteKey(string folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(Path.Combine(folder, "key.pem"), key.ExportECPrivateKeyPem());
        File.WriteAllText(Path.Combine(folder, "public.pem"), key.ExportSubjectPublicKeyInfoPem());
    }

    /// <summary>As the worker does it: by a job, under its lease.</summary>
    public Task SealAsync(TenantId tenant) => SealAsync(Server, tenant);

    public static async Task SealAsync(ApiServer server, TenantId tenant)
    {
        await using var scope = server.Services.CreateAsyncScope();
        var jobs = scope.ServiceProvider.GetRequiredService<IJobStore>();
        var job = Job.Create(tenant, "test.seal", TimeProvider.System.Now());
        await jobs.EnqueueAsync([job], default);
        var leased = await jobs.ClaimAsync("test", TimeSpan.FromMinutes(5), ["test.seal"], default, default);
        var result = await server.SendAsync(new SealJournal(leased!.Lease));
        await jobs.EndAttemptAsync(leased.Succeed(result, TimeProvider.System.Now()), default);
    }

    /// <summary>Rows with changes, other tenants' rows between them, sealed in three segments, and two that are not sealed.</summary>
    public async Task<(TenantId Id, string Slug)> FillAsync()
    {
        using var tenant = await TestTenant.CreateAsync(Server);
        var id = new TenantId(Guid.Parse(tenant.TenantId));
        for (var segment = 0; segment < 3; segment++)
        {
            await AppendAsync(id, 5);
            await SealAsync(id);
        }

        await AppendAsync(id, 2);
        return (id, tenant.Slug);
    }

    public Task AppendAsync(TenantId tenant, int count) =>
        Server
            .Services.GetRequiredService<IDatabase>()
            .WriteAsync(
                async (_, transaction) =>
                {
                    for (var i = 0; i < count; i++)
                    {
                        foreach (var owner in new[] { tenant, new TenantId(Guid.NewGuid()) })
                        {
                            await transaction.AppendJournalAsync(
                                owner,
                                "client:test",
                                Guid.NewGuid().ToString("N"),
                                TimeProvider.System.Now(),
                                new JournalEntry(
                                    "user.update",
                                    "User",
                                    Guid.NewGuid().ToString("D"),
                                    Change: $$"""{"after":{{i}}}"""
                                ),
                                default
                            );
                        }
                    }

                    return true;
                },
                default
            );

    public Task<ChainReport> VerifyAsync(string slug) => Server.SendAsync(new VerifyAudit(slug));

    /// <summary>What someone can do who has the database: past roles and triggers.</summary>
    public async Task<int> TamperAsync(string sql, object parameters)
    {
        if (Server.Database.Kind == DatabaseKind.PostgreSql)
        {
            await using var owner = new NpgsqlConnection(Server.Database.Configuration["ConnectionStrings:Scim"]);
            return await owner.ExecuteAsync(sql, parameters);
        }

        return await Server
            .Services.GetRequiredService<IDatabase>()
            .WriteAsync(
                async (connection, transaction) =>
                {
                    var guards = (
                        await connection.QueryAsync<(string Name, string Sql)>(
                            "select name, sql from sqlite_schema where type = 'trigger'",
                            transaction: transaction
                        )
                    ).AsList();
                    foreach (var guard in guards)
                    {
                        await connection.ExecuteAsync($"drop trigger {guard.Name}", transaction: transaction);
                    }

                    var affected = await connection.ExecuteAsync(sql, parameters, transaction);
                    foreach (var guard in guards)
                    {
                        await connection.ExecuteAsync(guard.Sql, transaction: transaction);
                    }

                    return affected;
                },
                default
            );
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static Dictionary<string, string> SettingsOf(DirectoryInfo folder) =>
        new()
        {
            ["Worker:InProcess"] = "false",
            ["Audit:SigningKeyFile"] = Path.Combine(folder.FullName, "key.pem"),
            ["Audit:CheckpointFolder"] = Path.Combine(folder.FullName, "checkpoints"),
        };
}
