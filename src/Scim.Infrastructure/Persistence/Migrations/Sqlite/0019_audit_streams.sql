-- The installation has a journal to seal and a house to keep, as tenants have, and is none: the same table without the
-- foreign key, which cannot be taken away here.
create table jobs_of_all (
    tenant_id blob not null,
    id blob not null,
    type text not null,
    occurrence text null,
    payload text not null,
    priority integer not null,
    state text not null check (state in ('waiting', 'running', 'succeeded', 'dead')),
    run_after integer not null,
    attempts integer not null,
    fence integer not null,
    lease_owner text null,
    lease_until integer null,
    progress integer not null,
    result text null,
    error text null,
    created_at integer not null,
    finished_at integer null,
    primary key (tenant_id, id)
) strict, without rowid;

insert into jobs_of_all select * from jobs;
drop table jobs;
alter table jobs_of_all rename to jobs;

create unique index jobs_occurrence on jobs (tenant_id, type, occurrence);
create unique index jobs_type on jobs (tenant_id, type)
    where occurrence is not null and state in ('waiting', 'running');

create index jobs_waiting on jobs (tenant_id, priority desc, run_after, id) where state = 'waiting';
create index jobs_running on jobs (lease_until) where state = 'running';
create index jobs_finished on jobs (tenant_id, state, finished_at) where state in ('succeeded', 'dead');

-- Where the journal is sent to: that of one tenant, or with tenant zero and all_tenants that of all.
create table audit_streams (
    tenant_id blob not null,
    id blob not null,
    all_tenants integer not null,
    name text not null,
    url text not null,
    authorization_header blob null,
    state text not null check (state in ('active', 'paused')),
    first_sequence integer not null,
    version integer not null,
    created_at integer not null,
    primary key (tenant_id, id)
) strict, without rowid;

-- How far each has come in each tenant's journal.
create table audit_stream_positions (
    tenant_id blob not null,
    stream_id blob not null,
    sequence integer not null,
    sent_at integer null,
    failed_at integer null,
    failure text null,
    primary key (tenant_id, stream_id)
) strict, without rowid;
