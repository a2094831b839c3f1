-- Who owns what, and who may call. Policies: scim_app sees the tenant that its transaction names, scim_control all.
create table workspaces (
    id uuid constraint workspaces_pkey primary key,
    slug text collate "C" not null constraint workspaces_slug unique,
    name text not null,
    created_at timestamptz not null
);

create table tenants (
    id uuid constraint tenants_pkey primary key,
    workspace_id uuid not null references workspaces (id),
    slug text collate "C" not null constraint tenants_slug unique,
    name text not null,
    state text not null default 'active' check (state in ('active', 'suspended', 'deleting')),
    plan text not null,
    created_at timestamptz not null
);

create table tenant_settings (
    tenant_id uuid not null references tenants (id),
    name text collate "C" not null,
    value text not null,
    constraint tenant_settings_pkey primary key (tenant_id, name)
);

create table tenant_schemas (
    tenant_id uuid not null references tenants (id),
    urn text collate "C" not null,
    resource_type text not null check (resource_type in ('User', 'Group')),
    document json not null,
    created_at timestamptz not null,
    constraint tenant_schemas_pkey primary key (tenant_id, urn)
);

-- The id is unique alone too: operators and tokens name a client without its tenant.
create table scim_clients (
    tenant_id uuid not null references tenants (id),
    id uuid not null constraint scim_clients_id unique,
    name text not null,
    scopes text not null,
    profile text not null,
    state text not null default 'active',
    created_at timestamptz not null,
    constraint scim_clients_pkey primary key (tenant_id, id)
);

create table tokens (
    tenant_id uuid not null,
    id text collate "C" not null constraint tokens_id unique,
    client_id uuid not null,
    hash bytea not null,
    hash_parameters text not null,
    pre_check bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz null,
    revoked_at timestamptz null,
    last_used_at timestamptz null,
    constraint tokens_pkey primary key (tenant_id, id),
    foreign key (tenant_id, client_id) references scim_clients (tenant_id, id)
);

create index tokens_client_id on tokens (tenant_id, client_id);

create table client_deviations (
    tenant_id uuid not null,
    client_id uuid not null,
    kind text collate "C" not null,
    count bigint not null,
    first_seen timestamptz not null,
    last_seen timestamptz not null,
    constraint client_deviations_pkey primary key (tenant_id, client_id, kind),
    foreign key (tenant_id, client_id) references scim_clients (tenant_id, id)
);

create table configuration_epoch (
    id smallint constraint configuration_epoch_pkey primary key check (id = 1),
    value bigint not null
);

create table server_keys (
    name text collate "C" constraint server_keys_pkey primary key,
    key bytea not null,
    created_at timestamptz not null
);

grant select, insert, update, delete
   on workspaces, tenants, tenant_settings, tenant_schemas, scim_clients, tokens, client_deviations to scim_control;
grant select, update on configuration_epoch to scim_control;
grant select, insert on server_keys to scim_control;
grant select on tenants, tenant_settings, tenant_schemas, configuration_epoch to scim_app;
grant select, insert, update on client_deviations to scim_app;

alter table tenants enable row level security;
alter table tenants force row level security;
create policy tenant on tenants to scim_app using (id = current_setting('scim.tenant_id')::uuid);
create policy control on tenants to scim_control using (true) with check (true);

do $$
declare
    table_name text;
begin
    foreach table_name in array array['tenant_settings', 'tenant_schemas', 'scim_clients', 'tokens', 'client_deviations'] loop
        execute format('alter table %I enable row level security', table_name);
        execute format('alter table %I force row level security', table_name);
        execute format(
            'create policy tenant on %I to scim_app using (tenant_id = current_setting(''scim.tenant_id'')::uuid) '
            'with check (tenant_id = current_setting(''scim.tenant_id'')::uuid)', table_name);
        execute format('create policy control on %I to scim_control using (true) with check (true)', table_name);
    end loop;
end $$;
