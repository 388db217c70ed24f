-- Approval batches: from a choice of readers to their approval, chunk by chunk.

-- name: insert_approval
insert into approvals (school_id, district, batch_no, total, opened_by, opened_at, without_consent)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: insert_chosen
insert into approval_items (school_id, district, batch_no, item_no, reader_id)
select $1, $2, $3, n.item_no, n.reader_id from unnest($4::uuid[]) with ordinality as n (reader_id, item_no)

-- name: fetch_chosen
select id, status, consent from readers where id = any($1) order by created_at, id

-- name: fetch_matching
select r.id, r.status, r.consent from readers r

-- name: fetch_approval
select batch_no, status, total, opened_by, opened_at, without_consent, district
from approvals where batch_no = $1

-- name: lock_approval
select batch_no, status, total, opened_by, opened_at, without_consent, district
from approvals where batch_no = $1 for update

-- name: confirm_approval
update approvals set status = 'running', confirmed_at = $2 where batch_no = $1

-- name: cancel_approval
update approvals set status = 'cancelled' where batch_no = $1

-- name: delete_items
delete from approval_items where batch_no = $1

-- name: insert_chunks
insert into approval_chunks (school_id, district, batch_no, first, last)
select $1, $2, $3, n.* from unnest($4::int[], $5::int[]) n

-- name: lock_chunk
select first, last from approval_chunks where batch_no = $1 and first = $2 and not done for update

-- name: finish_chunk
update approval_chunks set done = true where batch_no = $1 and first = $2

-- name: fetch_items
select item_no, reader_id from approval_items where batch_no = $1 and item_no between $2 and $3 order by item_no

-- name: lock_readers
-- Each by itself, in one order: while statistics lag behind a large import, a list would be looked for in the whole school.
select r.* from (select unnest($1::uuid[]) as id order by 1) n cross join lateral (
    select id, class_id, name, sealed, id_digest, wanted_card_no, status, consent, version
    from readers where id = n.id offset 0 for update
) r

-- name: approve_readers
update readers set status = 'approved', reason = null, reason_code = null, version = version + 1, updated_at = $2
where id = any($1)

-- name: expire_drafts
with expired as (
    update approvals set status = 'cancelled'
    where (school_id, batch_no) in (
        select school_id, batch_no from approvals
        where status = 'draft' and opened_at < $1 order by opened_at limit 50 for update skip locked
    )
    returning school_id, district, batch_no
), gone as (
    delete from approval_items i using expired e where i.school_id = e.school_id and i.batch_no = e.batch_no
)
select school_id, district, batch_no from expired

-- name: erase_items
with due as (
    select a.school_id, a.batch_no from approvals a
    where a.confirmed_at < $1 and not a.erased and not exists (
        select from approval_chunks c where c.school_id = a.school_id and c.batch_no = a.batch_no and not c.done
    )
    order by a.confirmed_at limit 50
), gone as (
    delete from approval_items i using due d where i.school_id = d.school_id and i.batch_no = d.batch_no
)
update approvals a set erased = true from due d where a.school_id = d.school_id and a.batch_no = d.batch_no
returning a.batch_no
