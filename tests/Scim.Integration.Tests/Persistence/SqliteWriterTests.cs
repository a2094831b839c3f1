using Dapper;
using FluentAssertions;
using Microsoft.Data.Sqlite;
using NUnit.Framework;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence;

namespace Scim.Integration.Tests.Persistence;

[Property("Capability", "Waiting writes share one commit")]
[Property("Database", "Sqlite")]
internal sealed class SqliteWriterTests
{
    private PersistenceHost _host = null!;
    private TenantId _tenant;

    private SqliteWriter Writer => _host.Get<SqliteConnections>().Writer;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _host = await PersistenceHost.StartAsync(DatabaseProvider.Sqlite);
        _tenant = await _host.CreateTenantAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [Test]
    public async Task Waiting_writes_share_a_commit_and_a_failing_one_fails_alone()
    {
        await _host.Session(_tenant).ApplyAsync(Users.Create(_tenant, Guid.CreateVersion7(), "taken"), default);
        var release = new TaskCompletionSource();
        var turn = Writer.RunAloneAsync(
            async _ =>
            {
                await release.Task;
                return 0;
            },
            default
        );
        var writes = Enumerable
            .Range(0, 20)
            .Select(i =>
                _host
                    .Session(_tenant)
                    .ApplyAsync(Users.Create(_tenant, Guid.CreateVersion7(), i == 7 ? "taken" : $"group-{i}"), default)
            )
            .ToList();
        var commits = Writer.Commits;

        release.SetResult();
        await turn;
        await Task.WhenAll(writes.Select(write => write.ContinueWith(_ => { }, TaskScheduler.Default)));

        writes.Count(write => write.IsCompletedSuccessfully).Should().Be(19);
        writes[7].Exception!.InnerException.Should().BeOfType<UniqueViolationException>();
        (Writer.Commits - commits).Should().Be(2, "one for the turn, one for the group");
        (await _host.CountAsync("select count(*) from users where user_name_key like 'group-%'")).Should().Be(19);
    }

    [Test]
    public async Task A_transaction_has_the_writer_to_itself()
    {
        var session = _host.Session(_tenant);
        Task<int> outside = null!;
        await session.TransactionAsync(
            async () =>
            {
                await session.ApplyAsync(Users.Create(_tenant, Guid.CreateVersion7(), "alone-1"), default);
                using (ExecutionContext.SuppressFlow())
                {
                    outside = Task.Run(() =>
                        _host
                            .Session(_tenant)
                            .ApplyAsync(Users.Create(_tenant, Guid.CreateVersion7(), "alone-2"), default)
                    );
                }

                await Task.Delay(100);
                outside.IsCompleted.Should().BeFalse();
                (await session.CountAsync(new Statement("select id from users where user_name_key like 'alone-%'")))
                    .Should()
                    .Be(1);
                return 0;
            },
            default
        );
        (await outside).Should().Be(1);
    }

    [Test]
    public async Task Writing_past_the_own_turn_is_refused_instead_of_waiting_for_ever()
    {
        var session = _host.Session(_tenant);
        var act = () =>
            session.TransactionAsync(
                () => _host.Session(_tenant).ExecuteAsync(new Statement("delete from user_emails"), default),
                default
            );
        await act.Should().ThrowAsync<InvalidOperationException>();
        (await _host.Session(_tenant).ExecuteAsync(new Statement("delete from user_emails"), default)).Should().Be(0);
    }

    [Test]
    public async Task A_write_given_up_while_it_waited_is_not_done()
    {
        using var giveUp = new CancellationTokenSource();
        var release = new TaskCompletionSource();
        var turn = Writer.RunAloneAsync(
            async _ =>
            {
                await release.Task;
                return 0;
            },
            default
        );
        var write = _host
            .Session(_tenant)
            .ApplyAsync(Users.Create(_tenant, Guid.CreateVersion7(), "given-up"), giveUp.Token);
        await giveUp.CancelAsync();
        release.SetResult();
        await turn;

        var act = () => write;
        await act.Should().ThrowAsync<OperationCanceledException>();
        (await _host.CountAsync("select count(*) from users where user_name_key = 'given-up'")).Should().Be(0);
    }

    [Test]
    public async Task A_reading_connection_cannot_write()
    {
        var act = () =>
            _host
                .Session(_tenant)
                .QueryAsync([new Statement("delete from users returning id")], rows => rows.ReadAsync(), default);
        await act.Should().ThrowAsync<Exception>();
    }

    [Test]
    public async Task Another_process_may_write_meanwhile()
    {
        // The operator's verbs open the file beside the running server.
        await using var other = new SqliteConnections(_host.Options);
        await Task.WhenAll(
            Enumerable
                .Range(0, 50)
                .Select(i =>
                    i % 2 == 0
                        ? _host
                            .Session(_tenant)
                            .ApplyAsync(
                                Users.Create(_tenant, Guid.CreateVersion7(), Guid.NewGuid().ToString()) with
                                {
                                    Journal = new JournalEntry("other.process", null, null),
                                },
                                default
                            )
                        : other.Writer.RunAsync(
                            link => link.Execute("update configuration_epoch set value = value + 1"),
                            default
                        )
                )
        );
        (await _host.CountAsync("select count(*) from journal where operation = 'other.process'")).Should().Be(25);
        (await _host.CountAsync("select value from configuration_epoch")).Should().BeGreaterThanOrEqualTo(26);
    }

    [TestCase("update journal set actor = 'x'")]
    [TestCase("delete from journal")]
    [TestCase("update journal_changes set change = 'x'")]
    public async Task The_journal_cannot_be_rewritten(string sql)
    {
        await _host
            .Session(_tenant)
            .ApplyAsync(
                Users.Create(_tenant, Guid.CreateVersion7(), Guid.NewGuid().ToString()) with
                {
                    Journal = new JournalEntry("act", null, null, Change: "{}"),
                },
                default
            );
        var act = () => _host.Session(_tenant).ExecuteAsync(new Statement(sql), default);
        await act.Should().ThrowAsync<SqliteException>();
        var control = () => _host.Database.WriteAsync((connection, _) => connection.ExecuteAsync(sql), default);
        await control.Should().ThrowAsync<SqliteException>();
    }

    [Test]
    public async Task Commits_are_durable_and_foreign_keys_hold()
    {
        var pragmas = await Writer.RunAsync(
            link =>
                (
                    link.Connection.ExecuteScalar<string>("pragma journal_mode"),
                    link.Connection.ExecuteScalar<long>("pragma synchronous"),
                    link.Connection.ExecuteScalar<long>("pragma foreign_keys")
                ),
            default
        );
        pragmas.Should().Be(("wal", 2L, 1L));
    }
}
