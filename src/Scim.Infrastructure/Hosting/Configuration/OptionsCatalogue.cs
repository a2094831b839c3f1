using System.Reflection;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Scim.Application.Settings;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Security;

namespace Scim.Infrastructure.Hosting.Configuration;

/// <summary>
/// Every section and key of both hosts. A key under one of our sections that is not listed here stops the start: a
/// mistyped limit must not silently mean the default.
/// </summary>
public static class OptionsCatalogue
{
    private const string FileSuffix = "_FILE";

    private static readonly Section[] Sections =
    [
        Section.Of<DatabaseOptions>("Database"),
        Section.Of<ConnectionStringsOptions>("ConnectionStrings"),
        Section.Of<ScimOptions>("Scim"),
        Section.Of<BootstrapOptions>("Bootstrap"),
        Section.Of<LimitsOptions>("Limits"),
        Section.Of<SessionOptions>("Session"),
        Section.Of<SecretsOptions>("Secrets"),
        Section.Of<MetricsOptions>("Metrics"),
        Section.Of<TelemetryOptions>("Telemetry"),
        Section.Of<WorkerOptions>("Worker"),
        Section.Of<RetentionOptions>("Retention"),
        Section.Of<FeaturesOptions>("Features"),
        Section.Of<GroupsOptions>("Groups"),
        Section.Of<AuditOptions>("Audit"),
        Section.Of<SignupOptions>("Signup"),
        Section.Of<EmailOptions>("Email"),
        Section.Of<OutboundOptions>("Outbound"),
    ];

    public static IReadOnlyList<OptionKey> Keys { get; } = [.. Sections.SelectMany(section => section.Keys)];

    /// <summary>
    /// Reads the secrets that <c>{key}_FILE</c> names, checks every key under our sections, and makes the options
    /// available. Throws <see cref="ConfigurationException"/> with all that is wrong.
    /// </summary>
    public static void AddOptionsCatalogue(this IServiceCollection services, IConfigurationManager configuration)
    {
        var problems = new List<string>();
        SecretFiles.AddTo(configuration, problems);
        problems.AddRange(Check(configuration));
        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }

        foreach (var section in Sections)
        {
            section.Bind(services, configuration.GetSection(section.Name));
        }

        services.AddSingleton(provider => new SettingCatalogue(
            from section in Sections
            let options = section.Options(provider)
            from key in section.Keys
            let setting = key.ToSetting(options, configuration[key.Key] is not null)
            where setting is not null
            select setting
        ));
        services
            .AddOptions<BootstrapOptions>()
            .PostConfigure<IOptions<DatabaseOptions>>(
                (options, database) =>
                    options.Demo ??=
                        database.Value.Provider == DatabaseProvider.Sqlite
                        && database.Value.Path == DatabaseOptions.DefaultPath
            );
    }

    /// <summary>Known before the services are: which ones there are depends on it.</summary>
    public static bool RunsWorkerInProcess(IConfiguration configuration) =>
        Read<WorkerOptions>(configuration, "Worker").InProcess
        ?? Read<DatabaseOptions>(configuration, "Database").Provider == DatabaseProvider.Sqlite;

    /// <summary>What is wrong with the configuration, one sentence each; empty when nothing is.</summary>
    public static IReadOnlyList<string> Check(IConfiguration configuration)
    {
        var problems = new List<string>();
        foreach (var section in Sections)
        {
            foreach (var (key, value) in Leaves(configuration.GetSection(section.Name)))
            {
                if (Find(key) is { } known)
                {
                    if (known.Violation(value) is { } rule)
                    {
                        var shown = known.Secret ? "" : $", not '{value}'";
                        problems.Add($"{known.Key} must be {rule}{shown}.");
                    }
                }
                else if (FindFileKey(key) is null)
                {
                    problems.Add($"{key} is not a configuration key; the nearest is {Nearest(key)}.");
                }
            }
        }

        CheckTogether(configuration, problems);
        return problems;
    }

    /// <summary>The configuration table of the README.</summary>
    public static string ToMarkdown()
    {
        var table = new StringBuilder("| variable | values | default | meaning |\n|---|---|---|---|\n");
        foreach (var key in Keys)
        {
            var file = key.Secret ? $" Or `{key.EnvironmentName}{FileSuffix}`: a file that holds it." : "";
            table.Append(
                null,
                $"| `{key.EnvironmentName}` | {key.TypeName} | {key.Default} | {key.Description}{file} |\n"
            );
        }

        return table.ToString();
    }

    internal static OptionKey? Find(string key) =>
        Keys.FirstOrDefault(known => known.Key.Equals(key, StringComparison.OrdinalIgnoreCase));

    /// <summary>The secret that a key such as <c>ConnectionStrings:Scim_FILE</c> stands for, or null.</summary>
    internal static OptionKey? FindFileKey(string key) =>
        key.EndsWith(FileSuffix, StringComparison.OrdinalIgnoreCase)
        && Find(key[..^FileSuffix.Length]) is { Secret: true } secret
            ? secret
            : null;

    private static void CheckTogether(IConfiguration configuration, List<string> problems)
    {
        if (problems.Count > 0)
        {
            return;
        }

        var database = Read<DatabaseOptions>(configuration, "Database");
        if (
            database.Provider == DatabaseProvider.PostgreSql
            && string.IsNullOrWhiteSpace(configuration["ConnectionStrings:Scim"])
        )
        {
            problems.Add("ConnectionStrings:Scim must be set when Database:Provider is PostgreSql.");
        }

        var audit = Read<AuditOptions>(configuration, "Audit");
        foreach (
            var (key, place) in new[]
            {
                (nameof(AuditOptions.CheckpointFolder), audit.CheckpointFolder),
                (nameof(AuditOptions.CheckpointUrl), audit.CheckpointUrl),
            }
        )
        {
            if (!string.IsNullOrEmpty(place) && string.IsNullOrEmpty(audit.SigningKeyFile))
            {
                problems.Add($"Audit:{key} needs Audit:SigningKeyFile: only signed checkpoints are worth a copy.");
            }
        }

        var scim = Read<ScimOptions>(configuration, "Scim");
        if (!string.IsNullOrEmpty(scim.ClientCertificateAuthorities))
        {
            if (!scim.ClientCertificates)
            {
                problems.Add("Scim:ClientCertificateAuthorities needs Scim:ClientCertificates, or nobody is asked.");
            }

            if (!CertificateAuthorities.CanRead(scim.ClientCertificateAuthorities))
            {
                problems.Add("Scim:ClientCertificateAuthorities must name a PEM file with certificates.");
            }
        }

        var bootstrap = Read<BootstrapOptions>(configuration, "Bootstrap");
        if (string.IsNullOrEmpty(bootstrap.AdminUser) != string.IsNullOrEmpty(bootstrap.AdminPassword))
        {
            problems.Add("Bootstrap:AdminUser and Bootstrap:AdminPassword must be set together.");
        }

        var limits = Read<LimitsOptions>(configuration, "Limits");
        if (limits.DefaultPageSize > limits.MaxPageSize)
        {
            problems.Add("Limits:DefaultPageSize must not be larger than Limits:MaxPageSize.");
        }
    }

    private static T Read<T>(IConfiguration configuration, string section)
        where T : new() => configuration.GetSection(section).Get<T>() ?? new T();

    private static IEnumerable<(string Key, string Value)> Leaves(IConfigurationSection section)
    {
        foreach (var child in section.GetChildren())
        {
            if (child.Value is { } value)
            {
                yield return (child.Path, value);
            }

            foreach (var leaf in Leaves(child))
            {
                yield return leaf;
            }
        }
    }

    private static string Nearest(string key) => Keys.MinBy(known => EditDistance.Between(known.Key, key))!.Key;

    private sealed record Section(
        string Name,
        IReadOnlyList<OptionKey> Keys,
        Action<IServiceCollection, IConfiguration> Bind,
        Func<IServiceProvider, object> Options
    )
    {
        public static Section Of<T>(string name)
            where T : class, new() =>
            new(
                name,
                [
                    .. typeof(T)
                        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
                        .Select(property => new OptionKey(name, property, new T())),
                ],
                (services, configuration) => services.Configure<T>(configuration),
                provider => provider.GetRequiredService<IOptions<T>>().Value
            );
    }
}
