using Scim.Infrastructure.Hosting.Configuration;
using Scim.Worker;

try
{
    await WorkerHost.Create(args).RunAsync();
    return 0;
}
catch (ConfigurationException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
