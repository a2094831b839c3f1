using Microsoft.Extensions.Configuration;

namespace Scim.Infrastructure.Hosting.Configuration;

/// <summary>Secrets mounted as files: <c>ConnectionStrings__Scim_FILE=/run/secrets/scim</c>.</summary>
internal static class SecretFiles
{
    public static void AddTo(IConfigurationManager configuration, List<string> problems)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, path) in configuration.AsEnumerable())
        {
            if (string.IsNullOrEmpty(path) || OptionsCatalogue.FindFileKey(name) is not { } key)
            {
                continue;
            }

            if (!string.IsNullOrEmpty(configuration[key.Key]))
            {
                problems.Add($"{key.Key} and {name} are both set; keep one of them.");
                continue;
            }

            try
            {
                values[key.Key] = File.ReadAllText(path).TrimEnd('\r', '\n');
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                problems.Add($"{name} names a file that cannot be read: {path}.");
            }
        }

        if (values.Count > 0)
        {
            configuration.AddInMemoryCollection(values);
        }
    }
}

/// <summary>The configuration stops the start; one sentence per problem.</summary>
public sealed class ConfigurationException(IReadOnlyList<string> problems) : Exception(string.Join('\n', problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
