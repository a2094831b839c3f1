-- What serves the audit query, newest first; docs/adr/0026 says why these and what each costs a write.
create index journal_occurred_at on journal (tenant_id, occurred_at, sequence);

-- Every kind of row that a tenant has, and each kind's rows by time.
create index journal_kinds on journal (
    tenant_id, actor, operation, (case when resource_type is null then '' else resource_type end), outcome, occurred_at, sequence);

-- Ids are unique over all tenants, those of requests nearly: both are asked for without a tenant, too.
create index journal_resource_id on journal (resource_id, occurred_at, sequence) where resource_id is not null;
create index journal_request_id on journal (request_id, tenant_id, occurred_at, sequence) where request_id <> '';

-- All tenants together.
create index journal_newest on journal (occurred_at, sequence);

-- Among these a person's memberships are looked for.
create index journal_groups on journal (tenant_id, occurred_at, sequence) where resource_type = 'Group';
