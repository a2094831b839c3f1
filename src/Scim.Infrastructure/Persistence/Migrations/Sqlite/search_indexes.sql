-- What serves searches by names, by the end of a value, by time of creation and for inactive users (Database:SearchIndexes).
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
