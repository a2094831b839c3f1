using Dapper;
using FluentAssertions;
using Npgsql;
using NUnit.Framework;
using Scim.Domain.Tenants;
using Scim.TestKit;

namespace Scim.Integration.Tests.Audit;

[Property("Capability", "Sealing waits for rows that commit late")]
[Property("Database", "PostgreSql")]
internal sealed class LateCommitTests
{
    [Test]
    public async Task A_row_that_commits_late_is_waited_for()
    {
        await using var journal = await SealedJournal.StartAsync(DatabaseKind.PostgreSql);
        using var tenant = await TestTenant.CreateAsync(journal.Server);
        var id = new TenantId(Guid.Parse(tenant.TenantId));
        await journal.SealAsync(id);
        await using var late = new NpgsqlConnection(journal.Server.Database.Configuration["ConnectionStrings:Scim"]);
        await late.OpenAsync();
        await using var transaction = await late.BeginTransactionAsync();
        await late.ExecuteAsync(
            """
            insert into journal (tenant_id, occurred_at, actor, request_id, operation, outcome)
            values (@Value, now(), 'late', '', 'user.create', 'success')
            """,
            id,
            transaction
        );
        await journal.AppendAsync(id, 1);

        var sealing = Task.Run(() => journal.SealAsync(id));
        await Task.WhenAny(sealing, Task.Delay(TimeSpan.FromSeconds(2)));
        sealing.IsCompleted.Should().BeFalse("a row with a smaller number may yet commit");
        await transaction.CommitAsync();
        await sealing;
        var report = await journal.VerifyAsync(tenant.Slug);

        report.Findings.Should().BeEmpty();
        report.Unsealed.Should().Be(0);
    }
}
