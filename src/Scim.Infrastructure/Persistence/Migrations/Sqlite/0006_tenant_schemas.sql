-- RFC 7643 §6: resources of the type must have the extension.
alter table tenant_schemas add column required integer not null default 0 check (required in (0, 1));

-- Values of the tenants' own unique attributes: the key of this table is what keeps two resources from sharing one.
-- Written by the statements that write their resource, so it needs no foreign key.
create table unique_values (
    tenant_id blob not null,
    resource_type text not null,
    attribute text not null,
    value_key text not null,
    resource_id blob not null,
    primary key (tenant_id, resource_type, attribute, value_key)
) strict, without rowid;

create index unique_values_resource_id on unique_values (tenant_id, resource_type, resource_id);
