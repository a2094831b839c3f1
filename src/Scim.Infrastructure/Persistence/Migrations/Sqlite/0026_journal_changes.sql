-- Changes under SQLite's own key of a row, which is the journal's sequence number: a table without one keeps a kilobyte of a
-- row at most beside its key, and the rest in a page for each row alone.
create table changes_by_sequence (
    tenant_id blob not null,
    sequence integer primary key,
    salt blob not null,
    change text not null
) strict;

insert into changes_by_sequence (tenant_id, sequence, salt, change)
select tenant_id, sequence, salt, change from journal_changes order by sequence;

drop table journal_changes;
alter table changes_by_sequence rename to journal_changes;

create unique index journal_changes_pkey on journal_changes (tenant_id, sequence);

create trigger journal_changes_are_not_updated before update on journal_changes
begin
    select raise(abort, 'Changes are erased, never altered.');
end;
