-- A plan for any values takes a tenant to be the average one. Where most tenants are small and one is large, that is a plan which
-- reads the large one from end to end. So every tenant counts as a quarter of its table: an index that begins with the tenant
-- and ends there is never the cheap way (ADR 32). It counts from the next analyze on.
alter table users alter column tenant_id set (n_distinct = 4);
alter table user_emails alter column tenant_id set (n_distinct = 4);
alter table groups alter column tenant_id set (n_distinct = 4);
alter table group_members alter column tenant_id set (n_distinct = 4);
alter table group_nestings alter column tenant_id set (n_distinct = 4);
alter table group_counters alter column tenant_id set (n_distinct = 4);
alter table unique_values alter column tenant_id set (n_distinct = 4);

analyze users, user_emails, groups, group_members, group_nestings, group_counters, unique_values;
