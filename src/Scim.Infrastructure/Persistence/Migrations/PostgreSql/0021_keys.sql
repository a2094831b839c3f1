-- A signing key has a number, and may end before its time: the next one retires it, or it is revoked.
alter table signing_keys rename column period to number;
alter table signing_keys add column revoked_at timestamptz null;
-- Keys that wrap secrets are rotated, and what they wrap is wrapped anew; signing keys are revoked.
grant update on signing_keys to scim_control;

-- The subject of the certificates by which a client proves itself, where an authority vouches for them (RFC 8705 section 2.1).
alter table scim_clients add column tls_subject_dn text null;
