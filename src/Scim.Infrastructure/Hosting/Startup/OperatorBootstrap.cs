using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Scim.Application.Common;
using Scim.Application.Operators;
using Scim.Domain.Errors;
using Scim.Domain.Operators;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Infrastructure.Hosting.Startup;

/// <summary>
/// Makes the first operator of an unattended installation, before the listener opens where the database allows it. One who
/// is there is left alone: a setting must not undo what was changed since.
/// </summary>
internal sealed partial class OperatorBootstrap(
    IServiceScopeFactory scopes,
    IOptions<BootstrapOptions> options,
    MigrateOnStart migration,
    TimeProvider clock,
    ILogger<OperatorBootstrap> logger
) : IHostedService, IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stopping = new();
    private Task _later = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(options.Value.AdminUser))
        {
            return;
        }

        if (!migration.Current.IsCompletedSuccessfully || !await TryAsync(cancellationToken))
        {
            _later = RetryAsync(_stopping.Token);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _later.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stopping.Dispose();

    private async Task RetryAsync(CancellationToken cancellationToken)
    {
        await migration.Current.WaitAsync(cancellationToken);
        while (!await TryAsync(cancellationToken))
        {
            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    /// <summary>False when it is worth trying again.</summary>
    private async Task<bool> TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var request = scope.ServiceProvider.GetRequiredService<RequestContext>();
            request.ActAs("system:bootstrap", tenant: null);
            request.RequestId = Guid.CreateVersion7().ToString("N");
            var bootstrap = options.Value;
            var name = bootstrap.AdminUser!;
            var operators = scope.ServiceProvider.GetRequiredService<IOperatorStore>();
            if (await operators.FindAsync(name, cancellationToken) is not null)
            {
                return true;
            }

            var values = new NewOperator(
                name,
                bootstrap.AdminPassword,
                [OperatorRole.PlatformAdmin.Name],
                TenantIds: null,
                State: null
            );
            var secret = bootstrap.AdminTotpSecret is { Length: > 0 } text ? Totp.Decode(text) : null;
            var mediator = scope.ServiceProvider.GetRequiredService<IMediator>();
            await mediator.Send(new CreateOperator(values, secret), cancellationToken);
            Created();
            return true;
        }
        catch (ScimException exception) when (exception.Error.Status == 409)
        {
            return true; // Another replica was faster.
        }
        catch (ScimException exception) when (exception.Error.Status < 500)
        {
            Refused(exception.Error.Detail);
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Failed(exception);
            return false;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The first operator was created", EventName = "operator-bootstrapped")]
    private partial void Created();

    [LoggerMessage(
        2,
        LogLevel.Error,
        "The operator of Bootstrap:AdminUser is refused: {Reason}",
        EventName = "operator-bootstrap-refused"
    )]
    private partial void Refused(string reason);

    [LoggerMessage(
        3,
        LogLevel.Error,
        "The operator of Bootstrap:AdminUser could not be created yet",
        EventName = "operator-bootstrap-failed"
    )]
    private partial void Failed(Exception exception);
}
