using System.Text.Json;
using System.Text.Json.Nodes;
using FluentAssertions;
using Microsoft.AspNetCore.Builder;
using NUnit.Framework;
using Scim.Infrastructure.Persistence;
using Scim.Integration.Tests.Plans;
using Scim.TestKit;

namespace Scim.Integration.Tests.Search;

/// <summary>What is committed between the statements of one page does not show in it.</summary>
[TestFixtureSource(typeof(Databases))]
[Property("Capability", "A page is of one snapshot: versions, members and cursors agree, whatever changes meanwhile")]
[Property("Rfc", "RFC 7644 §3.4.2, §3.14")]
internal sealed class SnapshotTests(DatabaseKind kind)
{
    private readonly Queue<Func<Task>> _changes = new();
    private ApiServer _server = null!;
    private string _after = "";

    [OneTimeSetUp]
    public async Task Start() =>
        _server = await ApiServer.StartAsync(
            kind,
            null,
            builder => builder.Host.UseServiceProviderFactory(new RecordingFactory([], ChangeOnceReadAsync))
        );

    [OneTimeTearDown]
    public async Task End() => await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);

    [TestCase("/Groups")]
    [TestCase("/Groups?cursor")]
    [TestCase("/Groups?filter=displayName%20pr&sortBy=displayName")]
    [TestCase("/?filter=displayName%20pr")]
    [TestCase("?filter=displayName%20pr&sortBy=displayName")]
    [TestCase("/Groups/.search")]
    public async Task The_members_of_a_listed_group_are_those_of_its_version(string path)
    {
        using var tenant = await TestTenant.CreateAsync(_server);
        var first = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var second = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var group = (await tenant.Client.PostAsync("/Groups", Some.Group(null, first)).Expecting(201)).Id;
        var before = await tenant.Client.GetAsync("/Groups/" + group).Expecting(200);

        _after = "from groups r";
        _changes.Enqueue(() =>
            tenant.Client.PatchAsync("/Groups/" + group, Messages.AddMembers(second)).Expecting(204)
        );
        var page = path.EndsWith(".search", StringComparison.Ordinal)
            ? await tenant.Client.PostAsync(path, Messages.Search("displayName pr")).Expecting(200)
            : await tenant.Client.GetAsync(path).Expecting(200);

        _changes.Should().BeEmpty();
        Same(page.Resources().Should().ContainSingle().Subject, before.Json);
        var later = await tenant.Client.GetAsync("/Groups").Expecting(200);
        Same(later.Resources().Single(), (await tenant.Client.GetAsync("/Groups/" + group)).Json);
        later.Resources().Single().GetProperty("members").GetArrayLength().Should().Be(2);
    }

    [Test]
    public async Task A_deletion_in_the_middle_of_a_page_over_all_types_does_not_end_the_walk()
    {
        using var tenant = await TestTenant.CreateAsync(_server);
        var users = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            users.Add((await tenant.Client.PostAsync("/Users", Some.User($"u{i}@example.com")).Expecting(201)).Id);
        }

        // Between the statement that ranks the page and those that read it.
        _after = "select u.t";
        _changes.Enqueue(() => tenant.Client.DeleteAsync("/Users/" + users[1]).Expecting(204));
        var walked = new List<string>();
        for (var cursor = ""; cursor is not null; )
        {
            var page = await tenant.Client.GetAsync($"?sortBy=userName&count=2&cursor={cursor}").Expecting(200);
            walked.AddRange(page.Ids());
            cursor = page.NextCursor();
        }

        _changes.Should().BeEmpty();
        walked.Should().Equal(users);
    }

    private static void Same(JsonElement shown, JsonElement expected) =>
        JsonNode
            .DeepEquals(JsonNode.Parse(shown.GetRawText()), JsonNode.Parse(expected.GetRawText()))
            .Should()
            .BeTrue($"{shown} must be {expected}");

    private Task ChangeOnceReadAsync(IReadOnlyList<Statement> statements) =>
        statements[0].Sql.Contains(_after, StringComparison.Ordinal) && _changes.TryDequeue(out var change)
            ? change()
            : Task.CompletedTask;
}
