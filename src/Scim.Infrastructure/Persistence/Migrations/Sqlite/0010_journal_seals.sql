-- The hash chain over each tenant's journal, and the signed checkpoints of it. Appended to and never altered.
create table journal_seals (
    tenant_id blob not null,
    number integer not null,
    previous blob not null,
    first_sequence integer not null,
    last_sequence integer not null,
    root blob not null,
    leaves blob not null,
    sealed_at integer not null,
    primary key (tenant_id, number)
) strict;

create table journal_checkpoints (
    tenant_id blob not null,
    number integer not null,
    previous blob not null,
    seal_number integer not null,
    seal_hash blob not null,
    last_sequence integer not null,
    made_at integer not null,
    key_id text not null,
    signature blob not null,
    primary key (tenant_id, number)
) strict, without rowid;

create trigger journal_seals_are_not_updated before update on journal_seals
begin
    select raise(abort, 'Seals are append-only.');
end;

create trigger journal_seals_are_not_deleted before delete on journal_seals
begin
    select raise(abort, 'Seals are append-only.');
end;

create trigger journal_checkpoints_are_not_updated before update on journal_checkpoints
begin
    select raise(abort, 'Checkpoints are append-only.');
end;

create trigger journal_checkpoints_are_not_deleted before delete on journal_checkpoints
begin
    select raise(abort, 'Checkpoints are append-only.');
end;
