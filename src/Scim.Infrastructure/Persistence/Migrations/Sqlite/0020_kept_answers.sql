-- What POSTs with an Idempotency-Key were answered, for a day. No secrets: keys stand here as digests, and an answer without
-- what was shown once.
create table kept_answers (
    key_digest blob not null primary key,
    fingerprint blob not null,
    status integer null,
    location text null,
    etag text null,
    body text null,
    expires_at integer not null
) strict, without rowid;

create index kept_answers_expires_at on kept_answers (expires_at);
