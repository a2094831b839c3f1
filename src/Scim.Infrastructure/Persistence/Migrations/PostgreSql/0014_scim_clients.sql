-- What an administrator says of a client, and how far its onboarding has come.
alter table scim_clients
    add column version bigint not null default 1,
    add column requests_per_second integer null,
    add column allowed_networks text not null default '',
    add column reached_at timestamptz null,
    add column first_request_at timestamptz null,
    add column last_request_at timestamptz null,
    add column first_lookup_at timestamptz null,
    add column first_user_at timestamptz null;

-- A token that a newer one replaces lives on for a while; one that runs out is told of once per threshold.
alter table tokens
    add column replaced_at timestamptz null,
    add column warned_days integer null;

create index tokens_expires_at on tokens (expires_at) where expires_at is not null and revoked_at is null;
