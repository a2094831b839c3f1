using Dapper;
using FluentAssertions;
using Microsoft.Data.Sqlite;
using Npgsql;
using NUnit.Framework;
using Scim.Integration.Tests.Protocol;
using Scim.TestKit;

namespace Scim.Integration.Tests.Rfc7644;

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7643 §2, RFC 7644 §3.5.2")]
[Property("Capability", "The strict profile refuses every deviation from the RFCs")]
internal sealed class StrictProfileTests(DatabaseKind database) : ProtocolFixture(database)
{
    protected override string Profile => "strict";

    [TestCaseSource(typeof(Deviations), nameof(Deviations.InBodies))]
    public async Task A_deviating_body_is_refused(string kind, string member)
    {
        var answer = await Client.PostAsync("/Users", Deviations.Body(member));

        answer.Status.Should().Be(400, kind);
        answer
            .ShouldBeError(400, answer.At("scimType"))
            .At("scimType")
            .Should()
            .BeOneOf("invalidValue", "invalidSyntax");
    }

    [TestCaseSource(typeof(Deviations), nameof(Deviations.InPatches))]
    public async Task A_deviating_patch_is_refused(string kind, string operation)
    {
        var user = await CreateUserAsync("\"emails\":[{\"value\":\"a@example.com\",\"type\":\"work\"}]");

        var answer = await PatchUserAsync(user.Id, operation);

        answer.Status.Should().Be(400, kind);
        answer
            .ShouldBeError(400, answer.At("scimType"))
            .At("scimType")
            .Should()
            .BeOneOf("invalidValue", "invalidSyntax", "invalidPath", "noTarget");
        (await ReadAsync(user)).Text.Should().Be(user.Text);
    }

    [Test]
    public async Task A_replace_that_matches_nothing_is_noTarget()
    {
        var user = await CreateUserAsync();

        var answer = await PatchUserAsync(
            user.Id,
            "\"op\":\"replace\",\"path\":\"emails[type eq \\\"work\\\"].value\",\"value\":\"x@example.com\""
        );

        answer.ShouldBeError(400, "noTarget");
    }

    [Test]
    public async Task Removing_listed_members_is_refused_and_by_filter_is_not()
    {
        var user = await CreateUserAsync();
        var group = await CreateGroupAsync(user.Id);

        var listed = await PatchGroupAsync(
            group.Id,
            $"\"op\":\"remove\",\"path\":\"members\",\"value\":[{{\"value\":\"{user.Id}\"}}]"
        );
        var filtered = await PatchGroupAsync(
            group.Id,
            $"\"op\":\"remove\",\"path\":\"members[value eq \\\"{user.Id}\\\"]\""
        );

        listed.ShouldBeError(400, "invalidValue");
        filtered.ShouldBe(204);
    }
}

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7643 §2, RFC 7644 §3.5.2")]
[Property("Capability", "The auto profile tolerates deviations and records them per client")]
internal sealed class AutoProfileTests(DatabaseKind database)
{
    [Test]
    public async Task Every_deviation_is_tolerated_and_counted()
    {
        await using var store = await TestDatabase.CreateAsync(database);
        string clientId;
        await using (var server = await ApiServer.StartAsync(store))
        {
            using var tenant = await TestTenant.CreateAsync(server);
            clientId = tenant.ClientId;
            foreach (var body in Deviations.InBodies())
            {
                var answer = await tenant.Client.PostAsync("/Users", Deviations.Body((string)body.Arguments[1]!));
                answer.ShouldBe(201);
            }

            foreach (var patch in Deviations.InPatches())
            {
                var user = await tenant.Client.PostAsync("/Users", Some.User());
                var operations = "{" + (string)patch.Arguments[1]! + "}";
                var answer = await tenant.Client.PatchAsync(
                    $"/Users/{user.Id}",
                    $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{operations}}]}"""
                );
                answer.ShouldBe(200);
            }

            // What is refused or free of deviations is not counted.
            await tenant.Client.PostAsync("/Users", Deviations.Body("\"active\":\"perhaps\""));
        }

        var counted = await CountsAsync(store, clientId);

        counted
            .Keys.Should()
            .BeEquivalentTo(
                Deviations
                    .InBodies()
                    .Concat(Deviations.InPatches())
                    .Select(one => (string)one.Arguments[0]!)
                    .Distinct(),
                "each kind is counted"
            );
        counted["StringBoolean"].Should().Be(2);
    }

    private static async Task<Dictionary<string, long>> CountsAsync(TestDatabase store, string clientId)
    {
        const string Sql = "select kind, count from client_deviations where client_id = @client";
        if (store.Kind == DatabaseKind.Sqlite)
        {
            await using var file = new SqliteConnection(
                $"Data Source={store.Configuration["Database:Path"]};Mode=ReadOnly;Pooling=False"
            );
            var rows = await file.QueryAsync<(string, long)>(
                Sql,
                new { client = Guid.Parse(clientId).ToByteArray(bigEndian: true) }
            );
            return rows.ToDictionary(row => row.Item1, row => row.Item2);
        }

        await using var connection = new NpgsqlConnection(
            store.Configuration["ConnectionStrings:Scim"] + ";Pooling=false"
        );
        var found = await connection.QueryAsync<(string, long)>(Sql, new { client = Guid.Parse(clientId) });
        return found.ToDictionary(row => row.Item1, row => row.Item2);
    }
}

[TestFixtureSource(nameof(Profiles))]
[Property("Rfc", "RFC 7643 §2, RFC 7644 §3.5.2")]
[Property("Capability", "The profiles of named clients tolerate what these clients need and refuse the rest")]
internal sealed class NamedProfileTests(DatabaseKind database, string profile) : ProtocolFixture(database)
{
    private static readonly Dictionary<string, string[]> Tolerated = new()
    {
        ["entra"] =
        [
            "BareExtensionAttribute",
            "BareReference",
            "CapitalisedOperation",
            "CreateOnMissingValuePath",
            "DottedKey",
            "RemoveWithValue",
            "StringBoolean",
            "UnknownAttribute",
            "UnknownSchema",
        ],
        ["entra-legacy"] =
        [
            "BareExtensionAttribute",
            "BareReference",
            "CapitalisedOperation",
            "CreateOnMissingValuePath",
            "RemoveWithValue",
            "SingleValueForMultiValued",
            "StringBoolean",
            "UnknownAttribute",
            "UnknownSchema",
        ],
        ["okta"] = ["UnknownAttribute", "UnknownSchema"],
    };

    public static IEnumerable<object[]> Profiles =>
        Databases.All.SelectMany(kind => Tolerated.Keys.Select(name => new object[] { kind, name }));

    protected override string Profile => profile;

    [TestCaseSource(typeof(Deviations), nameof(Deviations.InBodies))]
    public async Task A_body_is_taken_when_its_deviation_is_the_clients(string kind, string member)
    {
        var answer = await Client.PostAsync("/Users", Deviations.Body(member));

        answer.Status.Should().Be(Tolerated[profile].Contains(kind) ? 201 : 400, $"{profile}: {kind}");
    }

    [TestCaseSource(typeof(Deviations), nameof(Deviations.InPatches))]
    public async Task A_patch_is_taken_when_its_deviation_is_the_clients(string kind, string operation)
    {
        var user = await CreateUserAsync("\"emails\":[{\"value\":\"a@example.com\",\"type\":\"work\"}]");

        var answer = await PatchUserAsync(user.Id, operation);

        answer.Status.Should().Be(Tolerated[profile].Contains(kind) ? 200 : 400, $"{profile}: {kind}");
    }

    [Test]
    public async Task The_manager_as_an_array_is_of_the_older_jobs()
    {
        var (user, manager) = (await CreateUserAsync(), await CreateUserAsync());

        var answer = await PatchUserAsync(
            user.Id,
            $"\"op\":\"add\",\"path\":\"{Enterprise}:manager\",\"value\":[{{\"value\":\"{manager.Id}\"}}]"
        );

        answer.Status.Should().Be(profile == "entra-legacy" ? 200 : 400, answer.Text);
    }
}

/// <summary>One request for each way in which clients depart from the RFCs.</summary>
internal static class Deviations
{
    public static IEnumerable<TestCaseData> InBodies()
    {
        yield return new("StringBoolean", "\"active\":\"True\"");
        yield return new("UnknownAttribute", "\"favouriteColour\":\"red\"");
        yield return new("UnknownAttribute", "\"name\":{\"pet\":\"x\"}");
        yield return new(
            "UnknownSchema",
            "\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\",\"urn:example:unknown\"]"
        );
        yield return new("SingleValueForMultiValued", "\"emails\":{\"value\":\"a@example.com\"}");
        yield return new(
            "SeveralPrimaries",
            "\"emails\":[{\"value\":\"a\",\"primary\":true},{\"value\":\"b\",\"primary\":true}]"
        );
        yield return new("BareReference", $"\"{ProtocolFixture.Enterprise}\":{{\"manager\":\"m\"}}");
    }

    public static IEnumerable<TestCaseData> InPatches()
    {
        yield return new("CapitalisedOperation", "\"op\":\"Replace\",\"path\":\"title\",\"value\":\"x\"");
        yield return new("StringBoolean", "\"op\":\"replace\",\"path\":\"active\",\"value\":\"False\"");
        yield return new(
            "RemoveWithValue",
            "\"op\":\"remove\",\"path\":\"emails\",\"value\":[{\"value\":\"a@example.com\"}]"
        );
        yield return new("DottedKey", "\"op\":\"replace\",\"value\":{\"name.givenName\":\"x\"}");
        yield return new("BareExtensionAttribute", "\"op\":\"replace\",\"path\":\"department\",\"value\":\"x\"");
        yield return new(
            "BareReference",
            $"\"op\":\"replace\",\"path\":\"{ProtocolFixture.Enterprise}:manager\",\"value\":\"m\""
        );
        yield return new(
            "CreateOnMissingValuePath",
            "\"op\":\"add\",\"path\":\"phoneNumbers[type eq \\\"mobile\\\"].value\",\"value\":\"1\""
        );
        yield return new("UnknownAttribute", "\"op\":\"replace\",\"value\":{\"favouriteColour\":\"red\"}");
        yield return new(
            "UnknownAttribute",
            "\"op\":\"replace\",\"path\":\"urn:example:unknown:2.0:User:x\",\"value\":\"red\""
        );
    }

    public static string Body(string member) =>
        member.StartsWith("\"schemas\"", StringComparison.Ordinal)
            ? $$"""{{{member}},"userName":"{{Some.UserName()}}"}"""
            : $$"""{"schemas":["{{ProtocolFixture.User}}","{{ProtocolFixture.Enterprise}}"],"userName":"{{Some.UserName()}}",{{member}}}""";
}
