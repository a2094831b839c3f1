-- seq is SQLite's own key of the row; the tenant's key is a unique index beside it.
create table users (
    tenant_id blob not null,
    id blob not null,
    seq integer primary key autoincrement,
    user_name_key text not null,
    external_id text null,
    display_name_key text null,
    family_name_key text null,
    given_name_key text null,
    email_key text null,
    active integer not null check (active in (0, 1)),
    display text null,
    manager_id blob null,
    manager_at integer null,
    document text not null,
    folded text null,
    password_hash text null,
    version integer not null default 1,
    created_at integer not null,
    last_modified integer not null
) strict;

create unique index users_pkey on users (tenant_id, id);
create unique index users_user_name_key on users (tenant_id, user_name_key);
create unique index users_seq on users (tenant_id, seq);
create index users_display on users (tenant_id, id, display);
create index users_external_id on users (tenant_id, external_id);
create index users_display_name_key on users (tenant_id, display_name_key);
create index users_family_name_key on users (tenant_id, family_name_key, display_name_key);
create index users_email_key on users (tenant_id, email_key);
create index users_last_modified on users (tenant_id, last_modified);

-- An index in the shape of a table: written by the statements that write its user, so it needs no foreign key.
create table user_emails (
    tenant_id blob not null,
    user_id blob not null,
    email_key text not null,
    primary key (tenant_id, user_id, email_key)
) strict, without rowid;

create index user_emails_email_key on user_emails (tenant_id, email_key);

create table groups (
    tenant_id blob not null,
    id blob not null,
    seq integer primary key autoincrement,
    display_name_key text not null,
    name_claim text null,
    external_id text null,
    display text null,
    document text not null,
    folded text null,
    version integer not null default 1,
    created_at integer not null,
    last_modified integer not null
) strict;

create unique index groups_pkey on groups (tenant_id, id);
create unique index groups_name_claim on groups (tenant_id, name_claim);
create unique index groups_seq on groups (tenant_id, seq);
create index groups_display on groups (tenant_id, id, display);
create index groups_display_name_key on groups (tenant_id, display_name_key);
create index groups_external_id on groups (tenant_id, external_id);
create index groups_last_modified on groups (tenant_id, last_modified);

create table group_members (
    tenant_id blob not null,
    group_id blob not null,
    user_id blob not null,
    primary key (tenant_id, group_id, user_id),
    foreign key (tenant_id, group_id) references groups (tenant_id, id),
    foreign key (tenant_id, user_id) references users (tenant_id, id)
) strict, without rowid;

create index group_members_user_id on group_members (tenant_id, user_id, group_id);

create table group_nestings (
    tenant_id blob not null,
    group_id blob not null,
    child_id blob not null,
    primary key (tenant_id, group_id, child_id),
    foreign key (tenant_id, group_id) references groups (tenant_id, id),
    foreign key (tenant_id, child_id) references groups (tenant_id, id)
) strict, without rowid;

create index group_nestings_child_id on group_nestings (tenant_id, child_id, group_id);

create table group_counters (
    tenant_id blob not null,
    group_id blob not null,
    stripe integer not null,
    changes integer not null,
    last_modified integer not null,
    primary key (tenant_id, group_id, stripe),
    foreign key (tenant_id, group_id) references groups (tenant_id, id)
) strict, without rowid;

create table resource_counters (
    tenant_id blob not null,
    resource_type text not null,
    stripe integer not null,
    value integer not null,
    primary key (tenant_id, resource_type, stripe)
) strict, without rowid;
