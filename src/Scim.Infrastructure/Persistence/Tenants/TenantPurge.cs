using System.Data.Common;
using System.Text.Json;
using Dapper;
using Scim.Application.Common;
using Scim.Application.Tenants;
using Scim.Domain.Jobs;
using Scim.Infrastructure.Persistence.Jobs;

namespace Scim.Infrastructure.Persistence.Tenants;

internal sealed class TenantPurge(IDatabase database, ControlJournal journal, TimeProvider clock) : ITenantPurge
{
    private const int Batch = 500;

    private const string Members = """
        delete from group_members
         where tenant_id = @tenant and (group_id, user_id) in (
               select group_id, user_id from group_members where tenant_id = @tenant limit @limit)
        """;

    private const string Nestings = """
        delete from group_nestings
         where tenant_id = @tenant and (group_id, child_id) in (
               select group_id, child_id from group_nestings where tenant_id = @tenant limit @limit)
        """;

    private const string GroupCounters = """
        delete from group_counters
         where tenant_id = @tenant and group_id in (
               select group_id from group_counters where tenant_id = @tenant limit @limit)
        """;

    private const string Emails = """
        delete from user_emails
         where tenant_id = @tenant and user_id in (
               select user_id from user_emails where tenant_id = @tenant limit @limit)
        """;

    private const string UniqueValues = """
        delete from unique_values
         where tenant_id = @tenant and resource_id in (
               select resource_id from unique_values where tenant_id = @tenant limit @limit)
        """;

    private const string Users = """
        delete from users
         where tenant_id = @tenant and id in (select id from users where tenant_id = @tenant limit @limit)
        """;

    private const string Groups = """
        delete from groups
         where tenant_id = @tenant and id in (select id from groups where tenant_id = @tenant limit @limit)
        """;

    private const string Counters = "delete from resource_counters where tenant_id = @tenant";

    // What the changes were; the facts and the digests that the chain was made of stay.
    private const string Changes = """
        delete from journal_changes
         where tenant_id = @tenant and sequence in (
               select sequence from journal_changes where tenant_id = @tenant order by sequence limit @limit)
        """;

    // Waits for the job that notes members, and leaves it nothing to note.
    private const string EndNoting = """
        insert into journal_member_positions (tenant_id, sequence) values (@tenant, 9223372036854775807)
        on conflict (tenant_id) do update set sequence = excluded.sequence
        """;

    private const string JournalMembers = """
        delete from journal_members
         where tenant_id = @tenant and (member_id, occurred_at, sequence) in (
               select member_id, occurred_at, sequence from journal_members where tenant_id = @tenant limit @limit)
        """;

    private const string SelectSlug = """
        select slug from tenants where id = @tenant and purging_at is not null and purged_at is null
        """;

    // A slug of this form cannot be chosen, so the old one is free; and the workspace can be deleted.
    private const string Bury = """
        update tenants
           set workspace_id = (select w.id from workspaces w where w.slug = 'default'), slug = @tombstone, name = @slug, contacts = '[]', purged_at = @now, version = version + 1
         where id = @tenant
        """;

    private static readonly string[] Removals =
    [
        Members,
        Nestings,
        GroupCounters,
        Emails,
        UniqueValues,
        Users,
        Groups,
        Counters,
        Changes,
        JournalMembers,
    ];

    // Few rows each, and read until the end: by then nothing is left that they could describe.
    private static readonly string[] Leftovers =
    [
        "delete from client_deviations where tenant_id = @tenant",
        "delete from tokens where tenant_id = @tenant",
        "delete from client_assertions where tenant_id = @tenant",
        "delete from scim_clients where tenant_id = @tenant",
        "delete from audit_stream_positions where tenant_id = @tenant",
        "delete from audit_streams where tenant_id = @tenant",
        "delete from settings_versions where tenant_id = @tenant",
        "delete from tenant_schemas where tenant_id = @tenant",
        "delete from operator_tenants where tenant_id = @tenant",
    ];

    // By the database's clock, which also says when the job is due.
    private readonly string _begin = $"""
        update tenants set purging_at = coalesce(purging_at, {database.Dialect.Now})
         where id = @tenant and state = 'deleting' and purged_at is null
           and (purging_at is not null or purge_after <= {database.Dialect.Now})
        """;

    static TenantPurge() => DapperTypes.Register();

    public int Kinds => Removals.Length;

    public Task<bool> BeginAsync(JobLease lease, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (connection, transaction) =>
            {
                var begun = await ExecuteAsync(_begin, lease, transaction, cancellationToken);
                if (begun == 1)
                {
                    await ExecuteAsync(EndNoting, lease, transaction, cancellationToken);
                }

                await transaction.FenceAsync(lease, 0, cancellationToken);
                return begun == 1;
            },
            cancellationToken
        );

    public Task<int> RemoveAsync(JobLease lease, int kind, CancellationToken cancellationToken) =>
        database.EraseAsync(
            async (_, transaction) =>
            {
                var removed = await ExecuteAsync(Removals[kind], lease, transaction, cancellationToken);
                await transaction.FenceAsync(lease, removed, cancellationToken);
                return removed;
            },
            cancellationToken
        );

    public Task FinishAsync(JobLease lease, CancellationToken cancellationToken) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                await transaction.FenceAsync(lease, 0, cancellationToken);
                var tenant = lease.Tenant;
                var slug = await connection.QuerySingleOrDefaultAsync<string>(SelectSlug, new { tenant }, transaction);
                if (slug is null)
                {
                    return false;
                }

                foreach (var sql in Leftovers)
                {
                    await ExecuteAsync(sql, lease, transaction, cancellationToken);
                }

                var now = clock.Now();
                var tombstone = $"{slug}~{tenant}";
                await connection.ExecuteAsync(
                    Bury,
                    new
                    {
                        tenant,
                        tombstone,
                        slug,
                        now,
                    },
                    transaction
                );
                await journal.AppendAsync(
                    transaction,
                    tenant,
                    now,
                    "tenant.purge",
                    "Tenant",
                    tenant.ToString(),
                    JsonSerializer.Serialize(new { slug })
                );
                return true;
            },
            cancellationToken
        );

    private static Task<int> ExecuteAsync(
        string sql,
        JobLease lease,
        DbTransaction transaction,
        CancellationToken cancellationToken
    ) =>
        transaction.Connection!.ExecuteAsync(
            new CommandDefinition(
                sql,
                new { tenant = lease.Tenant, limit = Batch },
                transaction,
                cancellationToken: cancellationToken
            )
        );
}
