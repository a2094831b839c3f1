-- The serving processes, each renewing a row of its own: they share a client's rate limit.
create table replicas (
    id uuid constraint replicas_pkey primary key,
    last_seen timestamptz not null
);

grant select, insert, update, delete on replicas to scim_control;
