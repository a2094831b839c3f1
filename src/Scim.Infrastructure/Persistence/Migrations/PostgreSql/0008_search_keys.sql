-- Keys read backwards: the end of a value is a range over them, which under row-level security an index serves. The server
-- writes them beside the keys. Generated first, because the rows that are there already cannot be updated by the migrating
-- login (the policies are forced on it too).
alter table users
    add column user_name_reversed text collate "C" generated always as (reverse(user_name_key)) stored,
    add column display_name_reversed text collate "C" generated always as (reverse(display_name_key)) stored,
    add column email_reversed text collate "C" generated always as (reverse(email_key)) stored;
alter table users
    alter column user_name_reversed drop expression,
    alter column display_name_reversed drop expression,
    alter column email_reversed drop expression;

alter table user_emails add column email_reversed text collate "C" generated always as (reverse(email_key)) stored;
alter table user_emails alter column email_reversed drop expression;

alter table groups add column display_name_reversed text collate "C" generated always as (reverse(display_name_key)) stored;
alter table groups alter column display_name_reversed drop expression;

-- From here on these belong to search_indexes.sql.
drop index if exists users_display_name_key, users_family_name_key;
drop index if exists users_user_name_trigrams;

-- With it, trigrams of one tenant are told from those of the others inside the index.
do $$
begin
    create extension if not exists btree_gin schema extensions;
exception when insufficient_privilege or undefined_file or feature_not_supported or invalid_schema_name then
    raise notice 'btree_gin is not available: %', sqlerrm;
end $$;
