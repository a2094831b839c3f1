using Scim.Api;
using Scim.Api.Cli;
using Scim.Infrastructure.Hosting.Configuration;

try
{
    return await OperatorCli.RunAsync(
        args,
        async settings =>
        {
            await ApiHost.Create(settings).RunAsync();
            return 0;
        },
        () => ApiHost.Create([], OperatorCli.QuietLogs)
    );
}
catch (ConfigurationException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
