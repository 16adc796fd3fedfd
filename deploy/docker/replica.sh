#!/bin/sh
# Starts a streaming replica: a copy of the primary when the volume is new, and its own server from then on.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    # The folder is PostgreSQL's alone, or it refuses to start.
    install -d -o postgres -g postgres -m 0700 "$PGDATA"
    export PGPASSWORD="$REPLICATOR_PASSWORD"
    gosu postgres pg_basebackup --host=primary --username=replicator --pgdata="$PGDATA" \
        --wal-method=stream --create-slot --slot=replica --write-recovery-conf
fi
exec gosu postgres postgres -c hot_standby_feedback=on
