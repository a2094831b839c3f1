using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Scim.Application.Common;
using Scim.Application.Tenants;
using Scim.Domain.Errors;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Infrastructure.Hosting.Startup;

/// <summary>
/// Gives a newcomer a tenant, a client and a line to paste. The token is printed on the first start only; later starts
/// say how to issue another.
/// </summary>
internal sealed partial class DemoBootstrap(
    IServiceScopeFactory scopes,
    IOptions<BootstrapOptions> options,
    MigrateOnStart migration,
    BaseUrl baseUrl,
    IHostApplicationLifetime lifetime,
    TimeProvider clock,
    ILogger<DemoBootstrap> logger
) : BackgroundService
{
    private const string Slug = "demo";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Demo != true)
        {
            return;
        }

        await migration.Current.WaitAsync(stoppingToken);
        await StartedAsync(stoppingToken);
        while (true)
        {
            try
            {
                await Console.Out.WriteAsync(await WelcomeAsync(stoppingToken));
                return;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Failed(exception);
                await Task.Delay(TimeSpan.FromSeconds(5), clock, stoppingToken);
            }
        }
    }

    // The port is known, and the line can be pasted, only when the listener is open.
    private async Task StartedAsync(CancellationToken cancellationToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(() => started.TrySetResult());
        await started.Task.WaitAsync(cancellationToken);
    }

    private async Task<string> WelcomeAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var mediator = scope.ServiceProvider.GetRequiredService<IMediator>();
        scope.ServiceProvider.GetRequiredService<RequestContext>().ActAs("system:bootstrap", tenant: null);
        var url = $"{baseUrl.Find()}/scim/v2";

        var clients = await ListClientsAsync(mediator, cancellationToken);
        if (clients.Count > 0)
        {
            return $"""

                ScimPlatform serves {url} for tenant {Slug}.
                For a new token, run this executable with: token issue {clients[0].Id:D}
                (from the source tree: dotnet run --project src/Scim.Api -- token issue {clients[0].Id:D})


                """;
        }

        await CreateTenantAsync(mediator, cancellationToken);
        var issued = await mediator.Send(new CreateClient(Slug, "Demo"), cancellationToken);
        return $"""

            ScimPlatform serves tenant {Slug}.

              Base URL  {url}
              Token     {issued.Token}
                        (shown this once; for another: token issue {issued.ClientId:D})

            Try it:

              curl -H 'Authorization: Bearer {issued.Token}' '{url}/Users'


            """;
    }

    private static async Task<IReadOnlyList<ListedClient>> ListClientsAsync(
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await mediator.Send(new ListClients(Slug), cancellationToken);
        }
        catch (ScimException exception) when (exception.Error.Status == 404)
        {
            return [];
        }
    }

    private static async Task CreateTenantAsync(IMediator mediator, CancellationToken cancellationToken)
    {
        try
        {
            await mediator.Send(new CreateTenant(Slug, "Demo"), cancellationToken);
        }
        catch (ScimException exception) when (exception.Error.Status == 409)
        {
            // An earlier start got no further than this.
        }
    }

    [LoggerMessage(1, LogLevel.Error, "The demo tenant could not be created yet", EventName = "demo-failed")]
    private partial void Failed(Exception exception);
}
