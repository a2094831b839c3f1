using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Overload;

/// <summary>None of this depends on the database; one is enough.</summary>
[TestFixture]
[Property("Capability", "Large bodies are bounded together, and no tenant takes all their places")]
public sealed class LargeBodyTests
{
    private const int Size = 500_000;

    private TestDatabase _database = null!;
    private ApiServer _server = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        _server = await ApiServer.StartAsync(
            _database,
            new Dictionary<string, string> { ["Limits:MaxLargeBodies"] = "2" }
        );
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _server.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Who_holds_one_waits_for_the_next_and_holds_up_neither_small_ones_nor_other_tenants(bool announced)
    {
        using var busy = await TestTenant.CreateAsync(_server);
        using var other = await TestTenant.CreateAsync(_server);
        using var sender = await RawConnection.OpenAsync(_server.BaseAddress);
        var body = Large();
        await sender.SendAsync(
            RawConnection.Head(
                "POST",
                "/Users",
                busy.Token,
                announced ? $"Content-Length: {body.Length}" : "Transfer-Encoding: chunked"
            )
        );
        await sender.SendAsync(announced ? body[..^1] : $"{body.Length:x}\r\n{body[..^1]}");

        var refused = await Eventually.GetAsync(
            () => busy.Client.PostAsync("/Users", Large()),
            answer => answer.Status != 201
        );
        refused.Status.Should().Be(503);
        refused.Header("Retry-After").Should().NotBeNullOrEmpty();
        refused.Json.GetProperty("detail").GetString().Should().Contain("65536 bytes");
        (await busy.Client.PostAsync("/Users", Some.User())).Status.Should().Be(201);
        (await other.Client.PostAsync("/Users", Large())).Status.Should().Be(201);

        await sender.SendAsync(announced ? body[^1..] : $"{body[^1]}\r\n0\r\n\r\n");

        (await sender.ReadAsync()).Should().StartWith("HTTP/1.1 201");
        (await busy.Client.PostAsync("/Users", Large())).Status.Should().Be(201);
    }

    [Test]
    public async Task A_client_that_leaves_gives_its_place_back()
    {
        using var tenant = await TestTenant.CreateAsync(_server);
        using (var sender = await RawConnection.OpenAsync(_server.BaseAddress))
        {
            await sender.SendAsync(RawConnection.Head("POST", "/Users", tenant.Token, $"Content-Length: {Size}"));
            await sender.SendAsync(new string(' ', Size - 1));
            await Eventually.IsTrueAsync(async () => (await tenant.Client.PostAsync("/Users", Large())).Status == 503);
            using var whole = await RawConnection.OpenAsync(_server.BaseAddress);
            var body = Some.User().ToJsonString() + new string(' ', 70_000);
            await whole.SendAsync(
                RawConnection.Head("POST", "/Users", tenant.Token, "Transfer-Encoding: chunked")
                    + $"{body.Length:x}\r\n{body}\r\n0\r\n\r\n"
            );
            (await whole.ReadAsync()).Should().StartWith("HTTP/1.1 503");
        }

        await Eventually.IsTrueAsync(async () => (await tenant.Client.PostAsync("/Users", Large())).Status == 201);
    }

    private static string Large() => Some.User().ToJsonString() + new string(' ', Size);
}
