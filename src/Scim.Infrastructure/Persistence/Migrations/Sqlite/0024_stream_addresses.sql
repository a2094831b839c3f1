-- The whole URL, sealed: its path or query may hold a key. What url holds of new and of changed streams is what is shown of it.
alter table audit_streams add column address blob null;
