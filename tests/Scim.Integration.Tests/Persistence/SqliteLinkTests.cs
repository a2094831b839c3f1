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
}
