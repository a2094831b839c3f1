-- What serves searches by names, by the end or a part of a value, by time of creation and for inactive users
-- (Database:SearchIndexes).
create index if not exists users_display_name_key on users (tenant_id, display_name_key);
create index if not exists users_family_name_key on users (tenant_id, family_name_key, display_name_key);
create index if not exists users_user_name_reversed on users (tenant_id, user_name_reversed);
create index if not exists users_display_name_reversed on users (tenant_id, display_name_reversed);
create index if not exists users_email_reversed on users (tenant_id, email_reversed);
create index if not exists users_created_at on users (tenant_id, created_at);
create index if not exists users_inactive on users (tenant_id, seq) where not active;
create index if not exists user_emails_email_reversed on user_emails (tenant_id, email_reversed);
create index if not exists groups_display_name_reversed on groups (tenant_id, display_name_reversed);
create index if not exists groups_created_at on groups (tenant_id, created_at);

-- Trigrams where the extension can be had; without it search_users and search_groups read the tenant.
do $$
declare
    trigrams text;
    tenant text := '';
begin
    select n.nspname into trigrams
      from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm';
    if trigrams is null then
        return;
    end if;
    if exists (select 1 from pg_extension where extname = 'btree_gin') then
        tenant := 'tenant_id, ';
    end if;

    execute format('create index if not exists users_trigrams on users using gin '
        '(%1$suser_name_key %2$I.gin_trgm_ops, display_name_key %2$I.gin_trgm_ops, email_key %2$I.gin_trgm_ops)', tenant, trigrams);
    execute format('create index if not exists user_emails_trigrams on user_emails using gin (%1$semail_key %2$I.gin_trgm_ops)', tenant, trigrams);
    execute format('create index if not exists groups_trigrams on groups using gin (%1$sdisplay_name_key %2$I.gin_trgm_ops)', tenant, trigrams);
end $$;
