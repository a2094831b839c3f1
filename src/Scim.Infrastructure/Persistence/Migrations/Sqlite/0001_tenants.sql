-- The same tables as on PostgreSQL. UUIDs are 16 bytes in big-endian order, times microseconds since 1970, JSON is text.
create table workspaces (
    id blob not null primary key,
    slug text not null,
    name text not null,
    created_at integer not null
) strict, without rowid;

create unique index workspaces_slug on workspaces (slug);

create table tenants (
    id blob not null primary key,
    workspace_id blob not null references workspaces (id),
    slug text not null,
    name text not null,
    state text not null default 'active' check (state in ('active', 'suspended', 'deleting')),
    plan text not null,
    created_at integer not null
) strict, without rowid;

create unique index tenants_slug on tenants (slug);

create table tenant_settings (
    tenant_id blob not null references tenants (id),
    name text not null,
    value text not null,
    primary key (tenant_id, name)
) strict, without rowid;

create table tenant_schemas (
    tenant_id blob not null references tenants (id),
    urn text not null,
    resource_type text not null check (resource_type in ('User', 'Group')),
    document text not null,
    created_at integer not null,
    primary key (tenant_id, urn)
) strict;

create table scim_clients (
    tenant_id blob not null references tenants (id),
    id blob not null,
    name text not null,
    scopes text not null,
    profile text not null,
    state text not null default 'active',
    created_at integer not null,
    primary key (tenant_id, id)
) strict, without rowid;

create unique index scim_clients_id on scim_clients (id);

create table tokens (
    tenant_id blob not null,
    id text not null,
    client_id blob not null,
    hash blob not null,
    hash_parameters text not null,
    pre_check blob not null,
    created_at integer not null,
    expires_at integer null,
    revoked_at integer null,
    last_used_at integer null,
    primary key (tenant_id, id),
    foreign key (tenant_id, client_id) references scim_clients (tenant_id, id)
) strict, without rowid;

create unique index tokens_id on tokens (id);
create index tokens_client_id on tokens (tenant_id, client_id);

create table client_deviations (
    tenant_id blob not null,
    client_id blob not null,
    kind text not null,
    count integer not null,
    first_seen integer not null,
    last_seen integer not null,
    primary key (tenant_id, client_id, kind),
    foreign key (tenant_id, client_id) references scim_clients (tenant_id, id)
) strict, without rowid;

create table configuration_epoch (
    id integer not null primary key check (id = 1),
    value integer not null
) strict;

create table server_keys (
    name text not null primary key,
    key blob not null,
    created_at integer not null
) strict, without rowid;
