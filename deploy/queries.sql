-- What an operator asks of each service's schema. The connection's search_path names the service.

-- name: fetch_dead_letters
select consumer, message_id, subject, error, parked_at, retry_at
from dead_letters
order by parked_at, consumer, message_id;

-- name: retry_dead_letters
with retried as (
    update dead_letters set retry_at = now()
    where (cardinality($1::text[]) = 0 or message_id = any ($1)) and ($2::text is null or consumer = $2)
    returning 1
)
select count(*) from retried;

-- name: end_leader
-- Whoever holds the lock of the service's relay; its session is gone when this returns true, within ten seconds.
select pg_terminate_backend(pid, 10000) from pg_locks
where locktype = 'advisory' and granted and objsubid = 2
    and database = (select oid from pg_database where datname = current_database())
    and classid = $1::int8::oid and objid = (hashtext($2)::int8 & 4294967295)::oid;

-- name: create_seen
create temporary table seen (id uuid not null) on commit preserve rows;

-- name: mark_unsent
with missing as (
    update outbox set sent_at = null
    where starts_with(subject, $1) and sent_at between $2 and $3 and not exists (select from seen where seen.id = outbox.id)
    returning 1
)
select count(*) from missing;

-- name: find_schoolcard
select exists (select from pg_roles where rolname = 'sc_identity') as has_role,
    to_regclass('identity.city') is not null as has_city;

-- name: has_unsent
select exists (select from outbox where sent_at is null);
