-- Documents are stored as they are answered; beside them the folded keys that filters and uniqueness use (under row-level
-- security only leakproof operators reach an index). seq is the stable order of index pagination.
create table users (
    tenant_id uuid not null,
    id uuid not null,
    seq bigint generated always as identity,
    user_name_key text collate "C" not null,
    external_id text collate "C" null,
    display_name_key text collate "C" null,
    family_name_key text collate "C" null,
    given_name_key text collate "C" null,
    email_key text collate "C" null,
    active boolean not null,
    display text null,
    manager_id uuid null,
    manager_at integer null,
    document json not null,
    folded json null,
    password_hash text null,
    version bigint not null default 1,
    created_at timestamptz not null,
    last_modified timestamptz not null,
    constraint users_pkey primary key (tenant_id, id) include (display),
    constraint users_user_name_key unique (tenant_id, user_name_key),
    constraint users_seq unique (tenant_id, seq)
);

-- A document of a few kilobytes stays in its row: one page read, nothing compressed on the way out.
alter table users set (toast_tuple_target = 8160);

create index users_external_id on users (tenant_id, external_id);
create index users_display_name_key on users (tenant_id, display_name_key);
create index users_family_name_key on users (tenant_id, family_name_key, display_name_key);
create index users_email_key on users (tenant_id, email_key);
create index users_last_modified on users (tenant_id, last_modified);

-- The second and further e-mail addresses of a user.
-- An index in the shape of a table: written by the statements that write its user, so it needs no foreign key.
create table user_emails (
    tenant_id uuid not null,
    user_id uuid not null,
    email_key text collate "C" not null,
    constraint user_emails_pkey primary key (tenant_id, user_id, email_key)
);

create index user_emails_email_key on user_emails (tenant_id, email_key);

create table groups (
    tenant_id uuid not null,
    id uuid not null,
    seq bigint generated always as identity,
    display_name_key text collate "C" not null,
    name_claim text collate "C" null,
    external_id text collate "C" null,
    display text null,
    document json not null,
    folded json null,
    version bigint not null default 1,
    created_at timestamptz not null,
    last_modified timestamptz not null,
    constraint groups_pkey primary key (tenant_id, id) include (display),
    constraint groups_name_claim unique (tenant_id, name_claim),
    constraint groups_seq unique (tenant_id, seq)
);

alter table groups set (toast_tuple_target = 8160);

create index groups_display_name_key on groups (tenant_id, display_name_key);
create index groups_external_id on groups (tenant_id, external_id);
create index groups_last_modified on groups (tenant_id, last_modified);

-- No cascades: whoever deletes removes memberships first, in the order of group ids, and journals them.
create table group_members (
    tenant_id uuid not null,
    group_id uuid not null,
    user_id uuid not null,
    constraint group_members_pkey primary key (tenant_id, group_id, user_id),
    foreign key (tenant_id, group_id) references groups (tenant_id, id),
    foreign key (tenant_id, user_id) references users (tenant_id, id)
);

create index group_members_user_id on group_members (tenant_id, user_id, group_id);

create table group_nestings (
    tenant_id uuid not null,
    group_id uuid not null,
    child_id uuid not null,
    constraint group_nestings_pkey primary key (tenant_id, group_id, child_id),
    foreign key (tenant_id, group_id) references groups (tenant_id, id),
    foreign key (tenant_id, child_id) references groups (tenant_id, id)
);

create index group_nestings_child_id on group_nestings (tenant_id, child_id, group_id);

-- A change of members bumps one of several rows, so that writers of one group do not wait for each other.
create table group_counters (
    tenant_id uuid not null,
    group_id uuid not null,
    stripe smallint not null,
    changes bigint not null,
    last_modified timestamptz not null,
    constraint group_counters_pkey primary key (tenant_id, group_id, stripe),
    foreign key (tenant_id, group_id) references groups (tenant_id, id)
);

create table resource_counters (
    tenant_id uuid not null,
    resource_type text collate "C" not null,
    stripe smallint not null,
    value bigint not null,
    constraint resource_counters_pkey primary key (tenant_id, resource_type, stripe)
);

-- Counters are updated far more often than anything else: room for the new version on the same page.
alter table group_counters set (fillfactor = 50);
alter table resource_counters set (fillfactor = 50);

do $$
declare
    table_name text;
begin
    foreach table_name in array array['users', 'user_emails', 'groups', 'group_members', 'group_nestings', 'group_counters',
                                      'resource_counters'] loop
        execute format('alter table %I enable row level security', table_name);
        execute format('alter table %I force row level security', table_name);
        execute format(
            'create policy tenant on %I to scim_app using (tenant_id = current_setting(''scim.tenant_id'')::uuid) '
            'with check (tenant_id = current_setting(''scim.tenant_id'')::uuid)', table_name);
        execute format('grant select, insert, update, delete on %I to scim_app', table_name);
    end loop;
end $$;

-- Cross-tenant work may count, not read: no grant on any table that holds a document.
create policy control on group_counters for select to scim_control using (true);
create policy control on resource_counters for select to scim_control using (true);
grant select on group_counters, resource_counters to scim_control;
