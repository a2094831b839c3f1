using Dapper;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Workspaces;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Workspaces;

internal sealed class ListWorkspacesHandler(IDatabase database, RequestContext request)
    : IRequestHandler<ListWorkspaces, IReadOnlyList<Workspace>>
{
    static ListWorkspacesHandler() => DapperTypes.Register();

    // The default workspace is the oldest: its id is of version 7, too.
    public async Task<IReadOnlyList<Workspace>> Handle(ListWorkspaces query, CancellationToken cancellationToken)
    {
        var sql = $"""
            {WorkspaceRow.Select} where w.id > @After and {WorkspaceRow.VisibleTo(
                request.Admin
            )} order by w.id limit @Limit
            """;
        var parameters = new
        {
            query.After,
            query.Limit,
            caller = request.Admin?.Id ?? Guid.Empty,
        };
        var rows = await database.ReadAsync(
            connection =>
                connection.QueryAsync<WorkspaceRow>(
                    new CommandDefinition(sql, parameters, cancellationToken: cancellationToken)
                ),
            cancellationToken
        );
        return [.. rows.Select(row => row.ToWorkspace())];
    }
}

internal sealed class WorkspaceRow
{
    /// <summary>Calls the table <c>w</c>.</summary>
    public const string Select = """
        select w.id as Id, w.slug as Slug, w.name as Name, w.version as Version, w.created_at as CreatedAt,
               (select count(*) from tenants t where t.workspace_id = w.id and t.purged_at is null) as Tenants
          from workspaces w
        """;

    private const string Visible = """
        exists (select 1 from operator_workspaces m where m.workspace_id = w.id and m.operator_id = @caller)
        """;

    public Guid Id { get; init; }

    public string Slug { get; init; } = "";

    public string Name { get; init; } = "";

    public long Version { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public long Tenants { get; init; }

    /// <summary>A condition on <see cref="Select"/>.</summary>
    public static string VisibleTo(AdminCaller? caller) => caller?.IsTenantBound == true ? Visible : "1 = 1";

    public Workspace ToWorkspace() => new(Id, Slug, Name, Version, CreatedAt, Tenants);
}
