-- What POSTs with an Idempotency-Key were answered, for a day. No secrets: keys stand here as digests, and an answer without
-- what was shown once.
create table kept_answers (
    key_digest bytea constraint kept_answers_pkey primary key,
    fingerprint bytea not null,
    -- Null only inside of the transaction that does the work.
    status integer null,
    location text null,
    etag text null,
    body text null,
    expires_at timestamptz not null
);

create index kept_answers_expires_at on kept_answers (expires_at);

grant select, insert, update, delete on kept_answers to scim_control;
