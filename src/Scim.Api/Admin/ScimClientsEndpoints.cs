using System.Text.Json;
using System.Text.Json.Serialization;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Tenants;
using Scim.Domain.Tenants;

namespace Scim.Api.Admin;

internal static class ScimClientsEndpoints
{
    private const string Client = "SCIM client";
    private const string TenantParameter = "tenantId";

    public static void Map(IEndpointRouteBuilder admin)
    {
        admin.MapGet("/scim_clients", ListAsync);
        admin.MapPost("/scim_clients", CreateAsync);
        admin.MapGet("/scim_clients/{id}", GetAsync);
        admin.MapPut("/scim_clients/{id}", UpdateAsync);
        admin.MapDelete("/scim_clients/{id}", DeleteAsync);
        admin.MapPost("/scim_clients/{id}/test", TestAsync);
        admin.MapPost("/scim_clients/{id}/tokens", IssueTokenAsync);
        admin.MapPost("/scim_clients/{id}/tokens/rotate", RotateTokenAsync);
        admin.MapDelete("/scim_clients/{id}/tokens/{tokenId}", RevokeTokenAsync);
    }

    private static async Task<IResult> ListAsync(
        HttpRequest request,
        IMediator mediator,
        TimeProvider clock,
        CancellationToken cancellationToken
    )
    {
        var page = AdminPage.Of(request, TenantParameter);
        var query = new ListScimClients(TenantOf(request), page.After, page.Wanted);
        var found = await mediator.Send(query, cancellationToken);
        var now = clock.GetUtcNow();
        return page.Show(request, found, client => client.Id, client => new ClientAnswer(client, now));
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context,
        IMediator mediator,
        TimeProvider clock,
        CancellationToken cancellationToken
    )
    {
        var values = await AdminBody.ReadAsync<NewScimClient>(context);
        var issued = await mediator.Send(new CreateScimClient(values), cancellationToken);
        var client = await mediator.Send(new GetScimClient(issued.ClientId), cancellationToken);
        context.Response.Headers.Location = $"{AdminRoutes.Base}/scim_clients/{client.Id:D}";
        var answer = new ClientAnswer(client, clock.GetUtcNow()) { Token = new TokenAnswer(issued) };
        return AdminResults.Versioned(context.Response, client.Version, answer, StatusCodes.Status201Created);
    }

    private static async Task<IResult> GetAsync(
        string id,
        HttpResponse response,
        IMediator mediator,
        TimeProvider clock,
        CancellationToken cancellationToken
    )
    {
        var client = await mediator.Send(new GetScimClient(AdminResults.Id(Client, id)), cancellationToken);
        var answer = new ClientAnswer(client, clock.GetUtcNow())
        {
            Deviations = await mediator.Send(new ListDeviations(client.Id), cancellationToken),
        };
        return AdminResults.Versioned(response, client.Version, answer);
    }

    private static async Task<IResult> UpdateAsync(
        string id,
        HttpContext context,
        IMediator mediator,
        TimeProvider clock,
        CancellationToken cancellationToken
    )
    {
        var clientId = AdminResults.Id(Client, id);
        var values = await AdminBody.ReadAsync<ClientValues>(context);
        var ifMatch = IfMatch.Parse(context.Request.Headers.IfMatch);
        var client = await mediator.Send(new UpdateScimClient(clientId, values, ifMatch), cancellationToken);
        return AdminResults.Versioned(context.Response, client.Version, new ClientAnswer(client, clock.GetUtcNow()));
    }

    private static async Task<IResult> DeleteAsync(
        string id,
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var command = new DeleteScimClient(AdminResults.Id(Client, id), IfMatch.Parse(request.Headers.IfMatch));
        await mediator.Send(command, cancellationToken);
        return Results.NoContent();
    }

    private static async Task<IResult> TestAsync(string id, IMediator mediator, CancellationToken cancellationToken)
    {
        var client = await mediator.Send(new GetScimClient(AdminResults.Id(Client, id)), cancellationToken);
        var history = client.History;
        return AdminResults.Ok(
            new
            {
                client.Id,
                complete = history is { FirstLookupAt: not null, FirstUserAt: not null },
                steps = new
                {
                    reached = history.ReachedAt,
                    tokenAccepted = history.FirstRequestAt,
                    lookupAnswered = history.FirstLookupAt,
                    firstUser = history.FirstUserAt,
                },
            }
        );
    }

    private static async Task<IResult> IssueTokenAsync(
        string id,
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var clientId = AdminResults.Id(Client, id);
        var terms = await AdminBody.ReadOptionalAsync<TokenTerms>(context);
        return Created(
            context.Response,
            await mediator.Send(new IssueToken(clientId, null) { Terms = terms }, cancellationToken)
        );
    }

    private static async Task<IResult> RotateTokenAsync(
        string id,
        HttpContext context,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        var clientId = AdminResults.Id(Client, id);
        var terms = await AdminBody.ReadOptionalAsync<TokenTerms>(context);
        return Created(context.Response, await mediator.Send(new RotateToken(clientId, terms), cancellationToken));
    }

    private static async Task<IResult> RevokeTokenAsync(
        string id,
        string tokenId,
        IMediator mediator,
        CancellationToken cancellationToken
    )
    {
        await mediator.Send(new RevokeToken(tokenId, AdminResults.Id(Client, id)), cancellationToken);
        return Results.NoContent();
    }

    private static Guid? TenantOf(HttpRequest request) =>
        request.Query.TryGetValue(TenantParameter, out var text) ? AdminResults.Id("Tenant", text!) : null;

    private static IResult Created(HttpResponse response, IssuedToken issued) =>
        AdminResults.Created(
            response,
            $"{AdminRoutes.Base}/scim_clients/{issued.ClientId:D}/tokens/{issued.TokenId}",
            new TokenAnswer(issued)
        );

    private sealed record TokenAnswer(
        string Id,
        string Value,
        DateTimeOffset? ExpiresAt,
        IReadOnlyList<ReplacedToken> Replaced
    )
    {
        public TokenAnswer(IssuedToken issued)
            : this(issued.TokenId, issued.Token, issued.ExpiresAt, issued.Replaced) { }

        public override string ToString() => $"{nameof(TokenAnswer)} {Id}";
    }

    private sealed class ClientAnswer(ScimClient client, DateTimeOffset now)
    {
        public Guid Id => client.Id;

        public Guid TenantId => client.TenantId.Value;

        public string Name => client.Name;

        public IReadOnlyList<string> Scopes => ScopeNames.Of(client.Scopes);

        public string Profile => client.Profile.Name;

        public string State => client.IsActive ? ClientValues.Active : ClientValues.Suspended;

        public int? RequestsPerSecond => client.RequestsPerSecond;

        public IReadOnlyList<string> AllowedNetworks => client.Networks.Texts;

        public JsonElement? Jwks => client.Keys is { } keys ? JsonElement.Parse(keys.Json) : null;

        public IReadOnlyList<string> Certificates => client.Certificates;

        public string? TlsClientAuthSubjectDn => client.Subject?.Text;

        public DateTimeOffset CreatedAt => client.CreatedAt;

        public DateTimeOffset? FirstRequestAt => client.History.FirstRequestAt;

        public DateTimeOffset? LastRequestAt => client.History.LastRequestAt;

        public IEnumerable<object> Tokens =>
            client.LiveTokens.Select(token => new
            {
                token.Id,
                token.CreatedAt,
                token.ExpiresAt,
                token.LastUsedAt,
                token.ReplacedAt,
                warning = token.Warning(now),
            });

        public long Version => client.Version;

        /// <summary>The new client's first token, this once.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public TokenAnswer? Token { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public IReadOnlyList<ListedDeviation>? Deviations { get; init; }
    }
}
