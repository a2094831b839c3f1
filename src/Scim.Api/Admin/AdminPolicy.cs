using Scim.Application.Common;
using Scim.Domain.Operators;

namespace Scim.Api.Admin;

/// <param name="Needed">What the credential must allow; none where any of the kind will do.</param>
/// <param name="Operation">The journal's name of it; null for what changes nothing.</param>
internal sealed record AdminAccess(AdminCredential Credential, Permissions Needed, string? Operation = null)
{
    /// <summary>A POST has its effect once, if it comes with an Idempotency-Key.</summary>
    public bool TakesKey { get; init; }

    /// <summary>What it writes stays written when it is refused: failures are counted.</summary>
    public bool CountsRefusals { get; init; }

    /// <summary>What it came with is no credential afterwards; a repeat is known by its key and that credential alone.</summary>
    public bool EndsCredential { get; init; }
}

internal enum AdminCredential
{
    /// <summary>Nobody is asked who they are.</summary>
    None,

    Session,
    SessionOrApiKey,
}

/// <summary>
/// Who may call which route of the control plane: the one place that says so. A route that is not here is refused to
/// everybody, and a test fails.
/// </summary>
internal static class AdminPolicy
{
    private static readonly Dictionary<string, AdminAccess> Table = new(StringComparer.Ordinal)
    {
        ["POST /login"] = Public(),
        ["POST /login/enroll"] = Public(),
        ["POST /signup"] = Public() with { TakesKey = true },
        ["POST /signup/confirm"] = Public() with { TakesKey = true },
        ["POST /logout"] = OwnSession("auth.logout") with { TakesKey = true, EndsCredential = true },
        ["GET /session"] = OwnSession(null),
        ["POST /session/heartbeat"] = OwnSession(null),
        ["POST /session/step-up"] = OwnSession(null) with { TakesKey = true, CountsRefusals = true },
        ["GET /operators"] = Read(Permissions.ReadOperators),
        ["POST /operators"] = Write(Permissions.WriteOperators, "operator.create"),
        ["GET /operators/{id}"] = Read(Permissions.ReadOperators),
        ["PUT /operators/{id}"] = Write(Permissions.WriteOperators, "operator.update"),
        ["DELETE /operators/{id}"] = Write(Permissions.WriteOperators, "operator.delete"),
        ["DELETE /operators/{id}/totp"] = Write(Permissions.WriteOperators, "operator.totp.reset"),
        ["GET /operators/{id}/sessions"] = Read(Permissions.ReadOperators),
        ["DELETE /operators/{id}/sessions/{sessionId}"] = Write(Permissions.WriteOperators, "session.end"),
        ["PUT /operators/me/password"] = OwnSession("operator.password"),
        ["GET /api_keys"] = Read(Permissions.ReadApiKeys),
        ["POST /api_keys"] = Write(Permissions.WriteApiKeys, "api_key.create"),
        ["DELETE /api_keys/{id}"] = Write(Permissions.WriteApiKeys, "api_key.revoke"),
        ["GET /tenants"] = Read(Permissions.ReadTenants),
        ["POST /tenants"] = Write(Permissions.WriteTenants, "tenant.create"),
        ["GET /tenants/{id}"] = Read(Permissions.ReadTenants),
        ["PUT /tenants/{id}"] = Write(Permissions.WriteTenants, "tenant.update"),
        ["DELETE /tenants/{id}"] = Write(Permissions.WriteTenants, "tenant.delete"),
        ["POST /tenants/{id}/restore"] = Write(Permissions.WriteTenants, "tenant.restore"),
        ["GET /workspaces"] = Read(Permissions.ReadWorkspaces),
        ["POST /workspaces"] = Write(Permissions.WriteWorkspaces, "workspace.create"),
        ["GET /workspaces/{id}"] = Read(Permissions.ReadWorkspaces),
        ["PUT /workspaces/{id}"] = Write(Permissions.WriteWorkspaces, "workspace.update"),
        ["DELETE /workspaces/{id}"] = Write(Permissions.WriteWorkspaces, "workspace.delete"),
        ["GET /plans"] = Read(Permissions.ReadTenants),
        ["GET /config"] = Read(Permissions.ReadConfig),
        ["PUT /config"] = Write(Permissions.WriteConfig, "config.update"),
        ["GET /config/versions"] = Read(Permissions.ReadConfig),
        ["GET /config/versions/{version}"] = Read(Permissions.ReadConfig),
        ["POST /config/versions/{version}/restore"] = Write(Permissions.WriteConfig, "config.update"),
        ["GET /schemas"] = Read(Permissions.ReadSchemas),
        ["POST /schemas"] = Write(Permissions.WriteSchemas, "schema.create"),
        ["GET /schemas/{urn}"] = Read(Permissions.ReadSchemas),
        ["PUT /schemas/{urn}"] = Write(Permissions.WriteSchemas, "schema.update"),
        ["DELETE /schemas/{urn}"] = Write(Permissions.WriteSchemas, "schema.retire"),
        ["POST /tenants/{tenantId}/users/{id}/erase"] = Write(Permissions.WriteAudit, "user.erase"),
        ["GET /tenants/{tenantId}/users/{id}/timeline"] = Read(Permissions.ReadAudit),
        ["GET /audit"] = Read(Permissions.ReadAudit),
        ["GET /audit/{id}"] = Read(Permissions.ReadAudit),
        ["GET /audit/streams"] = Read(Permissions.ReadAudit),
        ["POST /audit/streams"] = Write(Permissions.WriteAudit, "audit_stream.create"),
        ["GET /audit/streams/{id}"] = Read(Permissions.ReadAudit),
        ["PUT /audit/streams/{id}"] = Write(Permissions.WriteAudit, "audit_stream.update"),
        ["DELETE /audit/streams/{id}"] = Write(Permissions.WriteAudit, "audit_stream.delete"),
        ["GET /audit/export"] = Read(Permissions.ReadAudit),
        ["GET /audit/verify"] = Read(Permissions.ReadAudit),
        ["GET /scim_clients"] = Read(Permissions.ReadScimClients),
        ["POST /scim_clients"] = Write(Permissions.WriteScimClients, "client.create"),
        ["GET /scim_clients/{id}"] = Read(Permissions.ReadScimClients),
        ["PUT /scim_clients/{id}"] = Write(Permissions.WriteScimClients, "client.update"),
        ["DELETE /scim_clients/{id}"] = Write(Permissions.WriteScimClients, "client.delete"),
        ["POST /scim_clients/{id}/test"] = Read(Permissions.ReadScimClients) with { TakesKey = true },
        ["POST /scim_clients/{id}/tokens"] = Write(Permissions.WriteScimClients, "token.issue"),
        ["POST /scim_clients/{id}/tokens/rotate"] = Write(Permissions.WriteScimClients, "token.rotate"),
        ["DELETE /scim_clients/{id}/tokens/{tokenId}"] = Write(Permissions.WriteScimClients, "token.revoke"),
        ["GET /signing_keys"] = Read(Permissions.ReadKeys),
        ["POST /signing_keys/rotate"] = Write(Permissions.WriteKeys, "signing_key.rotate"),
    };

    public static AdminAccess? Find(string method, string pattern) =>
        Table.GetValueOrDefault($"{method} {pattern[AdminRoutes.Base.Length..]}");

    public static bool Allows(AdminAccess access, AdminCaller caller) =>
        (access.Credential != AdminCredential.Session || caller.Session is not null)
        && (access.Needed & ~caller.Permissions) == Permissions.None;

    private static AdminAccess Public() => new(AdminCredential.None, Permissions.None);

    private static AdminAccess OwnSession(string? operation) =>
        new(AdminCredential.Session, Permissions.None, operation);

    private static AdminAccess Read(Permissions needed) => new(AdminCredential.SessionOrApiKey, needed);

    private static AdminAccess Write(Permissions needed, string operation) =>
        new(AdminCredential.SessionOrApiKey, needed, operation) { TakesKey = true };
}
