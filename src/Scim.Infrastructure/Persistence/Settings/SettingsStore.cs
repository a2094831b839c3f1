using System.Text.Json;
using Dapper;
using MediatR;
using Scim.Application.Common;
using Scim.Application.Settings;
using Scim.Domain.Errors;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence.Tenants;

namespace Scim.Infrastructure.Persistence.Settings;

internal sealed class SettingsStore(ControlJournal journal, RequestContext request) : ISettingsStore
{
    private const string SelectTenant = "select count(*) from tenants where id = @tenant";

    private const string SelectCurrent = """
        select version as Version, settings as Settings
          from settings_versions where tenant_id = @tenant order by version desc limit 1
        """;

    private const string SelectVersion = $"""
        select {VersionRow.Columns} from settings_versions where tenant_id = @tenant and version = @version
        """;

    private const string Insert = """
        insert into settings_versions (tenant_id, version, settings, actor, created_at, restored_from, epoch)
        select @tenant, @version, @settings, @actor, @now, @restoredFrom, value from configuration_epoch where id = 1
        on conflict (tenant_id, version) do nothing
        """;

    static SettingsStore() => DapperTypes.Register();

    public Task<(StoredSettings Installation, StoredSettings? Tenant)> ReadAsync(
        TenantId scope,
        CancellationToken cancellationToken
    ) =>
        journal.ReadAsync(
            async (connection, transaction) =>
            {
                async Task<StoredSettings> CurrentAsync(TenantId tenant)
                {
                    var row = await connection.QuerySingleOrDefaultAsync<(long Version, string Settings)?>(
                        new CommandDefinition(
                            SelectCurrent,
                            new { tenant },
                            transaction,
                            cancellationToken: cancellationToken
                        )
                    );
                    return row is { } found ? StoredSettings.Read(found.Version, found.Settings) : StoredSettings.None;
                }

                if (scope == TenantId.Installation)
                {
                    return (await CurrentAsync(scope), (StoredSettings?)null);
                }

                var known = await connection.ExecuteScalarAsync<long>(
                    new CommandDefinition(
                        SelectTenant,
                        new { tenant = scope },
                        transaction,
                        cancellationToken: cancellationToken
                    )
                );
                return known == 1
                    ? (await CurrentAsync(TenantId.Installation), await CurrentAsync(scope))
                    : throw ScimError.NotFound("Tenant", scope.ToString());
            },
            cancellationToken
        );

    public async Task<SettingsVersion?> FindVersionAsync(
        TenantId scope,
        long version,
        CancellationToken cancellationToken
    )
    {
        var row = await journal.ReadAsync(
            (connection, transaction) =>
                connection.QuerySingleOrDefaultAsync<VersionRow>(
                    new CommandDefinition(
                        SelectVersion,
                        new { tenant = scope, version },
                        transaction,
                        cancellationToken: cancellationToken
                    )
                ),
            cancellationToken
        );
        return row?.ToVersion()
            ?? (
                version == StoredSettings.None.Version
                    ? new SettingsVersion(StoredSettings.None, DateTimeOffset.UnixEpoch, "system", null)
                    : null
            );
    }

    public async Task<bool> AddAsync(
        TenantId scope,
        StoredSettings next,
        long? restoredFrom,
        IReadOnlyList<SettingChange> changes,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var isAdded = await journal.ActAsync(
            async (connection, transaction) =>
            {
                var row = new
                {
                    tenant = scope,
                    version = next.Version,
                    settings = next.ToJson(),
                    actor = request.Actor,
                    now,
                    restoredFrom,
                };
                if (await connection.ExecuteAsync(Insert, row, transaction) == 0)
                {
                    return false;
                }

                await journal.AppendAsync(
                    transaction,
                    scope,
                    now,
                    "config.update",
                    "Settings",
                    scope.ToString(),
                    Detail(next.Version, restoredFrom, changes)
                );
                return true;
            },
            cancellationToken
        );
        if (isAdded)
        {
            await journal.HintAsync(cancellationToken);
        }

        return isAdded;
    }

    private static string Detail(long version, long? restoredFrom, IReadOnlyList<SettingChange> changes) =>
        JsonSerializer.Serialize(
            new
            {
                version,
                restoredFrom,
                before = changes.ToDictionary(change => change.Name, change => change.Before),
                after = changes.ToDictionary(change => change.Name, change => change.After),
            }
        );
}

internal sealed class ListSettingsVersionsHandler(IDatabase database, ISettingsStore store, RequestContext request)
    : IRequestHandler<ListSettingsVersions, IReadOnlyList<SettingsVersion>>
{
    private const string Select = $"""
        select {VersionRow.Columns} from settings_versions
         where tenant_id = @tenant and version < @before order by version desc limit @limit
        """;

    public async Task<IReadOnlyList<SettingsVersion>> Handle(
        ListSettingsVersions query,
        CancellationToken cancellationToken
    )
    {
        var scope = SettingsScope.Of(query.TenantId, request);
        // Whether there is such a tenant.
        await store.ReadAsync(scope, cancellationToken);
        var parameters = new
        {
            tenant = scope,
            before = query.Before ?? long.MaxValue,
            limit = query.Limit,
        };
        var rows = await database.ReadAsync(
            connection =>
                connection.QueryAsync<VersionRow>(
                    new CommandDefinition(Select, parameters, cancellationToken: cancellationToken)
                ),
            cancellationToken
        );
        return [.. rows.Select(row => row.ToVersion())];
    }
}

internal sealed class VersionRow
{
    public const string Columns =
        "version as Version, settings as Settings, created_at as CreatedAt, actor as Actor, restored_from as RestoredFrom";

    public long Version { get; init; }

    public string Settings { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    public string Actor { get; init; } = "";

    public long? RestoredFrom { get; init; }

    public SettingsVersion ToVersion() => new(StoredSettings.Read(Version, Settings), CreatedAt, Actor, RestoredFrom);
}
