using Scim.Infrastructure.Hosting.Configuration;
using Scim.Worker;

try
{
    await WorkerHost.Create(args).RunAsync();
    return 0;
}
catch (Exception exception) when (exception is ConfigurationException or IOException)
{
    // A wrong setting, or an address that is taken: the sentence says it all.
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
