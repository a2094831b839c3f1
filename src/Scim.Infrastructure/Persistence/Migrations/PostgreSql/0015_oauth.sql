-- How a client proves itself at the token endpoint, beside its tokens: public keys, and digests of certificates.
alter table scim_clients
    add column jwks text null,
    add column certificates text not null default '';

-- Each assertion of a client is taken once.
create table client_assertions (
    tenant_id uuid not null,
    client_id uuid not null,
    jti_hash bytea not null,
    expires_at timestamptz not null,
    constraint client_assertions_pkey primary key (tenant_id, client_id, jti_hash)
);

create index client_assertions_expires_at on client_assertions (tenant_id, client_id, expires_at);

alter table client_assertions enable row level security;
alter table client_assertions force row level security;
create policy control on client_assertions to scim_control using (true) with check (true);

-- The installation's keys for access tokens, one per period, sealed.
create table signing_keys (
    period bigint constraint signing_keys_pkey primary key,
    sealed_key bytea not null,
    created_at timestamptz not null
);

grant select, insert, delete on client_assertions, signing_keys to scim_control;
