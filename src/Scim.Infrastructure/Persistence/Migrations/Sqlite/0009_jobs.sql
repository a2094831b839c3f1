-- Work that is done apart from requests, by the one process that has this file.
create table jobs (
    tenant_id blob not null references tenants (id),
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

create unique index jobs_occurrence on jobs (tenant_id, type, occurrence);
create unique index jobs_type on jobs (tenant_id, type)
    where occurrence is not null and state in ('waiting', 'running');

create index jobs_waiting on jobs (tenant_id, priority desc, run_after, id) where state = 'waiting';
create index jobs_running on jobs (lease_until) where state = 'running';
create index jobs_finished on jobs (tenant_id, state, finished_at) where state in ('succeeded', 'dead');

create index client_deviations_last_seen on client_deviations (tenant_id, last_seen);
