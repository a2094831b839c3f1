using System.Text.Json;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Overload;

/// <summary>None of this reaches a database; one is enough.</summary>
[TestFixture]
[Property("Capability", "Slow, silent and boundless clients are cut off and hold up nobody else")]
public sealed class SlowClientTests
{
    private const int MaxBodyBytes = 65_536;
    private const int MaxConnections = 100;

    private TestDatabase _database = null!;
    private ApiServer _server = null!;
    private TestTenant _tenant = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        _server = await ApiServer.StartAsync(
            _database,
            new Dictionary<string, string>
            {
                ["Limits:MaxBodyBytes"] = $"{MaxBodyBytes}",
                ["Limits:MaxConnections"] = $"{MaxConnections}",
                ["Limits:MaxConcurrentRequests"] = "8",
            }
        );
        _tenant = await TestTenant.CreateAsync(_server);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _tenant?.Dispose();
        await _server.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task Heads_and_bodies_that_come_in_drops_are_given_up()
    {
        using var other = await TestTenant.CreateAsync(_server);
        // Faster than what the server's own default gives up, which is 240 bytes a second.
        var user = Some.User().ToJsonString() + new string(' ', 5000);
        var head = RawConnection.Head("POST", "/Users", _tenant.Token, $"Content-Length: {user.Length}");
        var bodies = Enumerable.Range(0, 3).Select(_ => TrickleAsync(head, user, 50)).ToList();
        var heads = Enumerable.Range(0, 20).Select(_ => TrickleAsync("", head[..^2], 1)).ToList();

        (await other.Client.PostAsync("/Users", Some.User())).Status.Should().Be(201);
        (await _tenant.Client.GetAsync("/Users?count=0")).Status.Should().Be(200);

        foreach (var answer in await Task.WhenAll(bodies))
        {
            answer.Should().StartWith("HTTP/1.1 408");
            Body(answer).GetProperty("status").GetString().Should().Be("408");
        }

        (await Task.WhenAll(heads)).Should().AllSatisfy(answer => answer.Should().StartWith("HTTP/1.1 408"));
        (await _tenant.Client.GetAsync("/Users?count=0")).Json.GetProperty("totalResults").GetInt32().Should().Be(0);
    }

    [TestCase("POST", "/Bulk")]
    [TestCase("PATCH", "/Users/5ca1ab1e-0000-4000-8000-000000000000")]
    [Property("Rfc", "RFC 7644 §3.7.4")]
    public async Task A_body_over_the_limit_is_refused_before_it_has_come(string method, string path)
    {
        using var announced = await RawConnection.OpenAsync(_server.BaseAddress);
        await announced.SendAsync(RawConnection.Head(method, path, _tenant.Token, "Content-Length: 1000000000"));

        Body(await announced.ReadAsync()).GetProperty("status").GetString().Should().Be("413");

        using var chunked = await RawConnection.OpenAsync(_server.BaseAddress);
        await chunked.SendAsync(RawConnection.Head(method, path, _tenant.Token, "Transfer-Encoding: chunked"));
        await chunked.SendAsync($"{MaxBodyBytes:x}\r\n{new string(' ', MaxBodyBytes)}\r\n1000\r\n ");

        Body(await chunked.ReadAsync()).GetProperty("status").GetString().Should().Be("413");
    }

    [Test]
    public async Task Silent_connections_cost_nothing_but_their_number_which_is_bounded()
    {
        var silent = new List<RawConnection>();
        try
        {
            for (var i = 0; i < MaxConnections / 2; i++)
            {
                silent.Add(await RawConnection.OpenAsync(_server.BaseAddress));
            }

            using var fresh = new ScimClient(_server.BaseAddress, _tenant.Token);
            (await fresh.GetAsync("/Users?count=0")).Status.Should().Be(200);
            for (var i = 0; i < MaxConnections; i++)
            {
                silent.Add(await RawConnection.OpenAsync(_server.BaseAddress));
            }

            (await silent[^1].ReadAsync()).Should().BeEmpty();
            (await fresh.GetAsync("/Users?count=0")).Status.Should().Be(200);
        }
        finally
        {
            silent.ForEach(connection => connection.Dispose());
        }
    }

    // Read while it sends: what comes after the server has closed would take the answer away.
    private async Task<string> TrickleAsync(string atOnce, string slowly, int bytes)
    {
        using var connection = await RawConnection.OpenAsync(_server.BaseAddress);
        await connection.SendAsync(atOnce);
        var sending = connection.TrickleAsync(slowly, bytes);
        var answer = await connection.ReadAsync();
        await sending;
        return answer;
    }

    private static JsonElement Body(string answer) =>
        JsonElement.Parse(answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
}
