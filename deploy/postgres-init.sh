#!/bin/sh
# Runs once, when the database volume is empty: the application gets a plain role, no superuser.
set -eu

for extension in btree_gist citext pg_trgm unaccent vector; do
  psql --username postgres --dbname template1 --set ON_ERROR_STOP=1 \
    --command "CREATE EXTENSION IF NOT EXISTS $extension"
done
psql --username postgres --dbname postgres --set ON_ERROR_STOP=1 \
  --set "password=$POSTGRES_PASSWORD" <<'SQL'
CREATE ROLE stoa LOGIN PASSWORD :'password';
CREATE DATABASE stoa OWNER stoa;
SQL
