-- Batches and items. Every statement runs under a scope; row-level security adds the tenant.

-- name: apply_facts
with fresh as (
    insert into batch_items (school_id, district, batch_no, item_no, outcome, reader_id, row, code, detail)
    select school_id, district, batch_no, item_no, outcome, reader_id, row, code, detail
    from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::text[], $6::uuid[], $7::text[], $8::text[], $9::text[])
        with ordinality
        as n (school_id, district, batch_no, item_no, outcome, reader_id, row, code, detail, place)
    order by school_id, batch_no, item_no, place
    on conflict (school_id, batch_no, item_no) do nothing
    returning school_id, district, batch_no, outcome
),
counted as (
    select school_id, district, batch_no,
        count(*) filter (where outcome = 'succeeded')::int as succeeded,
        count(*) filter (where outcome = 'failed')::int as failed,
        count(*) filter (where outcome = 'skipped')::int as skipped
    from fresh group by school_id, district, batch_no
),
told as (
    select school_id, district, batch_no, kind, total, opened_by, opened_at, filename, confirmed, cancelled,
        undone_at
    from unnest($10::uuid[], $11::text[], $12::text[], $13::text[], $14::int[], $15::text[], $16::timestamptz[],
        $17::text[], $18::boolean[], $19::boolean[], $20::timestamptz[])
        as n (school_id, district, batch_no, kind, total, opened_by, opened_at, filename, confirmed, cancelled,
            undone_at)
)
insert into batches as b (school_id, district, batch_no, kind, total, opened_by, opened_at, filename, confirmed,
    cancelled, undone_at, succeeded, failed, skipped)
select school_id, district, batch_no, kind, total, opened_by, opened_at, filename, coalesce(confirmed, false),
    coalesce(cancelled, false), undone_at, coalesce(succeeded, 0), coalesce(failed, 0), coalesce(skipped, 0)
from told full join counted using (school_id, district, batch_no)
order by school_id, batch_no
on conflict (school_id, batch_no) do update set
    kind = coalesce(b.kind, excluded.kind),
    total = case when excluded.opened_at is null or b.confirmed then b.total else excluded.total end,
    opened_by = case when excluded.opened_at is null or b.confirmed then b.opened_by else excluded.opened_by end,
    filename = case when excluded.opened_at is null or b.confirmed then b.filename else excluded.filename end,
    opened_at = case when excluded.opened_at is null or b.confirmed then b.opened_at else excluded.opened_at end,
    confirmed = b.confirmed or excluded.confirmed,
    cancelled = b.cancelled or excluded.cancelled,
    undone_at = coalesce(b.undone_at, excluded.undone_at),
    succeeded = b.succeeded + excluded.succeeded,
    failed = b.failed + excluded.failed,
    skipped = b.skipped + excluded.skipped
returning b.school_id, b.batch_no

-- name: complete_batches
update batches b set completed_at = $3
from unnest($1::uuid[], $2::text[]) as n (school_id, batch_no)
where b.school_id = n.school_id and b.batch_no = n.batch_no and b.completed_at is null and b.confirmed
    and b.succeeded + b.failed + b.skipped >= b.total
returning b.school_id, b.district, b.batch_no, b.kind, b.total, b.succeeded, b.failed, b.skipped

-- name: batch_columns
batch_no, school_id, district, kind, status, total, greatest(total - succeeded - failed - skipped, 0) as waiting,
    succeeded, failed, skipped, opened_by, opened_at, completed_at, undone_at, filename

-- name: newest_first
order by opened_at desc, batch_no desc

-- name: matching_told
opened_at is not null

-- name: matching_confirmed
confirmed

-- name: matching_school
school_id = $?

-- name: matching_district
district = $?

-- name: matching_kind
kind = $?

-- name: matching_status
status = $?

-- name: matching_number
batch_no >= $? and batch_no < $?::text || ':'

-- name: matching_since
opened_at >= $?

-- name: matching_until
opened_at <= $?

-- name: count_days
select (opened_at at time zone 'Asia/Shanghai')::date as day, kind, count(*)::int as batches,
    sum(succeeded)::int as succeeded
from batches

-- name: by_day
group by 1, 2 order by 1, 2

-- name: list_items
select n as item_no, i.reader_id, i.row, coalesce(i.outcome, 'waiting') as outcome, i.code, i.detail
from generate_series($3::int, $4::int) n
left join batch_items i on i.school_id = $1 and i.batch_no = $2 and i.item_no = n and i.item_no between $3 and $4
order by n

-- name: list_waiting_items
select n as item_no, 'waiting' as outcome
from generate_series(1, $3::int) n
where not exists (select 1 from batch_items i where i.school_id = $1 and i.batch_no = $2 and i.item_no = n)
order by n limit $4 offset $5

-- name: list_items_of_outcome
select item_no, reader_id, row, outcome, code, detail from batch_items
where school_id = $1 and batch_no = $2 and outcome = $3
order by item_no limit $4 offset $5
