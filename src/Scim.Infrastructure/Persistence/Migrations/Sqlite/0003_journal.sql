create table journal_epochs (
    epoch integer not null primary key,
    system_identifier text not null,
    started_at integer not null
) strict;

-- With one writer, the order of sequence numbers is the order of commits: no transaction id is needed beside it.
create table journal (
    tenant_id blob not null,
    sequence integer primary key autoincrement,
    epoch integer not null,
    xid integer generated always as (sequence) virtual,
    occurred_at integer not null,
    actor text not null,
    request_id text not null,
    operation text not null,
    resource_type text null,
    resource_id text null,
    outcome text not null,
    detail text null,
    occurrences integer not null default 1,
    change_digest blob null
) strict;

create unique index journal_pkey on journal (tenant_id, sequence);

create table journal_changes (
    tenant_id blob not null,
    sequence integer not null,
    salt blob not null,
    change text not null,
    primary key (tenant_id, sequence)
) strict, without rowid;

-- There are no roles here. Triggers guard against our own mistakes, not against whoever has the file.
create trigger journal_is_not_updated before update on journal
begin
    select raise(abort, 'The journal is append-only.');
end;

create trigger journal_is_not_deleted before delete on journal
begin
    select raise(abort, 'The journal is append-only.');
end;

create trigger journal_changes_are_not_updated before update on journal_changes
begin
    select raise(abort, 'Changes are erased, never altered.');
end;
