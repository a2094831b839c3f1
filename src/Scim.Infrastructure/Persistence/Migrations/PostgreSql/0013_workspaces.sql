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
