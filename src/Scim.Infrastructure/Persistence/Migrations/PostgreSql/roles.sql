-- Roles belong to the cluster, not to this database: created when missing, on every migration, never changed without need
-- (databases of one cluster may be migrated at the same time).
do $$
declare
    role_name text;
    login text := current_setting('scim.serving_login', true);
    -- Since version 16 membership alone does not allow SET ROLE.
    membership text := case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end;
    is_superuser boolean := (select rolsuper from pg_roles where rolname = current_user);
begin
    foreach role_name in array array['scim_app', 'scim_control', 'scim_erase', 'scim_search'] loop
        if not exists (select from pg_roles where rolname = role_name) then
            execute format('create role %I nologin', role_name);
        end if;
    end loop;

    foreach role_name in array array['scim_app', 'scim_control', 'scim_erase'] loop
        if not exists (
            select from pg_db_role_setting s join pg_roles r on r.oid = s.setrole
             where r.rolname = role_name and s.setdatabase = 0) then
            execute format('alter role %I set statement_timeout = ''30s''', role_name);
            execute format('alter role %I set idle_in_transaction_session_timeout = ''30s''', role_name);
            execute format('alter role %I set lock_timeout = ''10s''', role_name);
        end if;

        -- Who migrates and who serves must be able to assume the roles; superusers are anyway.
        if not is_superuser and not pg_has_role(current_user, role_name, membership) then
            execute format('grant %I to current_user', role_name);
        end if;
        if login is not null and login not in (current_user, role_name)
            and exists (select from pg_roles where rolname = login and not rolsuper)
            and not pg_has_role(login, role_name, membership) then
            execute format('grant %I to %I', role_name, login);
        end if;
    end loop;

    execute format('grant usage on schema public to scim_app, scim_control, scim_erase, scim_search');
end $$;
