using System.Text;
using FluentAssertions;
using NUnit.Framework;
using Scim.Application.Common;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence;
using Scim.Infrastructure.Persistence.Journal;

namespace Scim.Integration.Tests.Persistence;

[TestFixture(DatabaseProvider.Sqlite)]
[TestFixture(DatabaseProvider.PostgreSql)]
[Property("Capability", "A change and its journal row are one")]
internal sealed class TenantSessionTests(DatabaseProvider provider)
{
    private PersistenceHost _host = null!;
    private TenantId _tenant;
    private ITenantSession _session = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _host = await PersistenceHost.StartAsync(provider);

    [OneTimeTearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [SetUp]
    public async Task CreateTenantAsync()
    {
        _tenant = await _host.CreateTenantAsync();
        _session = _host.Session(_tenant);
    }

    [Test]
    public async Task Values_come_back_as_they_were_stored()
    {
        var id = Guid.CreateVersion7();
        const string Document = """{ "userName":"Zoë",  "n": 1.50, "text":"\u00e9\n" }""";
        var before = TimeProvider.System.Now();
        await _session.ExecuteAsync(Users.Insert(_tenant, id, "zoë", Document), default);

        var found = await _session.QueryAsync(
            [Users.Find(_tenant, id), Users.Find(_tenant, Guid.NewGuid()), Users.Find(_tenant, id)],
            async rows =>
            {
                (await rows.ReadAsync()).Should().BeTrue();
                var user = (
                    Id: rows.Uuid(0),
                    UserName: rows.Text(1),
                    Active: rows.Bool(2),
                    Document: Encoding.UTF8.GetString(rows.Bytes(3)),
                    Created: rows.Time(4),
                    External: rows.TextOrNull(5),
                    Version: rows.Int(6)
                );
                (await rows.ReadAsync()).Should().BeFalse();
                (await rows.NextAsync()).Should().BeTrue();
                (await rows.ReadAsync()).Should().BeFalse();
                (await rows.NextAsync()).Should().BeTrue();
                (await rows.ReadAsync()).Should().BeTrue();
                (await rows.NextAsync()).Should().BeFalse();
                return user;
            },
            default
        );

        found.Id.Should().Be(id);
        found.UserName.Should().Be("zoë");
        found.Active.Should().BeTrue();
        found.Document.Should().Be(Document);
        found.Created.Should().BeOnOrAfter(before).And.BeOnOrBefore(TimeProvider.System.Now());
        found.External.Should().BeNull();
        found.Version.Should().Be(1);
    }

    [Test]
    public async Task Nulls_of_every_type_can_be_sent()
    {
        var row = await _session.QueryAsync(
            [
                new Statement(
                    "select $1, $2, $3, $4, $5, $6, $7, $8",
                    Arg.Uuid(null),
                    Arg.Text(null),
                    Arg.Int(null),
                    Arg.Bool(null),
                    Arg.Real(null),
                    Arg.Json(null),
                    Arg.Bytes(null),
                    Arg.Time(null)
                ),
            ],
            async rows =>
            {
                await rows.ReadAsync();
                return Enumerable.Range(0, 8).Select(rows.IsNull).ToArray();
            },
            default
        );
        row.Should().HaveCount(8).And.NotContain(false);
    }

    [Test]
    public async Task Sets_and_json_read_alike_on_both_databases()
    {
        var dialect = _session.Dialect;
        Guid[] ids = [Guid.NewGuid(), Guid.NewGuid()];
        foreach (var id in ids)
        {
            await _session.ExecuteAsync(
                Users.Insert(
                    _tenant,
                    id,
                    $"set-{id:N}",
                    """{"flag":true,"count":7,"weight":1.5,"emails":[{"value":"a"},{"value":"b"}]}"""
                ),
                default
            );
        }

        var found = await _session.QueryAsync(
            [
                new Statement(
                    $"select count(*) from users where tenant_id = $1 and {dialect.AnyUuid("id", 2)}",
                    Arg.Uuid(_tenant.Value),
                    Arg.Uuids([ids[0], Guid.NewGuid(), ids[1]])
                ),
                new Statement($"select t.id from {dialect.UuidSet(1)}", Arg.Uuids([ids[1]])),
                new Statement($"select t.value from {dialect.TextSet(1)}", Arg.Texts(["a \"quoted\" one"])),
                new Statement(
                    $"""
                    select {dialect.JsonBool("document ->> 'flag'")}, {dialect.JsonInt(
                        "document ->> 'count'"
                    )},
                           {dialect.JsonReal("document ->> 'weight'")}, {dialect.JsonInt(
                        "document ->> 'none'"
                    )},
                           (select count(*) from {dialect.JsonElements(
                        "document -> 'emails'"
                    )} where e.value ->> 'value' = 'b'),
                           (select count(*) from {dialect.JsonElements("document -> 'none'")})
                      from users where tenant_id = $1 and id = $2
                    """,
                    Arg.Uuid(_tenant.Value),
                    Arg.Uuid(ids[0])
                ),
            ],
            async rows =>
            {
                await rows.ReadAsync();
                var count = rows.Int(0);
                await rows.NextAsync();
                await rows.ReadAsync();
                var id = rows.Uuid(0);
                await rows.NextAsync();
                await rows.ReadAsync();
                var text = rows.Text(0);
                await rows.NextAsync();
                await rows.ReadAsync();
                return (
                    count,
                    id,
                    text,
                    rows.Bool(0),
                    rows.Int(1),
                    rows.Real(2),
                    rows.IntOrNull(3),
                    rows.Int(4),
                    rows.Int(5)
                );
            },
            default
        );

        found.Should().Be((2L, ids[1], "a \"quoted\" one", true, 7L, 1.5, null, 1L, 0L));
    }

    [Test]
    public async Task An_applied_mutation_writes_its_parts_and_one_journal_row()
    {
        var id = Guid.CreateVersion7();
        var applied = await _session.ApplyAsync(
            Users.Create(
                _tenant,
                id,
                "parts",
                Users.AddEmail(_tenant, id, "a@example.org"),
                Users.AddEmail(_tenant, id, "b@example.org")
            ),
            default
        );

        applied.Should().Be(1);
        (await EmailsAsync(id)).Should().Be(2);
        var row = (await TailAsync()).Should().ContainSingle().Subject;
        row.Operation.Should().Be("user.create");
        row.ResourceId.Should().Be(id.ToString("D"));
        row.Actor.Should().Be("operator:test");
        row.RequestId.Should().Be("request-1");
        row.Outcome.Should().Be("success");
        (await ChangesAsync()).Should().Be(1);
    }

    [Test]
    public async Task A_digest_covers_salt_and_change()
    {
        await _session.ApplyAsync(Users.Create(_tenant, Guid.CreateVersion7(), "digest"), default);
        var (digest, salt, change) = await _session.QueryAsync(
            [
                new Statement(
                    """
                    select j.change_digest, c.salt, c.change from journal j join journal_changes c using (tenant_id, sequence)
                     where j.tenant_id = $1
                    """,
                    Arg.Uuid(_tenant.Value)
                ),
            ],
            async rows =>
            {
                await rows.ReadAsync();
                return (rows.Bytes(0), rows.Bytes(1), rows.Text(2));
            },
            default
        );

        salt.Should().HaveCount(16);
        System
            .Security.Cryptography.SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(change)])
            .Should()
            .Equal(digest);
    }

    [Test]
    public async Task A_mutation_whose_head_affects_nothing_does_nothing()
    {
        var other = Guid.CreateVersion7();
        await _session.ExecuteAsync(Users.Insert(_tenant, other, "other"), default);
        var applied = await _session.ApplyAsync(
            new Mutation(
                new Statement(
                    "update users set version = version + 1 where tenant_id = $1 and id = $2 and version = $3",
                    Arg.Uuid(_tenant.Value),
                    Arg.Uuid(other),
                    Arg.Int(99)
                ),
                new JournalEntry("user.patch", "User", other.ToString("D"), Change: "{}"),
                Users.AddEmail(_tenant, other, "never@example.org")
            ),
            default
        );

        applied.Should().Be(0);
        (await TailAsync()).Should().BeEmpty();
        (await ChangesAsync()).Should().Be(0);
        (await EmailsAsync(other)).Should().Be(0);
    }

    [Test]
    public async Task A_failing_part_takes_everything_with_it([Values] bool insideTransaction)
    {
        var id = Guid.CreateVersion7();
        var mutation = Users.Create(
            _tenant,
            id,
            "failing",
            Users.AddEmail(_tenant, id, "same@example.org"),
            Users.AddEmail(_tenant, id, "same@example.org")
        );

        var act = () =>
            insideTransaction
                ? _session.TransactionAsync(() => _session.ApplyAsync(mutation, default), default)
                : _session.ApplyAsync(mutation, default);

        (await act.Should().ThrowAsync<UniqueViolationException>()).Which.Constraint.Should().Be("user_emails_pkey");
        (await _session.CountAsync(Users.Find(_tenant, id))).Should().Be(0);
        (await TailAsync()).Should().BeEmpty();
        _session.InTransaction.Should().BeFalse();
    }

    [Test]
    public async Task A_unique_violation_names_the_same_index_on_both_databases()
    {
        var id = Guid.CreateVersion7();
        await _session.ApplyAsync(Users.Create(_tenant, id, "taken"), default);

        var sameName = () => _session.ApplyAsync(Users.Create(_tenant, Guid.CreateVersion7(), "taken"), default);
        var sameId = () => _session.ApplyAsync(Users.Create(_tenant, id, "free"), default);

        (await sameName.Should().ThrowAsync<UniqueViolationException>())
            .Which.Constraint.Should()
            .Be("users_user_name_key");
        (await sameId.Should().ThrowAsync<UniqueViolationException>()).Which.Constraint.Should().Be("users_pkey");
    }

    [Test]
    public async Task A_lost_foreign_key_is_transient()
    {
        var act = () =>
            _session.ExecuteAsync(
                new Statement(
                    "insert into group_members (tenant_id, group_id, user_id) values ($1, $2, $3)",
                    Arg.Uuid(_tenant.Value),
                    Arg.Uuid(Guid.NewGuid()),
                    Arg.Uuid(Guid.NewGuid())
                ),
                default
            );
        await act.Should().ThrowAsync<TransientDatabaseException>();
    }

    [Test]
    public async Task A_nested_transaction_that_throws_is_undone_alone()
    {
        Guid[] ids = [Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7()];
        await _session.TransactionAsync(
            async () =>
            {
                await _session.ApplyAsync(Users.Create(_tenant, ids[0], "outer"), default);
                await FailAsync(async () =>
                {
                    await _session.ApplyAsync(Users.Create(_tenant, ids[1], "inner"), default);
                    await _session.TransactionAsync(
                        () => _session.ApplyAsync(Users.Create(_tenant, ids[2], "innermost"), default),
                        default
                    );
                    await _session.ApplyAsync(Users.Create(_tenant, Guid.CreateVersion7(), "outer"), default);
                });
                await FailAsync(() => throw new InvalidOperationException("before anything was sent"));
                await _session.TransactionAsync(
                    () => _session.ApplyAsync(Users.Create(_tenant, ids[3], "second"), default),
                    default
                );
                await FailAsync(() => _session.ApplyAsync(Users.Create(_tenant, ids[3], "again"), default));
                return 0;
            },
            default
        );

        (await _session.CountAsync(new Statement("select id from users where tenant_id = $1", Arg.Uuid(_tenant.Value))))
            .Should()
            .Be(2);
        (await TailAsync()).Select(row => row.ResourceId).Should().Equal(ids[0].ToString("D"), ids[3].ToString("D"));

        async Task FailAsync(Func<Task> work)
        {
            var act = () =>
                _session.TransactionAsync(
                    async () =>
                    {
                        await work();
                        return 0;
                    },
                    default
                );
            await act.Should().ThrowAsync<Exception>();
        }
    }

    [Test]
    public async Task A_transaction_that_throws_leaves_nothing_and_the_session_usable()
    {
        var act = () =>
            _session.TransactionAsync<int>(
                async () =>
                {
                    await _session.ApplyAsync(Users.Create(_tenant, Guid.CreateVersion7(), "gone"), default);
                    (await _session.CountAsync(Users.All)).Should().BeGreaterThan(0);
                    throw ScimError.InvalidValue("no");
                },
                default
            );
        await act.Should().ThrowAsync<ScimException>();

        (await TailAsync()).Should().BeEmpty();
        (await _session.ApplyAsync(Users.Create(_tenant, Guid.CreateVersion7(), "gone"), default)).Should().Be(1);
    }

    [Test]
    public async Task A_snapshot_does_not_see_what_is_committed_while_it_is_read()
    {
        var count = new Statement("select count(*) from users where tenant_id = $1", Arg.Uuid(_tenant.Value));
        var counts = await _session.SnapshotAsync(
            [count, count],
            async rows =>
            {
                await rows.ReadAsync();
                var first = rows.Int(0);
                await _host.Session(_tenant).ApplyAsync(Users.Create(_tenant, Guid.CreateVersion7(), "late"), default);
                await rows.NextAsync();
                await rows.ReadAsync();
                return (first, rows.Int(0));
            },
            default
        );

        counts.Should().Be((0L, 0L));
        (await TailAsync()).Should().ContainSingle();
    }

    [Test]
    public async Task Work_on_a_snapshot_does_not_see_what_is_committed_between_its_queries()
    {
        var count = new Statement("select count(*) from users where tenant_id = $1", Arg.Uuid(_tenant.Value));
        var counts = await _session.SnapshotAsync(
            async () =>
            {
                var first = await CountAsync();
                await _host.Session(_tenant).ApplyAsync(Users.Create(_tenant, Guid.CreateVersion7(), "late"), default);
                return (first, await CountAsync());
            },
            default
        );

        counts.Should().Be((0L, 0L));
        (await CountAsync()).Should().Be(1);

        Task<long> CountAsync() =>
            _session.QueryAsync([count], async rows => await rows.ReadAsync() ? rows.Int(0) : 0, default);
    }

    [Test]
    public async Task A_journal_entry_has_a_change_beside_it_or_none_alone_and_in_a_transaction()
    {
        await _session.ApplyAsync(
            Users.Create(_tenant, Guid.CreateVersion7(), Guid.NewGuid().ToString()) with
            {
                Journal = new JournalEntry("schema.add", null, null, Detail: "alone"),
            },
            default
        );
        await _session.TransactionAsync(
            async () =>
            {
                await _session.ApplyAsync(
                    Users.Create(_tenant, Guid.CreateVersion7(), Guid.NewGuid().ToString()) with
                    {
                        Journal = new JournalEntry("schema.add", null, null, Change: "{}"),
                    },
                    default
                );
                return 0;
            },
            default
        );

        (await TailAsync()).Select(row => row.Detail).Should().Equal("alone", null);
        (await ChangesAsync()).Should().Be(1);
    }

    [Test]
    public async Task Parallel_writers_are_all_kept()
    {
        await Task.WhenAll(
            Enumerable
                .Range(0, 100)
                .Select(i =>
                    Task.Run(() =>
                        _host
                            .Session(_tenant)
                            .ApplyAsync(Users.Create(_tenant, Guid.CreateVersion7(), $"parallel-{i}"), default)
                    )
                )
        );

        (await TailAsync()).Should().HaveCount(100).And.BeInAscendingOrder(row => row.Sequence);
    }

    [Test]
    public async Task The_journal_reader_starts_where_it_is_told()
    {
        for (var i = 0; i < 3; i++)
        {
            await _session.ApplyAsync(
                Users.Create(_tenant, Guid.CreateVersion7(), Guid.NewGuid().ToString()) with
                {
                    Journal = new JournalEntry($"act.{i}", null, null),
                },
                default
            );
        }

        var all = await TailAsync();
        (await TailAsync(all[1].Sequence)).Select(row => row.Operation).Should().Equal("act.1", "act.2");
    }

    [Test]
    public async Task A_transient_fault_is_tried_four_times_and_then_answered_with_503()
    {
        var attempts = 0;
        var act = () =>
            Retry.OnTransient<int>(() =>
            {
                attempts++;
                throw new TransientDatabaseException("lost");
            });

        (await act.Should().ThrowAsync<ScimException>()).Which.Error.Status.Should().Be(503);
        attempts.Should().Be(4);
    }

    private Task<int> EmailsAsync(Guid id) =>
        _session.CountAsync(
            new Statement(
                "select email_key from user_emails where tenant_id = $1 and user_id = $2",
                Arg.Uuid(_tenant.Value),
                Arg.Uuid(id)
            )
        );

    private Task<int> ChangesAsync() =>
        _session.CountAsync(
            new Statement("select sequence from journal_changes where tenant_id = $1", Arg.Uuid(_tenant.Value))
        );

    private async Task<List<JournalFact>> TailAsync(long from = 0)
    {
        var rows = new List<JournalFact>();
        await foreach (var row in _host.Get<IJournalReader>().TailAsync(_tenant, from, default))
        {
            rows.Add(row);
        }

        return rows;
    }
}
