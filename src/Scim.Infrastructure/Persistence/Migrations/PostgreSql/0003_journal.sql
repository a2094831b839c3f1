-- Append-only. The default of epoch is moved by migrate when the cluster's system identifier changed.
create table journal_epochs (
    epoch integer constraint journal_epochs_pkey primary key,
    system_identifier text not null,
    started_at timestamptz not null
);

create table journal (
    tenant_id uuid not null,
    sequence bigint generated always as identity,
    epoch integer not null default 1,
    xid xid8 not null default pg_current_xact_id(),
    occurred_at timestamptz not null,
    actor text not null,
    request_id text not null,
    operation text not null,
    resource_type text null,
    resource_id text null,
    outcome text not null,
    detail text null,
    occurrences integer not null default 1,
    change_digest bytea null,
    constraint journal_pkey primary key (tenant_id, sequence)
);

-- Personal data lies here, beside the facts, so that it can be erased while the facts stay verifiable.
create table journal_changes (
    tenant_id uuid not null,
    sequence bigint not null,
    salt bytea not null,
    change text not null,
    constraint journal_changes_pkey primary key (tenant_id, sequence)
);

alter table journal enable row level security;
alter table journal force row level security;
alter table journal_changes enable row level security;
alter table journal_changes force row level security;

create policy tenant on journal to scim_app
    using (tenant_id = current_setting('scim.tenant_id')::uuid)
    with check (tenant_id = current_setting('scim.tenant_id')::uuid);
create policy tenant on journal_changes to scim_app
    using (tenant_id = current_setting('scim.tenant_id')::uuid)
    with check (tenant_id = current_setting('scim.tenant_id')::uuid);
grant select, insert on journal, journal_changes to scim_app;

-- Administrative acts journal their changes too, but cross-tenant readers see the facts only.
create policy control on journal to scim_control using (true) with check (true);
create policy control on journal_changes for insert to scim_control with check (true);
grant select, insert on journal to scim_control;
grant insert on journal_changes to scim_control;

create policy erasure on journal to scim_erase using (true) with check (true);
create policy erasure on journal_changes to scim_erase using (true);
grant select, insert on journal to scim_erase;
grant select, delete on journal_changes to scim_erase;

grant select on journal_epochs to scim_app, scim_control, scim_erase;
