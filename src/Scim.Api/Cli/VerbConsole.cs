using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using MediatR;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Infrastructure.Hosting.Configuration;
using Scim.Infrastructure.Persistence;

namespace Scim.Api.Cli;

/// <summary>What every verb does around its command: a scope, the actor, the output, the exit code.</summary>
internal sealed class VerbConsole(Func<IHost> open, TextWriter output, TextWriter error)
{
    private const int Done = 0;
    private const int Refused = 1;

    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public TextWriter Output => output;

    public TextWriter Error => error;

    public static Option<bool> JsonOption() =>
        new("--json") { Description = "Print the result as JSON and nothing else." };

    /// <summary>Makes <paramref name="work"/> the action of a verb that talks to the database.</summary>
    public void Bind(Command command, Func<ParseResult, IMediator, CancellationToken, Task> work) =>
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, work, cancellationToken));

    public Task JsonAsync<T>(T value) => output.WriteLineAsync(JsonSerializer.Serialize(value, JsonOptions));

    public Task LineAsync(string text) => output.WriteLineAsync(text);

    public static async Task<int> MigrateAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var migrations = services.GetRequiredService<IMigrations>();
        return await migrations.CountPendingAsync(cancellationToken) == 0
            ? 0
            : await migrations.ApplyAsync(cancellationToken);
    }

    public async Task<int> GuardAsync(Func<IServiceProvider, Task> work)
    {
        try
        {
            using var host = open();
            await using var scope = host.Services.CreateAsyncScope();
            var context = scope.ServiceProvider.GetRequiredService<RequestContext>();
            context.RequestId = Guid.CreateVersion7().ToString("N");
            context.ActAs("operator:cli", tenant: null);
            await work(scope.ServiceProvider);
            return Done;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Cancelled.");
            return Refused;
        }
        catch (Exception exception) when (exception is ScimException or ConfigurationException)
        {
            await error.WriteLineAsync(exception.Message);
            return Refused;
        }
        catch (Exception exception)
        {
            // An operator at a terminal is helped by the cause, which a client on the network must not see.
            await error.WriteLineAsync($"Failed: {exception.Message}");
            return Refused;
        }
    }

    private Task<int> RunAsync(
        ParseResult parsed,
        Func<ParseResult, IMediator, CancellationToken, Task> work,
        CancellationToken cancellationToken
    ) =>
        GuardAsync(async services =>
        {
            // As the server does when it starts: a verb works on a fresh clone, too.
            if (await MigrateAsync(services, cancellationToken) is > 0 and var applied)
            {
                await error.WriteLineAsync($"Applied {applied} migrations.");
            }

            await work(parsed, services.GetRequiredService<IMediator>(), cancellationToken);
        });
}
