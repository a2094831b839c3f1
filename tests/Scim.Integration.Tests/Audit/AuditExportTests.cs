using System.Text.Json;
using FluentAssertions;
using NUnit.Framework;
using Scim.Domain.Tenants;
using Scim.Integration.Tests.Admin;
using Scim.TestKit;

namespace Scim.Integration.Tests.Audit;

[TestFixtureSource(typeof(Databases))]
[Property(
    "Capability",
    "Audit: export as NDJSON and CSV, verification over HTTP, and erasure of a deleted person from the journal"
)]
public sealed class AuditExportTests(DatabaseKind kind)
{
    private AdminHost _host = null!;
    private AdminClient _admin = null!;
    private TestTenant _tenant = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _host = await AdminHost.StartAsync(kind, new Dictionary<string, string> { ["Worker:InProcess"] = "false" });
        _admin = await _host.SignInAsync("platform-admin");
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _admin?.Dispose();
        await _host.DisposeAsync();
    }

    [SetUp]
    public async Task Create() => _tenant = await TestTenant.CreateAsync(_host.Server);

    [TearDown]
    public void Leave() => _tenant.Dispose();

    [Test]
    public async Task An_export_is_the_whole_list_line_by_line()
    {
        // More than a page of it.
        var users = Enumerable
            .Range(0, 510)
            .Select(i => Messages.BulkOperation("POST", "/Users", Some.User(), $"b{i}"));
        foreach (var part in users.Chunk(255))
        {
            await _tenant.Client.PostAsync("/Bulk", Messages.Bulk(part)).Expecting(200);
        }

        var export = await _admin
            .GetAsync($"/audit/export?tenantId={_tenant.TenantId}&operation=user.create")
            .Expecting(200);

        export.Header("Content-Type").Should().StartWith("application/x-ndjson");
        var lines = export
            .Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonElement.Parse(line))
            .ToList();
        lines.Should().HaveCount(510);
        lines.Select(line => line.GetProperty("id").GetString()).Should().OnlyHaveUniqueItems();
        var listed = await _admin
            .GetAsync($"/audit?tenantId={_tenant.TenantId}&operation=user.create&limit=1")
            .Expecting(200);
        JsonElement.DeepEquals(lines[0], listed.Json.GetProperty("items")[0]).Should().BeTrue();
    }

    [TestCase("=1+1")]
    [TestCase("+1")]
    [TestCase("-1")]
    [TestCase("@SUM(A1)")]
    public async Task A_cell_of_the_CSV_is_never_a_formula(string name)
    {
        // The name of a client is the actor's.
        await _host.Server.SendAsync(new Application.Tenants.CreateClient(_tenant.Slug, name));
        var client = await _host.Server.SendAsync(new Application.Tenants.CreateClient(_tenant.Slug, name + ",\"x\""));
        using var scim = new ScimClient(_host.Server.BaseAddress, client.Token);
        await scim.PostAsync("/Users", Some.User()).Expecting(201);

        var export = await _admin.GetAsync($"/audit/export?format=csv&tenantId={_tenant.TenantId}").Expecting(200);

        export.Header("Content-Type").Should().StartWith("text/csv");
        var rows = Csv(export.Text);
        rows[0].Should().StartWith(["id", "sequence", "time", "tenantId"]);
        rows.Should().OnlyContain(row => row.Count == rows[0].Count);
        rows.SelectMany(row => row).Should().NotContain(cell => cell.Length > 0 && "=+-@\t\r\n".Contains(cell[0]));
        rows.SelectMany(row => row).Should().Contain($"'{name},\"x\"");
    }

    [Test]
    public async Task A_wrong_format_is_refused_before_anything_is_sent()
    {
        var answer = await _admin.GetAsync($"/audit/export?format=xml&tenantId={_tenant.TenantId}&limit=1");

        answer.Status.Should().Be(422);
        answer.WrongFields().Should().BeEquivalentTo("format", "limit");
    }

    [Test]
    public async Task A_deleted_persons_changes_are_erased_and_the_facts_stay()
    {
        var body = Some.User();
        body["title"] = "Keeper of secrets";
        var id = (await _tenant.Client.PostAsync("/Users", body).Expecting(201)).Id;
        var other = (await _tenant.Client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var path = $"/tenants/{_tenant.TenantId}/users/{id}/erase";
        using var admin = await _host.SignInAsync("platform-admin");
        using var notSteppedUp = await _host.SignInAsync(await _host.OperatorAsync("platform-admin"), stepUp: false);

        (await admin.PostAsync(path)).Problem().Should().Be("conflict");
        await _tenant.Client.DeleteAsync($"/Users/{id}").Expecting(204);
        (await notSteppedUp.PostAsync(path)).Problem().Should().Be("step-up-required");
        (await admin.PostAsync($"/tenants/{_tenant.TenantId}/users/{Guid.NewGuid():D}/erase")).Status.Should().Be(404);
        (await admin.PostAsync($"/tenants/{Guid.NewGuid():D}/users/{id}/erase")).Status.Should().Be(404);
        (await JournalChange.ReadAsync(_host.Server, id)).Should().HaveCount(2);
        var erased = await admin.PostAsync(path).Expecting(200);

        erased.Json.GetProperty("erasedChanges").GetInt32().Should().Be(2);
        (await JournalChange.ReadAsync(_host.Server, id)).Should().BeEmpty();
        (await JournalChange.ReadAsync(_host.Server, other)).Should().ContainSingle();
        var rows = (await admin.GetAsync($"/audit?tenantId={_tenant.TenantId}&resourceId={id}").Expecting(200))
            .Json.GetProperty("items")
            .EnumerateArray()
            .ToList();
        rows.Select(row => row.GetProperty("operation").GetString())
            .Should()
            .Equal("user.erase", "user.delete", "user.create");
        rows.Skip(1).Should().OnlyContain(row => row.GetProperty("changesErased").GetBoolean());
        rows.Should().OnlyContain(row => row.GetProperty("changes").ValueKind == JsonValueKind.Null);
        var report = await VerifyAsync(_tenant.TenantId);
        report.GetProperty("intact").GetBoolean().Should().BeTrue();
        report.GetProperty("erasedChanges").GetInt32().Should().Be(2);
        // Again, as after an answer that was lost: nothing is left to erase.
        (await admin.PostAsync(path).Expecting(200))
            .Json.GetProperty("erasedChanges")
            .GetInt32()
            .Should()
            .Be(0);
    }

    [Test]
    public async Task A_journal_is_verified_by_id_within_the_callers_reach()
    {
        (await VerifyAsync(_tenant.TenantId)).GetProperty("rows").GetInt32().Should().BePositive();
        (await VerifyAsync(Guid.Empty.ToString("D"))).GetProperty("rows").GetInt32().Should().BePositive();
        (await _admin.GetAsync($"/audit/verify?tenantId={Guid.NewGuid():D}")).Status.Should().Be(404);
        (await _admin.GetAsync("/audit/verify")).WrongFields().Should().Equal("tenantId");
        using var other = await TestTenant.CreateAsync(_host.Server);
        using var bound = await _host.SignInAsync("auditor", Guid.Parse(_tenant.TenantId));

        (await bound.GetAsync($"/audit/verify?tenantId={_tenant.TenantId}")).Status.Should().Be(200);
        (await bound.GetAsync($"/audit/verify?tenantId={other.TenantId}")).Status.Should().Be(404);
        (await bound.GetAsync($"/audit/verify?tenantId={Guid.Empty:D}")).Status.Should().Be(404);
        (await bound.GetAsync($"/audit/export?tenantId={other.TenantId}")).Status.Should().Be(404);
    }

    [Test]
    public async Task A_timeline_tells_of_a_person_and_of_the_groups_joined_and_left()
    {
        var client = _tenant.Client;
        var id = (await client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var other = (await client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var group = (await client.PostAsync("/Groups", Some.Group()).Expecting(201)).Id;
        await client.PatchAsync($"/Groups/{group}", Messages.AddMembers(other)).Expecting(204);
        await client.PatchAsync($"/Groups/{group}", Messages.AddMembers(id)).Expecting(204);
        await client.PatchAsync($"/Users/{id}", Messages.Patch("add", "title", "Pilot")).Expecting(200);
        await client.PatchAsync($"/Users/{id}", Messages.Patch("replace", "title", "Captain")).Expecting(200);
        await client.DeleteAsync($"/Users/{id}").Expecting(204);
        var path = $"/tenants/{_tenant.TenantId}/users/{id}/timeline";

        var rows = (await _admin.GetAsync(path).Expecting(200)).Json.GetProperty("items").EnumerateArray().ToList();

        rows.Select(row => row.GetProperty("operation").GetString())
            .Should()
            .BeEquivalentTo(
                "user.delete",
                "group.members.remove",
                "user.update",
                "user.update",
                "group.members.add",
                "user.create"
            );
        rows[^1].GetProperty("operation").GetString().Should().Be("user.create");
        rows[2].GetProperty("changes").GetProperty("before").GetProperty("title").GetString().Should().Be("Pilot");
        rows[2].GetProperty("changes").GetProperty("after").GetProperty("title").GetString().Should().Be("Captain");
        rows[4].GetProperty("resourceId").GetString().Should().Be(group);
        rows[4].GetProperty("changes").GetProperty("members").GetProperty("added")[0].GetString().Should().Be(id);
        var paged = new List<string?>();
        for (var next = path + "?limit=2"; next is not null; )
        {
            var page = (await _admin.GetAsync(next).Expecting(200)).Json;
            paged.AddRange(page.GetProperty("items").EnumerateArray().Select(row => row.GetProperty("id").GetString()));
            next = page.GetProperty("next").GetString()?["/admin/v1".Length..];
        }

        paged.Should().Equal(rows.Select(row => row.GetProperty("id").GetString()));

        // What was looked through before is found by its member afterwards, and what came since beside it.
        var tenant = new TenantId(Guid.Parse(_tenant.TenantId));
        await SealedJournal.SealAsync(_host.Server, tenant);
        (await IdsAsync(path)).Should().Equal(paged);
        var late = (await client.PostAsync("/Users", Some.User()).Expecting(201)).Id;
        var groups = new[]
        {
            (await client.PostAsync("/Groups", Some.Group(null, late, other)).Expecting(201)).Id,
            (await client.PostAsync("/Groups", Some.Group()).Expecting(201)).Id,
        };
        await client.PatchAsync($"/Groups/{groups[1]}", Messages.AddMembers(other, late)).Expecting(204);
        await SealedJournal.SealAsync(_host.Server, tenant);
        await client.DeleteAsync($"/Users/{late}").Expecting(204);
        var story = (await _admin.GetAsync($"/tenants/{_tenant.TenantId}/users/{late}/timeline").Expecting(200)).Json;
        story
            .GetProperty("items")
            .EnumerateArray()
            .Select(row => row.GetProperty("operation").GetString())
            .Should()
            .BeEquivalentTo(
                "user.delete",
                "group.members.remove",
                "group.members.remove",
                "group.members.add",
                "group.create",
                "user.create"
            );
        story.GetProperty("complete").GetBoolean().Should().BeTrue();
        (await _admin.GetAsync($"/tenants/{_tenant.TenantId}/users/{Guid.NewGuid():D}/timeline"))
            .Status.Should()
            .Be(404);
    }

    private async Task<IEnumerable<string?>> IdsAsync(string path) =>
        (await _admin.GetAsync(path).Expecting(200))
            .Json.GetProperty("items")
            .EnumerateArray()
            .Select(row => row.GetProperty("id").GetString());

    private async Task<JsonElement> VerifyAsync(string tenant) =>
        (await _admin.GetAsync($"/audit/verify?tenantId={tenant}").Expecting(200)).Json;

    /// <summary>RFC 4180, as a reader of it does it.</summary>
    private static List<List<string>> Csv(string text)
    {
        var rows = new List<List<string>> { new() };
        var cell = new System.Text.StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (quoted)
            {
                if (text[i] != '"')
                {
                    cell.Append(text[i]);
                }
                else if (i + 1 < text.Length && text[i + 1] == '"')
                {
                    cell.Append(text[i++]);
                }
                else
                {
                    quoted = false;
                }
            }
            else if (text[i] == '"')
            {
                quoted = true;
            }
            else if (text[i] is ',' or '\n')
            {
                rows[^1].Add(cell.ToString());
                cell.Clear();
                if (text[i] == '\n')
                {
                    rows.Add([]);
                }
            }
            else if (text[i] != '\r')
            {
                cell.Append(text[i]);
            }
        }

        rows.RemoveAt(rows.Count - 1);
        return rows;
    }
}
