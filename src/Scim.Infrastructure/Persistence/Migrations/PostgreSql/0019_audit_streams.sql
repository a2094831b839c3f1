-- The installation has a journal to seal and a house to keep, as tenants have, and is none.
alter table jobs drop constraint jobs_tenant_id_fkey;

-- Where the journal is sent to: that of one tenant, or with tenant zero and all_tenants that of all.
create table audit_streams (
    tenant_id uuid not null,
    id uuid not null,
    all_tenants boolean not null,
    name text not null,
    url text not null,
    -- Sealed.
    authorization_header bytea null,
    state text not null check (state in ('active', 'paused')),
    first_sequence bigint not null,
    version bigint not null,
    created_at timestamptz not null,
    constraint audit_streams_pkey primary key (tenant_id, id)
);

-- How far each has come in each tenant's journal.
create table audit_stream_positions (
    tenant_id uuid not null,
    stream_id uuid not null,
    sequence bigint not null,
    sent_at timestamptz null,
    failed_at timestamptz null,
    failure text null,
    constraint audit_stream_positions_pkey primary key (tenant_id, stream_id)
);

alter table audit_streams enable row level security;
alter table audit_streams force row level security;
alter table audit_stream_positions enable row level security;
alter table audit_stream_positions force row level security;
create policy control on audit_streams to scim_control using (true) with check (true);
create policy control on audit_stream_positions to scim_control using (true) with check (true);
grant select, insert, update, delete on audit_streams, audit_stream_positions to scim_control;
