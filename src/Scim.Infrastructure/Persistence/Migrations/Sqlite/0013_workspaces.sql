-- Operators come to the tenants of a workspace by membership of it.
alter table workspaces add column version integer not null default 1;

create table operator_workspaces (
    workspace_id blob not null,
    operator_id blob not null,
    primary key (workspace_id, operator_id)
) strict, without rowid;

create index operator_workspaces_operator_id on operator_workspaces (operator_id);
create index tenants_workspace_id on tenants (workspace_id);

create table signups (
    id blob not null primary key,
    token_hash blob not null,
    email text not null,
    email_digest text not null,
    network_digest text not null,
    slug text not null,
    name text not null,
    created_at integer not null,
    expires_at integer not null
) strict, without rowid;

create unique index signups_token_hash on signups (token_hash);
create index signups_email_digest on signups (email_digest);
create index signups_network_digest on signups (network_digest);
create index signups_expires_at on signups (expires_at);
