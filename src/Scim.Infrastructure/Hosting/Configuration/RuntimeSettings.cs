using Dapper;
using Scim.Application.Settings;
using Scim.Domain.Tenants;
using Scim.Infrastructure.Persistence;

namespace Scim.Infrastructure.Hosting.Configuration;

/// <summary>
/// The settings that hold in this process. Reading one is a look into a snapshot that is never altered but swapped, when the
/// poll of the configuration epoch finds that something was changed.
/// </summary>
internal sealed class RuntimeSettings(IDatabase database, SettingCatalogue catalogue) : IDisposable
{
    private const string SelectChanged = """
        select v.tenant_id as TenantId, v.version as Version, v.settings as Settings
          from settings_versions v
         where v.epoch > @epoch
           and v.version = (select max(l.version) from settings_versions l where l.tenant_id = v.tenant_id)
        """;

    private readonly SemaphoreSlim _turn = new(1);
    private volatile Snapshot _current = new(-1, [], catalogue);

    public EffectiveSettings Installation => _current.Installation;

    public EffectiveSettings Of(TenantId? tenant)
    {
        var current = _current;
        return tenant is { } id && current.Tenants.TryGetValue(id, out var own) ? own : current.Installation;
    }

    /// <summary>Reads what was stored since the epoch of the snapshot, if <paramref name="epoch"/> is another.</summary>
    public async Task ReloadAsync(long epoch, CancellationToken cancellationToken)
    {
        if (_current.Epoch == epoch)
        {
            return;
        }

        await _turn.WaitAsync(cancellationToken);
        try
        {
            var before = _current;
            // An earlier epoch is that of a database that was restored: nothing is known of it.
            var known = epoch < before.Epoch ? new Snapshot(-1, [], catalogue) : before;
            var changed = await database.ReadAsync(
                async connection =>
                    (
                        await connection.QueryAsync<(TenantId TenantId, long Version, string Settings)>(
                            new CommandDefinition(
                                SelectChanged,
                                new { epoch = known.Epoch },
                                cancellationToken: cancellationToken
                            )
                        )
                    ).AsList(),
                cancellationToken
            );
            var stored = new Dictionary<TenantId, StoredSettings>(known.Stored);
            foreach (var row in changed)
            {
                stored[row.TenantId] = StoredSettings.Read(row.Version, row.Settings);
            }

            _current =
                changed.Count == 0 && ReferenceEquals(known, before)
                    ? new Snapshot(epoch, before)
                    : new Snapshot(epoch, stored, catalogue);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private sealed class Snapshot
    {
        public Snapshot(long epoch, Dictionary<TenantId, StoredSettings> stored, SettingCatalogue catalogue)
        {
            Epoch = epoch;
            Stored = stored;
            var all = stored.GetValueOrDefault(TenantId.Installation, StoredSettings.None);
            Installation = new EffectiveSettings(catalogue.Resolve(all, tenant: null));
            Tenants = stored
                .Where(pair => pair.Key != TenantId.Installation && pair.Value.Values.Count > 0)
                .ToDictionary(pair => pair.Key, pair => new EffectiveSettings(catalogue.Resolve(all, pair.Value)));
        }

        public Snapshot(long epoch, Snapshot same) =>
            (Epoch, Stored, Installation, Tenants) = (epoch, same.Stored, same.Installation, same.Tenants);

        public long Epoch { get; }

        public Dictionary<TenantId, StoredSettings> Stored { get; }

        public EffectiveSettings Installation { get; }

        public Dictionary<TenantId, EffectiveSettings> Tenants { get; }
    }
}
