using FluentAssertions;
using NUnit.Framework;
using Scim.Infrastructure.Persistence;
using SQLitePCL;

namespace Scim.Integration.Tests.Persistence;

[Property("Capability", "The embedded database plans a statement once, whatever values are bound")]
[Property("Database", "Sqlite")]
internal sealed class SqliteLinkTests
{
    private const int Reprepare = 5; // SQLITE_STMTSTATUS_REPREPARE
    private const int OfStatements = 3; // SQLITE_DBSTATUS_STMT_USED

    [Test]
    public async Task A_statement_is_planned_once_whatever_limit_is_bound()
    {
        await using var host = await PersistenceHost.StartAsync(DatabaseProvider.Sqlite);
        var planned = await host.Get<SqliteConnections>()
            .ReadAsync(
                link =>
                {
                    raw.sqlite3_prepare_v2(
                        link.Connection.Handle,
                        "select r.id from users r where r.tenant_id = x'00' order by r.seq limit $1",
                        out var statement
                    );
                    using (statement)
                    {
                        for (var limit = 1; limit < 10; limit++)
                        {
                            raw.sqlite3_bind_int64(statement, 1, limit);
                            raw.sqlite3_step(statement).Should().Be(raw.SQLITE_DONE);
                            raw.sqlite3_reset(statement);
                        }

                        return ValueTask.FromResult(raw.sqlite3_stmt_status(statement, Reprepare, 0));
                    }
                },
                default
            );

        planned.Should().Be(0, "it was planned when it was prepared");
    }

    [Test]
    public async Task A_statement_does_not_keep_large_values()
    {
        await using var host = await PersistenceHost.StartAsync(DatabaseProvider.Sqlite);
        var (used, length) = await host.Get<SqliteConnections>()
            .ReadAsync(
                link =>
                {
                    long Length(int size)
                    {
                        var (text, bytes) = (Arg.Text(new string('x', size)), Arg.Bytes(new byte[size]));
                        var statement = link.Prepare(new Statement("select length($1) + length($2)", [text, bytes]));
                        statement.Step().Should().BeTrue();
                        var length = statement.Int(0);
                        statement.Reset();
                        return length;
                    }

                    var small = Length(1);
                    var before = Used(link);
                    var large = Length(1_000_000);
                    return ValueTask.FromResult((Used(link) - before, small + large));
                },
                default
            );

        length.Should().Be(2_000_002);
        used.Should().BeLessThan(10_000);
    }

    private static int Used(SqliteLink link)
    {
        raw.sqlite3_db_status(link.Connection.Handle, OfStatements, out var used, out _, 0);
        return used;
    }
}
