using System.Text.Json;
using FluentAssertions;
using NUnit.Framework;
using Scim.Conformance.Tests.Replay;
using Scim.Domain.Tenants;
using Scim.TestKit;

namespace Scim.Conformance.Tests;

[TestFixtureSource(typeof(Databases))]
[Parallelizable(ParallelScope.All)]
[Property("Capability", "What identity providers really send: recorded traces")]
internal sealed class TraceTests(DatabaseKind database)
{
    [TestCaseSource(typeof(TraceFiles), nameof(TraceFiles.Profiles))]
    public async Task The_server_answers_as_the_client_needs(string name, string profile)
    {
        using var trace = TraceFiles.Read(name);
        var server = await ApiServer.SharedAsync(database);
        using var tenant = await TestTenant.CreateAsync(server, profile);

        var report = await new TraceReplay(trace.RootElement, tenant.Client.SendAsync).RunAsync();

        foreach (var warning in report.Warnings)
        {
            await TestContext.Out.WriteLineAsync($"should: {warning}");
        }

        report.Requests.Should().BePositive();
        report.Failures.Should().BeEmpty();
    }
}

internal sealed class TraceFileTests
{
    [Test]
    public void Every_trace_is_named_like_its_file_and_has_steps()
    {
        TraceFiles.Names.Should().NotBeEmpty();
        foreach (var name in TraceFiles.Names)
        {
            using var trace = TraceFiles.Read(name);

            trace.RootElement.GetProperty("name").GetString().Should().Be(name);
            trace.RootElement.GetProperty("steps").GetArrayLength().Should().BePositive();
        }
    }
}

/// <summary>The traces: those that <c>SCIM_TRACES</c> names, else the shared ones beside the repository, else our copy.</summary>
internal static class TraceFiles
{
    private static readonly string Folder = FindFolder();

    public static IReadOnlyList<string> Names { get; } =
    [
        .. Directory
            .GetFiles(Folder, "*.json")
            .Select(file => Path.GetFileNameWithoutExtension(file))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Each trace under the profile that tolerates everything, and under that of its own client.</summary>
    public static IEnumerable<object[]> Profiles =>
        Names.SelectMany(name => OwnProfiles(name).Prepend("auto").Select(profile => new object[] { name, profile }));

    private static IEnumerable<string> OwnProfiles(string name)
    {
        using var trace = Read(name);
        var client = trace.RootElement.GetProperty("client").GetString()!;
        var isFlagged =
            trace.RootElement.TryGetProperty("dialect", out var dialect) && dialect.GetString() != "default";
        return ClientProfile.Names.Where(profile =>
            profile == client || (client == "entra" && profile == "entra-legacy" && !isFlagged)
        );
    }

    public static JsonDocument Read(string name) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, name + ".json")));

    private static string FindFolder()
    {
        if (Environment.GetEnvironmentVariable("SCIM_TRACES") is { Length: > 0 } given)
        {
            return given;
        }

        var shared = Path.Combine(Repository.Root, "..", "shared", "idp", "traces");
        return Directory.Exists(shared)
            ? shared
            : Path.Combine(Repository.Root, "tests", "Scim.Conformance.Tests", "Traces");
    }
}
