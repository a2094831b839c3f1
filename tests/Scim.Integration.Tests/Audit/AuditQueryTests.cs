using System.Globalization;
using System.Text.Json;
using FluentAssertions;
using NUnit.Framework;
using Scim.Integration.Tests.Admin;
using Scim.TestKit;

namespace Scim.Integration.Tests.Audit;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "The audit query: every filter, newest first, in pages, within what the caller reaches")]
public sealed class AuditQueryTests(DatabaseKind kind)
{
    private AdminHost _host = null!;
    private AdminClient _admin = null!;
    private TestTenant _tenant = null!;
    private string _user = null!;
    private string _other = null!;
    private string _group = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _host = await AdminHost.StartAsync(kind, new Dictionary<string, string> { ["Worker:InProcess"] = "false" });
        _admin = await _host.SignInAsync("platform-admin");
        _tenant = await TestTenant.CreateAsync(_host.Server);
        var client = _tenant.Client;
        _user = (await client.PostAsync("/Users", Some.User(), ("X-Request-Id", "the-first")).Expecting(201)).Id;
        _other = (await client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        await client.PatchAsync($"/Users/{_user}", Messages.Patch("replace", "title", "Pilot")).Expecting(200);
        _group = (await client.PostAsync("/Groups", Some.Group()).Expecting(201)).Id;
        await client.PatchAsync($"/Groups/{_group}", Messages.AddMembers(_user)).Expecting(204);
        await client.PatchAsync($"/Groups/{_group}", Messages.RemoveMember(_user)).Expecting(204);
        await client.DeleteAsync($"/Users/{_other}").Expecting(204);
        await client.DeleteAsync($"/Users/{_other}").Expecting(404);
        await Eventually.IsTrueAsync(async () => (await ItemsAsync("outcome=refused")).Count == 1);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _admin?.Dispose();
        _tenant?.Dispose();
        await _host.DisposeAsync();
    }

    [Test]
    public async Task A_row_has_the_fields_of_the_contract()
    {
        var row = (await ItemsAsync("operation=user.update")).Should().ContainSingle().Subject;

        row.GetProperty("tenantId").GetString().Should().Be(_tenant.TenantId);
        row.GetProperty("actor").GetProperty("type").GetString().Should().Be("client");
        row.GetProperty("actor").GetProperty("id").GetString().Should().Be(_tenant.ClientId);
        row.GetProperty("actor").GetProperty("name").GetString().Should().NotBeNullOrEmpty();
        row.GetProperty("operation").GetString().Should().Be("user.update");
        row.GetProperty("resourceType").GetString().Should().Be("User");
        row.GetProperty("resourceId").GetString().Should().Be(_user);
        row.GetProperty("outcome").GetString().Should().Be("success");
        row.GetProperty("requestId").GetString().Should().NotBeNullOrEmpty();
        row.GetProperty("changes").GetProperty("after").GetProperty("title").GetString().Should().Be("Pilot");
        row.GetProperty("changesErased").GetBoolean().Should().BeFalse();
        row.GetProperty("sequence").GetInt64().Should().BePositive();
        row.GetProperty("time").GetDateTimeOffset().Should().BeAfter(DateTimeOffset.UnixEpoch);
        var one = await _admin.GetAsync($"/audit/{row.GetProperty("id").GetString()}").Expecting(200);
        JsonElement.DeepEquals(one.Json, row).Should().BeTrue(one.Text);
    }

    [TestCase("operation=user.update", "user.update")]
    [TestCase("operation=nothing.such", "")]
    [TestCase("operation=group.members.add", "group.members.add")]
    [TestCase("operation=group.members.remove", "group.members.remove")]
    [TestCase("outcome=refused", "user.delete")]
    [TestCase("outcome=error", "")]
    [TestCase("resourceId={user}", "user.update,user.create")]
    [TestCase("resourceId={user}&operation=user.create", "user.create")]
    [TestCase("resourceId={user}&operation=user.delete", "")]
    [TestCase("resourceType=Group", "group.members.remove,group.members.add,group.create")]
    [TestCase("resourceType=Group&operation=group.create", "group.create")]
    [TestCase("requestId=the-first", "user.create")]
    [TestCase("requestId=the-first&outcome=refused", "")]
    [TestCase("actor={client}&resourceType=Group", "group.members.remove,group.members.add,group.create")]
    [TestCase("actor=client:{client}&operation=user.delete&outcome=success", "user.delete")]
    [TestCase("actor=operator:{client}", "")]
    [TestCase("from=2999-01-01T00:00:00Z", "")]
    [TestCase("to=1999-01-01T00:00:00Z&outcome=refused", "")]
    [TestCase("from=1999-01-01T00:00:00Z&outcome=refused", "user.delete")]
    public async Task Each_filter_finds_what_it_names_newest_first(string filter, string operations)
    {
        var filled = filter
            .Replace("{user}", _user, StringComparison.Ordinal)
            .Replace("{client}", _tenant.ClientId, StringComparison.Ordinal);

        (await OperationsAsync(filled)).Should().Equal(operations.Split(',', StringSplitOptions.RemoveEmptyEntries));
        // Without the tenant other tenants' rows may be among them; this one's are the same.
        var everywhere = await PagesAsync(filled, 500);
        Mine(everywhere).Select(Operation).Should().Equal(operations.Split(',', StringSplitOptions.RemoveEmptyEntries));
    }

    [TestCase(1)]
    [TestCase(3)]
    public async Task Pages_follow_each_other_without_gap_or_repetition(int limit)
    {
        foreach (var filter in new[] { "", "outcome=success", $"resourceId={_user}", "resourceType=User" })
        {
            var whole = await ItemsAsync(filter + "&limit=500");
            var paged = await PagesAsync($"tenantId={_tenant.TenantId}&{filter}", limit);

            whole.Should().HaveCountGreaterThan(1);
            paged.Select(Id).Should().Equal(whole.Select(Id));
            var times = paged.Select(row => (row.GetProperty("time").GetDateTimeOffset(), Sequence(row))).ToList();
            times.Should().Equal(times.OrderDescending());
        }
    }

    [Test]
    public async Task A_time_range_begins_with_its_first_moment_and_ends_before_its_last()
    {
        var rows = await ItemsAsync("limit=500");
        var (from, to) = (Time(rows[^2]), Time(rows[1]));

        var found = await ItemsAsync($"from={from}&to={to}&limit=500");

        found
            .Select(Id)
            .Should()
            .Equal(
                rows.Where(row =>
                        string.CompareOrdinal(Time(row), from) >= 0 && string.CompareOrdinal(Time(row), to) < 0
                    )
                    .Select(Id)
            );

        static string Time(JsonElement row) =>
            row.GetProperty("time")
                .GetDateTimeOffset()
                .ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
    }

    [Test]
    public async Task The_installations_own_rows_are_for_those_who_reach_all_of_it()
    {
        var own = await PagesAsync($"tenantId={Guid.Empty:D}&operation=auth.success", 500);
        own.Should().NotBeEmpty();
        own[0].GetProperty("actor").GetProperty("type").GetString().Should().Be("operator");
        own[0].GetProperty("actor").GetProperty("name").GetString().Should().StartWith("op-");

        using var bound = await _host.SignInAsync("auditor", Guid.Parse(_tenant.TenantId));
        (await bound.GetAsync($"/audit?tenantId={Guid.Empty:D}")).Status.Should().Be(404);
        (await bound.GetAsync($"/audit/{Id(own[0])}")).Status.Should().Be(404);
    }

    [Test]
    public async Task Who_is_bound_to_tenants_reads_theirs_and_no_others()
    {
        using var other = await TestTenant.CreateAsync(_host.Server);
        await other.Client.PostAsync("/Users", Some.User()).Expecting(201);
        var foreign = (await PagesAsync($"tenantId={other.TenantId}", 500))[0];
        using var bound = await _host.SignInAsync("auditor", Guid.Parse(_tenant.TenantId));

        (await bound.GetAsync($"/audit?tenantId={other.TenantId}")).Status.Should().Be(404);
        (await bound.GetAsync($"/audit/{Id(foreign)}")).Status.Should().Be(404);
        foreach (
            var filter in new[]
            {
                "",
                "operation=user.create",
                $"resourceId={foreign.GetProperty("resourceId").GetString()}",
            }
        )
        {
            var seen = await PagesAsync(filter, 500, bound);
            Mine(seen).Should().HaveCount(seen.Count);
            seen.Select(Id).Should().Equal((await ItemsAsync(filter + "&limit=500")).Select(Id));
        }
    }

    [Test]
    public async Task Every_wrong_parameter_is_named_at_once()
    {
        var answer = await _admin.GetAsync(
            "/audit?tenantId=x&from=y&to=z&limit=501&cursor=!&outcome=maybe&colour=red&operation="
        );

        answer.Status.Should().Be(422);
        answer
            .WrongFields()
            .Should()
            .BeEquivalentTo("tenantId", "from", "to", "limit", "cursor", "outcome", "colour", "operation");
        foreach (var id in new[] { "x", "1-1", $"{Guid.Empty:N}-99999999999", $"{Guid.Empty:N}--1" })
        {
            (await _admin.GetAsync($"/audit/{id}")).Status.Should().Be(404);
        }
    }

    private static string Id(JsonElement row) => row.GetProperty("id").GetString()!;

    private static long Sequence(JsonElement row) => row.GetProperty("sequence").GetInt64();

    private static string Operation(JsonElement row) => row.GetProperty("operation").GetString()!;

    private IEnumerable<JsonElement> Mine(IEnumerable<JsonElement> rows) =>
        rows.Where(row => row.GetProperty("tenantId").GetString() == _tenant.TenantId);

    private async Task<IReadOnlyList<string>> OperationsAsync(string filter) =>
        [.. (await ItemsAsync(filter)).Select(Operation)];

    /// <summary>The first page of the tenant's rows.</summary>
    private async Task<IReadOnlyList<JsonElement>> ItemsAsync(string filter)
    {
        var answer = await _admin.GetAsync($"/audit?tenantId={_tenant.TenantId}&{filter}").Expecting(200);
        return [.. answer.Json.GetProperty("items").EnumerateArray()];
    }

    private async Task<IReadOnlyList<JsonElement>> PagesAsync(string filter, int limit, AdminClient? client = null)
    {
        var rows = new List<JsonElement>();
        var path = $"/audit?limit={limit}&{filter}";
        while (path is not null)
        {
            var page = (await (client ?? _admin).GetAsync(path).Expecting(200)).Json;
            rows.AddRange(page.GetProperty("items").EnumerateArray());
            path = page.GetProperty("next").GetString()?["/admin/v1".Length..];
        }

        return rows;
    }
}
