using Dapper;
using MediatR;
using Scim.Application.Jobs;
using Scim.Domain.Errors;
using Scim.Domain.Jobs;

namespace Scim.Infrastructure.Persistence.Jobs;

internal sealed class ListJobsHandler(IDatabase database) : IRequestHandler<ListJobs, IReadOnlyList<ListedJob>>
{
    private const string SelectTenant = "select id from tenants where slug = @slug";

    private const string Select = """
        select j.id, coalesce(t.slug, 'installation') as slug, j.type, j.state, j.attempts, j.progress, j.run_after, j.lease_owner, j.lease_until, j.result,
               j.error, j.created_at, j.finished_at
          from jobs j left join tenants t on t.id = j.tenant_id
        """;

    private const string OfTenant = "j.tenant_id = @tenant";

    private const string InState = "j.state = @state";

    private const string NewestFirst = "order by j.created_at desc, j.id limit @limit";

    static ListJobsHandler() => DapperTypes.Register();

    public Task<IReadOnlyList<ListedJob>> Handle(ListJobs request, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<ListedJob>>(
            async connection =>
            {
                Guid? tenant = request.TenantSlug is { } slug
                    ? await connection.QuerySingleOrDefaultAsync<Guid?>(SelectTenant, new { slug })
                        ?? throw ScimError.NotFound("Tenant", slug)
                    : null;
                string?[] conditions = [tenant is null ? null : OfTenant, request.State is null ? null : InState];
                var where = string.Join(" and ", conditions.OfType<string>());
                var sql = where.Length == 0 ? $"{Select} {NewestFirst}" : $"{Select} where {where} {NewestFirst}";
                var rows = await connection.QueryAsync<Row>(
                    new CommandDefinition(
                        sql,
                        new
                        {
                            tenant = tenant.GetValueOrDefault(),
                            state = JobRow.Text(request.State.GetValueOrDefault()),
                            limit = request.Limit,
                        },
                        cancellationToken: cancellationToken
                    )
                );
                return [.. rows.Select(row => row.ToListed())];
            },
            cancellationToken
        );

    private sealed class Row
    {
        public Guid Id { get; init; }

        public string Slug { get; init; } = "";

        public string Type { get; init; } = "";

        public string State { get; init; } = "";

        public int Attempts { get; init; }

        public long Progress { get; init; }

        public DateTimeOffset RunAfter { get; init; }

        public string? LeaseOwner { get; init; }

        public DateTimeOffset? LeaseUntil { get; init; }

        public string? Result { get; init; }

        public string? Error { get; init; }

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset? FinishedAt { get; init; }

        public ListedJob ToListed() =>
            new(
                Id,
                Slug,
                Type,
                JobRow.Parse(State),
                Attempts,
                Progress,
                RunAfter,
                LeaseOwner,
                LeaseUntil,
                Result,
                Error,
                CreatedAt,
                FinishedAt
            );
    }
}
