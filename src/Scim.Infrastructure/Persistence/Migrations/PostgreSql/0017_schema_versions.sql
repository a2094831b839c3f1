-- Counts the changes of a tenant's schema, so that one can be made over the version that is known.
alter table tenant_schemas add column version bigint not null default 1;
