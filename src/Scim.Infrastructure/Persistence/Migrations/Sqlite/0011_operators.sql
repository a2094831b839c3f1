-- Who runs the service, and how they prove it.
create table operators (
    id blob not null primary key,
    user_name text not null,
    user_name_key text not null,
    password_hash text null,
    roles text not null,
    reach text not null check (reach in ('installation', 'tenants')),
    state text not null check (state in ('active', 'disabled')),
    totp_secret blob null,
    totp_last_step integer not null default 0,
    enrolled_at integer null,
    enrollment_hash blob null,
    enrollment_expires_at integer null,
    version integer not null,
    created_at integer not null,
    last_sign_in_at integer null
) strict, without rowid;

create unique index operators_user_name_key on operators (user_name_key);
create unique index operators_enrollment_hash on operators (enrollment_hash);

create table operator_tenants (
    tenant_id blob not null references tenants (id),
    operator_id blob not null,
    primary key (tenant_id, operator_id)
) strict, without rowid;

create index operator_tenants_operator_id on operator_tenants (operator_id);

create table operator_recovery_codes (
    operator_id blob not null,
    hash blob not null,
    primary key (operator_id, hash)
) strict, without rowid;

create table operator_sessions (
    id blob not null primary key,
    operator_id blob not null,
    token_hash blob not null,
    created_at integer not null,
    expires_at integer not null,
    lease_expires_at integer not null,
    stepped_up_until integer null
) strict, without rowid;

create unique index operator_sessions_token_hash on operator_sessions (token_hash);
create index operator_sessions_operator_id on operator_sessions (operator_id, id);

create table api_keys (
    id blob not null primary key,
    name text not null,
    hash blob not null,
    scopes text not null,
    created_at integer not null,
    expires_at integer not null,
    revoked_at integer null,
    last_used_at integer null
) strict, without rowid;

create unique index api_keys_hash on api_keys (hash);
create index api_keys_name on api_keys (name);

create table sign_in_failures (
    subject text not null primary key,
    failures integer not null,
    last_at integer not null,
    blocked_until integer not null
) strict, without rowid;

create index sign_in_failures_last_at on sign_in_failures (last_at);
