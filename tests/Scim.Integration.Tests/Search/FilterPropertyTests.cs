using System.Text;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Domain.Filters;
using Scim.Domain.Resources;
using Scim.Domain.Tenants;
using Scim.TestKit;

namespace Scim.Integration.Tests.Search;

[TestFixture]
[Category(Soak.Property)]
[Property(
    "Capability",
    "Filters find the same in SQL on both databases as in memory, over generated schemas, users and filters"
)]
[Property("Rfc", "RFC 7644 §3.4.2.2")]
public sealed class FilterPropertyTests
{
    private const int FiltersPerDirectory = 500;

    [Test]
    public async Task Sql_and_memory_agree()
    {
        var random = Some.Random();
        for (var left = Soak.Count(150, 10_000); left > 0; left -= FiltersPerDirectory)
        {
            await AgreeAsync(new RandomDirectory(random), Math.Min(left, FiltersPerDirectory), users: 60);
        }
    }

    private static async Task AgreeAsync(RandomDirectory directory, int filters, int users)
    {
        var bodies = Enumerable.Range(0, users).Select(i => directory.User(i).ToJsonString()).ToArray();
        var stores = await Task.WhenAll(Databases.All.Select(kind => StoreAsync(kind, directory, bodies)));
        var documents = bodies
            .Select(body =>
                DocumentReader.ReadBody(Encoding.UTF8.GetBytes(body), directory.Resource, Tolerant()).Document.Root
            )
            .ToArray();
        try
        {
            for (var i = 0; i < filters; i++)
            {
                var text = directory.Filter();
                var filter = FilterParser.Parse(
                    text,
                    directory.Resource,
                    Tolerant(),
                    new FilterLimits(MaxLength: 16_384, MaxDepth: 32)
                );
                var expected = Enumerable.Range(0, users).Where(user => filter.Matches(documents[user])).ToArray();
                foreach (var store in stores)
                {
                    var found = await store.FindAsync(text);
                    var differing = expected.Except(found).Concat(found.Except(expected)).Select(user => bodies[user]);
                    differing.Should().BeEmpty($"{store.Kind} must find what memory does by {text}");
                }
            }
        }
        finally
        {
            foreach (var store in stores)
            {
                store.Tenant.Dispose();
            }
        }
    }

    private static async Task<Store> StoreAsync(DatabaseKind kind, RandomDirectory directory, string[] bodies)
    {
        var server = await ApiServer.SharedAsync(kind);
        var tenant = await TestTenant.CreateAsync(server);
        await using (var scope = server.Services.CreateAsyncScope())
        {
            await scope
                .ServiceProvider.GetRequiredService<MediatR.IMediator>()
                .Send(
                    new Application.Schemas.AddTenantSchema(
                        tenant.Slug,
                        "User",
                        Encoding.UTF8.GetBytes(directory.SchemaJson)
                    )
                );
        }

        var numbers = new Dictionary<string, int>();
        for (var i = 0; i < bodies.Length; i++)
        {
            numbers[(await tenant.Client.PostAsync("/Users", bodies[i]).Expecting(201)).Id] = i;
        }

        return new Store(kind, tenant, numbers);
    }

    private static DeviationLog Tolerant() => new(ClientProfile.Auto);

    private sealed record Store(DatabaseKind Kind, TestTenant Tenant, Dictionary<string, int> Numbers)
    {
        public async Task<int[]> FindAsync(string filter)
        {
            var search = Messages.Search(filter);
            search["attributes"] = "id";
            var found = await Tenant.Client.PostAsync("/Users/.search", search);
            found.Status.Should().Be(200, $"{Kind} answers {filter}: {found.Text}");
            return [.. found.Ids().Select(id => Numbers[id])];
        }
    }
}
