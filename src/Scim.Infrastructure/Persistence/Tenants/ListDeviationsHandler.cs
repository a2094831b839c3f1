using Dapper;
using MediatR;
using Scim.Application.Tenants;
using Scim.Domain.Errors;

namespace Scim.Infrastructure.Persistence.Tenants;

internal sealed class ListDeviationsHandler(IDatabase database)
    : IRequestHandler<ListDeviations, IReadOnlyList<ListedDeviation>>
{
    // A client without deviations has one row of nulls.
    private const string Select = """
        select d.kind, d.count, d.first_seen, d.last_seen
          from scim_clients c
          left join client_deviations d on d.tenant_id = c.tenant_id and d.client_id = c.id
         where c.id = @clientId
         order by d.kind
        """;

    static ListDeviationsHandler() => DapperTypes.Register();

    public async Task<IReadOnlyList<ListedDeviation>> Handle(
        ListDeviations request,
        CancellationToken cancellationToken
    )
    {
        var rows = await database.ReadAsync(
            async connection =>
                (
                    await connection.QueryAsync<Row>(
                        new CommandDefinition(
                            Select,
                            new { clientId = request.ClientId },
                            cancellationToken: cancellationToken
                        )
                    )
                ).AsList(),
            cancellationToken
        );
        return rows.Count == 0
            ? throw ScimError.NotFound("Client", request.ClientId.ToString("D"))
            :
            [
                .. rows.Where(row => row.Kind is not null)
                    .Select(row => new ListedDeviation(row.Kind!, row.Count, row.FirstSeen, row.LastSeen)),
            ];
    }

    private sealed class Row
    {
        public string? Kind { get; init; }

        public long Count { get; init; }

        public DateTimeOffset FirstSeen { get; init; }

        public DateTimeOffset LastSeen { get; init; }
    }
}
