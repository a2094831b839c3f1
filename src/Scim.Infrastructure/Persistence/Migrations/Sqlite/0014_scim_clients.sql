-- What an administrator says of a client, and how far its onboarding has come.
alter table scim_clients add column version integer not null default 1;
alter table scim_clients add column requests_per_second integer null;
alter table scim_clients add column allowed_networks text not null default '';
alter table scim_clients add column reached_at integer null;
alter table scim_clients add column first_request_at integer null;
alter table scim_clients add column last_request_at integer null;
alter table scim_clients add column first_lookup_at integer null;
alter table scim_clients add column first_user_at integer null;

alter table tokens add column replaced_at integer null;
alter table tokens add column warned_days integer null;

create index tokens_expires_at on tokens (expires_at) where expires_at is not null and revoked_at is null;
