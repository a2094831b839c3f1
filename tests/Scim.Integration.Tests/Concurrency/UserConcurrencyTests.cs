using System.Text.Json.Nodes;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Concurrency;

[TestFixtureSource(typeof(Databases))]
[Category(Soak.Concurrency)]
[Property("Capability", "Parallel writers of one user all succeed, uniqueness and If-Match hold")]
[Property("Rfc", "RFC 7644 §3.14")]
public sealed class UserConcurrencyTests(DatabaseKind database)
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
    public async Task One_userName_posted_in_parallel_in_every_case_yields_one_user()
    {
        var rounds = Soak.Count(3, 60);
        for (var round = 0; round < rounds; round++)
        {
            var name = Some.UserName();

            var answers = await Storm.RunAsync(
                Storm.Writers,
                i => Client.PostAsync("/Users", Some.User(i % 3 == 0 ? name : Recased(name, i)))
            );

            answers.Count(answer => answer.Status == 201).Should().Be(1);
            var refused = answers.Where(answer => answer.Status != 201).ToList();
            refused.Should().OnlyContain(answer => answer.Status == 409);
            refused.Should().OnlyContain(answer => answer.Json.GetProperty("scimType").GetString() == "uniqueness");
        }

        (await TotalAsync("/Users")).Should().Be(rounds);
    }

    [Test]
    public async Task One_userName_taken_by_parallel_changes_yields_one_holder()
    {
        var name = Some.UserName();
        var users = new List<string>();
        for (var i = 0; i < Storm.Writers; i++)
        {
            users.Add(await UserAsync());
        }

        var answers = await Storm.RunAsync(
            Storm.Writers,
            i => Client.PatchAsync($"/Users/{users[i]}", Messages.Patch("replace", "userName", Recased(name, i)))
        );

        answers.Count(answer => answer.Status == 200).Should().Be(1);
        answers.Count(answer => answer.Status == 409).Should().Be(Storm.Writers - 1);
    }

    [TestCase("PATCH", 200)]
    [TestCase("PUT", 200)]
    [TestCase("DELETE", 204)]
    public async Task If_Match_has_one_winner_of_sixteen(string method, int won)
    {
        var rounds = Soak.Count(2, 40);
        for (var round = 0; round < rounds; round++)
        {
            var user = await UserAsync();
            var tag = (await Client.GetAsync($"/Users/{user}")).Header("ETag");

            var answers = await Storm.RunAsync(
                Storm.Writers,
                i =>
                {
                    var body = method switch
                    {
                        "PATCH" => Messages.Patch("replace", "title", $"title {i}"),
                        "PUT" => Some.User(),
                        _ => null,
                    };
                    return Client.SendAsync(method, $"/Users/{user}", body?.ToJsonString(), ("If-Match", tag));
                }
            );

            answers.Count(answer => answer.Status == won).Should().Be(1);
            var lost = method == "DELETE" ? 404 : 412;
            answers.Where(answer => answer.Status != won).Should().OnlyContain(answer => answer.Status == lost);
        }
    }

    [Test]
    public async Task Parallel_changes_of_different_attributes_are_all_kept()
    {
        string[] attributes =
        [
            "title",
            "nickName",
            "displayName",
            "userType",
            "preferredLanguage",
            "locale",
            "timezone",
            "externalId",
            "name.givenName",
            "name.familyName",
            "name.middleName",
            "name.formatted",
            $"{Messages.Enterprise}:department",
            $"{Messages.Enterprise}:costCenter",
            $"{Messages.Enterprise}:division",
            $"{Messages.Enterprise}:employeeNumber",
        ];
        var rounds = Soak.Count(2, 40);
        for (var round = 0; round < rounds; round++)
        {
            var user = await UserAsync();
            var value = $"value {round}";

            var answers = await Storm.RunAsync(
                attributes.Length,
                i => Client.PatchAsync($"/Users/{user}", Messages.Patch("replace", attributes[i], value))
            );

            answers.Should().OnlyContain(answer => answer.Status == 200);
            var versions = answers.Select(answer => Versions.Parse(answer.Header("ETag")));
            versions.Should().BeEquivalentTo(Enumerable.Range(2, attributes.Length));
            var after = await Client.GetAsync($"/Users/{user}");
            foreach (var attribute in attributes)
            {
                Find(JsonNode.Parse(after.Text)!, attribute).Should().Be(value, attribute);
            }
        }
    }

    [Test]
    public async Task Counts_are_right_after_a_storm_of_creates_and_deletes()
    {
        var rounds = Soak.Count(2, 20);
        for (var round = 0; round < rounds; round++)
        {
            var before = await TotalAsync("/Users");
            var doomed = new List<string>();
            for (var i = 0; i < Storm.Writers; i++)
            {
                doomed.Add(await UserAsync());
            }

            // Each is deleted twice; a second 204 would also count twice.
            var calls = doomed
                .Concat(doomed)
                .Select<string, Func<Task<ScimResponse>>>(user => () => Client.DeleteAsync($"/Users/{user}"))
                .Concat(
                    Enumerable
                        .Range(0, 2 * Storm.Writers)
                        .Select<int, Func<Task<ScimResponse>>>(i =>
                            () =>
                                i % 2 == 0
                                    ? Client.PostAsync("/Users", Some.User())
                                    : Client.PostAsync("/Groups", Some.Group())
                        )
                )
                .OrderBy(_ => Random.Shared.Next())
                .ToList();
            var answers = await Storm.RunAsync(calls);

            answers.Count(answer => answer.Status == 204).Should().Be(Storm.Writers);
            answers.Count(answer => answer.Status == 404).Should().Be(Storm.Writers);
            answers.Count(answer => answer.Status == 201).Should().Be(2 * Storm.Writers);
            (await TotalAsync("/Users")).Should().Be(before + Storm.Writers);
            (await TotalAsync("/Users?filter=id%20pr")).Should().Be(before + Storm.Writers);
            (await TotalAsync("/Groups")).Should().Be(await TotalAsync("/Groups?filter=id%20pr"));
        }
    }

    private ScimClient Client => _tenant.Client;

    private async Task<string> UserAsync() => (await Client.PostAsync("/Users", Some.User())).Id;

    private async Task<int> TotalAsync(string path) =>
        (await Client.GetAsync(path)).Json.GetProperty("totalResults").GetInt32();

    private static string Recased(string name, int seed) =>
        string.Concat(name.Select((letter, i) => ((i * 7) + seed) % 2 == 0 ? char.ToUpperInvariant(letter) : letter));

    private static string? Find(JsonNode user, string attribute) =>
        attribute.StartsWith("urn:", StringComparison.Ordinal)
            ? (string?)user[Messages.Enterprise]?[attribute[(Messages.Enterprise.Length + 1)..]]
            : (string?)attribute.Split('.').Aggregate<string, JsonNode?>(user, (node, name) => node?[name]);
}
