using System.Diagnostics;
using System.Globalization;
using Dapper;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NUnit.Framework;
using Scim.Application.ApiKeys;
using Scim.Infrastructure.Persistence;
using Scim.TestKit;

namespace Scim.Integration.Tests.Plans;

/// <summary>
/// What the database reads for a page of the audit query, in a journal of which one tenant has half. In a soak there are ten
/// million rows on PostgreSQL, and the latencies are told.
/// </summary>
[TestFixtureSource(typeof(Plannings))]
[Category(Soak.Load)]
[Property("Capability", "Every filter of the audit query, and every usual pair of them, is served by an index")]
public sealed class AuditPlanTests(Planning planning)
{
    private const string Columns =
        "tenant_id, occurred_at, actor, request_id, operation, resource_type, resource_id, outcome";

    // One tenant has half of the rows and none of the newest; rare operations, actors and outcomes are really rare.
    private const string Rows = """
        select case when g % 2 = 0 and g < {old} then @big else @small end, {time},
               case when g % 20000 = 7 then 'operator:10000000-0000-0000-0000-000000000007'
                    else 'client:00000000-0000-0000-0000-00000000000' || (g / 7) % 3 end,
               'request-' || g,
               case when g % 20000 = 7 then 'token.rotate' when g % 100 < 70 then 'user.update'
                    when g % 100 < 80 then 'user.create' when g % 100 < 97 then 'group.members.add' else 'group.update' end,
               case when g % 20000 = 7 then 'Token' when g % 100 < 80 then 'User' else 'Group' end,
               'resource-' || (g * 7919) % 50021,
               case when g % 977 = 5 then 'refused' else 'success' end
        """;

    private static readonly Guid Big = Guid.Parse("20000000-0000-0000-0000-000000000001");
    private static readonly Guid Small = Guid.Parse("20000000-0000-0000-0000-000000000002");

    private readonly int _rows = planning == Planning.Sqlite ? 60_000 : Soak.Count(60_000, 10_000_000);
    private TestDatabase _database = null!;
    private ObservedServer _observed = null!;
    private string _key = "";

    private DatabaseKind Kind => planning == Planning.Sqlite ? DatabaseKind.Sqlite : DatabaseKind.PostgreSql;

    [OneTimeSetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync(Kind);
        await using (var server = await ApiServer.StartAsync(_database))
        {
            await FillAsync(server);
            var key = await server.SendAsync(new CreateApiKey("audit", ["audit:read"], null));
            _key = key.Value;
        }

        _observed = await ObservedServer.StartAsync(_database, planning);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await (_observed?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_database?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [TestCase("tenantId={big}")]
    [TestCase("tenantId={big}&from={late}")]
    [TestCase("tenantId={big}&from={early}&to={mid}")]
    [TestCase("tenantId={big}&operation=user.update")]
    [TestCase("tenantId={big}&operation=token.rotate")]
    [TestCase("tenantId={big}&operation=no.such")]
    [TestCase("tenantId={big}&actor=operator:10000000-0000-0000-0000-000000000007")]
    [TestCase("tenantId={big}&actor=00000000-0000-0000-0000-000000000001")]
    [TestCase("tenantId={big}&resourceType=Token")]
    [TestCase("tenantId={big}&resourceType=User")]
    [TestCase("tenantId={big}&outcome=refused")]
    [TestCase("tenantId={big}&outcome=error")]
    [TestCase("tenantId={big}&resourceId=resource-77")]
    [TestCase("tenantId={big}&requestId=request-500")]
    [TestCase("tenantId={big}&operation=user.update&outcome=refused")]
    [TestCase("tenantId={big}&operation=token.rotate&actor=client:00000000-0000-0000-0000-000000000001")]
    [TestCase("tenantId={big}&operation=user.update&from={early}&to={mid}")]
    [TestCase("tenantId={big}&resourceType=Group&outcome=success")]
    [TestCase("tenantId={big}&resourceId=resource-77&operation=user.update")]
    [TestCase("")]
    [TestCase("from={early}&to={mid}")]
    [TestCase("resourceId=resource-77")]
    [TestCase("requestId=request-500")]
    public async Task A_page_reads_what_it_shows(string filter)
    {
        ScimResponse answer = null!;
        using var client = Client(_observed.Server);

        var executed = await _observed.DuringAsync(async () =>
            answer = await client.GetAsync(Path(filter)).Expecting(200)
        );

        var onJournal = OnJournal(executed);
        onJournal.ShouldUseIndexes();
        onJournal.ShouldReadNoMoreThanFor(Math.Max(5, answer.Json.GetProperty("items").GetArrayLength()));
        await TellLatencyAsync(filter);
    }

    [Test]
    public async Task What_is_rare_among_all_tenants_is_looked_for_in_a_bounded_number_of_rows_at_a_time()
    {
        const string Filter = "operation=token.rotate";
        using var client = Client(_observed.Server);
        var found = new List<string>();
        var path = Path(Filter);
        while (path is not null && (!Soak.IsOn || found.Count < 20))
        {
            ScimResponse answer = null!;
            var executed = await _observed.DuringAsync(async () => answer = await client.GetAsync(path).Expecting(200));

            OnJournal(executed).ShouldUseIndexes();
            OnJournal(executed).ShouldReadNoMoreThanFor(Kind == DatabaseKind.Sqlite ? 3000 : 150);
            found.AddRange(
                answer.Json.GetProperty("items").EnumerateArray().Select(row => row.GetProperty("id").GetString()!)
            );
            path = answer.Json.GetProperty("next").GetString()?["/admin/v1".Length..];
        }

        found.Should().OnlyHaveUniqueItems();
        if (!Soak.IsOn)
        {
            found.Should().HaveCount(_rows / 20_000);
        }

        await TellLatencyAsync(Filter);
    }

    // The few clients and operators that give actors their names are read as the planner likes.
    private static List<Executed> OnJournal(IReadOnlyList<Executed> executed) =>
        [.. executed.Where(statement => statement.Sql.Contains("from journal", StringComparison.Ordinal))];

    private ScimClient Client(ApiServer server) => new(server.BaseAddress, _key, "/admin/v1");

    private string Path(string filter, int limit = 20) =>
        string.Create(CultureInfo.InvariantCulture, $"/audit?limit={limit}&")
        + filter
            .Replace("{big}", Big.ToString("D"), StringComparison.Ordinal)
            .Replace("{early}", At(_rows / 100), StringComparison.Ordinal)
            .Replace("{mid}", At(_rows / 2), StringComparison.Ordinal)
            .Replace("{late}", At(_rows / 20 * 18), StringComparison.Ordinal);

    private static string At(int row) =>
        new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)
            .AddSeconds(row)
            .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    // Not while statements are explained.
    private async Task TellLatencyAsync(string filter)
    {
        if (!Soak.IsOn || planning != Planning.PostgreSqlCustom)
        {
            return;
        }

        await using var server = await ApiServer.StartAsync(_database);
        using var client = Client(server);
        foreach (var limit in (int[])[100, 500])
        {
            var took = new List<double>();
            for (var i = 0; i < 60; i++)
            {
                var started = Stopwatch.GetTimestamp();
                await client.GetAsync(Path(filter, limit)).Expecting(200);
                took.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            took.Sort();
            await TestContext.Progress.WriteLineAsync(
                $"{_rows} rows, pages of {limit}, {filter}: p50 {took[took.Count / 2]:0.0} ms, p95 {took[took.Count * 95 / 100]:0.0} ms"
            );
        }
    }

    private string Generated(string time) =>
        Rows.Replace("{time}", time, StringComparison.Ordinal)
            .Replace("{old}", (_rows / 20 * 19).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private async Task FillAsync(ApiServer server)
    {
        var parameters = new { big = Big, small = Small };
        if (Kind == DatabaseKind.Sqlite)
        {
            await server
                .Services.GetRequiredService<IDatabase>()
                .WriteAsync(
                    (connection, transaction) =>
                        connection.ExecuteAsync(
                            $"""
                            with recursive numbers(g) as (select 1 union all select g + 1 from numbers where g < {_rows})
                            insert into journal (epoch, {Columns})
                            {Generated("1767225600000000 + g * 1000000").Replace(
                                "select case",
                                "select 1, case",
                                StringComparison.Ordinal
                            )}
                              from numbers
                            """,
                            parameters,
                            transaction
                        ),
                    default
                );
            return;
        }

        // Indexes are made after the rows, as in a restore.
        await using var owner = new NpgsqlConnection(
            _database.Configuration["ConnectionStrings:Scim"] + ";Command Timeout=0"
        );
        var indexes = (
            await owner.QueryAsync<(string Name, string Definition)>(
                "select indexname, indexdef from pg_indexes where tablename = 'journal' and indexname <> 'journal_pkey'"
            )
        ).AsList();
        await owner.ExecuteAsync($"drop index {string.Join(", ", indexes.Select(index => index.Name))}");
        await owner.ExecuteAsync(
            $"""
            insert into journal ({Columns})
            {Generated("timestamptz '2026-01-01 00:00:00Z' + g * interval '1 second'")}
              from generate_series(1::bigint, {_rows}) g
            """,
            parameters
        );
        await owner.ExecuteAsync(string.Join(';', indexes.Select(index => index.Definition)));
        await owner.ExecuteAsync("vacuum analyze journal");
    }
}
