using System.Text.Json;
using Dapper;
using Scim.Application.Audit;
using Scim.Application.Common;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence.Tenants;

namespace Scim.Infrastructure.Persistence.Journal;

internal sealed class UserErasure(ControlJournal journal, ITenantSession session, RequestContext request) : IUserErasure
{
    private const string SelectTrace = """
        select exists (select 1 from users where tenant_id = $1 and id = $2),
               exists (select 1 from journal where tenant_id = $1 and resource_id = $3 and resource_type = 'User')
        """;

    private const string Erase = """
        delete from journal_changes
         where tenant_id = @tenant and sequence in (
               select sequence from journal
                where tenant_id = @tenant and resource_id = @resourceId and resource_type = 'User')
        """;

    static UserErasure() => DapperTypes.Register();

    public Task<UserTrace> FindAsync(TenantId tenant, Guid user, CancellationToken cancellationToken)
    {
        request.ActAs(request.Actor, tenant);
        return session.QueryAsync(
            [new Statement(SelectTrace, Arg.Uuid(tenant.Value), Arg.Uuid(user), Arg.Text(user.ToString("D")))],
            static async rows =>
            {
                await rows.ReadAsync();
                return rows.Bool(0) ? UserTrace.Exists
                    : rows.Bool(1) ? UserTrace.Deleted
                    : UserTrace.None;
            },
            cancellationToken
        );
    }

    public Task<int> EraseAsync(TenantId tenant, Guid user, DateTimeOffset now, CancellationToken cancellationToken) =>
        journal.EraseAsync(
            async (connection, transaction) =>
            {
                var resourceId = user.ToString("D");
                var erased = await connection.ExecuteAsync(
                    new CommandDefinition(
                        Erase,
                        new { tenant, resourceId },
                        transaction,
                        cancellationToken: cancellationToken
                    )
                );
                await transaction.AppendJournalAsync(
                    tenant,
                    request.Actor,
                    request.RequestId,
                    now,
                    new JournalEntry(
                        "user.erase",
                        "User",
                        resourceId,
                        Detail: JsonSerializer.Serialize(new { changes = erased })
                    ),
                    cancellationToken
                );
                return erased;
            },
            cancellationToken
        );
}
