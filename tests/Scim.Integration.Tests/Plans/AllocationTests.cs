using System.Globalization;
using FluentAssertions;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.TestKit;
using IServer = Microsoft.AspNetCore.Hosting.Server.IServer;

namespace Scim.Integration.Tests.Plans;

/// <summary>
/// What the process allocates for a read, from the first middleware to the database's driver and back, without the HTTP
/// server and without a client. A budget is a quarter above what was measured when it was set.
/// </summary>
[TestFixtureSource(typeof(Databases))]
[Property("Capability", "What a read allocates is held to a budget, on both databases")]
public sealed class AllocationTests(DatabaseKind kind)
{
    private const int WarmUp = 600;
    private const int Batches = 6;
    private const int MostBatches = 60;
    private const int BatchSize = 50;

    private readonly PipelineFactory _pipeline = new();
    private LargeDirectory _directory = null!;
    private ApiServer _server = null!;
    private string _user = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _directory = await LargeDirectory.SharedAsync(kind);
        _server = await ApiServer.StartAsync(
            _directory.Database,
            null,
            builder => builder.Host.UseServiceProviderFactory(_pipeline)
        );
        using var tenant = LargeDirectory.At(_server, _directory.Tenant);
        var found = await tenant.Client.GetAsync("/Users?filter=externalId%20eq%20%22ext-77%22").Expecting(200);
        _user = found.Ids().Single();
    }

    [OneTimeTearDown]
    public async Task Stop() => await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);

    // The route and its query; bytes for each request on PostgreSQL, and on SQLite.
    [TestCase("/Users/{user}", "", 17_800, 14_700)]
    [TestCase("/Users", "?filter=userName%20eq%20%22user-77@example.com%22", 27_800, 26_200)]
    [TestCase("/Users", "?count=100", 157_000, 182_000)]
    [TestCase("/Groups/{everyone}", "?excludedAttributes=members", 20_200, 16_800)]
    public async Task A_read_allocates_within_its_budget(string path, string query, int onPostgreSql, int onSqlite)
    {
        var fullPath =
            "/scim/v2"
            + path.Replace("{user}", _user, StringComparison.Ordinal)
                .Replace("{everyone}", _directory.Everyone, StringComparison.Ordinal);
        await RepeatAsync(fullPath, query, WarmUp);

        // What else the process does is counted too: some batches have less of it, and none less than the reads.
        var budget = kind == DatabaseKind.PostgreSql ? onPostgreSql : onSqlite;
        var least = long.MaxValue;
        for (var i = 0; i < Batches || (i < MostBatches && least > budget); i++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await RepeatAsync(fullPath, query, BatchSize);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / BatchSize);
        }

        TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}{query}: {least} bytes"));
        least.Should().BeLessThanOrEqualTo(budget);
    }

    private async Task RepeatAsync(string path, string query, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var response = new HttpResponseFeature();
            var features = new FeatureCollection();
            features.Set<IHttpRequestFeature>(
                new HttpRequestFeature
                {
                    Method = "GET",
                    Scheme = "http",
                    Protocol = "HTTP/1.1",
                    Path = path,
                    QueryString = query,
                    Headers = { Host = "localhost", Authorization = "Bearer " + _directory.Tenant.Token },
                }
            );
            features.Set<IHttpResponseFeature>(response);
            features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(Stream.Null));
            await _pipeline.SendAsync(features);
            response.StatusCode.Should().Be(StatusCodes.Status200OK);
        }
    }

    /// <summary>Builds a host's services so that requests can also be handed to its pipeline past the HTTP server.</summary>
    private sealed class PipelineFactory : IServiceProviderFactory<IServiceCollection>
    {
        public Func<IFeatureCollection, Task> SendAsync { get; private set; } = null!;

        public IServiceCollection CreateBuilder(IServiceCollection services)
        {
            var server = services.Last(service => service.ServiceType == typeof(IServer));
            services.Remove(server);
            services.AddSingleton(server.ImplementationType!);
            services.AddSingleton<IServer>(provider => new Server(
                (IServer)provider.GetRequiredService(server.ImplementationType!),
                this
            ));
            return services;
        }

        public IServiceProvider CreateServiceProvider(IServiceCollection containerBuilder) =>
            containerBuilder.BuildServiceProvider();

        private sealed class Server(IServer inner, PipelineFactory factory) : IServer
        {
            public IFeatureCollection Features => inner.Features;

            public Task StartAsync<TContext>(
                IHttpApplication<TContext> application,
                CancellationToken cancellationToken
            )
                where TContext : notnull
            {
                factory.SendAsync = async features =>
                {
                    var context = application.CreateContext(features);
                    await application.ProcessRequestAsync(context);
                    application.DisposeContext(context, null);
                };
                return inner.StartAsync(application, cancellationToken);
            }

            public Task StopAsync(CancellationToken cancellationToken) => inner.StopAsync(cancellationToken);

            public void Dispose() => inner.Dispose();
        }
    }
}
