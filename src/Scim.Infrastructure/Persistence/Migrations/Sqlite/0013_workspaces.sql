-- Operators come to the tenants of a workspace by membership of it.
alter table workspaces add column version integer not null default 1;

create table operator_workspaces (
    workspace_id blob not null,
    operator_id blob not null,
    primary key (workspace_id, operator_id)
) strict, without rowid;

create index operator_workspaces_operator_id on operator_workspaces (operator_id);
create index tenants_workspace_id on tenants (workspace_id);
