-- Operators come to the tenants of a workspace by membership of it. A workspace stands above tenants, so it has no tenant_id.
alter table workspaces add column version bigint not null default 1;

create table operator_workspaces (
    workspace_id uuid not null,
    operator_id uuid not null,
    constraint operator_workspaces_pkey primary key (workspace_id, operator_id)
);

create index operator_workspaces_operator_id on operator_workspaces (operator_id);
create index tenants_workspace_id on tenants (workspace_id);

grant select, insert, update, delete on operator_workspaces to scim_control;

-- Who asked for a trial and has not proved the address yet; gone when it is proved, or a day later.
create table signups (
    id uuid constraint signups_pkey primary key,
    token_hash bytea not null constraint signups_token_hash unique,
    email text not null,
    email_digest text collate "C" not null,
    network_digest text collate "C" not null,
    slug text not null,
    name text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);

create index signups_email_digest on signups (email_digest);
create index signups_network_digest on signups (network_digest);
create index signups_expires_at on signups (expires_at);

grant select, insert, delete on signups to scim_control;
