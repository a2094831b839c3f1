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
catch (Exception exception) when (exception is ConfigurationException or IOException)
{
    // A wrong setting, or an address that is taken: the sentence says it all.
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
