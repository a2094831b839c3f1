using FluentAssertions;
using NUnit.Framework;
using Scim.Integration.Tests.Protocol;
using Scim.TestKit;

namespace Scim.Integration.Tests.Rfc7644;

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 9110 §9.3.2")]
[Property("Capability", "HEAD answers what GET does, without the body")]
internal sealed class HeadTests(DatabaseKind database) : ProtocolFixture(database)
{
    // Framing depends on the body, and these two are of each answer's own.
    private static readonly HashSet<string> Own = new(StringComparer.OrdinalIgnoreCase)
    {
        "Date",
        "X-Request-Id",
        "Transfer-Encoding",
        "Content-Length",
    };

    [TestCase("/Users/{user}", 200)]
    [TestCase("/Users/{user}?attributes=userName", 200)]
    [TestCase("/Groups/{group}", 200)]
    [TestCase("/Groups/{group}?excludedAttributes=members", 200)]
    [TestCase("/Users", 200)]
    [TestCase("/Users?filter=userName%20pr&count=1", 200)]
    [TestCase("/Groups", 200)]
    [TestCase("?count=1", 200)]
    [TestCase("/ServiceProviderConfig", 200)]
    [TestCase("/ResourceTypes", 200)]
    [TestCase("/ResourceTypes/User", 200)]
    [TestCase("/Schemas", 200)]
    [TestCase("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", 200)]
    [TestCase("/Users?filter=nonsense", 400)]
    [TestCase("/Schemas?filter=id%20pr", 403)]
    [TestCase("/Users/0199c0de-0000-7000-8000-000000000000", 404)]
    [TestCase("/Groups/0199c0de-0000-7000-8000-000000000000", 404)]
    [TestCase("/Nothing", 404)]
    [TestCase("/Me", 501)]
    public async Task The_headers_are_those_of_GET(string path, int status)
    {
        var user = await CreateUserAsync();
        var group = await CreateGroupAsync(user.Id);
        path = path.Replace("{user}", user.Id, StringComparison.Ordinal)
            .Replace("{group}", group.Id, StringComparison.Ordinal);

        var get = await Client.GetAsync(path);
        var head = await Client.SendAsync("HEAD", path, (string?)null);

        get.ShouldBe(status);
        head.ShouldBe(status).Text.Should().BeEmpty();
        Headers(head).Should().BeEquivalentTo(Headers(get));
    }

    [TestCase("/Users/", false)]
    [TestCase("/Groups/", true)]
    public async Task A_known_version_is_304(string endpoint, bool isGroup)
    {
        var resource = isGroup ? await CreateGroupAsync((await CreateUserAsync()).Id) : await CreateUserAsync();
        var tag = (await ReadAsync(resource)).Header("ETag");

        var head = await Client.SendAsync("HEAD", endpoint + resource.Id, (string?)null, ("If-None-Match", tag));

        head.ShouldBe(304).Header("ETag").Should().Be(tag);
    }

    [Test]
    public async Task Without_a_token_it_is_401()
    {
        var head = await Client.SendAsync("HEAD", "/Users", (string?)null, ("Authorization", null));

        head.ShouldBe(401).Header("WWW-Authenticate").Should().StartWith("Bearer");
        head.Text.Should().BeEmpty();
    }

    private static Dictionary<string, string> Headers(ScimResponse answer) =>
        answer.Headers.Where(header => !Own.Contains(header.Key)).ToDictionary();
}
