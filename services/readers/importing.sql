-- Imports: from an uploaded workbook to readers.

-- name: insert_import
insert into imports (school_id, district, batch_no, filename, format, file, total, new, changed, unchanged, rejected,
    skipped, opened_by, opened_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)

-- name: insert_rows
-- unnest fills arrays that are too short with null.
insert into import_rows (school_id, district, batch_no, row, outcome, id_digest, class_id, class_key, reader_id,
    reader_version, sealed, item_no)
select $1, $2, $3, n.row, n.outcome, n.id_digest, n.class_id, n.class_key, n.reader_id, n.reader_version, n.sealed,
    $4::int + n.ordinality - 1
from unnest($5::text[], $6::text[], $7::bytea[], $8::uuid[], $9::text[], $10::uuid[], $11::int[], $12::bytea[])
    with ordinality
    as n (row, outcome, id_digest, class_id, class_key, reader_id, reader_version, sealed, ordinality)

-- name: update_rows
-- Between the first and the last of them: while statistics lag behind a batch, all its rows would be held against each.
update import_rows r set outcome = n.outcome, id_digest = n.id_digest, class_id = n.class_id, class_key = n.class_key,
    reader_id = n.reader_id, reader_version = n.reader_version, sealed = n.sealed
from unnest($2::int[], $3::text[], $4::bytea[], $5::uuid[], $6::text[], $7::uuid[], $8::int[], $9::bytea[])
    as n (item_no, outcome, id_digest, class_id, class_key, reader_id, reader_version, sealed)
where r.batch_no = $1 and r.item_no = n.item_no and r.item_no between $10 and $11

-- name: recount_import
update imports i set new = n.new, changed = n.changed, unchanged = n.unchanged, rejected = n.rejected
from (
    select count(*) filter (where outcome = 'new') as new, count(*) filter (where outcome = 'changed') as changed,
        count(*) filter (where outcome = 'unchanged') as unchanged,
        count(*) filter (where outcome = 'rejected') as rejected
    from import_rows where batch_no = $1
) n
where i.batch_no = $1

-- name: fetch_existing
select id, id_digest, class_id, name, guardian_name, home_district, sealed, wanted_card_no, status, reason_code,
    reason, version, consent
from readers where id_digest = any($1)

-- name: lock_existing
select id, id_digest, class_id, name, guardian_name, home_district, sealed, wanted_card_no, status, reason_code,
    reason, version, consent
from readers where id_digest = any($1) order by id for update

-- name: fetch_aliases
select a.alias, a.class_id
from class_aliases a join classes c on c.school_id = a.school_id and c.class_id = a.class_id
join grades g on g.school_id = c.school_id and g.grade_id = c.grade_id
where not c.deleted and not c.disabled and not g.deleted and not g.disabled

-- name: remember_aliases
insert into class_aliases (school_id, district, alias, class_id)
select $1, $2, n.* from unnest($3::text[], $4::uuid[]) n
on conflict (school_id, alias) do update set class_id = excluded.class_id

-- name: fetch_import
select batch_no, status, filename, format, total, new, changed, unchanged, rejected, opened_by, opened_at, confirmed_at,
    undone_at
from imports where batch_no = $1

-- name: lock_import
select batch_no, status, total, filename, opened_by, opened_at, undone_at from imports where batch_no = $1 for update

-- name: fetch_skipped
select skipped from imports where batch_no = $1

-- name: fetch_file
select file, filename from imports where batch_no = $1

-- name: confirm_import
update imports set status = 'running', confirmed_at = $2 where batch_no = $1

-- name: cancel_import
update imports set status = 'cancelled', file = null, skipped = null, erased_at = $2 where batch_no = $1

-- name: delete_rows
delete from import_rows where batch_no = $1

-- name: fetch_rows
select item_no, row, outcome, reader_id, sealed from import_rows
where batch_no = $1 and ($2::text is null or outcome = $2) order by item_no limit $3 offset $4

-- name: fetch_rows_asking
select item_no, row, sealed from import_rows where batch_no = $1 and class_key = any($2) order by item_no

-- name: fetch_questions
select class_key, count(*)::int as rows from import_rows where batch_no = $1 and class_key is not null
group by class_key order by min(item_no)

-- name: count_rows
select count(*) from import_rows where batch_no = $1 and ($2::text is null or outcome = $2)

-- name: fetch_rejected
select item_no, row, failed, sealed from import_rows
where batch_no = $1 and (outcome = 'rejected' or failed is not null)
order by item_no

-- name: insert_chunks
insert into import_chunks (school_id, district, batch_no, first, last)
select $1, $2, $3, n.* from unnest($4::int[], $5::int[]) n

-- name: lock_chunk
select first, last from import_chunks where batch_no = $1 and first = $2 and not done for update

-- name: finish_chunk
update import_chunks set done = true where batch_no = $1 and first = $2

-- name: fetch_chunk_rows
select item_no, row, outcome, id_digest, class_id, reader_id, reader_version, sealed from import_rows
where batch_no = $1 and item_no between $2 and $3 order by item_no

-- name: take_turn
select pg_advisory_xact_lock(hashtextextended('import' || sc.school_id()::text, 0))

-- name: fetch_closed_classes
select class_id from classes c join grades g on g.school_id = c.school_id and g.grade_id = c.grade_id
where c.class_id = any($1) and (c.disabled or c.deleted or g.disabled or g.deleted)

-- name: mark_failed
update import_rows r set failed = n.code
from unnest($2::int[], $3::text[]) as n (item_no, code)
where r.batch_no = $1 and r.item_no = n.item_no and r.item_no between $4 and $5

-- name: insert_effects
insert into import_effects (school_id, district, batch_no, item_no, reader_id, class_id, mark, former)
select $1, $2, $3, n.* from unnest($4::int[], $5::uuid[], $6::uuid[], $7::bytea[], $8::bytea[]) n

-- name: find_obstacles
select
    exists (select from import_chunks where batch_no = $1 and not done) as unfinished,
    not exists (select from import_effects where batch_no = $1) as nothing,
    coalesce(bool_or(r.status in ('approved', 'carded') or r.card_id is not null), false) as approved,
    coalesce(bool_or(e.mark <> sha256(r.sealed) or e.class_id is distinct from r.class_id), false) as changed
from import_effects e
join readers r on r.school_id = e.school_id and r.id = e.reader_id
where e.batch_no = $1

-- name: lock_affected
select r.id, r.version, r.class_id, r.name, r.guardian_name, r.home_district, r.sealed, r.status, r.card_id, e.item_no,
    e.former, e.mark <> sha256(r.sealed) or e.class_id is distinct from r.class_id as changed
from import_effects e
join readers r on r.school_id = e.school_id and r.id = e.reader_id
where e.batch_no = $1 and e.reader_id > $2
order by e.reader_id limit $3 for update of r

-- name: delete_readers
delete from readers where id = any($1)

-- name: restore_readers
update readers r set class_id = n.class_id, name = n.name, guardian_name = n.guardian_name,
    home_district = n.home_district, sealed = n.sealed, id_digest = n.id_digest, id_tail = n.id_tail,
    wanted_card_no = n.wanted_card_no, status = n.status, reason_code = n.reason_code, reason = n.reason,
    version = r.version + 1, updated_at = $1
from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::bytea[], $9::bytea[],
    $10::text[], $11::text[], $12::text[], $13::text[])
    as n (id, class_id, name, guardian_name, home_district, sealed, id_digest, id_tail, wanted_card_no, status,
        reason_code, reason)
where r.id = n.id and r.school_id = sc.school_id()

-- name: finish_undo
with gone as (delete from import_effects where batch_no = $1)
update imports set undone_at = $2, effects_erased_at = $2 where batch_no = $1

-- name: expire_drafts
update imports set status = 'cancelled', file = null, skipped = null
where (school_id, batch_no) in (
    select school_id, batch_no from imports
    where erased_at is null and opened_at < $1 and status = 'draft' limit 100 for update skip locked
)
returning school_id, district, batch_no

-- name: erase_imports
with old as (
    select school_id, batch_no from imports i
    where erased_at is null and opened_at < $1
        and (status = 'cancelled' or (status = 'running' and confirmed_at < $1))
        and not exists (
            select from import_chunks c where c.school_id = i.school_id and c.batch_no = i.batch_no and not c.done
        )
    order by opened_at limit 20 for update skip locked
),
gone as (
    delete from import_rows r using old where r.school_id = old.school_id and r.batch_no = old.batch_no
)
update imports i set file = null, skipped = null, erased_at = $2
from old where i.school_id = old.school_id and i.batch_no = old.batch_no

-- name: erase_effects
-- One that is not carried out, for whatever reason, may still have effects: it is looked at again. The limits within
-- have each import asked for by itself, not whole tables hashed.
with old as (
    select i.school_id, i.batch_no, c.is_done
    from imports i cross join lateral (
        select (
            select true from import_chunks k where k.school_id = i.school_id and k.batch_no = i.batch_no and not k.done
            limit 1
        ) is null as is_done
    ) c
    where i.effects_erased_at is null and i.confirmed_at < $1 and (c.is_done or (
        select true from import_effects e where e.school_id = i.school_id and e.batch_no = i.batch_no limit 1
    ))
    order by i.confirmed_at limit 20 for update of i skip locked
),
gone as (
    delete from import_effects e using old where e.school_id = old.school_id and e.batch_no = old.batch_no
)
update imports i set effects_erased_at = case when old.is_done then $2::timestamptz end
from old where i.school_id = old.school_id and i.batch_no = old.batch_no
