using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Plans;

/// <summary>The same request on a group of a hundred and on one of a hundred thousand makes the database work the same.</summary>
[TestFixtureSource(typeof(Plannings))]
[Property("Capability", "What changes or reads single members costs the same in a group of 100 and of 100,000")]
public sealed class GroupSizeTests(Planning planning)
{
    private const int Repetitions = 2;

    // A few levels of an index more, in each statement; one pass over the large group would be a hundred thousand.
    private const int Slack = 150;

    private LargeDirectory _directory = null!;
    private ObservedServer _observed = null!;
    private TestTenant _tenant = null!;

    private ScimClient Client => _tenant.Client;

    [OneTimeSetUp]
    public async Task Start()
    {
        _directory = await LargeDirectory.SharedAsync(
            planning == Planning.Sqlite ? DatabaseKind.Sqlite : DatabaseKind.PostgreSql
        );
        _observed = await ObservedServer.StartAsync(_directory.Database, planning);
        _tenant = LargeDirectory.At(_observed.Server, _directory.Tenant);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _tenant?.Dispose();
        await (_observed?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [TestCase("head")]
    [TestCase("look-up of the head")]
    [TestCase("look-up of a member in it")]
    [TestCase("add a member")]
    [TestCase("add a member who is in")]
    [TestCase("add several")]
    [TestCase("add with If-Match")]
    [TestCase("remove a member")]
    [TestCase("remove several")]
    [TestCase("remove with If-Match")]
    [TestCase("remove and add")]
    [TestCase("PATCH of the group's name")]
    [TestCase("read of a member")]
    [TestCase("rename of a member")]
    [TestCase("delete of a member")]
    public async Task The_work_does_not_grow_with_the_group(string operation)
    {
        var few = Work(await LeastAsync(operation, _directory.Few));
        var inEveryone = await LeastAsync(operation, _directory.Everyone);

        TestContext.Out.WriteLine($"{operation}: {few} with few, {Work(inEveryone)} with everyone");
        Work(inEveryone).Should().BeLessThanOrEqualTo(few + Slack, string.Join('\n', inEveryone));
    }

    private static long Work(IReadOnlyList<Executed> executed) => executed.Sum(statement => statement.Work);

    private async Task<IReadOnlyList<Executed>> LeastAsync(string operation, string group)
    {
        IReadOnlyList<Executed>? least = null;
        for (var i = 0; i < Repetitions; i++)
        {
            var member = (await Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
            var stranger = (await Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
            await Client.PatchAsync("/Groups/" + group, Messages.AddMembers(member)).Expecting(204);
            var act = Prepare(operation, group, member, stranger);
            ScimResponse response = null!;
            var executed = await _observed.DuringAsync(async () => response = await act());

            response.Status.Should().BeLessThan(300, response.Text);
            least = least is null || Work(executed) < Work(least) ? executed : least;
            // The group is left with whom it had.
            await Client.DeleteAsync("/Users/" + member);
            await Client.DeleteAsync("/Users/" + stranger);
        }

        return least!;
    }

    private Func<Task<ScimResponse>> Prepare(string operation, string group, string member, string stranger)
    {
        var path = "/Groups/" + group;
        var removal = Messages.RemoveMember(member);
        return operation switch
        {
            "head" => () => Client.GetAsync(path + "?excludedAttributes=members"),
            "look-up of the head" => () => Client.GetAsync(Filtered($"id eq \"{group}\"")),
            "look-up of a member in it" => () =>
                Client.GetAsync(Filtered($"id eq \"{group}\" and members eq \"{member}\"")),
            "add a member" => () => Client.PatchAsync(path, Messages.AddMembers(stranger)),
            "add a member who is in" => () => Client.PatchAsync(path, Messages.AddMembers(member)),
            "add several" => () => Client.PatchAsync(path, Messages.AddMembers(stranger, member)),
            "add with If-Match" => () => Client.PatchAsync(path, Messages.AddMembers(stranger), ("If-Match", "*")),
            "remove a member" => () => Client.PatchAsync(path, removal),
            "remove several" => () =>
                Client.PatchAsync(path, Messages.Patch("remove", "members", Messages.Members(member, stranger))),
            "remove with If-Match" => () => Client.PatchAsync(path, removal, ("If-Match", "*")),
            "remove and add" => () => Client.PatchAsync(path, Both(removal, Messages.AddMembers(stranger))),
            "PATCH of the group's name" => () =>
                Client.PatchAsync(path, Messages.Patch("replace", "displayName", Some.Name())),
            "read of a member" => () => Client.GetAsync("/Users/" + member),
            "rename of a member" => () =>
                Client.PatchAsync("/Users/" + member, Messages.Patch("replace", "displayName", Some.Name())),
            "delete of a member" => () => Client.DeleteAsync("/Users/" + member),
            _ => throw new ArgumentException($"There is no operation '{operation}'.", nameof(operation)),
        };

        static string Filtered(string filter) =>
            $"/Groups?filter={Uri.EscapeDataString(filter)}&excludedAttributes=members";

        static JsonObject Both(JsonObject first, JsonObject second)
        {
            first["Operations"]!.AsArray().Add(second["Operations"]![0]!.DeepClone());
            return first;
        }
    }
}
