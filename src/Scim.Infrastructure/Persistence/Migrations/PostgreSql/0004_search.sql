-- LIKE is not leakproof, so under row-level security it could use no index. These functions search for one tenant in the
-- name of a role that nobody logs in as or is a member of, and give back ids, which the caller reads under its own policy.
create policy search on users for select to scim_search using (true);
create policy search on user_emails for select to scim_search using (true);
create policy search on groups for select to scim_search using (true);
grant select on users, user_emails, groups to scim_search;

-- Trigram indexes where the extension can be had; without it the functions scan the tenant.
do $$
declare
    extension_schema text;
begin
    begin
        create schema if not exists extensions;
        create extension if not exists pg_trgm schema extensions;
    exception when insufficient_privilege or undefined_file or feature_not_supported or invalid_schema_name then
        raise notice 'pg_trgm is not available: %', sqlerrm;
    end;

    select n.nspname into extension_schema
      from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm';
    if extension_schema is not null then
        execute format('create index users_user_name_trigrams on users using gin (user_name_key %I.gin_trgm_ops)', extension_schema);
    end if;
end $$;

-- The pattern is LIKE's, with what the client sent already escaped by backslashes.
create function search_users(column_name text, pattern text) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    tenant uuid := current_setting('scim.tenant_id')::uuid;
begin
    if column_name not in ('user_name_key', 'external_id', 'display_name_key', 'family_name_key', 'given_name_key', 'email_key') then
        raise exception 'search_users does not search %', column_name using errcode = 'invalid_parameter_value';
    end if;

    -- The pattern as a literal: a plan for a parameter could not use the index.
    return query execute format(
        'select id from public.users where tenant_id = %L::uuid and %I like %L', tenant, column_name, pattern);
    if column_name = 'email_key' then
        return query execute format(
            'select user_id from public.user_emails where tenant_id = %L::uuid and email_key like %L', tenant, pattern);
    end if;
end $$;

create function search_groups(column_name text, pattern text) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    tenant uuid := current_setting('scim.tenant_id')::uuid;
begin
    if column_name not in ('display_name_key', 'external_id') then
        raise exception 'search_groups does not search %', column_name using errcode = 'invalid_parameter_value';
    end if;

    return query execute format(
        'select id from public.groups where tenant_id = %L::uuid and %I like %L', tenant, column_name, pattern);
end $$;

revoke all on function search_users(text, text), search_groups(text, text) from public;

-- Giving the functions away needs membership and CREATE on the schema for a moment (superusers need neither).
do $$
begin
    if not (select rolsuper from pg_roles where rolname = current_user) then
        grant scim_search to current_user;
    end if;
    grant create on schema public to scim_search;
    alter function search_users(text, text) owner to scim_search;
    alter function search_groups(text, text) owner to scim_search;
    grant execute on function search_users(text, text), search_groups(text, text) to scim_app;
    revoke create on schema public from scim_search;
    if not (select rolsuper from pg_roles where rolname = current_user) then
        revoke scim_search from current_user;
    end if;
end $$;
