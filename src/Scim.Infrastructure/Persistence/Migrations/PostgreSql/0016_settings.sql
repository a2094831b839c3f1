-- What operators stored of the settings, whole, as it was after each change: of the installation (the nil tenant) or of one
-- tenant. The highest version holds; rows are never altered. epoch is that of the change, so that whoever knows the
-- settings of an epoch reads only what came after it.
create table settings_versions (
    tenant_id uuid not null,
    version bigint not null,
    settings text not null,
    actor text not null,
    created_at timestamptz not null,
    restored_from bigint null,
    epoch bigint not null,
    constraint settings_versions_pkey primary key (tenant_id, version)
);

create index settings_versions_epoch on settings_versions (epoch);

alter table settings_versions enable row level security;
alter table settings_versions force row level security;
create policy control on settings_versions to scim_control using (true) with check (true);
grant select, insert, delete on settings_versions to scim_control;

-- tenant_settings itself stays for processes of the last version, until they are replaced. The policies bind the migrating
-- login too.
set local role scim_control;
insert into settings_versions (tenant_id, version, settings, actor, created_at, epoch)
select tenant_id, 2, json_object_agg(name, value::json)::text, 'system', now(),
       (select value from configuration_epoch where id = 1)
  from tenant_settings group by tenant_id;
reset role;
