-- Whom the journal's rows of groups name as having joined or left, for a person's timeline. Read out of the changes after
-- the write, by the sealing job: docs/adr/0031.
create table journal_members (
    tenant_id blob not null,
    member_id blob not null,
    occurred_at integer not null,
    sequence integer not null,
    primary key (tenant_id, member_id, occurred_at, sequence)
) strict, without rowid;

-- Up to which row they were read.
create table journal_member_positions (
    tenant_id blob not null,
    sequence integer not null,
    primary key (tenant_id)
) strict, without rowid;

-- Which checkpoint the receiver took last, and the SHA-256 of the receiver's URL: another one begins anew.
create table journal_checkpoint_deliveries (
    tenant_id blob not null,
    receiver blob not null,
    number integer not null,
    delivered_at integer not null,
    primary key (tenant_id)
) strict, without rowid;

-- Served memberships in a timeline.
drop index journal_groups;

-- For all tenants together, and no other statement: the planner would read all tenants' rows for one that has most of them.
drop index journal_newest;
create index journal_newest on journal (occurred_at, sequence) where sequence > 0;

-- Unused since 0016.
drop table tenant_settings;
