using System.Text.Json.Nodes;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Application.Common;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence;
using Scim.Integration.Tests.Bulk;
using Scim.Integration.Tests.Concurrency;
using Scim.Integration.Tests.Persistence;
using Scim.Integration.Tests.Plans;
using Scim.Integration.Tests.Protocol;
using Scim.TestKit;

namespace Scim.Integration.Tests.Schemas;

[TestFixtureSource(typeof(Databases))]
[Parallelizable(ParallelScope.All)]
[Property("Capability", "Attributes of a tenant's schema that are unique: create, PUT, PATCH, Bulk, races")]
[Property("Rfc", "RFC 7643 §7")]
public sealed class UniqueValueTests(DatabaseKind kind) : HttpTests(kind)
{
    private const string Urn = "urn:example:params:scim:schemas:extension:asset:2.0:User";
    private const string GroupUrn = "urn:example:params:scim:schemas:extension:cost:2.0:Group";

    private const string Schema = $$"""
        {"id":"{{Urn}}","name":"Asset","attributes":[
          {"name":"badge","uniqueness":"server"},
          {"name":"Code","uniqueness":"global","caseExact":true},
          {"name":"number","type":"integer","uniqueness":"server"},
          {"name":"rate","type":"decimal","uniqueness":"server"},
          {"name":"plates","multiValued":true,"uniqueness":"server"},
          {"name":"note"},
          {"name":"devices","type":"complex","multiValued":true,"subAttributes":[
            {"name":"value"},{"name":"serial","uniqueness":"server"}]}]}
        """;

    private const string GroupSchema = $$"""
        {"id":"{{GroupUrn}}","name":"Cost","attributes":[{"name":"centre","uniqueness":"server"},{"name":"note"}]}
        """;

    [TestCase("\"badge\":\"Straße 1\"", "\"badge\":\"STRASSE 1\"", "badge")]
    [TestCase("\"Code\":\"a\"", "\"Code\":\"a\"", "Code")]
    [TestCase("\"number\":7", "\"number\":7", "number")]
    [TestCase("\"rate\":1.50", "\"rate\":1.5", "rate")]
    [TestCase("\"plates\":[\"x\",\"y\"]", "\"plates\":[\"z\",\"X\"]", "plates")]
    [TestCase("\"devices\":[{\"serial\":\"1\"}]", "\"devices\":[{\"value\":\"d\",\"serial\":\"1\"}]", "devices.serial")]
    public async Task A_value_that_another_user_has_is_refused_on_every_way_in(
        string held,
        string wanted,
        string attribute
    )
    {
        using var tenant = await UsersAsync();
        await CreateAsync(tenant, held).Expecting(201);
        var other = (await CreateAsync(tenant, "\"note\":\"n\"").Expecting(201)).Id;

        ScimResponse[] answers =
        [
            await CreateAsync(tenant, wanted),
            await tenant.Client.PutAsync($"/Users/{other}", User(wanted)),
            await tenant.Client.PatchAsync($"/Users/{other}", Messages.Patch("add", Urn, Json(wanted))),
        ];
        var bulk = await BulkTests.RunAsync(
            tenant,
            Messages.BulkOperation("POST", "/Users", User(wanted), "a"),
            Messages.BulkOperation("PUT", $"/Users/{other}", User(wanted)),
            Messages.BulkOperation("PATCH", $"/Users/{other}", Messages.Patch("replace", Urn, Json(wanted))),
            Messages.BulkOperation("POST", "/Users", Some.User(), "b")
        );

        foreach (var answer in answers)
        {
            answer.ShouldBeError(409, "uniqueness").At("detail").Should().Contain($"{Urn}:{attribute} ");
        }

        bulk.Select(BulkTests.Status).Should().Equal("409", "409", "409", "201");
        bulk[0].GetProperty("response").GetProperty("detail").GetString().Should().Contain($"{Urn}:{attribute} ");
        (await tenant.Client.GetAsync($"/Users/{other}")).At($"{Urn}/note").Should().Be("n", "nothing was changed");
    }

    [TestCase("\"badge\":\"a\"", "\"badge\":\"b\"")]
    [TestCase("\"badge\":\"a\"", "\"Code\":\"a\"")]
    [TestCase("\"badge\":\"a\"", "\"badge\":null")]
    [TestCase("\"note\":\"a\"", "\"note\":\"a\"")]
    [TestCase("\"Code\":\"a\"", "\"Code\":\"A\"")]
    [TestCase("\"plates\":[\"x\",\"X\"]", "\"plates\":[\"y\"]")]
    public async Task Values_that_differ_live_side_by_side(string one, string other)
    {
        using var tenant = await UsersAsync();

        await CreateAsync(tenant, one).Expecting(201);
        await CreateAsync(tenant, other).Expecting(201);
        await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201);
    }

    [Test]
    public async Task A_value_is_unique_within_its_tenant_only()
    {
        using var one = await UsersAsync();
        using var other = await UsersAsync();

        await CreateAsync(one, "\"badge\":\"a\"").Expecting(201);
        await CreateAsync(other, "\"badge\":\"a\"").Expecting(201);
    }

    [Test]
    public async Task A_user_keeps_its_own_value_through_every_change()
    {
        using var tenant = await UsersAsync();
        var user = (await CreateAsync(tenant, "\"badge\":\"a\",\"plates\":[\"x\",\"y\"]").Expecting(201)).Id;

        await tenant.Client.PutAsync($"/Users/{user}", User("\"badge\":\"A\",\"plates\":[\"y\",\"z\"]")).Expecting(200);
        await tenant.Client.PatchAsync($"/Users/{user}", Messages.Patch("replace", $"{Urn}:badge", "a")).Expecting(200);
        await tenant.Client.PatchAsync($"/Users/{user}", Messages.Patch("add", "title", "T")).Expecting(200);

        (await CreateAsync(tenant, "\"badge\":\"a\"")).Status.Should().Be(409);
        (await CreateAsync(tenant, "\"plates\":[\"z\"]")).Status.Should().Be(409);
        (await CreateAsync(tenant, "\"plates\":[\"x\"]")).Status.Should().Be(201, "the user gave it up");
    }

    [Test]
    public async Task A_value_is_free_again_when_its_holder_gives_it_up_or_goes()
    {
        using var tenant = await UsersAsync();
        var first = (await CreateAsync(tenant, "\"badge\":\"a\"").Expecting(201)).Id;
        await tenant.Client.PatchAsync($"/Users/{first}", Messages.Patch("remove", $"{Urn}:badge")).Expecting(200);

        var second = (await CreateAsync(tenant, "\"badge\":\"a\"").Expecting(201)).Id;
        await tenant.Client.PutAsync($"/Users/{second}", Some.User()).Expecting(200);
        var third = (await CreateAsync(tenant, "\"badge\":\"a\"").Expecting(201)).Id;
        await tenant.Client.PostAsync("/Groups", Some.Group(null, third)).Expecting(201);
        await tenant.Client.DeleteAsync($"/Users/{third}").Expecting(204);
        var fourth = (await CreateAsync(tenant, "\"badge\":\"a\"").Expecting(201)).Id;
        await tenant.Client.DeleteAsync($"/Users/{fourth}").Expecting(204);

        await CreateAsync(tenant, "\"badge\":\"a\"").Expecting(201);
    }

    [Test]
    public async Task Nothing_is_left_of_the_values_of_what_was_deleted()
    {
        using var tenant = await UsersAsync();
        await AddSchemaAsync(tenant, GroupSchema, "Group");
        var user = (await CreateAsync(tenant, "\"badge\":\"a\",\"plates\":[\"x\",\"y\"]").Expecting(201)).Id;
        var member = (await CreateAsync(tenant, "\"badge\":\"b\"").Expecting(201)).Id;
        var group = (await tenant.Client.PostAsync("/Groups", Group("\"centre\":\"a\"", member)).Expecting(201)).Id;
        (await RowsAsync(tenant)).Should().Be(5);

        await tenant.Client.DeleteAsync($"/Users/{user}").Expecting(204);
        await tenant.Client.DeleteAsync($"/Users/{member}").Expecting(204);
        await tenant.Client.DeleteAsync($"/Groups/{group}").Expecting(204);

        (await RowsAsync(tenant)).Should().Be(0);
    }

    [Test]
    public async Task Two_users_exchange_their_values_through_a_third()
    {
        using var tenant = await UsersAsync();
        var one = (await CreateAsync(tenant, "\"badge\":\"a\"").Expecting(201)).Id;
        var other = (await CreateAsync(tenant, "\"badge\":\"b\"").Expecting(201)).Id;

        var results = await BulkTests.RunAsync(
            tenant,
            Messages.BulkOperation("PATCH", $"/Users/{one}", Messages.Patch("replace", $"{Urn}:badge", "c")),
            Messages.BulkOperation("PATCH", $"/Users/{other}", Messages.Patch("replace", $"{Urn}:badge", "a")),
            Messages.BulkOperation("PATCH", $"/Users/{one}", Messages.Patch("replace", $"{Urn}:badge", "b"))
        );

        results.Select(BulkTests.Status).Should().Equal("200", "200", "200");
    }

    [Test]
    public async Task A_refused_userName_claims_no_value()
    {
        using var tenant = await UsersAsync();
        await tenant.Client.PostAsync("/Users", Some.User("taken@example.com")).Expecting(201);
        var body = User("\"badge\":\"a\"");
        body["userName"] = "TAKEN@example.com";

        (await tenant.Client.PostAsync("/Users", body))
            .ShouldBeError(409, "uniqueness")
            .At("detail")
            .Should()
            .Contain("userName");

        await CreateAsync(tenant, "\"badge\":\"a\"").Expecting(201);
    }

    [Test]
    public async Task A_value_longer_than_an_index_takes_is_refused()
    {
        using var tenant = await UsersAsync();

        (await CreateAsync(tenant, $"\"badge\":\"{new string('x', 1025)}\"")).ShouldBeError(400, "invalidValue");
        await CreateAsync(tenant, $"\"badge\":\"{new string('x', 1024)}\"").Expecting(201);
    }

    [Test]
    public async Task Unique_attributes_are_filtered_sorted_and_shown_like_others()
    {
        using var tenant = await UsersAsync();
        await CreateAsync(tenant, "\"badge\":\"Bb\",\"number\":10").Expecting(201);
        await CreateAsync(tenant, "\"badge\":\"aa\",\"number\":9").Expecting(201);

        var found = await tenant.Client.GetAsync($"/Users?filter={Uri.EscapeDataString($"{Urn}:badge eq \"bB\"")}");
        var sorted = await tenant.Client.GetAsync($"/Users?sortBy={Urn}:badge&attributes={Urn}:number");

        found.Each("Resources", $"{Urn}/badge").Should().Equal("Bb");
        sorted.Each("Resources", Urn).Should().Equal("{\"number\":9}", "{\"number\":10}");
        var schema = await tenant.Client.GetAsync($"/Schemas/{Urn}");
        schema.Each("attributes", "uniqueness").Take(2).Should().Equal("server", "global");
    }

    [Test]
    public async Task A_value_that_another_group_has_is_refused_on_every_way_in()
    {
        using var tenant = await TenantAsync();
        await AddSchemaAsync(tenant, GroupSchema, "Group");
        var user = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var holder = (await tenant.Client.PostAsync("/Groups", Group("\"centre\":\"a\"", user)).Expecting(201)).Id;
        var other = (await tenant.Client.PostAsync("/Groups", Group("\"centre\":\"b\"")).Expecting(201)).Id;
        var patch = Messages.Patch("replace", $"{GroupUrn}:centre", "A");

        ScimResponse[] answers =
        [
            await tenant.Client.PostAsync("/Groups", Group("\"centre\":\"A\"")),
            await tenant.Client.PostAsync("/Groups", Group("\"centre\":\"A\"", user)),
            await tenant.Client.PutAsync($"/Groups/{other}", Group("\"centre\":\"A\"", user)),
            await tenant.Client.PatchAsync($"/Groups/{other}", patch.DeepClone()),
        ];
        var bulk = await BulkTests.RunAsync(
            tenant,
            Messages.BulkOperation("POST", "/Groups", Group("\"centre\":\"A\"", user), "a"),
            Messages.BulkOperation("PATCH", $"/Groups/{other}", patch.DeepClone()),
            Messages.BulkOperation("DELETE", $"/Groups/{holder}"),
            Messages.BulkOperation("PATCH", $"/Groups/{other}", patch.DeepClone()),
            Messages.BulkOperation("POST", "/Groups", Group("\"centre\":\"b\"", user), "b")
        );

        foreach (var answer in answers)
        {
            answer.ShouldBeError(409, "uniqueness").At("detail").Should().Contain($"{GroupUrn}:centre ");
        }

        bulk.Select(BulkTests.Status).Should().Equal("409", "409", "204", "204", "201");
        (await tenant.Client.GetAsync("/Groups")).Total().Should().Be(2);
    }

    [Test]
    public async Task One_value_claimed_in_parallel_has_one_holder()
    {
        using var tenant = await UsersAsync();
        var users = new List<string>();
        for (var i = 0; i < Storm.Writers; i++)
        {
            users.Add((await CreateAsync(tenant, $"\"badge\":\"own {i}\"").Expecting(201)).Id);
        }

        for (var round = 0; round < Soak.Count(3, 60); round++)
        {
            var badge = $"round {round}";
            var created = await Storm.RunAsync(
                Storm.Writers,
                i => CreateAsync(tenant, $"\"badge\":\"{(i % 2 == 0 ? badge : badge.ToUpperInvariant())}\"")
            );
            var changed = await Storm.RunAsync(
                Storm.Writers,
                i =>
                    tenant.Client.PatchAsync(
                        $"/Users/{users[i]}",
                        Messages.Patch("replace", $"{Urn}:badge", $"changed {round}")
                    )
            );

            created.Count(answer => answer.Status == 201).Should().Be(1);
            created
                .Where(answer => answer.Status != 201)
                .Should()
                .OnlyContain(answer => answer.ScimType() == "uniqueness");
            changed.Count(answer => answer.Status == 200).Should().Be(1);
            changed.Where(answer => answer.Status != 200).Should().OnlyContain(answer => answer.Status == 409);
        }
    }

    [Test]
    public async Task A_row_whose_holder_is_gone_stands_in_nobodys_way()
    {
        using var tenant = await UsersAsync();
        await ClaimAsync(tenant, "ghost", Guid.NewGuid());
        var user = (await CreateAsync(tenant, "\"note\":\"n\"").Expecting(201)).Id;
        await ClaimAsync(tenant, "lost", Guid.Parse(user));

        await CreateAsync(tenant, "\"badge\":\"Ghost\"").Expecting(201);
        (await CreateAsync(tenant, "\"badge\":\"lost\"")).Status.Should().Be(409);
        await tenant.Client.PatchAsync($"/Users/{user}", Messages.Patch("add", $"{Urn}:badge", "lost")).Expecting(200);
    }

    [Test]
    public async Task Tenants_without_unique_attributes_pay_nothing_for_them()
    {
        var seen = new List<Statement>();
        await using var server = await ApiServer.StartAsync(
            Kind,
            null,
            builder => builder.Host.UseServiceProviderFactory(new RecordingFactory(seen))
        );
        using var tenant = await TestTenant.CreateAsync(server);

        var user = (await tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        await tenant.Client.PatchAsync($"/Users/{user}", Messages.Patch("add", "title", "T")).Expecting(200);
        var group = (await tenant.Client.PostAsync("/Groups", Some.Group(null, user)).Expecting(201)).Id;
        await tenant.Client.DeleteAsync($"/Users/{user}").Expecting(204);
        await tenant.Client.DeleteAsync($"/Groups/{group}").Expecting(204);

        seen.Should().NotBeEmpty();
        seen.Should().NotContain(statement => statement.Sql.Contains("unique_values", StringComparison.Ordinal));
    }

    private async Task<TestTenant> UsersAsync()
    {
        var tenant = await TenantAsync();
        await AddSchemaAsync(tenant, Schema);
        return tenant;
    }

    /// <summary>A row without a value in a document, as a replica leaves it that did not know the schema yet.</summary>
    private Task<int> ClaimAsync(TestTenant tenant, string badge, Guid holder) =>
        OnSessionAsync(
            tenant,
            session =>
                session.ExecuteAsync(
                    new Statement(
                        "insert into unique_values (tenant_id, resource_type, attribute, value_key, resource_id) values ($1, 'User', $2, $3, $4)",
                        Arg.Uuid(session.Tenant.Value),
                        Arg.Text($"{Urn}:badge"),
                        Arg.Text(badge),
                        Arg.Uuid(holder)
                    ),
                    default
                )
        );

    private Task<int> RowsAsync(TestTenant tenant) =>
        OnSessionAsync(
            tenant,
            session =>
                session.CountAsync(
                    new Statement(
                        "select value_key from unique_values where tenant_id = $1",
                        Arg.Uuid(session.Tenant.Value)
                    )
                )
        );

    private async Task<T> OnSessionAsync<T>(TestTenant tenant, Func<ITenantSession, Task<T>> work)
    {
        await using var scope = Server.Services.CreateAsyncScope();
        var request = scope.ServiceProvider.GetRequiredService<RequestContext>();
        request.ActAs("operator:test", new TenantId(Guid.Parse(tenant.TenantId)));
        return await work(scope.ServiceProvider.GetRequiredService<ITenantSession>());
    }

    private static Task<ScimResponse> CreateAsync(TestTenant tenant, string attributes) =>
        tenant.Client.PostAsync("/Users", User(attributes));

    private static JsonObject User(string attributes)
    {
        var user = Some.User();
        user[Urn] = Json(attributes);
        return user;
    }

    private static JsonObject Group(string attributes, params string[] members)
    {
        var group = Some.Group(null, members);
        group[GroupUrn] = Json(attributes);
        return group;
    }

    private static JsonNode Json(string members) => JsonNode.Parse("{" + members + "}")!;
}
