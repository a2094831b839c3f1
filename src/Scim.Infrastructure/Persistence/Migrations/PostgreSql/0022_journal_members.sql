-- Whom the journal's rows of groups name as having joined or left, for a person's timeline. Read out of the changes after
-- the write, by the sealing job: docs/adr/0031.
create table journal_members (
    tenant_id uuid not null,
    member_id uuid not null,
    occurred_at timestamptz not null,
    sequence bigint not null,
    constraint journal_members_pkey primary key (tenant_id, member_id, occurred_at, sequence)
);

-- Up to which row they were read.
create table journal_member_positions (
    tenant_id uuid not null,
    sequence bigint not null,
    constraint journal_member_positions_pkey primary key (tenant_id)
);

-- Which checkpoint the receiver took last, and the SHA-256 of the receiver's URL: another one begins anew.
create table journal_checkpoint_deliveries (
    tenant_id uuid not null,
    receiver bytea not null,
    number bigint not null,
    delivered_at timestamptz not null,
    constraint journal_checkpoint_deliveries_pkey primary key (tenant_id)
);

alter table journal_members enable row level security;
alter table journal_members force row level security;
alter table journal_member_positions enable row level security;
alter table journal_member_positions force row level security;
alter table journal_checkpoint_deliveries enable row level security;
alter table journal_checkpoint_deliveries force row level security;

create policy tenant on journal_members to scim_app
    using (tenant_id = current_setting('scim.tenant_id')::uuid)
    with check (tenant_id = current_setting('scim.tenant_id')::uuid);
create policy tenant on journal_member_positions to scim_app
    using (tenant_id = current_setting('scim.tenant_id')::uuid)
    with check (tenant_id = current_setting('scim.tenant_id')::uuid);
create policy control on journal_member_positions to scim_control using (true) with check (true);
create policy control on journal_checkpoint_deliveries to scim_control using (true) with check (true);
create policy erasure on journal_members to scim_erase
    using (tenant_id in (select t.id from tenants t where t.purging_at is not null));

grant select, insert on journal_members to scim_app;
grant select, insert, update on journal_member_positions to scim_app;
grant select, insert, update on journal_member_positions to scim_control;
grant select, insert, update on journal_checkpoint_deliveries to scim_control;
grant select (tenant_id, member_id, occurred_at, sequence) on journal_members to scim_erase;
grant delete on journal_members to scim_erase;

-- Served memberships in a timeline.
drop index journal_groups;

-- For all tenants together, and no other statement: the planner would read all tenants' rows for one that has most of them.
drop index journal_newest;
create index journal_newest on journal (occurred_at, sequence) where sequence > 0;

-- Unused since 0016.
drop table tenant_settings;
