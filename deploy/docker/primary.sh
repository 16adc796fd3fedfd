#!/bin/sh
# Run once by the image of PostgreSQL, as its superuser, when the volume is new: the owner, the roles, and who may copy.
set -eu
psql -v ON_ERROR_STOP=1 -v owner="$OWNER_PASSWORD" -v replicator="$REPLICATOR_PASSWORD" \
    --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
create role nollycrewhub_owner login createrole password :'owner';
create role replicator login replication password :'replicator';
grant pg_monitor to replicator;
select format('alter database %I owner to nollycrewhub_owner', current_database()) \gexec
SQL
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" -f /etc/nollycrewhub/roles.sql
psql -v ON_ERROR_STOP=1 -v app="$APP_PASSWORD" -v reader="$READER_PASSWORD" \
    --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
alter role nollycrewhub_app password :'app';
alter role nollycrewhub_reader password :'reader';
SQL
echo "host replication replicator all scram-sha-256" >> "$PGDATA/pg_hba.conf"
