-- Functions, because a plan is set up whole on every execution, also the parts that do not run: 20 to 30 microseconds of every
-- read of a user. They read under the caller's own policies,
-- and name the schema where others would set a search path, which costs as much again.

-- The groups of a user in a tenant that nests groups: walked upwards, at most 32 levels, circles end.
create function nested_groups(member uuid) returns json
language plpgsql stable as $$
declare
    tenant uuid := current_setting('scim.tenant_id')::uuid;
begin
    return (
        with recursive up(id, direct, depth) as (
            select gm.group_id, 1, 1 from public.group_members gm where gm.tenant_id = tenant and gm.user_id = member
            union
            select gn.group_id, 0, up.depth + 1 from public.group_nestings gn join up on gn.child_id = up.id
             where gn.tenant_id = tenant and up.depth < 32)
        select json_agg(json_build_array(g.id, g.display, d.direct) order by g.id)
          from (select up.id, max(up.direct) as direct from up group by up.id) as d
          join public.groups g on g.tenant_id = tenant and g.id = d.id);
end $$;

-- The groups of one user in any tenant. For one: a call costs more than a row of a page may.
create function user_groups(member uuid) returns json
language plpgsql stable as $$
declare
    tenant uuid := current_setting('scim.tenant_id')::uuid;
begin
    if exists (select 1 from public.group_nestings gn where gn.tenant_id = tenant) then
        return public.nested_groups(member);
    end if;
    return (
        select json_agg(json_build_array(g.id, g.display, 1) order by g.id)
          from public.group_members gm
          join public.groups g on g.tenant_id = tenant and g.id = gm.group_id
         where gm.tenant_id = tenant and gm.user_id = member);
end $$;

revoke all on function nested_groups(uuid), user_groups(uuid) from public;
grant execute on function nested_groups(uuid), user_groups(uuid) to scim_app;
