using Dapper;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Operators;
using Scim.Domain.Errors;

namespace Scim.Infrastructure.Persistence.Operators;

internal sealed class ListOperatorsHandler(IDatabase database, RequestContext request)
    : IRequestHandler<ListOperators, IReadOnlyList<OperatorAccount>>
{
    // Ids are of version 7: their order is that of creation.
    public Task<IReadOnlyList<OperatorAccount>> Handle(ListOperators query, CancellationToken cancellationToken)
    {
        var sql = $"""
            select {OperatorRow.Columns}
              from operators o
             where o.id > @After and {OperatorReader.VisibleTo(request.Admin)}
             order by o.id limit @Limit
            """;
        var parameters = new
        {
            query.After,
            query.Limit,
            caller = request.Admin?.Id,
        };
        return database.ReadAsync(
            connection => OperatorReader.ListAsync(connection, sql, parameters),
            cancellationToken
        );
    }
}

internal sealed class ListSessionsHandler(
    IDatabase database,
    IOperatorStore operators,
    RequestContext request,
    TimeProvider clock
) : IRequestHandler<ListSessions, IReadOnlyList<ListedSession>>
{
    private const string Select = """
        select id as Id, created_at as CreatedAt, expires_at as ExpiresAt, lease_expires_at as LeaseExpiresAt
          from operator_sessions
         where operator_id = @OperatorId and id > @After and lease_expires_at > @now and expires_at > @now
         order by id limit @Limit
        """;

    static ListSessionsHandler() => DapperTypes.Register();

    public async Task<IReadOnlyList<ListedSession>> Handle(ListSessions query, CancellationToken cancellationToken)
    {
        if (await operators.FindAsync(query.OperatorId, request.Admin, cancellationToken) is null)
        {
            throw ScimError.NotFound("Operator", query.OperatorId.ToString("D"));
        }

        var parameters = new
        {
            query.OperatorId,
            query.After,
            query.Limit,
            now = clock.Now(),
        };
        var rows = await database.ReadAsync(
            connection =>
                connection.QueryAsync<ListedSession>(
                    new CommandDefinition(Select, parameters, cancellationToken: cancellationToken)
                ),
            cancellationToken
        );
        return [.. rows];
    }
}
