-- How a client proves itself at the token endpoint, beside its tokens: public keys, and digests of certificates.
alter table scim_clients add column jwks text null;
alter table scim_clients add column certificates text not null default '';

create table client_assertions (
    tenant_id blob not null,
    client_id blob not null,
    jti_hash blob not null,
    expires_at integer not null,
    primary key (tenant_id, client_id, jti_hash)
) strict, without rowid;

create index client_assertions_expires_at on client_assertions (tenant_id, client_id, expires_at);

-- The installation's keys for access tokens, one per period, sealed.
create table signing_keys (
    period integer not null primary key,
    sealed_key blob not null,
    created_at integer not null
) strict, without rowid;
