using System.Globalization;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Concurrency;

[TestFixtureSource(typeof(Databases))]
[Category(Soak.Concurrency)]
[Property("Capability", "Parallel membership changes lose nothing and leave nothing dangling")]
[Property("Rfc", "RFC 7644 §3.5.2")]
public sealed class GroupConcurrencyTests(DatabaseKind database)
{
    private ApiServer _server = null!;
    private TestTenant _tenant = null!;

    [OneTimeSetUp]
    public async Task Start() => _server = await ApiServer.SharedAsync(database);

    [SetUp]
    public async Task Fresh() => _tenant = await TestTenant.CreateAsync(_server);

    [TearDown]
    public void Leave() => _tenant.Dispose();

    [Test]
    public async Task Sixteen_writers_who_add_members_to_one_group_lose_nothing()
    {
        var perWriter = Soak.Count(5, 200);
        var users = await UsersAsync(Storm.Writers * perWriter);
        var group = await GroupAsync();

        await Storm.RunAsync(
            Storm.Writers,
            async writer =>
            {
                ScimResponse answer = null!;
                foreach (var user in users.Skip(writer * perWriter).Take(perWriter))
                {
                    do
                    {
                        answer = await Client.PatchAsync($"/Groups/{group}", Messages.AddMembers(user));
                    } while (answer.Status == 503);

                    answer.Status.Should().Be(204, answer.Text);
                }

                return answer;
            }
        );

        (await MembersAsync(group)).Should().BeEquivalentTo(users);
        // Each change of the members is a version of its own.
        (await VersionAsync(group))
            .Should()
            .Be(1 + users.Count);
    }

    [Test]
    public async Task Adding_and_removing_the_same_member_converges()
    {
        var user = (await UsersAsync(1))[0];
        var group = await GroupAsync();
        var rounds = Soak.Count(3, 40);
        for (var round = 0; round < rounds; round++)
        {
            var answers = await Storm.RunAsync(
                Storm.Writers,
                i =>
                    Client.PatchAsync(
                        $"/Groups/{group}",
                        i % 2 == 0 ? Messages.AddMembers(user) : Messages.RemoveMember(user)
                    )
            );

            answers.Should().OnlyContain(answer => answer.Status == 204 || answer.Status == 400);
        }

        var members = await MembersAsync(group);
        members.Should().HaveCountLessThanOrEqualTo(1);
        var journal = await JournalRow.ReadAsync(_server, _tenant.Slug);
        // What went in came out again, but for the one who may be left; the rows tell exactly that.
        var changes = journal.Count(row =>
            row.Operation.StartsWith("group.members.", StringComparison.Ordinal) && row.Outcome == "success"
        );
        (changes % 2).Should().Be(members.Count);
        (await VersionAsync(group)).Should().Be(1 + changes);
    }

    [Test]
    public async Task Deleting_users_while_they_are_added_leaves_no_dangling_member()
    {
        var rounds = Soak.Count(2, 30);
        for (var round = 0; round < rounds; round++)
        {
            var users = await UsersAsync(8);
            string[] groups = [await GroupAsync(), await GroupAsync()];
            var calls = new List<Func<Task<ScimResponse>>>();
            foreach (var user in users)
            {
                calls.AddRange(
                    groups.Select<string, Func<Task<ScimResponse>>>(group =>
                        () => Client.PatchAsync($"/Groups/{group}", Messages.AddMembers(user))
                    )
                );
                calls.Add(() => Client.DeleteAsync($"/Users/{user}"));
            }

            var answers = await Storm.RunAsync(calls);

            answers.Should().OnlyContain(answer => answer.Status == 204 || answer.Status == 400);
            foreach (var user in users)
            {
                (await Client.GetAsync($"/Users/{user}")).Status.Should().Be(404);
                var filter = Uri.EscapeDataString($"members.value eq \"{user}\"");
                var holding = await Client.GetAsync($"/Groups?filter={filter}");
                holding.Json.GetProperty("totalResults").GetInt32().Should().Be(0);
            }

            foreach (var group in groups)
            {
                (await MembersAsync(group)).Should().BeEmpty();
            }
        }
    }

    [Test]
    public async Task Deleting_a_group_while_members_are_added_ends_clean()
    {
        var rounds = Soak.Count(2, 30);
        for (var round = 0; round < rounds; round++)
        {
            var users = await UsersAsync(Storm.Writers - 1);
            var group = await GroupAsync();
            var calls = users
                .Select<string, Func<Task<ScimResponse>>>(user =>
                    () => Client.PatchAsync($"/Groups/{group}", Messages.AddMembers(user))
                )
                .Append(() => Client.DeleteAsync($"/Groups/{group}"))
                .ToList();

            var answers = await Storm.RunAsync(calls);

            answers[^1].Status.Should().Be(204, answers[^1].Text);
            answers.Should().OnlyContain(answer => answer.Status == 204 || answer.Status == 404);
            (await Client.GetAsync($"/Groups/{group}")).Status.Should().Be(404);
            foreach (var user in users)
            {
                (await Client.GetAsync($"/Users/{user}")).Text.Should().NotContain(group);
            }
        }
    }

    [Test]
    public async Task Groups_nested_and_deleted_in_parallel_end_clean()
    {
        var groups = new List<string>();
        for (var i = 0; i < 8; i++)
        {
            groups.Add(await GroupAsync());
        }

        var nest = groups.SelectMany(parent => groups.Select(child => (parent, child))).Where(x => x.parent != x.child);
        var calls = nest.Select<(string Parent, string Child), Func<Task<ScimResponse>>>(pair =>
                () => Client.PatchAsync($"/Groups/{pair.Parent}", Messages.AddMembers(pair.Child))
            )
            .Concat(
                groups
                    .Take(4)
                    .Select<string, Func<Task<ScimResponse>>>(group => () => Client.DeleteAsync($"/Groups/{group}"))
            )
            .OrderBy(_ => Random.Shared.Next())
            .ToList();

        var answers = await Storm.RunAsync(calls);

        answers.Should().OnlyContain(answer => answer.Status == 204 || answer.Status == 400 || answer.Status == 404);
        foreach (var left in groups.Skip(4))
        {
            (await MembersAsync(left)).Intersect(groups.Take(4)).Should().BeEmpty();
        }
    }

    [Test]
    public async Task Of_sixteen_conditional_changes_of_one_group_one_wins()
    {
        var users = await UsersAsync(Storm.Writers);
        var group = await GroupAsync();
        var tag = (await Client.GetAsync($"/Groups/{group}")).Header("ETag");

        var answers = await Storm.RunAsync(
            Storm.Writers,
            i => Client.PatchAsync($"/Groups/{group}", Messages.AddMembers(users[i]), ("If-Match", tag))
        );

        answers.Count(answer => answer.Status == 204).Should().Be(1);
        answers.Count(answer => answer.Status == 412).Should().Be(Storm.Writers - 1);
        (await MembersAsync(group)).Should().ContainSingle();
    }

    private ScimClient Client => _tenant.Client;

    private async Task<List<string>> UsersAsync(int count)
    {
        var ids = new List<string>();
        foreach (var chunk in Enumerable.Range(0, count).Chunk(500))
        {
            var operations = chunk.Select(i =>
                Messages.BulkOperation("POST", "/Users", Some.User(), i.ToString(CultureInfo.InvariantCulture))
            );
            var answer = await Client.PostAsync("/Bulk", Messages.Bulk([.. operations]));
            ids.AddRange(
                answer
                    .Json.GetProperty("Operations")
                    .EnumerateArray()
                    .Select(operation => operation.GetProperty("location").GetString()!.Split('/')[^1])
            );
        }

        return ids;
    }

    private async Task<string> GroupAsync() => (await Client.PostAsync("/Groups", Some.Group())).Id;

    private async Task<IReadOnlyList<string>> MembersAsync(string group)
    {
        var answer = await Client.GetAsync($"/Groups/{group}");
        answer.Status.Should().Be(200, answer.Text);
        return answer.Json.TryGetProperty("members", out var members)
            ? [.. members.EnumerateArray().Select(member => member.GetProperty("value").GetString()!)]
            : [];
    }

    private async Task<long> VersionAsync(string group) =>
        Versions.Parse((await Client.GetAsync($"/Groups/{group}")).Header("ETag"));
}
