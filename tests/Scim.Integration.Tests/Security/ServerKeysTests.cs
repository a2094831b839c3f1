using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Security;
using Scim.TestKit;

namespace Scim.Integration.Tests.Security;

[TestFixtureSource(typeof(Databases))]
public sealed class ServerKeysTests(DatabaseKind kind)
{
    [Test]
    public async Task All_who_ask_for_a_name_at_once_get_the_same_key()
    {
        var server = await ApiServer.SharedAsync(kind);
        var database = server.Services.GetRequiredService<IDatabase>();
        var name = Some.Name();

        // Each as another process would: with nothing in memory.
        var keys = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(_ => new ServerKeys(database, TimeProvider.System).GetAsync(name, default).AsTask())
        );

        keys.Should().OnlyContain(key => key.Length == 32);
        keys.Select(Convert.ToHexString).Distinct().Should().ContainSingle();
    }
}
