-- Work that is done apart from requests. Leases are by this database's clock; the fence grows with every claim, and
-- whatever a job writes is refused under an old one.
create table jobs (
    tenant_id uuid not null references tenants (id),
    id uuid not null,
    type text collate "C" not null,
    occurrence text collate "C" null,
    payload text not null,
    priority integer not null,
    state text collate "C" not null check (state in ('waiting', 'running', 'succeeded', 'dead')),
    run_after timestamptz not null,
    attempts integer not null,
    fence bigint not null,
    lease_owner text null,
    lease_until timestamptz null,
    progress bigint not null,
    result text null,
    error text null,
    created_at timestamptz not null,
    finished_at timestamptz null,
    constraint jobs_pkey primary key (tenant_id, id)
);

-- One job for each firing of a schedule, however many replicas fire; and while it is open, no other of its type.
create unique index jobs_occurrence on jobs (tenant_id, type, occurrence);
create unique index jobs_type on jobs (tenant_id, type)
    where occurrence is not null and state in ('waiting', 'running');

create index jobs_waiting on jobs (tenant_id, priority desc, run_after, id) where state = 'waiting';
create index jobs_running on jobs (lease_until) where state = 'running';
create index jobs_finished on jobs (tenant_id, state, finished_at) where state in ('succeeded', 'dead');

alter table jobs enable row level security;
alter table jobs force row level security;
create policy control on jobs to scim_control using (true) with check (true);
grant select, insert, update, delete on jobs to scim_control;

-- Erasing is done by jobs, too: it checks the fence and counts its progress, and sees nothing else.
create policy erasure on jobs to scim_erase using (true) with check (true);
grant select (tenant_id, id, fence, state, progress), update (progress) on jobs to scim_erase;

-- A job prunes one tenant at a time.
create index client_deviations_last_seen on client_deviations (tenant_id, last_seen);
