-- Who runs the service, and how they prove it. No tenant's data and none of scim_app's business: it has no grant here.
create table operators (
    id uuid constraint operators_pkey primary key,
    user_name text not null,
    user_name_key text collate "C" not null constraint operators_user_name_key unique,
    password_hash text null,
    roles text not null,
    reach text not null check (reach in ('installation', 'tenants')),
    state text not null check (state in ('active', 'disabled')),
    -- Sealed. It counts only once enrolled_at is set.
    totp_secret bytea null,
    totp_last_step bigint not null default 0,
    enrolled_at timestamptz null,
    enrollment_hash bytea null constraint operators_enrollment_hash unique,
    enrollment_expires_at timestamptz null,
    version bigint not null,
    created_at timestamptz not null,
    last_sign_in_at timestamptz null
);

-- The tenants that an operator of reach 'tenants' may reach.
create table operator_tenants (
    tenant_id uuid not null references tenants (id),
    operator_id uuid not null,
    constraint operator_tenants_pkey primary key (tenant_id, operator_id)
);

create index operator_tenants_operator_id on operator_tenants (operator_id);

create table operator_recovery_codes (
    operator_id uuid not null,
    hash bytea not null,
    constraint operator_recovery_codes_pkey primary key (operator_id, hash)
);

create table operator_sessions (
    id uuid constraint operator_sessions_pkey primary key,
    operator_id uuid not null,
    token_hash bytea not null constraint operator_sessions_token_hash unique,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    lease_expires_at timestamptz not null,
    stepped_up_until timestamptz null
);

create index operator_sessions_operator_id on operator_sessions (operator_id, id);

create table api_keys (
    id uuid constraint api_keys_pkey primary key,
    name text collate "C" not null,
    hash bytea not null constraint api_keys_hash unique,
    scopes text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz null,
    last_used_at timestamptz null
);

create index api_keys_name on api_keys (name);

-- Failed sign-ins of an account or a network, under keyed digests: what people type for a name may be their password.
create table sign_in_failures (
    subject text collate "C" constraint sign_in_failures_pkey primary key,
    failures integer not null,
    last_at timestamptz not null,
    blocked_until timestamptz not null
);

create index sign_in_failures_last_at on sign_in_failures (last_at);

grant select, insert, update, delete
   on operators, operator_tenants, operator_recovery_codes, operator_sessions, api_keys, sign_in_failures to scim_control;

alter table operator_tenants enable row level security;
alter table operator_tenants force row level security;
create policy control on operator_tenants to scim_control using (true) with check (true);
