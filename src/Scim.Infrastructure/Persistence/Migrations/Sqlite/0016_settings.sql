-- What operators stored of the settings, whole, as it was after each change: of the installation (the nil tenant) or of one
-- tenant. The highest version holds; rows are never altered. epoch is that of the change, so that whoever knows the
-- settings of an epoch reads only what came after it.
create table settings_versions (
    tenant_id blob not null,
    version integer not null,
    settings text not null,
    actor text not null,
    created_at integer not null,
    restored_from integer null,
    epoch integer not null,
    primary key (tenant_id, version)
) strict, without rowid;

create index settings_versions_epoch on settings_versions (epoch);

insert into settings_versions (tenant_id, version, settings, actor, created_at, epoch)
select tenant_id, 2, json_group_object(name, json(value)), 'system', unixepoch() * 1000000,
       (select value from configuration_epoch where id = 1)
  from tenant_settings group by tenant_id;
