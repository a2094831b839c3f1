using System.Globalization;
using System.Text;
using System.Text.Json;
using Dapper;
using FluentAssertions;
using NUnit.Framework;
using Scim.Application.ApiKeys;
using Scim.Domain.Tenants;
using Scim.Integration.Tests.Overload;
using Scim.TestKit;

namespace Scim.Integration.Tests.Audit;

[TestFixtureSource(typeof(Databases))]
[Category(Soak.Load)]
public sealed class LargeJournalTests(DatabaseKind kind)
{
    private const int Allowance = 50;

    private readonly int _rows = Soak.Count(20_000, 300_000);
    private TestDatabase _database = null!;
    private ApiServer _server = null!;
    private TestTenant _tenant = null!;
    private string _user = "";
    private string _key = "";

    [OneTimeSetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync(kind);
        _server = await ApiServer.StartAsync(
            _database,
            new Dictionary<string, string> { ["Worker:InProcess"] = "false" }
        );
        _tenant = await TestTenant.CreateAsync(_server);
        _user = (await _tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        await _tenant.Client.PostAsync("/Groups", Some.Group(null, _user)).Expecting(201);
        _key = (await _server.SendAsync(new CreateApiKey("exports", ["audit:read"], null))).Value;
        await FillAsync();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _tenant?.Dispose();
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _database.DisposeAsync();
    }

    [Test]
    [Property("Capability", "An export of the journal over HTTP is streamed in bounded memory, as NDJSON and CSV")]
    public async Task An_export_takes_little_more_memory_than_idle()
    {
        using var server = await ApiProcess.StartAsync(
            _database,
            new Dictionary<string, string> { ["Worker:InProcess"] = "false" }
        );
        for (var i = 0; i < 30; i++)
        {
            await CountLinesAsync(server, $"audit/export?tenantId={_tenant.TenantId}&from={At(_rows - 500)}");
        }

        var idle = server.Resident();
        server.ForgetPeak();

        var lines = await CountLinesAsync(server, $"audit/export?tenantId={_tenant.TenantId}");
        var rows = await CountLinesAsync(server, $"audit/export?format=csv&tenantId={_tenant.TenantId}");

        var peak = server.PeakResident();
        await TestContext.Out.WriteLineAsync($"{kind}: {lines} rows, {idle} MB idle, {peak} MB at most");
        lines.Should().BeGreaterThanOrEqualTo(_rows);
        rows.Should().Be(lines + 1, "the CSV has a line of names");
        peak.Should().BeLessThanOrEqualTo(idle + Allowance);
    }

    [Test]
    [Property("Capability", "A timeline says when groups joined or left may be missing from it")]
    public async Task A_timeline_is_complete_once_the_members_of_all_rows_are_noted()
    {
        using var admin = new ScimClient(_server.BaseAddress, _key, "/admin/v1");
        var path = $"/tenants/{_tenant.TenantId}/users/{_user}/timeline";
        var before = (await admin.GetAsync(path).Expecting(200)).Json;

        await SealedJournal.SealAsync(_server, new TenantId(Guid.Parse(_tenant.TenantId)));
        var after = (await admin.GetAsync(path).Expecting(200)).Json;

        before.GetProperty("complete").GetBoolean().Should().BeFalse();
        Operations(before).Should().Equal("user.create");
        after.GetProperty("complete").GetBoolean().Should().BeTrue();
        Operations(after).Should().Equal("group.create", "user.create");
    }

    private static IEnumerable<string?> Operations(JsonElement page) =>
        page.GetProperty("items").EnumerateArray().Select(row => row.GetProperty("operation").GetString());

    private static string At(int row) =>
        new DateTimeOffset(2040, 1, 1, 0, 0, 0, TimeSpan.Zero)
            .AddSeconds(row)
            .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    // Counted as they come: the answer is larger than what the test should hold.
    private async Task<int> CountLinesAsync(ApiProcess server, string path)
    {
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Add("Authorization", $"Bearer {_key}");
        await using var answer = await http.GetStreamAsync(new Uri(server.BaseAddress, "/admin/v1/" + path));
        var buffer = new byte[1 << 16];
        var count = 0;
        int read;
        while ((read = await answer.ReadAsync(buffer)) > 0)
        {
            count += buffer.AsSpan(0, read).Count((byte)'\n');
        }

        return count;
    }

    /// <summary>Rows of updates with changes of half a kilobyte, as of a person's document.</summary>
    private async Task FillAsync()
    {
        var isPostgres = kind == DatabaseKind.PostgreSql;
        await using var connection = await OtherSession.OpenAsync(_database);
        var id = Guid.Parse(_tenant.TenantId);
        var parameters = new
        {
            tenant = isPostgres ? (object)id : id.ToByteArray(bigEndian: true),
            change = $$$"""{"before":{"title":"{{{new string('x', 250)}}}"},"after":{"title":"{{{new string('y', 250)}}}"}}""",
            rows = _rows,
            from = isPostgres ? 0 : new DateTimeOffset(2040, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds(),
        };
        await connection.ExecuteAsync(
            isPostgres
                ? """
                with facts as (
                    insert into journal (tenant_id, occurred_at, actor, request_id, operation, resource_type, resource_id, outcome, change_digest)
                    select @tenant, timestamptz '2040-01-01 00:00:00Z' + g * interval '1 second', 'client:test', 'r' || g, 'user.update', 'User', 'u' || g, 'success', ''
                      from generate_series(1, @rows) g
                    returning tenant_id, sequence)
                insert into journal_changes (tenant_id, sequence, salt, change) select tenant_id, sequence, '', @change from facts
                """
                : """
                insert into journal (epoch, tenant_id, occurred_at, actor, request_id, operation, resource_type, resource_id, outcome, change_digest)
                with recursive numbers(g) as (select 1 union all select g + 1 from numbers where g < @rows)
                select 1, @tenant, (@from + g) * 1000000, 'client:test', 'r' || g, 'user.update', 'User', 'u' || g, 'success', x'' from numbers;
                insert into journal_changes (tenant_id, sequence, salt, change)
                select tenant_id, sequence, x'', @change from journal where tenant_id = @tenant and actor = 'client:test';
                """,
            parameters,
            commandTimeout: 600
        );
    }
}
