using Dapper;
using FluentAssertions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NUnit.Framework;
using Scim.Application.Jobs;
using Scim.Application.Retention;
using Scim.Domain.Jobs;
using Scim.Infrastructure.Persistence;
using Scim.TestKit;
using Scim.Worker;

namespace Scim.Integration.Tests.Hosting;

[TestFixtureSource(typeof(Databases))]
[Property(
    "Capability",
    "A worker host of its own: waits for migrations, answers health, readiness and metrics, keeps house"
)]
internal sealed class WorkerHostTests(DatabaseKind kind)
{
    [Test]
    public async Task It_waits_for_the_migrations_that_another_host_applies()
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        await using var worker = await StartAsync(database);
        using var http = new HttpClient { BaseAddress = new Uri(worker.Urls.First()) };

        ((int)(await http.GetAsync("/health")).StatusCode).Should().Be(200);
        ((int)(await http.GetAsync("/ready")).StatusCode).Should().Be(503);
        await using (await ApiServer.StartAsync(database))
        {
            ((int)(await http.GetAsync("/ready")).StatusCode).Should().Be(200);
        }

        (await http.GetStringAsync("/metrics")).Should().Contain("# TYPE ");
        ((int)(await http.GetAsync("/scim/v2/Users")).StatusCode).Should().Be(404);
    }

    [Test]
    public async Task Pruning_forgets_deviations_of_half_a_year_ago_and_no_others()
    {
        await using var server = await ApiServer.StartAsync(
            kind,
            new Dictionary<string, string> { ["Worker:InProcess"] = "false" }
        );
        using var tenant = await TestTenant.CreateAsync(server);
        var database = server.Services.GetRequiredService<IDatabase>();
        await AddAsync(database, tenant, "Old", TimeProvider.System.GetUtcNow().AddDays(-181));
        await AddAsync(database, tenant, "Recent", TimeProvider.System.GetUtcNow().AddDays(-179));
        await using var worker = await StartAsync(server.Database);

        var jobs = await Eventually.GetAsync(
            () => server.SendAsync(new ListJobs(tenant.Slug, JobState.Succeeded)),
            jobs => jobs.Any(job => job.Type == PruneTenant.JobType)
        );

        jobs.Should().Contain(job => job.Result!.Contains("\"deviations\":1"));
        var kinds = await database.ReadAsync(
            connection => connection.QueryAsync<string>("select kind from client_deviations"),
            default
        );
        kinds.Should().Equal("Recent");
    }

    [Test]
    public async Task All_of_its_services_can_be_made()
    {
        await using var database = await TestDatabase.CreateAsync(kind);

        var create = () =>
            WorkerHost.Create(["--environment", Environments.Development], builder => Configure(builder, database));

        create.Should().NotThrow();
    }

    private static async Task<WebApplication> StartAsync(TestDatabase database)
    {
        var worker = WorkerHost.Create([], builder => Configure(builder, database));
        await worker.StartAsync();
        return worker;
    }

    private static void Configure(WebApplicationBuilder builder, TestDatabase database)
    {
        builder.Configuration.AddInMemoryCollection(database.Configuration!);
        builder.Configuration["Logging:LogLevel:Default"] = "Warning";
        builder.WebHost.UseUrls("http://127.0.0.1:0");
    }

    private static Task<int> AddAsync(
        IDatabase database,
        TestTenant tenant,
        string deviation,
        DateTimeOffset lastSeen
    ) =>
        database.WriteAsync(
            (connection, transaction) =>
                connection.ExecuteAsync(
                    """
                    insert into client_deviations (tenant_id, client_id, kind, count, first_seen, last_seen)
                    values (@tenant, @client, @deviation, 1, @lastSeen, @lastSeen)
                    """,
                    new
                    {
                        tenant = Guid.Parse(tenant.TenantId),
                        client = Guid.Parse(tenant.ClientId),
                        deviation,
                        lastSeen,
                    },
                    transaction
                ),
            default
        );
}
