using System.Text.Json;
using System.Text.Json.Serialization;
using MediatR;
using Scim.Api.OpenApi;
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
        admin
            .MapGet("/scim_clients", ListAsync)
            .Describe("listScimClients", "SCIM clients of the tenants that the caller reaches")
            .QueryTenant("Those of one tenant.")
            .Lists<ClientAnswer>();
        admin
            .MapPost("/scim_clients", CreateAsync)
            .Describe("createScimClient", "Makes a client with its first token, whose value is shown this once")
            .Takes<NewScimClient>()
            .Gives<ClientAnswer>(201)
            .Versioned();
        admin
            .MapGet("/scim_clients/{id}", GetAsync)
            .Describe("getScimClient", "One client, with its live tokens and the deviations seen")
            .Gives<ClientAnswer>()
            .Versioned();
        admin
            .MapPut("/scim_clients/{id}", UpdateAsync)
            .Describe("updateScimClient", "Replaces a client's values; what is left out gets its default")
            .Takes<ClientValues>()
            .Gives<ClientAnswer>()
            .Versioned();
        admin
            .MapDelete("/scim_clients/{id}", DeleteAsync)
            .Describe("deleteScimClient", "Deletes a client and its tokens")
            .GivesNothing()
            .Versioned();
        admin
            .MapPost("/scim_clients/{id}/test", TestAsync)
            .Describe("testScimClient", "Which steps of its onboarding a client has done")
            .Gives<OnboardingAnswer>();
        admin
            .MapPost("/scim_clients/{id}/tokens", IssueTokenAsync)
            .Describe("issueToken", "Makes a token beside the one there is; its value is shown this once")
            .Takes<TokenTerms>(optional: true)
            .Gives<TokenAnswer>(201);
        admin
            .MapPost("/scim_clients/{id}/tokens/rotate", RotateTokenAsync)
            .Describe("rotateToken", "Makes a token in the place of the one there is, which goes on for a while")
            .Takes<TokenTerms>(optional: true)
            .Gives<TokenAnswer>(201);
        admin
            .MapDelete("/scim_clients/{id}/tokens/{tokenId}", RevokeTokenAsync)
            .Describe("revokeToken", "Revokes a token")
            .GivesNothing();
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
            new OnboardingAnswer(
                client.Id,
                Complete: history is { FirstLookupAt: not null, FirstUserAt: not null },
                new OnboardingSteps(
                    history.ReachedAt,
                    history.FirstRequestAt,
                    history.FirstLookupAt,
                    history.FirstUserAt
                )
            )
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
        ShownOnce Value,
        DateTimeOffset? ExpiresAt,
        IReadOnlyList<ReplacedToken> Replaced
    )
    {
        public TokenAnswer(IssuedToken issued)
            : this(issued.TokenId, new ShownOnce(issued.Token), issued.ExpiresAt, issued.Replaced) { }

        public override string ToString() => $"{nameof(TokenAnswer)} {Id}";
    }

    private sealed record ListedToken(
        string Id,
        DateTimeOffset CreatedAt,
        DateTimeOffset? ExpiresAt,
        DateTimeOffset? LastUsedAt,
        DateTimeOffset? ReplacedAt,
        string? Warning
    );

    private sealed record OnboardingAnswer(Guid Id, bool Complete, OnboardingSteps Steps);

    private sealed record OnboardingSteps(
        DateTimeOffset? Reached,
        DateTimeOffset? TokenAccepted,
        DateTimeOffset? LookupAnswered,
        DateTimeOffset? FirstUser
    );

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

        public IEnumerable<ListedToken> Tokens =>
            client.LiveTokens.Select(token => new ListedToken(
                token.Id,
                token.CreatedAt,
                token.ExpiresAt,
                token.LastUsedAt,
                token.ReplacedAt,
                token.Warning(now)
            ));

        public long Version => client.Version;

        /// <summary>The new client's first token, this once.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public TokenAnswer? Token { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public IReadOnlyList<ListedDeviation>? Deviations { get; init; }
    }
}
