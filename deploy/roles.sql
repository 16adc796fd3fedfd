-- The roles, their limits and the extensions, on a managed PostgreSQL where we are an owner and no superuser.
-- deploy/render/run.py runs it before each migration; by hand: psql "$DATABASE_OWNER_URL" -f deploy/roles.sql, then \password
-- for each role. A test runs it as such an owner, and holds the limits to those of `make up`.
do $$
begin
    if not exists (select from pg_roles where rolname = 'nollycrewhub_app') then
        create role nollycrewhub_app login;
    end if;
    if not exists (select from pg_roles where rolname = 'nollycrewhub_reader') then
        create role nollycrewhub_reader login;
    end if;
end $$;
alter role nollycrewhub_app set statement_timeout = '4500ms';
alter role nollycrewhub_app set lock_timeout = '4s';
alter role nollycrewhub_app set idle_in_transaction_session_timeout = '30s';
alter role nollycrewhub_reader set statement_timeout = '4500ms';
alter role nollycrewhub_reader set lock_timeout = '4s';
alter role nollycrewhub_reader set idle_in_transaction_session_timeout = '10s';
alter role nollycrewhub_reader set default_transaction_read_only = on;
-- How far replicas are behind is seen by whoever may read the server's statistics; without that right /ops/servers says less.
do $$
begin
    grant pg_monitor to nollycrewhub_reader;
exception when insufficient_privilege then
    raise notice 'pg_monitor was not granted: ask the provider for it';
end $$;
create extension if not exists pg_trgm;
create extension if not exists unaccent;
