using System.Data.Common;
using System.Text.Json;
using Dapper;
using Scim.Application.Common;
using Scim.Application.Tenants;
using Scim.Domain.Tenants;

namespace Scim.Infrastructure.Persistence.Tenants;

internal sealed class ClientRow
{
    /// <summary>For statements that call the table <c>c</c> and the tenants <c>n</c>.</summary>
    public const string Columns = """
        c.tenant_id, n.slug as tenant_slug, c.id, c.name, c.scopes, c.profile, c.state, c.requests_per_second,
        c.allowed_networks, c.version, c.created_at, c.reached_at, c.first_request_at, c.last_request_at,
        c.first_lookup_at, c.first_user_at, c.jwks, c.certificates, c.tls_subject_dn
        """;

    private const string SelectLiveTokens = """
        select id as Id, created_at as CreatedAt, expires_at as ExpiresAt, last_used_at as LastUsedAt,
               replaced_at as ReplacedAt
          from tokens
         where tenant_id = @TenantId and client_id = @Id and revoked_at is null
           and (expires_at is null or expires_at > @now)
         order by created_at, id
        """;

    public Guid TenantId { get; init; }

    public string TenantSlug { get; init; } = "";

    public Guid Id { get; init; }

    public string Name { get; init; } = "";

    public string Scopes { get; init; } = "";

    public string Profile { get; init; } = "";

    public string State { get; init; } = "";

    public int? RequestsPerSecond { get; init; }

    public string AllowedNetworks { get; init; } = "";

    public long Version { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ReachedAt { get; init; }

    public DateTimeOffset? FirstRequestAt { get; init; }

    public DateTimeOffset? LastRequestAt { get; init; }

    public DateTimeOffset? FirstLookupAt { get; init; }

    public DateTimeOffset? FirstUserAt { get; init; }

    public string? Jwks { get; init; }

    public string Certificates { get; init; } = "";

    public string? TlsSubjectDn { get; init; }

    public static string StateOf(ScimClient client) => client.IsActive ? ClientValues.Active : ClientValues.Suspended;

    /// <exception cref="InvalidOperationException">What is stored was checked before; to read it as "anywhere" would open the client.</exception>
    public static NetworkList NetworksOf(string stored) =>
        NetworkList.Find(stored.Split(',', StringSplitOptions.RemoveEmptyEntries))
        ?? throw new InvalidOperationException(
            "A client's networks are stored in a form that this version does not know."
        );

    public async Task<ScimClient> ToClientAsync(DbConnection connection, DbTransaction? transaction, DateTimeOffset now)
    {
        var live = await connection.QueryAsync<TokenRow>(
            SelectLiveTokens,
            new
            {
                TenantId,
                Id,
                now,
            },
            transaction
        );
        return new ScimClient(
            new TenantId(TenantId),
            TenantSlug,
            Id,
            Name,
            ScopeNames.Parse(Scopes),
            // A profile that a newer version knew: the strict reading is the safe one.
            ClientProfile.Find(Profile) ?? ClientProfile.Strict,
            CreatedAt,
            [.. live.Select(row => row.ToToken())]
        )
        {
            IsActive = State == ClientValues.Active,
            RequestsPerSecond = RequestsPerSecond,
            Networks = NetworksOf(AllowedNetworks),
            Keys = Jwks is null ? null : ClientKeys.Find(JsonElement.Parse(Jwks)),
            Certificates = Certificates.Split(',', StringSplitOptions.RemoveEmptyEntries),
            Subject = TlsSubjectDn is null ? null : SubjectName.Find(TlsSubjectDn),
            Version = Version,
            History = new ClientHistory(ReachedAt, FirstRequestAt, LastRequestAt, FirstLookupAt, FirstUserAt),
        };
    }

    private sealed class TokenRow
    {
        public string Id { get; init; } = "";

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset? ExpiresAt { get; init; }

        public DateTimeOffset? LastUsedAt { get; init; }

        public DateTimeOffset? ReplacedAt { get; init; }

        public LiveToken ToToken() => new(Id, CreatedAt, ExpiresAt, LastUsedAt, ReplacedAt);
    }
}
