using FluentAssertions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NUnit.Framework;
using Scim.Infrastructure.Hosting.Configuration;

namespace Scim.Integration.Tests.Hosting;

[Property("Capability", "Configuration is checked before the start")]
public sealed class OptionsCatalogueTests
{
    [Test]
    public void Every_key_is_described()
    {
        OptionsCatalogue.Keys.Should().OnlyContain(key => key.Description.Length > 0);
    }

    [Test]
    public void The_defaults_keep_their_own_rules()
    {
        OptionsCatalogue.Check(Configuration()).Should().BeEmpty();
    }

    [TestCase("Limits:RequestPerSecond", "Limits:RequestsPerSecond")]
    [TestCase("Database:paht", "Database:Path")]
    [TestCase("ConnectionStrings:Scm", "ConnectionStrings:Scim")]
    [TestCase("Telemetry:Otlp:Endpoint", "Telemetry:OtlpEndpoint")]
    public void An_unknown_key_is_named_with_the_nearest_known_one(string unknown, string nearest)
    {
        var problems = OptionsCatalogue.Check(Configuration((unknown, "1")));

        problems.Should().Equal($"{unknown} is not a configuration key; the nearest is {nearest}.");
    }

    [TestCase("Limits:Burst", "many", "Limits:Burst must be a whole number from 0 to 10000000, not 'many'.")]
    [TestCase("Limits:Burst", "", "Limits:Burst must be a whole number from 0 to 10000000, not ''.")]
    [TestCase("limits:burst", "-1", "Limits:Burst must be a whole number from 0 to 10000000, not '-1'.")]
    [TestCase("Database:Provider", "Oracle", "Database:Provider must be one of Sqlite, PostgreSql, not 'Oracle'.")]
    [TestCase("Database:Provider", "1", "Database:Provider must be one of Sqlite, PostgreSql, not '1'.")]
    [TestCase("Database:Path", "", "Database:Path must be not empty, not ''.")]
    [TestCase("Worker:InProcess", "perhaps", "Worker:InProcess must be true or false, not 'perhaps'.")]
    [TestCase("Telemetry:SampleRatio", "1.5", "Telemetry:SampleRatio must be a number from 0 to 1, not '1.5'.")]
    [TestCase(
        "Audit:CheckpointFolder",
        "/mnt/audit",
        "Audit:CheckpointFolder needs Audit:SigningKeyFile: only signed checkpoints are worth a copy."
    )]
    [TestCase(
        "Scim:PublicBaseUrl",
        "scim.example.com",
        "Scim:PublicBaseUrl must be an absolute http or https URL without query, not 'scim.example.com'."
    )]
    [TestCase(
        "Scim:TrustedProxies",
        "10.0.0.0/8,10.0.0.0",
        "Scim:TrustedProxies must be networks in CIDR notation, separated by commas, not '10.0.0.0/8,10.0.0.0'."
    )]
    public void An_invalid_value_is_named_with_its_rule(string key, string value, string problem)
    {
        OptionsCatalogue.Check(Configuration((key, value))).Should().Equal(problem);
    }

    [Test]
    public void Keys_are_known_in_any_case_and_foreign_sections_are_left_alone()
    {
        var configuration = Configuration(
            ("LIMITS:burst", "1"),
            ("Logging:LogLevel:Default", "Debug"),
            ("Worker", "a variable of somebody else")
        );

        OptionsCatalogue.Check(configuration).Should().BeEmpty();
    }

    [Test]
    public void PostgreSql_needs_a_connection_string()
    {
        OptionsCatalogue
            .Check(Configuration(("Database:Provider", "postgresql")))
            .Should()
            .Equal("ConnectionStrings:Scim must be set when Database:Provider is PostgreSql.");
    }

    [Test]
    public void A_secret_is_read_from_its_file_without_the_line_end()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "Host=db;Password=p w \r\n");
            var options = Register(("Database:Provider", "PostgreSql"), ("connectionstrings:scim_FILE", file));

            options.Scim.Should().Be("Host=db;Password=p w ");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public void A_missing_secret_file_stops_the_start()
    {
        var start = () => Register(("ConnectionStrings:Scim_FILE", "/nowhere/secret"));

        start
            .Should()
            .Throw<ConfigurationException>()
            .WithMessage("ConnectionStrings:Scim_FILE names a file that cannot be read: /nowhere/secret.");
    }

    [Test]
    public void A_secret_given_twice_stops_the_start_and_is_not_shown()
    {
        var start = () =>
            Register(("ConnectionStrings:Scim_FILE", "/nowhere/secret"), ("ConnectionStrings:Scim", "Password=hush"));

        start
            .Should()
            .Throw<ConfigurationException>()
            .WithMessage("ConnectionStrings:Scim and ConnectionStrings:Scim_FILE are both set; keep one of them.");
    }

    [Test]
    public void Only_secrets_come_from_files()
    {
        OptionsCatalogue.Check(Configuration(("Database:Path_FILE", "/tmp/x"))).Should().ContainSingle();
    }

    [TestCase("Sqlite", "./data/scim.db", null, true)]
    [TestCase("Sqlite", "/var/lib/scim.db", null, false)]
    [TestCase("Sqlite", "/var/lib/scim.db", "true", true)]
    [TestCase("Sqlite", "./data/scim.db", "false", false)]
    public void The_demo_is_on_for_the_embedded_database_in_its_default_place(
        string provider,
        string path,
        string? demo,
        bool expected
    )
    {
        var services = new ServiceCollection();
        services.AddOptionsCatalogue(
            Configuration(("Database:Provider", provider), ("Database:Path", path), ("Bootstrap:Demo", demo))
        );

        using var provided = services.BuildServiceProvider();
        provided.GetRequiredService<IOptions<BootstrapOptions>>().Value.Demo.Should().Be(expected);
    }

    [Test]
    public void The_table_has_a_line_for_each_key()
    {
        var table = OptionsCatalogue.ToMarkdown();

        table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().HaveCount(OptionsCatalogue.Keys.Count + 2);
        table.Should().Contain("| `Limits__Burst` | whole number | `500` |");
        table.Should().Contain("`ConnectionStrings__Scim_FILE`");
    }

    private static ConnectionStringsOptions Register(params (string Key, string? Value)[] settings)
    {
        var services = new ServiceCollection();
        services.AddOptionsCatalogue(Configuration(settings));
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<ConnectionStringsOptions>>().Value;
    }

    private static ConfigurationManager Configuration(params (string Key, string? Value)[] settings)
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection(
            settings
                .Where(setting => setting.Value is not null)
                .Select(setting => KeyValuePair.Create(setting.Key, setting.Value))
        );
        return configuration;
    }
}
