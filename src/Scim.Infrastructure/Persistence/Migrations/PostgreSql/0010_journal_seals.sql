-- The hash chain over each tenant's journal, and the signed checkpoints of it. Appended to and never altered.
create table journal_seals (
    tenant_id uuid not null,
    number bigint not null,
    previous bytea not null,
    first_sequence bigint not null,
    last_sequence bigint not null,
    root bytea not null,
    leaves bytea not null,
    sealed_at timestamptz not null,
    constraint journal_seals_pkey primary key (tenant_id, number)
);

create table journal_checkpoints (
    tenant_id uuid not null,
    number bigint not null,
    previous bytea not null,
    seal_number bigint not null,
    seal_hash bytea not null,
    last_sequence bigint not null,
    made_at timestamptz not null,
    key_id text not null,
    signature bytea not null,
    constraint journal_checkpoints_pkey primary key (tenant_id, number)
);

alter table journal_seals enable row level security;
alter table journal_seals force row level security;
alter table journal_checkpoints enable row level security;
alter table journal_checkpoints force row level security;

create policy tenant on journal_seals to scim_app using (tenant_id = current_setting('scim.tenant_id')::uuid);
create policy tenant on journal_checkpoints to scim_app using (tenant_id = current_setting('scim.tenant_id')::uuid);
create policy control on journal_seals to scim_control using (true) with check (true);
create policy control on journal_checkpoints to scim_control using (true) with check (true);

grant select on journal_seals, journal_checkpoints to scim_app;
grant select, insert on journal_seals, journal_checkpoints to scim_control;
