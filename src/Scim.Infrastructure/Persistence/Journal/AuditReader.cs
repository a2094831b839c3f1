using System.Globalization;
using Dapper;
using Scim.Application.Audit;
using Scim.Application.Common;
using Scim.Domain.Audit;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Journal;

/// <summary>
/// Journal rows as they are shown. The facts are read across tenants; what changed is read within each tenant, since the role
/// that reaches all of them has no right to it.
/// </summary>
internal sealed class AuditReader(IDatabase database, ITenantSession session, RequestContext request)
{
    // Ids are unique over all tenants; the tenant is named for its key's sake.
    private const string SelectNames = """
        select 'client' as Type, c.id as Id, c.name as Name
          from actors a join scim_clients c on c.tenant_id = a.tenant_id and c.id = a.id
        union all select 'operator', o.id, o.user_name from actors a join operators o on o.id = a.id
        union all select 'api-key', k.id, k.name from actors a join api_keys k on k.id = a.id
        """;

    static AuditReader() => DapperTypes.Register();

    public async Task<IReadOnlyList<AuditEntry>> ShowAsync(
        IReadOnlyList<JournalRecord> rows,
        CancellationToken cancellationToken
    )
    {
        var names = await NamesAsync(rows, cancellationToken);
        var changes = await ReadChangesAsync(
            [.. rows.Where(row => row.ChangeDigest is not null).GroupBy(row => row.Tenant)],
            cancellationToken
        );
        return [.. rows.Select(row => Show(row, names, changes.GetValueOrDefault((row.Tenant, row.Sequence))))];
    }

    private static AuditEntry Show(JournalRecord row, Dictionary<string, string> names, string? change)
    {
        var colon = row.Actor.IndexOf(':', StringComparison.Ordinal);
        var (type, id) = colon < 0 ? (row.Actor, null) : (row.Actor[..colon], row.Actor[(colon + 1)..]);
        return new AuditEntry(
            row.Tenant,
            row.Sequence,
            row.OccurredAt,
            new AuditActor(type, id, names.GetValueOrDefault(row.Actor)),
            row.Operation,
            row.ResourceType,
            row.ResourceId,
            row.Outcome,
            row.RequestId,
            row.Detail,
            row.Occurrences,
            change,
            row.ChangeDigest is not null && change is null
        );
    }

    // One round trip for all tenants: each is named before its own statement.
    private async Task<Dictionary<(TenantId, long), string>> ReadChangesAsync(
        IReadOnlyList<IGrouping<TenantId, JournalRecord>> tenants,
        CancellationToken cancellationToken
    )
    {
        var changes = new Dictionary<(TenantId, long), string>();
        if (tenants.Count == 0)
        {
            return changes;
        }

        var select = $"""
            select c.sequence, c.change from journal_changes c
             where c.tenant_id = $1
               and {session.Dialect.In(
                "c.sequence",
                $"select cast(t.value as bigint) from {session.Dialect.TextSet(2)}"
            )}
            """;
        var statements = new List<Statement>();
        foreach (var tenant in tenants)
        {
            if (session.Dialect.NameTenant is { } nameTenant)
            {
                statements.Add(new Statement(nameTenant, Arg.Text(tenant.Key.ToString())));
            }

            var sequences = tenant.Select(row => row.Sequence.ToString(CultureInfo.InvariantCulture));
            statements.Add(new Statement(select, Arg.Uuid(tenant.Key.Value), Arg.Texts([.. sequences])));
        }

        var before = request.Tenant;
        request.ActAs(request.Actor, tenants[0].Key);
        try
        {
            return await session.QueryAsync(
                statements,
                async found =>
                {
                    foreach (var tenant in tenants)
                    {
                        if (session.Dialect.NameTenant is not null)
                        {
                            await found.NextAsync();
                        }

                        while (await found.ReadAsync())
                        {
                            changes[(tenant.Key, found.Int(0))] = found.Text(1);
                        }

                        await found.NextAsync();
                    }

                    return changes;
                },
                cancellationToken
            );
        }
        finally
        {
            request.ActAs(request.Actor, before);
        }
    }

    private async Task<Dictionary<string, string>> NamesAsync(
        IReadOnlyList<JournalRecord> rows,
        CancellationToken cancellationToken
    )
    {
        var actors = rows.Select(row => (row.Tenant, Id: IdOf(row.Actor)))
            .Where(actor => actor.Id is not null)
            .Distinct()
            .ToList();
        if (actors.Count == 0)
        {
            return [];
        }

        var parameters = new DynamicParameters();
        for (var i = 0; i < actors.Count; i++)
        {
            parameters.Add($"tenant{i}", actors[i].Tenant.Value);
            parameters.Add($"id{i}", actors[i].Id!.Value);
        }

        var asked = string.Join(", ", actors.Select((_, i) => $"(@tenant{i}, @id{i})"));
        var found = await database.ReadAsync(
            connection =>
                connection.QueryAsync<(string Type, Guid Id, string Name)>(
                    new CommandDefinition(
                        $"with actors(tenant_id, id) as (values {asked}) {SelectNames}",
                        parameters,
                        cancellationToken: cancellationToken
                    )
                ),
            cancellationToken
        );
        return found
            .DistinctBy(name => (name.Type, name.Id))
            .ToDictionary(name => $"{name.Type}:{name.Id:D}", name => name.Name);
    }

    private static Guid? IdOf(string actor) =>
        Guid.TryParseExact(actor.AsSpan(actor.IndexOf(':', StringComparison.Ordinal) + 1), "D", out var id) ? id : null;
}
