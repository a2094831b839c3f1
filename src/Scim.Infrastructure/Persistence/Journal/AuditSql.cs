using Dapper;
using Scim.Application.Audit;
using Scim.Infrastructure.Persistence.Sealing;

namespace Scim.Infrastructure.Persistence.Journal;

/// <summary>
/// The audit query as SQL of fixed parts, newest first. Each is a walk along one index (docs/adr/0026): that of the resource
/// or request asked for; else that of each kind of row (actor, operation, outcome, type) that the filter admits, merged;
/// else that of each tenant; else, over all tenants, a bounded part of that over all rows.
/// </summary>
internal static class AuditSql
{
    /// <summary>How many rows of all tenants one page may look through.</summary>
    public const int Window = 10_000;

    // As in the index. Not coalesce: PostgreSQL takes that for leaky, and under row-level security then sorts what is in order.
    private const string Type = "(case when i.resource_type is null then '' else i.resource_type end)";
    private const string TypeOfRow = "(case when n.resource_type is null then '' else n.resource_type end)";

    private const string Range = "(i.occurred_at, i.sequence) < (@time, @sequence) and i.occurred_at >= @from";

    // Of all tenants: the predicate of the index that serves it, which no statement about one tenant may use.
    private const string RangeOfAll = $"i.sequence > 0 and {Range}";
    private const string Newest = "order by i.occurred_at desc, i.sequence desc limit @limit";

    /// <summary>The position of the last row that a page over all tenants looked at: read from the index alone.</summary>
    public const string LastOfWindow = $"""
        select i.occurred_at as OccurredAt, i.sequence as Sequence
          from journal i
         where {RangeOfAll}
         order by i.occurred_at desc, i.sequence desc limit 1 offset @skip
        """;

    /// <summary>True when a page may end before it is full, though there is more.</summary>
    public static bool IsWindowed(AuditFilter filter, IReadOnlyList<Guid>? tenants) =>
        tenants is null && !IsById(filter) && HasKind(filter);

    public static (string Sql, DynamicParameters Parameters) Page(
        ISqlDialect dialect,
        AuditFilter filter,
        IReadOnlyList<Guid>? tenants,
        AuditPosition before,
        int limit
    )
    {
        var parameters = new DynamicParameters(
            new
            {
                time = before.Time,
                sequence = before.Sequence,
                from = filter.From ?? DateTimeOffset.UnixEpoch,
                limit,
                window = Window,
                skip = Window - 1,
                filter.Operation,
                actors = Actors(filter.Actor),
                filter.ResourceType,
                filter.ResourceId,
                filter.Outcome,
                filter.RequestId,
            }
        );
        var asked = Asked(tenants, parameters);
        var source =
            IsById(filter) ? ById(dialect, filter, tenants)
            : tenants is null ? Everywhere(dialect, filter)
            : HasKind(filter) ? ByKind(dialect, filter)
            : dialect.NewestOfEach("asked t", $"i.tenant_id = t.id and {Range} {Newest}");
        return (
            $"""
            {asked}
            select {RecordRow.Columns} from ({source}) found order by occurred_at desc, sequence desc limit @limit
            """,
            parameters
        );
    }

    private static bool IsById(AuditFilter filter) => filter.ResourceId is not null || filter.RequestId is not null;

    private static bool HasKind(AuditFilter filter) =>
        (filter.Operation ?? filter.Actor ?? filter.ResourceType ?? filter.Outcome) is not null;

    private static string ById(ISqlDialect dialect, AuditFilter filter, IReadOnlyList<Guid>? tenants) =>
        $"""
            select i.* from journal i
             where {Range} {Conditions(dialect, filter, "i")}
               {(filter.ResourceId is null ? "" : "and i.resource_id = @ResourceId")}
               {(filter.RequestId is null ? "" : "and i.request_id = @RequestId and i.request_id <> ''")}
               {(tenants is null ? "" : "and i.tenant_id in (select id from asked)")}
             {Newest}
            """;

    private static string Everywhere(ISqlDialect dialect, AuditFilter filter) =>
        HasKind(filter)
            ? $"""
                select i.* from (
                       select i.* from journal i where {RangeOfAll} order by i.occurred_at desc, i.sequence desc limit @window) i
                 where 1 = 1 {Conditions(dialect, filter, "i")}
                 {Newest}
                """
            : $"select i.* from journal i where {RangeOfAll} {Newest}";

    // One row stands for each kind; from it the next kind is found without reading the rows between.
    private static string ByKind(ISqlDialect dialect, AuditFilter filter) =>
        $"""
            with recursive kinds(tenant_id, sequence) as (
                select t.id, (select i.sequence from journal i
                               where i.tenant_id = t.id order by i.actor, i.operation, {Type}, i.outcome limit 1)
                  from asked t
                union all
                select n.tenant_id, coalesce(
                       (select i.sequence from journal i
                         where i.tenant_id = n.tenant_id and i.actor = n.actor and i.operation = n.operation
                           and {Type} = {TypeOfRow} and i.outcome > n.outcome order by i.outcome limit 1),
                       (select i.sequence from journal i
                         where i.tenant_id = n.tenant_id and i.actor = n.actor and i.operation = n.operation
                           and {Type} > {TypeOfRow} order by {Type}, i.outcome limit 1),
                       (select i.sequence from journal i
                         where i.tenant_id = n.tenant_id and i.actor = n.actor and i.operation > n.operation
                         order by i.operation, {Type}, i.outcome limit 1),
                       (select i.sequence from journal i
                         where i.tenant_id = n.tenant_id and i.actor > n.actor
                         order by i.actor, i.operation, {Type}, i.outcome limit 1))
                  from kinds k join journal n on n.tenant_id = k.tenant_id and n.sequence = k.sequence
            ),
            chosen as (
                select n.* from kinds k join journal n on n.tenant_id = k.tenant_id and n.sequence = k.sequence
                 where 1 = 1 {Conditions(dialect, filter, "n")}
            )
            {dialect.NewestOfEach(
                "chosen n",
                $"""
                i.tenant_id = n.tenant_id and i.actor = n.actor and i.operation = n.operation and {Type} = {TypeOfRow}
                and i.outcome = n.outcome and {Range} {Newest}
                """
            )}
            """;

    private static string Conditions(ISqlDialect dialect, AuditFilter filter, string row)
    {
        string?[] conditions =
        [
            filter.Operation is null ? null : $"{row}.operation = @Operation",
            filter.Actor is null ? null : dialect.AnyOf($"{row}.actor", "@actors"),
            filter.ResourceType is null ? null : $"{row}.resource_type = @ResourceType",
            filter.Outcome is null ? null : $"{row}.outcome = @Outcome",
        ];
        return string.Concat(conditions.OfType<string>().Select(condition => $" and {condition}"));
    }

    private static string[] Actors(string? actor) =>
        actor is null ? []
        : actor.Contains(':', StringComparison.Ordinal) ? [actor]
        : [actor, $"client:{actor}", $"operator:{actor}", $"api-key:{actor}", $"job:{actor}", $"schedule:{actor}"];

    private static string Asked(IReadOnlyList<Guid>? tenants, DynamicParameters parameters)
    {
        if (tenants is null)
        {
            return "";
        }

        for (var i = 0; i < tenants.Count; i++)
        {
            parameters.Add($"tenant{i}", tenants[i]);
        }

        return $"with asked(id) as (values {string.Join(", ", tenants.Select((_, i) => $"(@tenant{i})"))})";
    }
}
