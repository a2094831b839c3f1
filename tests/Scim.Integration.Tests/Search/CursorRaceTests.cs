using FluentAssertions;
using Microsoft.AspNetCore.Builder;
using NUnit.Framework;
using Scim.Infrastructure.Persistence;
using Scim.Integration.Tests.Plans;
using Scim.TestKit;

namespace Scim.Integration.Tests.Search;

[TestFixtureSource(typeof(Databases))]
[Property("Capability", "Cursor pagination: signed, bound to tenant and query, expiring, stable under deletes")]
[Property("Rfc", "RFC 9865 §2")]
internal sealed class CursorRaceTests(DatabaseKind kind)
{
    [Test]
    public async Task A_deletion_in_the_middle_of_a_page_over_all_types_does_not_end_the_walk()
    {
        var deletions = new Queue<Func<Task>>();
        await using var server = await ApiServer.StartAsync(
            kind,
            null,
            builder => builder.Host.UseServiceProviderFactory(new RecordingFactory([], DeleteOnceRankedAsync))
        );
        using var tenant = await TestTenant.CreateAsync(server);
        var users = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            users.Add((await tenant.Client.PostAsync("/Users", Some.User($"u{i}@example.com")).Expecting(201)).Id);
        }

        deletions.Enqueue(() => tenant.Client.DeleteAsync("/Users/" + users[1]).Expecting(204));
        var walked = new List<string>();
        for (var cursor = ""; cursor is not null; )
        {
            var page = await tenant.Client.GetAsync($"?sortBy=userName&count=2&cursor={cursor}").Expecting(200);
            walked.AddRange(page.Ids());
            cursor = page.NextCursor();
        }

        deletions.Should().BeEmpty();
        walked.Should().Equal(users[0], users[2], users[3], users[4]);

        // Between the statement that ranks the page and those that read it.
        Task DeleteOnceRankedAsync(IReadOnlyList<Statement> statements) =>
            statements[0].Sql.StartsWith("select u.t", StringComparison.Ordinal) && deletions.TryDequeue(out var delete)
                ? delete()
                : Task.CompletedTask;
    }
}
