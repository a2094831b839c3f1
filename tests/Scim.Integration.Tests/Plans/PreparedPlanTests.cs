using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NUnit.Framework;
using Scim.Infrastructure.Persistence;
using Scim.TestKit;

namespace Scim.Integration.Tests.Plans;

[TestFixture]
[Property(
    "Capability",
    "PostgreSQL plans a statement once for all values, and a group's members for the group at hand"
)]
[Property("Database", nameof(DatabaseKind.PostgreSql))]
public sealed class PreparedPlanTests
{
    private const string Plans =
        "select coalesce(sum(custom_plans), 0)::int, coalesce(sum(generic_plans), 0)::int from pg_prepared_statements where statement ~ ";

    [Test]
    public async Task Statements_are_not_planned_anew_each_time_they_run()
    {
        const int Times = 20;
        await using var database = await TestDatabase.CreateAsync(DatabaseKind.PostgreSql);
        await using var server = await ApiServer.StartAsync(
            database,
            new Dictionary<string, string> { ["Database:PoolSize"] = "1" }
        );
        using var tenant = await TestTenant.CreateAsync(server);
        var user = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var group = (await tenant.Client.PostAsync("/Groups", Some.Group(null, user)).Expecting(201)).Id;
        for (var i = 0; i < Times; i++)
        {
            await tenant.Client.GetAsync($"/Users/{user}").Expecting(200);
            await tenant.Client.GetAsync("/Users?filter=userName%20sw%20%22u%22").Expecting(200);
            await tenant.Client.PatchAsync($"/Users/{user}", Messages.Patch("replace", "title", $"{i}")).Expecting(200);
            await tenant.Client.GetAsync($"/Groups/{group}").Expecting(200);
        }

        await using var connection = await server
            .Services.GetRequiredService<PostgreSqlConnections>()
            .Serving.OpenConnectionAsync();

        var ofUsers = await CountAsync(connection, "' users r | users set '");
        ofUsers.Custom.Should().Be(0);
        ofUsers.Generic.Should().BeGreaterThan(2 * Times);
        var ofMembers = await CountAsync(connection, "'^select gm.user_id, u.display'");
        ofMembers.Custom.Should().BeGreaterThan(Times / 2);
        ofMembers.Generic.Should().Be(0);
    }

    private static async Task<(int Custom, int Generic)> CountAsync(NpgsqlConnection connection, string pattern)
    {
        await using var command = new NpgsqlCommand(Plans + pattern, connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt32(0), reader.GetInt32(1));
    }
}
