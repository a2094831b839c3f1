-- The serving processes, each renewing a row of its own: they share a client's rate limit.
create table replicas (
    id blob not null primary key,
    last_seen integer not null
) strict, without rowid;
