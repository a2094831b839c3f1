-- Keys read backwards: the end of a value is a range over them. The server writes them beside the keys.
alter table users add column user_name_reversed text null;
alter table users add column display_name_reversed text null;
alter table users add column email_reversed text null;
alter table user_emails add column email_reversed text null;
alter table groups add column display_name_reversed text null;

update users
   set user_name_reversed = (with recursive s(n, t) as (select length(user_name_key), '' union all select n - 1, t || substr(user_name_key, n, 1) from s where n > 0)
                             select t from s where n = 0),
       display_name_reversed = (with recursive s(n, t) as (select length(display_name_key), '' union all select n - 1, t || substr(display_name_key, n, 1) from s where n > 0)
                                select t from s where n = 0),
       email_reversed = (with recursive s(n, t) as (select length(email_key), '' union all select n - 1, t || substr(email_key, n, 1) from s where n > 0)
                         select t from s where n = 0);

update user_emails
   set email_reversed = (with recursive s(n, t) as (select length(email_key), '' union all select n - 1, t || substr(email_key, n, 1) from s where n > 0)
                         select t from s where n = 0);

update groups
   set display_name_reversed = (with recursive s(n, t) as (select length(display_name_key), '' union all select n - 1, t || substr(display_name_key, n, 1) from s where n > 0)
                                select t from s where n = 0);

-- From here on these belong to search_indexes.sql.
drop index if exists users_display_name_key;
drop index if exists users_family_name_key;

-- Plans must not depend on what happens to be stored, nor on whether anybody ever ran ANALYZE: without figures SQLite takes a
-- tenant for ten rows. These are of two tenants with 100,000 users each; nothing here ever runs ANALYZE.
analyze schema_migrations;
delete from sqlite_stat1;
insert into sqlite_stat1 (tbl, idx, stat) values
    ('users', 'users_pkey', '200000 100000 1'),
    ('users', 'users_user_name_key', '200000 100000 1'),
    ('users', 'users_seq', '200000 100000 1'),
    ('users', 'users_display', '200000 100000 1 1'),
    ('users', 'users_external_id', '200000 100000 1'),
    ('users', 'users_email_key', '200000 100000 1'),
    ('users', 'users_last_modified', '200000 100000 5'),
    ('users', 'users_display_name_key', '200000 100000 2'),
    ('users', 'users_family_name_key', '200000 100000 50 1'),
    ('users', 'users_user_name_reversed', '200000 100000 1'),
    ('users', 'users_display_name_reversed', '200000 100000 2'),
    ('users', 'users_email_reversed', '200000 100000 1'),
    ('users', 'users_created_at', '200000 100000 5'),
    ('users', 'users_inactive', '2000 1000 1'),
    ('user_emails', 'user_emails', '100000 50000 1 1'),
    ('user_emails', 'user_emails_email_key', '100000 50000 1'),
    ('user_emails', 'user_emails_email_reversed', '100000 50000 1'),
    ('groups', 'groups_pkey', '2000 1000 1'),
    ('groups', 'groups_name_claim', '2000 1000 1'),
    ('groups', 'groups_seq', '2000 1000 1'),
    ('groups', 'groups_display', '2000 1000 1 1'),
    ('groups', 'groups_display_name_key', '2000 1000 1'),
    ('groups', 'groups_external_id', '2000 1000 1'),
    ('groups', 'groups_last_modified', '2000 1000 2'),
    ('groups', 'groups_display_name_reversed', '2000 1000 1'),
    ('groups', 'groups_created_at', '2000 1000 2'),
    ('group_members', 'group_members', '1000000 500000 500 1'),
    ('group_members', 'group_members_user_id', '1000000 500000 5 1'),
    ('group_nestings', 'group_nestings', '1000 500 5 1'),
    ('group_nestings', 'group_nestings_child_id', '1000 500 2 1'),
    ('group_counters', 'group_counters', '16000 8000 8 1'),
    ('resource_counters', 'resource_counters', '64 32 16 1'),
    ('tokens', 'tokens_client_id', '20000 10000 2'),
    ('unique_values', 'unique_values', '100000 50000 50000 25000 1'),
    ('unique_values', 'unique_values_resource_id', '100000 50000 50000 1');
