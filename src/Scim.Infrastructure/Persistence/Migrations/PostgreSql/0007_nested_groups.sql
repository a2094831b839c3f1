-- The groups of a user in a tenant that nests groups: walked upwards, at most 32 levels, circles end. A function, because its
-- plan would otherwise be set up by every read of a user, in tenants without nested groups too. It reads under the caller's
-- own policies.
create function nested_groups(member uuid) returns json
language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
declare
    tenant uuid := current_setting('scim.tenant_id')::uuid;
begin
    return (
        with recursive up(id, direct, depth) as (
            select gm.group_id, 1, 1 from group_members gm where gm.tenant_id = tenant and gm.user_id = member
            union
            select gn.group_id, 0, up.depth + 1 from group_nestings gn join up on gn.child_id = up.id
             where gn.tenant_id = tenant and up.depth < 32)
        select json_agg(json_build_array(g.id, g.display, d.direct) order by g.id)
          from (select up.id, max(up.direct) as direct from up group by up.id) as d
          join groups g on g.tenant_id = tenant and g.id = d.id);
end $$;

revoke all on function nested_groups(uuid) from public;
grant execute on function nested_groups(uuid) to scim_app;
