using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Observability;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Refused writes are journalled within bounds, reads are summarised")]
public sealed class RequestJournalTests(DatabaseKind database)
{
    [Test]
    public async Task Refusals_have_rows_of_their_own_up_to_a_bound_and_are_counted_beyond_it()
    {
        const int Refusals = 100;
        var journal = await RunAsync(async tenant =>
        {
            for (var i = 0; i < Refusals; i++)
            {
                (await tenant.Client.PostAsync("/Users", "{}")).Status.Should().Be(400);
            }
        });

        var rows = journal.Where(row => row.Operation == "user.create").ToList();
        rows.Should().OnlyContain(row => row.Outcome == "refused");
        rows.Should().HaveCountLessThan(Refusals / 2);
        rows.Where(row => row.Occurrences == 1).Should().HaveCountGreaterThanOrEqualTo(20);
        rows.Sum(row => row.Occurrences).Should().Be(Refusals);
    }

    [Test]
    public async Task Reads_are_counted_by_operation_and_never_told_one_by_one()
    {
        var journal = await RunAsync(async tenant =>
        {
            var user = (await tenant.Client.PostAsync("/Users", Some.User())).Id;
            for (var i = 0; i < 25; i++)
            {
                (await tenant.Client.GetAsync("/Users")).Status.Should().Be(200);
                (await tenant.Client.GetAsync($"/Users/{user}")).Status.Should().Be(200);
                (await tenant.Client.PostAsync("/Groups/.search", Messages.Search("id pr"))).Status.Should().Be(200);
            }
        });

        foreach (var operation in (string[])["user.list", "user.read", "group.list"])
        {
            var rows = journal.Where(row => row.Operation == operation).ToList();
            // The minute may turn meanwhile.
            rows.Should().NotBeEmpty(operation).And.HaveCountLessThanOrEqualTo(2, operation);
            rows.Sum(row => row.Occurrences).Should().Be(25, operation);
            rows.Should().OnlyContain(row => row.ResourceId == null);
        }
    }

    [Test]
    public async Task Every_kind_of_refusal_leaves_its_row()
    {
        var journal = await RunAsync(async tenant =>
        {
            var client = tenant.Client;
            var user = Some.User();
            var id = (await client.PostAsync("/Users", user)).Id;
            (await client.PostAsync("/Users", user.DeepClone())).Status.Should().Be(409);
            (await client.DeleteAsync($"/Users/{Guid.NewGuid():D}")).Status.Should().Be(404);
            (await client.PutAsync($"/Users/{id}", Some.User(), ("If-Match", "W/\"99\""))).Status.Should().Be(412);
            (await client.PatchAsync($"/Groups/{Guid.NewGuid():D}", Messages.AddMembers(id))).Status.Should().Be(404);
            (await client.PostAsync("/Users", "x", ("Content-Type", "text/plain"))).Status.Should().Be(415);
            (
                await client.PostAsync(
                    "/Bulk",
                    Messages.Bulk(Messages.BulkOperation("DELETE", $"/Users/{Guid.NewGuid():D}"))
                )
            )
                .Status.Should()
                .Be(200);
        });

        var refused = journal.Where(row => row.Outcome == "refused").Select(row => row.Operation);
        refused
            .Should()
            .BeEquivalentTo("user.create", "user.delete", "user.update", "group.update", "user.create", "user.delete");
    }

    /// <summary>The journal after the server has stopped, when everything that it held back is written.</summary>
    private async Task<IReadOnlyList<JournalRow>> RunAsync(Func<TestTenant, Task> act)
    {
        await using var store = await TestDatabase.CreateAsync(database);
        string slug;
        await using (var first = await ApiServer.StartAsync(store))
        {
            using var tenant = await TestTenant.CreateAsync(first);
            slug = tenant.Slug;
            await act(tenant);
        }

        await using var second = await ApiServer.StartAsync(store);
        return await JournalRow.ReadAsync(second, slug);
    }
}
