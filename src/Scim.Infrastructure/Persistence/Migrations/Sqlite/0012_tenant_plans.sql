-- What tenants may have. Null is no limit.
create table plans (
    name text not null primary key,
    trial_days integer null,
    users integer null,
    clients integer null
) strict, without rowid;

insert into plans (name, trial_days, users, clients)
values ('trial', 30, 50, 1), ('standard', null, 100000, 20), ('unlimited', null, null, null);

alter table tenants add column version integer not null default 1;
alter table tenants add column max_users integer null;
alter table tenants add column max_clients integer null;
alter table tenants add column time_zone text not null default 'UTC';
alter table tenants add column contacts text not null default '[]';
alter table tenants add column trial_ends_at integer null;
alter table tenants add column state_before text null;
alter table tenants add column deleted_at integer null;
alter table tenants add column purge_after integer null;
alter table tenants add column purging_at integer null;
alter table tenants add column purged_at integer null;

alter table resource_counters
    add column ceiling integer null constraint resource_counters_ceiling check (value <= ceiling);
