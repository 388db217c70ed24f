-- The log. Every statement runs under a scope; row-level security adds the tenant.

-- name: ensure_months
select ensure_months($1::date[])

-- name: lock_chains
insert into chain_heads (school_id, district, seq, hash)
select school_id, district, 0, $3 from unnest($1::uuid[], $2::text[]) as k (school_id, district)
on conflict (school_id, district) do update set seq = chain_heads.seq
returning school_id, district, seq, hash

-- name: fetch_logged
select e.event_id
from unnest($1::uuid[], $2::timestamptz[], $3::uuid[]) as e (school_id, occurred_at, event_id)
join log l on l.school_id = e.school_id and l.occurred_at = e.occurred_at and l.event_id = e.event_id
where l.occurred_at between $4 and $5

-- name: insert_entries
insert into log (school_id, district, occurred_at, event_id, recorded_at, operator, actor_id, entity, fact, subject_id,
    reader_id, batch_no, body, chain_seq, hash)
select school_id, district, occurred_at, event_id, recorded_at, operator, actor_id, entity, fact, subject_id,
    reader_id, batch_no, body, chain_seq, hash
from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::uuid[], $5::timestamptz[], $6::text[], $7::uuid[],
    $8::text[], $9::text[], $10::text[], $11::uuid[], $12::text[], $13::bytea[], $14::bigint[], $15::bytea[])
    as e (school_id, district, occurred_at, event_id, recorded_at, operator, actor_id, entity, fact, subject_id,
    reader_id, batch_no, body, chain_seq, hash)

-- name: advance_chains
update chain_heads h set seq = n.seq, hash = n.hash
from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bytea[]) as n (school_id, district, seq, hash)
where h.school_id = n.school_id and h.district = n.district

-- name: entry_columns
event_id, occurred_at, school_id, district, operator, entity, fact, subject_id, reader_id, batch_no, body

-- name: matching_school
school_id = $?

-- name: matching_batch
batch_no = $?

-- name: matching_reader
reader_id = $?

-- name: matching_operator
operator = $?

-- name: matching_entity
entity = $?

-- name: matching_fact
fact = $?

-- name: left_out
entity || '.' || fact <> all($?)

-- name: matching_operator_in_school
operator || '' = $?

-- name: matching_entity_in_school
entity || '' = $?

-- name: matching_fact_in_school
fact || '' = $?

-- name: after_kind
(entity, fact) > (k.of_entity, k.of_fact)

-- name: of_kind
entity = k.of_entity and fact = k.of_fact

-- name: newest_first
order by occurred_at desc, event_id desc

-- name: matching_event
event_id = $?

-- name: since
occurred_at >= $?

-- name: until
occurred_at <= $?

-- name: before
occurred_at < $?

-- name: before_key
(occurred_at, event_id) < ($?, $?)

-- name: matching_district
district = $?

-- name: link_columns
l.school_id, l.district, l.occurred_at, l.event_id, l.recorded_at, l.operator, l.actor_id, l.entity, l.fact,
    l.subject_id, l.reader_id, l.batch_no, l.body, l.chain_seq, l.hash, h.seq as head_seq, h.hash as head_hash

-- name: chained_columns
school_id, district, occurred_at, event_id, recorded_at, operator, actor_id, entity, fact, subject_id, reader_id,
    batch_no, body, chain_seq, hash

-- name: after_link
(district, school_id, chain_seq, event_id) > ($?, $?, $?, $?)

-- name: after_link_of_district
(school_id, chain_seq, event_id) > ($?, $?, $?)

-- name: after_link_of_chain
(chain_seq, event_id) > ($?, $?)

-- name: fetch_districts
select district from log where school_id = $1
union
select district from chain_heads where school_id = $1
order by 1

-- name: fetch_head_without_entries
select h.school_id, h.district, h.seq
from chain_heads h
where h.seq > 0 and ($1::uuid is null or h.school_id = $1) and not exists (
    select 1 from log l where l.school_id = h.school_id and l.district = h.district)
limit 1
