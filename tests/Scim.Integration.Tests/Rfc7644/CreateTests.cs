using FluentAssertions;
using NUnit.Framework;
using Scim.Integration.Tests.Protocol;
using Scim.TestKit;

namespace Scim.Integration.Tests.Rfc7644;

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7644 §3.3")]
[Property("Capability", "POST creates users and groups")]
internal sealed class CreateTests(DatabaseKind database) : ProtocolFixture(database)
{
    [TestCase("/Users")]
    [TestCase("/Groups")]
    public async Task A_creation_answers_what_a_read_answers(string endpoint)
    {
        var member = await CreateUserAsync();
        var body =
            endpoint == "/Users"
                ? UserBody("\"title\":\"t\"")
                : GroupBody($"\"members\":[{{\"value\":\"{member.Id}\"}}]");

        var created = await Client.PostAsync(endpoint, body);

        created.ShouldBe(201).Header("Content-Type").Should().StartWith("application/scim+json");
        var read = await Client.GetAsync($"{endpoint}/{created.Id}");
        read.ShouldBe(200).Text.Should().Be(created.Text);
        new Uri(created.Header("Location")!).AbsolutePath.Should().Be($"/scim/v2{endpoint}/{created.Id}");
    }

    [TestCase("application/scim+json")]
    [TestCase("application/json")]
    [TestCase("application/scim+json; charset=utf-8")]
    [TestCase("application/json;charset=\"UTF-8\"")]
    [TestCase("APPLICATION/SCIM+JSON")]
    [TestCase(null)]
    public async Task A_body_is_scim_or_plain_json(string? type) =>
        (await Client.PostAsync("/Users", UserBody(), ("Content-Type", type))).ShouldBe(201);

    [TestCase("text/plain")]
    [TestCase("application/x-www-form-urlencoded")]
    [TestCase("application/xml")]
    [TestCase("application/json; charset=utf-16")]
    [TestCase("nonsense")]
    public async Task Any_other_media_type_is_415(string type)
    {
        var user = await CreateUserAsync();
        (string, string?) header = ("Content-Type", type);

        (await Client.PostAsync("/Users", UserBody(), header)).ShouldBeError(415);
        (await Client.PutAsync($"/Users/{user.Id}", UserBody(), header)).ShouldBeError(415);
        (await Client.PatchAsync($"/Users/{user.Id}", Patch(), header)).ShouldBeError(415);
    }

    [TestCase(null, "application/scim+json")]
    [TestCase("*/*", "application/scim+json")]
    [TestCase("application/scim+json", "application/scim+json")]
    [TestCase("application/json", "application/json")]
    [TestCase("application/json, application/scim+json;q=0.5", "application/scim+json")]
    [TestCase("text/html", "application/scim+json")]
    [TestCase("nonsense", "application/scim+json")]
    public async Task Accept_is_never_refused(string? accept, string answered)
    {
        var created = await Client.PostAsync("/Users", UserBody(), ("Accept", accept));
        var missing = await Client.GetAsync($"/Users/{Nobody}", ("Accept", accept));

        created.ShouldBe(201).Header("Content-Type").Should().StartWith(answered);
        missing.ShouldBe(404).Header("Content-Type").Should().StartWith(answered);
    }

    [Test]
    public async Task A_duplicate_is_a_conflict_and_leaves_nothing_behind()
    {
        var user = await CreateUserAsync();

        var again = await Client.PostAsync("/Users", UserBody("\"title\":\"x\"", user.At("userName")));

        again.ShouldBeError(409, "uniqueness");
        (await ReadAsync(user)).Text.Should().Be(user.Text);
    }

    [TestCase("/Users?attributes=userName")]
    [TestCase("/Users?excludedAttributes=meta,active,title")]
    public async Task The_answer_is_narrowed_as_asked(string path)
    {
        var user = await Client.PostAsync(path, UserBody("\"title\":\"t\""));

        user.ShouldBe(201).Names().Should().BeEquivalentTo("schemas", "id", "userName");
        user.Header("Location").Should().EndWith(user.Id);
        user.Header("ETag").Should().NotBeNull();
    }

    [Test]
    public async Task Both_projections_are_refused_before_anything_is_written()
    {
        var name = Some.UserName();

        var answer = await Client.PostAsync("/Users?attributes=id&excludedAttributes=meta", UserBody(userName: name));

        answer.ShouldBeError(400, "invalidValue");
        (await Client.PostAsync("/Users", UserBody(userName: name))).ShouldBe(201);
    }

    [Test]
    public async Task Unknown_attributes_are_dropped()
    {
        var user = await CreateUserAsync(
            """ "favouriteColour":"red","name":{"givenName":"A","pet":"B"},"urn:example:unregistered:2.0:User":{"x":1} """
        );

        user.Text.Should().NotContainAny("favouriteColour", "pet", "unregistered");
        user.At("name/givenName").Should().Be("A");
    }

    [Test]
    public async Task Booleans_may_be_text_in_any_case()
    {
        (await CreateUserAsync("\"active\":\"False\"")).At("active").Should().Be("false");
        (await CreateUserAsync("\"active\":\"TRUE\"")).At("active").Should().Be("true");
    }
}

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7644 §3.4.1")]
[Property("Capability", "GET reads one resource")]
internal sealed class ReadTests(DatabaseKind database) : ProtocolFixture(database)
{
    [TestCase("/Users")]
    [TestCase("/Groups")]
    public async Task An_unknown_id_is_404(string endpoint)
    {
        foreach (
            var id in new[]
            {
                Nobody,
                "1",
                "abc",
                Nobody.Replace("-", "", StringComparison.Ordinal),
                "{" + Nobody + "}",
                "a%2Fb",
                new string('x', 3000),
            }
        )
        {
            (await Client.GetAsync($"{endpoint}/{id}")).ShouldBeError(404);
        }
    }

    [Test]
    public async Task An_id_is_compared_exactly_and_belongs_to_its_type()
    {
        var user = await CreateUserAsync();

        (await Client.GetAsync($"/Users/{user.Id.ToUpperInvariant()}")).ShouldBeError(404);
        (await Client.GetAsync($"/Groups/{user.Id}")).ShouldBeError(404);
    }

    [TestCase("?")]
    [TestCase("?foo=1&")]
    [TestCase("?a=b&a=c")]
    [TestCase("?attributes=")]
    [TestCase("?excludedAttributes=nothing,,also.nothing,urn:x:y")]
    public async Task Unknown_parameters_and_names_are_ignored(string query)
    {
        var user = await CreateUserAsync();

        (await Client.GetAsync($"/Users/{user.Id}{query}")).ShouldBe(200).Text.Should().Be(user.Text);
    }

    [Test]
    public async Task A_version_that_the_client_has_is_304_without_a_body()
    {
        var user = await CreateUserAsync();

        var same = await Client.GetAsync($"/Users/{user.Id}", ("If-None-Match", user.Header("ETag")));
        var other = await Client.GetAsync($"/Users/{user.Id}", ("If-None-Match", "W/\"other\""));

        same.ShouldBe(304).Text.Should().BeEmpty();
        same.Header("ETag").Should().Be(user.Header("ETag"));
        other.ShouldBe(200);
    }

    [Test]
    public async Task Inactive_users_are_read_and_listed()
    {
        var user = await CreateUserAsync("\"active\":false");

        (await ReadAsync(user)).ShouldBe(200).At("active").Should().Be("false");
        var list = await Client.GetAsync($"/Users?filter={Escape($"userName eq \"{user.At("userName")}\"")}");
        list.At("totalResults").Should().Be("1");
    }
}

[TestFixtureSource(typeof(Databases))]
[Property("Rfc", "RFC 7644 §3.9")]
[Property("Capability", "attributes and excludedAttributes on reads and on the answers of writes")]
internal sealed class ProjectionTests(DatabaseKind database) : ProtocolFixture(database)
{
    private const string Full = """
        "title":"t","name":{"givenName":"A","familyName":"B"},"emails":[{"value":"a@example.com","type":"work"},{"value":"b@example.com"}]
        """;

    [TestCase("attributes=userName", "userName")]
    [TestCase("attributes=USERNAME,Name.GivenName", "userName,name")]
    [TestCase("attributes=emails.value", "emails")]
    [TestCase("attributes=userName&attributes=title", null)]
    [TestCase("attributes=unknown", "")]
    [TestCase("attributes=urn:ietf:params:scim:schemas:core:2.0:User:userName", "userName")]
    [TestCase("attributes=URN:ietf:params:scim:schemas:CORE:2.0:User:name.familyName", "name")]
    [TestCase("attributes=%20title%20,%20meta.version", "title,meta")]
    [TestCase("excludedAttributes=emails,id,meta,active", "userName,title,name")]
    [TestCase("excludedAttributes=name.givenName,emails.type,meta,active", "userName,title,name,emails")]
    public async Task Reads_writes_and_lists_show_the_same_choice(string query, string? names)
    {
        var user = await CreateUserAsync(Full.Trim());
        var read = await Client.GetAsync($"/Users/{user.Id}?{query}");
        if (names is null)
        {
            read.ShouldBeError(400, "invalidValue");
            return;
        }

        var put = await Client.PutAsync($"/Users/{user.Id}?{query}", UserBody(Full.Trim(), user.At("userName")));
        var patched = await Client.PatchAsync(
            $"/Users/{user.Id}?{query}",
            Patch("\"op\":\"replace\",\"path\":\"title\",\"value\":\"t\"")
        );
        var list = await Client.GetAsync($"/Users?filter={Escape($"userName eq \"{user.At("userName")}\"")}&{query}");

        read.ShouldBe(200)
            .Names()
            .Should()
            .BeEquivalentTo(["schemas", "id", .. names.Split(',', StringSplitOptions.RemoveEmptyEntries)]);
        put.ShouldBe(200).Text.Should().Be(read.Text);
        patched.ShouldBe(200).Text.Should().Be(read.Text);
        list.At("Resources/0").Should().Be(read.Text);
    }

    [Test]
    public async Task Sub_attributes_are_chosen_one_by_one()
    {
        var user = await CreateUserAsync(Full.Trim());

        var some = await Client.GetAsync($"/Users/{user.Id}?attributes=name.givenName,emails.value");
        var less = await Client.GetAsync($"/Users/{user.Id}?excludedAttributes=name.givenName,emails.value");

        some.At("name").Should().Be("""{"givenName":"A"}""");
        some.At("emails").Should().Be("""[{"value":"a@example.com"},{"value":"b@example.com"}]""");
        less.At("name").Should().Be("""{"familyName":"B"}""");
        less.At("emails").Should().Be("""[{"type":"work"}]""");
    }

    [Test]
    public async Task Members_are_left_out_or_chosen()
    {
        var user = await CreateUserAsync("\"displayName\":\"Ann\"");
        var group = await CreateGroupAsync(user.Id);

        var less = await Client.GetAsync($"/Groups/{group.Id}?excludedAttributes=members");
        var name = await Client.GetAsync($"/Groups/{group.Id}?attributes=displayName");
        var values = await Client.GetAsync($"/Groups/{group.Id}?attributes=members.value");
        var without = await Client.GetAsync($"/Groups/{group.Id}?excludedAttributes=members.display,members.$ref");
        var put = await Client.PutAsync(
            $"/Groups/{group.Id}?excludedAttributes=members",
            GroupBody($"\"members\":[{{\"value\":\"{user.Id}\"}}]", group.At("displayName"))
        );

        less.Names().Should().BeEquivalentTo("schemas", "id", "displayName", "meta");
        name.Names().Should().BeEquivalentTo("schemas", "id", "displayName");
        values.At("members").Should().Be($$"""[{"value":"{{user.Id}}"}]""");
        without.Names("members/0").Should().BeEquivalentTo("value", "type");
        put.ShouldBe(200).Text.Should().Be(less.Text);
    }

    [TestCase("GET")]
    [TestCase("PUT")]
    [TestCase("PATCH")]
    public async Task Both_parameters_exclude_each_other(string method)
    {
        var user = await CreateUserAsync();
        var body = method switch
        {
            "PUT" => UserBody("\"title\":\"changed\""),
            "PATCH" => Patch("\"op\":\"add\",\"path\":\"title\",\"value\":\"changed\""),
            _ => null,
        };

        var answer = await Client.SendAsync(method, $"/Users/{user.Id}?attributes=id&excludedAttributes=meta", body);

        answer.ShouldBeError(400, "invalidValue");
        (await ReadAsync(user)).Text.Should().Be(user.Text);
    }

    [Test]
    public async Task A_patch_of_a_group_answers_the_group_when_attributes_are_asked_for()
    {
        var group = await CreateGroupAsync();

        var answer = await Client.PatchAsync(
            $"/Groups/{group.Id}?attributes=displayName",
            Patch("\"op\":\"replace\",\"path\":\"displayName\",\"value\":\"" + Some.Name() + "\"")
        );

        answer.ShouldBe(200).Names().Should().BeEquivalentTo("schemas", "id", "displayName");
        answer.Header("ETag").Should().NotBe(group.Header("ETag"));
    }
}
