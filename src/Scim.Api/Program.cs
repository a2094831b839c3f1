using Scim.Api;
using Scim.Infrastructure.Hosting.Configuration;

try
{
    await ApiHost.Create(args).RunAsync();
    return 0;
}
catch (ConfigurationException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
