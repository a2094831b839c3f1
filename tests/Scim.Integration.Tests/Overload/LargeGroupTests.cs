using System.Diagnostics;
using System.Globalization;
using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Overload;

[TestFixtureSource(typeof(Databases))]
[Category(Soak.Load)]
public sealed class LargeGroupTests(DatabaseKind kind)
{
    private const int Connections = 4;
    private const int Allowance = 50;

    private readonly int _members = Soak.Count(100_000, 1_000_000);
    private TestDatabase _database = null!;
    private ApiProcess _server = null!;
    private TestTenant _tenant = null!;
    private TestTenant _other = null!;
    private string _group = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _database = await TestDatabase.CreateAsync(kind);
        _server = await ApiProcess.StartAsync(
            _database,
            new Dictionary<string, string>
            {
                ["Database:PoolSize"] = Connections.ToString(CultureInfo.InvariantCulture),
                ["Limits:MinBytesPerSecond"] = "32768",
            }
        );
        _tenant = await TestTenant.CreateAsync(_server);
        _other = await TestTenant.CreateAsync(_server);
        _group = await LargeGroup.CreateAsync(_database, _tenant, _members);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _tenant?.Dispose();
        _other?.Dispose();
        _server?.Dispose();
        await _database.DisposeAsync();
    }

    [Test]
    [Property("Capability", "A large group is streamed in bounded memory, alone and in a list")]
    public async Task A_large_group_is_read_and_found_within_little_more_memory_than_idle()
    {
        for (var i = 0; i < 300; i++)
        {
            (await _tenant.Client.GetAsync($"/Groups/{_group}?excludedAttributes=members")).Status.Should().Be(200);
        }

        var idle = _server.Resident();
        _server.ForgetPeak();

        (await CountMembersAsync($"/Groups/{_group}")).Should().Be(_members);
        (await CountMembersAsync($"/Groups?filter=displayName%20eq%20%22{_tenant.Slug}%22")).Should().Be(_members);

        var peak = _server.PeakResident();
        await TestContext.Out.WriteLineAsync($"{kind}: {_members} members, {idle} MB idle, {peak} MB at most");
        peak.Should().BeLessThanOrEqualTo(idle + Allowance);
    }

    [Test]
    [Property("Capability", "Slow, silent and boundless clients are cut off and hold up nobody else")]
    public async Task Clients_that_do_not_take_their_answer_hold_up_nobody_else_and_lose_their_connections()
    {
        var unread = new List<RawConnection>();
        try
        {
            for (var i = 0; i < 3 * Connections; i++)
            {
                unread.Add(await RawConnection.OpenAsync(_server.BaseAddress));
                await unread[^1].SendAsync(RawConnection.Head("GET", $"/Groups/{_group}", _tenant.Token));
            }

            var own = _tenant.Client.GetAsync("/Users?count=1");
            await Task.Delay(TimeSpan.FromSeconds(1));
            own.IsCompleted.Should().BeFalse("they have all that their tenant can get");
            using var http = new HttpClient { BaseAddress = _server.BaseAddress };
            (await http.GetAsync(new Uri("/ready", UriKind.Relative))).IsSuccessStatusCode.Should().BeTrue();
            for (var i = 0; i < 10; i++)
            {
                (await _other.Client.GetAsync("/Users")).Status.Should().Be(200);
                (await _other.Client.PostAsync("/Users", Some.User())).Status.Should().Be(201);
            }

            var refused = await own;
            refused.Status.Should().Be(503);
            refused.Header("Retry-After").Should().Be("1");
            await UntilServedAsync();
        }
        finally
        {
            unread.ForEach(connection => connection.Dispose());
        }
    }

    private async Task UntilServedAsync()
    {
        var started = Stopwatch.GetTimestamp();
        while ((await _tenant.Client.GetAsync("/Users?count=1")).Status != 200)
        {
            Stopwatch.GetElapsedTime(started).Should().BeLessThan(TimeSpan.FromSeconds(40));
            await Task.Delay(100);
        }
    }

    // Counted as they come: the answer is larger than what the test should hold.
    private async Task<int> CountMembersAsync(string path)
    {
        var member = "\"$ref\":"u8.ToArray();
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("Authorization", $"Bearer {_tenant.Token}");
        await using var answer = await http.GetStreamAsync(new Uri(_server.BaseAddress, "/scim/v2" + path));
        var buffer = new byte[1 << 20];
        var (kept, count) = (0, 0);
        int read;
        while ((read = await answer.ReadAsync(buffer.AsMemory(kept))) > 0)
        {
            var filled = kept + read;
            count += buffer.AsSpan(0, filled).Count(member);
            kept = Math.Min(filled, member.Length - 1);
            buffer.AsSpan(filled - kept, kept).CopyTo(buffer);
        }

        return count;
    }
}
