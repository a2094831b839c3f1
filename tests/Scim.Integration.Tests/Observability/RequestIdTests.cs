using System.Text.Json;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Observability;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "A request id is accepted or made, and stands in the answer, the log and the journal")]
public sealed class RequestIdTests(DatabaseKind database)
{
    private TestDatabase _database = null!;
    private ApiProcess _server = null!;
    private TestTenant _tenant = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync(database);
        _server = await ApiProcess.StartAsync(_database);
        _tenant = await TestTenant.CreateAsync(_server);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _tenant?.Dispose();
        _server?.Dispose();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task One_id_goes_through_answer_log_and_journal()
    {
        var applied = "applied-" + Guid.NewGuid().ToString("N");
        var refused = "refused-" + Guid.NewGuid().ToString("N");
        var trace = Guid.NewGuid().ToString("N");

        var good = await _tenant.Client.PostAsync("/Users", Some.User(), ("X-Request-Id", applied));
        var bad = await _tenant.Client.PostAsync("/Users", "{}", ("X-Request-Id", refused));
        var traced = await _tenant.Client.DeleteAsync(
            $"/Users/{good.Id}",
            ("traceparent", $"00-{trace}-00f067aa0ba902b7-01")
        );
        var made = await _tenant.Client.GetAsync("/Users", ("X-Request-Id", "not harmless \"text\""));

        good.Header("X-Request-Id").Should().Be(applied);
        bad.Status.Should().Be(400);
        bad.Header("X-Request-Id").Should().Be(refused);
        traced.Header("X-Request-Id").Should().Be(trace);
        made.Header("X-Request-Id").Should().NotBeNullOrEmpty().And.NotContain("harmless");

        // The refused row and the log lines are written beside the request.
        (await _server.StopAsync())
            .Should()
            .Be(0);
        foreach (var (id, status) in new[] { (applied, 201), (refused, 400), (trace, 204) })
        {
            var line = _server
                .Output.Split('\n')
                .Where(line => line.Contains(id, StringComparison.Ordinal))
                .Select(line => JsonElement.Parse(line).GetProperty("State"))
                .Should()
                .ContainSingle()
                .Subject;
            line.GetProperty("Status").GetInt32().Should().Be(status);
            line.GetProperty("RequestId").GetString().Should().Be(id);
            line.GetProperty("Tenant").GetString().Should().Be(_tenant.TenantId);
            line.GetProperty("Client").GetString().Should().Be(_tenant.ClientId);
            line.GetProperty("Route").GetString().Should().StartWith("/scim/v2/Users");
        }

        var journal = await JournalRow.ReadAsync(_server, _tenant.Slug);
        journal.Should().ContainSingle(row => row.RequestId == applied && row.Outcome == "success");
        journal.Should().ContainSingle(row => row.RequestId == trace && row.Operation == "user.delete");
        var refusal = journal.Should().ContainSingle(row => row.RequestId == refused).Subject;
        refusal.Outcome.Should().Be("refused");
        refusal.Operation.Should().Be("user.create");
    }
}
