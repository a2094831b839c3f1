using FluentAssertions;
using NUnit.Framework;
using Scim.TestKit;

namespace Scim.Integration.Tests.Concurrency;

[TestFixtureSource(typeof(Databases))]
[Category(Soak.Concurrency)]
[Property("Capability", "Parallel Bulk requests of one tenant all succeed")]
[Property("Rfc", "RFC 7644 §3.7")]
public sealed class BulkConcurrencyTests(DatabaseKind kind) : HttpTests(kind)
{
    [Test]
    public async Task Parallel_bulks_of_one_tenant_do_not_wait_for_each_other_in_a_circle()
    {
        const int Operations = 120;
        var bulks = Soak.Count(6, 16);
        using var tenant = await TenantAsync();

        var answers = await Storm.RunAsync(
            bulks,
            _ =>
                tenant.Client.PostAsync(
                    "/Bulk",
                    Messages.Bulk([
                        .. Enumerable
                            .Range(0, Operations)
                            .Select(i => Messages.BulkOperation("POST", "/Users", Some.User(), $"b{i}")),
                    ])
                )
        );

        answers.Should().OnlyContain(answer => answer.Status == 200);
        answers
            .SelectMany(answer => answer.Json.GetProperty("Operations").EnumerateArray())
            .Select(operation => operation.GetProperty("status").GetString())
            .Should()
            .HaveCount(bulks * Operations)
            .And.OnlyContain(status => status == "201");
        (await tenant.Client.GetAsync("/Users?count=0"))
            .Json.GetProperty("totalResults")
            .GetInt32()
            .Should()
            .Be(bulks * Operations);
    }
}
