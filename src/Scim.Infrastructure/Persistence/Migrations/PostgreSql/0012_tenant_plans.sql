-- What tenants may have: data, so that a plan can be changed or added without a release. Null is no limit.
create table plans (
    name text collate "C" constraint plans_pkey primary key,
    trial_days integer null,
    users bigint null,
    clients bigint null
);

insert into plans (name, trial_days, users, clients)
values ('trial', 30, 50, 1), ('standard', null, 100000, 20), ('unlimited', null, null, null);

grant select on plans to scim_control;

-- max_users and max_clients stand in the place of the plan's. A deleted tenant has its old state in state_before; from
-- purging_at on there is no way back, and at purged_at only this row, the journal's facts and their seals are left.
alter table tenants
    add column version bigint not null default 1,
    add column max_users bigint null,
    add column max_clients bigint null,
    add column time_zone text not null default 'UTC',
    add column contacts text not null default '[]',
    add column trial_ends_at timestamptz null,
    add column state_before text null,
    add column deleted_at timestamptz null,
    add column purge_after timestamptz null,
    add column purging_at timestamptz null,
    add column purged_at timestamptz null;

-- What the last create was held to. Where there is a limit, all writers take one stripe: creates past it are refused by
-- this constraint, and fail whole.
alter table resource_counters
    add column ceiling bigint null,
    add constraint resource_counters_ceiling check (value <= ceiling);

-- The erasing role removes the rows of tenants whose purge has begun. It reads nothing of them but their keys.
create policy erasure on tenants for select to scim_erase using (true);
grant select (id, purging_at) on tenants to scim_erase;
grant select (tenant_id, id) on users, groups to scim_erase;
grant select (tenant_id, group_id, user_id) on group_members to scim_erase;
grant select (tenant_id, group_id, child_id) on group_nestings to scim_erase;
grant select (tenant_id, group_id) on group_counters to scim_erase;
grant select (tenant_id, user_id) on user_emails to scim_erase;
grant select (tenant_id, resource_id) on unique_values to scim_erase;
grant select (tenant_id) on resource_counters to scim_erase;
grant delete on users, user_emails, groups, group_members, group_nestings, group_counters, unique_values, resource_counters
   to scim_erase;

do $$
declare
    table_name text;
begin
    foreach table_name in array array['users', 'user_emails', 'groups', 'group_members', 'group_nestings', 'group_counters',
                                      'unique_values', 'resource_counters'] loop
        execute format(
            'create policy erasure on %I to scim_erase '
            'using (tenant_id in (select t.id from tenants t where t.purging_at is not null))', table_name);
    end loop;
end $$;
