-- RFC 7643 §6: resources of the type must have the extension.
alter table tenant_schemas add column required boolean not null default false;

-- Values of the tenants' own unique attributes: the key of this table is what keeps two resources from sharing one.
-- Written by the statements that write their resource, so it needs no foreign key.
create table unique_values (
    tenant_id uuid not null,
    resource_type text collate "C" not null,
    attribute text collate "C" not null,
    value_key text collate "C" not null,
    resource_id uuid not null,
    constraint unique_values_pkey primary key (tenant_id, resource_type, attribute, value_key)
);

create index unique_values_resource_id on unique_values (tenant_id, resource_type, resource_id);

alter table unique_values enable row level security;
alter table unique_values force row level security;
create policy tenant on unique_values to scim_app
    using (tenant_id = current_setting('scim.tenant_id')::uuid)
    with check (tenant_id = current_setting('scim.tenant_id')::uuid);
grant select, insert, delete on unique_values to scim_app;
