using System.Text.Json;
using Dapper;
using Scim.Application.Common;
using Scim.Application.Workspaces;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence.Tenants;

namespace Scim.Infrastructure.Persistence.Workspaces;

internal sealed class WorkspaceStore(IDatabase database, ControlJournal journal) : IWorkspaceStore
{
    private const string Insert = """
        insert into workspaces (id, slug, name, version, created_at) values (@Id, @Slug, @Name, @Version, @CreatedAt)
        on conflict (slug) do nothing
        """;

    private const string Rename = """
        update workspaces set name = @Name, version = @Version where id = @Id and version = @Version - 1
        """;

    private const string DeleteMembers = "delete from operator_workspaces where workspace_id = @Id";

    private const string Delete = """
        delete from workspaces
         where id = @Id and not exists (select 1 from tenants t where t.workspace_id = workspaces.id)
        """;

    static WorkspaceStore() => DapperTypes.Register();

    public Task AddAsync(Workspace workspace, CancellationToken cancellationToken) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                if (await connection.ExecuteAsync(Insert, workspace, transaction) == 0)
                {
                    throw ScimError.Conflict($"There is already a workspace {workspace.Slug}.");
                }

                var detail = JsonSerializer.Serialize(new { slug = workspace.Slug, name = workspace.Name });
                await journal.AppendAsync(
                    transaction,
                    workspace.CreatedAt,
                    Entry("workspace.create", workspace, detail)
                );
                return true;
            },
            cancellationToken
        );

    public Task<Workspace?> FindAsync(Guid id, AdminCaller? caller, CancellationToken cancellationToken)
    {
        var sql = $"{WorkspaceRow.Select} where w.id = @id and {WorkspaceRow.VisibleTo(caller)}";
        return database.ReadAsync(
            async connection =>
                (
                    await connection.QuerySingleOrDefaultAsync<WorkspaceRow>(
                        new CommandDefinition(
                            sql,
                            new { id, caller = caller?.Id ?? Guid.Empty },
                            cancellationToken: cancellationToken
                        )
                    )
                )?.ToWorkspace(),
            cancellationToken
        );
    }

    public Task<bool> RenameAsync(
        Workspace before,
        Workspace after,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                if (await connection.ExecuteAsync(Rename, after, transaction) == 0)
                {
                    return false;
                }

                var detail = JsonSerializer.Serialize(new { before = before.Name, after = after.Name });
                await journal.AppendAsync(transaction, now, Entry("workspace.update", after, detail));
                return true;
            },
            cancellationToken
        );

    public Task DeleteAsync(Workspace workspace, DateTimeOffset now, CancellationToken cancellationToken) =>
        journal.ActAsync(
            async (connection, transaction) =>
            {
                if (await connection.ExecuteAsync(Delete, workspace, transaction) == 0)
                {
                    throw ScimError.Conflict("The workspace owns tenants; move or purge them first.");
                }

                await connection.ExecuteAsync(DeleteMembers, workspace, transaction);
                var detail = JsonSerializer.Serialize(new { slug = workspace.Slug });
                await journal.AppendAsync(transaction, now, Entry("workspace.delete", workspace, detail));
                return true;
            },
            cancellationToken
        );

    private static JournalEntry Entry(string operation, Workspace workspace, string detail) =>
        new(operation, "Workspace", workspace.Id.ToString("D"), Detail: detail);
}
