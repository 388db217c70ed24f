-- Readers. Every statement runs under a scope; row-level security adds the tenant.

-- name: insert_readers
insert into readers (school_id, district, id, class_id, name, guardian_name, home_district, sealed, id_digest, id_tail,
    wanted_card_no, created_at, updated_at)
select $1, $2, id, class_id, name, guardian_name, home_district, sealed, id_digest, id_tail, wanted_card_no, $12, $12
from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::bytea[], $10::bytea[],
    $11::text[])
    as r (id, class_id, name, guardian_name, home_district, sealed, id_digest, id_tail, wanted_card_no)
on conflict (school_id, id_digest) do nothing
returning id

-- name: update_readers
update readers r set class_id = n.class_id, name = n.name, guardian_name = n.guardian_name,
    home_district = n.home_district, sealed = n.sealed, id_digest = n.id_digest, id_tail = n.id_tail,
    wanted_card_no = n.wanted_card_no, status = n.status, version = r.version + 1, updated_at = $11,
    reason = case when n.status = 'returned' then r.reason end,
    reason_code = case when n.status = 'returned' then r.reason_code end
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::bytea[], $8::bytea[],
    $9::text[], $10::text[])
    as n (id, class_id, name, guardian_name, home_district, sealed, id_digest, id_tail, wanted_card_no, status)
where r.id = n.id and r.school_id = sc.school_id()

-- name: reader_columns
r.id, r.school_id, r.district, r.class_id, r.grade_id, r.class_name, r.grade_name, r.name, r.guardian_name,
    r.home_district, r.sealed, r.wanted_card_no, r.card_no, r.status, r.consent, r.reason_code, r.reason, r.version,
    r.created_at, r.updated_at

-- name: matching_school
r.school_id = $?

-- name: matching_district
r.district = $?

-- name: matching_grade
(r.school_id, r.class_id) in (select school_id, class_id from classes where grade_id = $?)

-- name: matching_class
r.class_id = $? and r.school_id = (select school_id from classes where class_id = $?)

-- name: matching_status
r.status = $?

-- name: matching_consent
r.consent = $?

-- name: matching_card
(r.school_id, r.id) in (select school_id, reader_id from reader_cards where card_no = $?)

-- name: matching_digest
r.id_digest = $?

-- name: matching_ids
r.id = any($?)

-- name: matching_name_part
r.name like $?

-- name: matching_name_from
r.name ~>=~ $?

-- name: matching_name_before
r.name ~<~ $?

-- name: after_key
(r.created_at, r.id) > ($?, $?)

-- name: fetch_tail_candidates
select id, sealed from readers where id_tail = $1 limit 20000

-- name: find_person
select id from readers where id_digest = $1

-- name: counted_class
n.class_id = $?

-- name: counted_status
n.status = $?

-- name: counted_school
n.school_id = $?

-- name: counted_district
n.district = $?

-- name: count_by_totals
select coalesce(sum(readers), 0)::bigint from reader_counts n

-- name: weigh_statuses
select status, sum(readers)::bigint as readers from reader_counts n

-- name: by_status
group by status

-- name: fetch_of_status
-- Class by class, those without one by school. The offsets keep it so: statistics know nothing of where counts are left.
select f.id
from reader_counts n join lateral (
    (
        select r.id from readers r
        where r.school_id = n.school_id and r.class_id = n.class_id and r.status = n.status offset 0
    )
    union all
    (
        select r.id from readers r
        where n.class_id = '00000000-0000-0000-0000-000000000000'
            and r.school_id = n.school_id and r.class_id is null and r.status = n.status offset 0
    )
) f on n.readers > 0

-- name: lock_reader
select id, class_id, name, guardian_name, home_district, sealed, id_digest, wanted_card_no, card_no, card_id,
    status, consent, reason_code, reason, version, created_at
from readers where id = $1 for update

-- name: delete_reader
delete from readers where id = $1

-- name: set_status
update readers set status = $2, reason_code = $3, reason = $4, version = version + 1, updated_at = $5 where id = $1

-- name: fetch_classes
select g.grade_id, g.name as grade_name, c.class_id, c.name as class_name, c.disabled or g.disabled as disabled
from classes c join grades g on g.school_id = c.school_id and g.grade_id = c.grade_id
where not c.deleted and not g.deleted
order by g.sort_order, g.name, c.sort_order, c.name

-- name: find_class
select c.class_id, c.disabled or g.disabled as disabled
from classes c join grades g on g.school_id = c.school_id and g.grade_id = c.grade_id
where c.class_id = $1 and not c.deleted and not g.deleted

-- name: count_classes
select count(*) from classes c join grades g on g.school_id = c.school_id and g.grade_id = c.grade_id
where c.class_id = any($1)

-- name: find_class_name
select c.name as class_name, g.name as grade_name
from classes c join grades g on g.school_id = c.school_id and g.grade_id = c.grade_id
where c.class_id = $1

-- name: find_grade_name
select name from grades where grade_id = $1

-- name: fetch_counts
select n.school_id, nullif(n.class_id, '00000000-0000-0000-0000-000000000000') as class_id, c.grade_id, n.status,
    n.readers
from (select school_id, class_id, status, readers from reader_counts where readers <> 0) n
left join classes c on c.school_id = n.school_id and c.class_id = n.class_id

-- name: counts_of_schools
select district, school_id, status, sum(readers)::int as readers from reader_counts n

-- name: by_school
group by district, school_id, status having sum(readers) <> 0 order by district, school_id, status

-- name: counts_of_districts
select district, null::uuid as school_id, status, sum(readers)::int as readers from reader_counts n

-- name: by_district
group by district, status having sum(readers) <> 0 order by district, status

-- Facts of other services, applied under the worker scope to many schools at once.

-- name: follow_grades
insert into grades as g (school_id, district, grade_id, name, disabled, sort_order, version, deleted)
select school_id, district, grade_id, name, disabled, sort_order, version, deleted
from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::boolean[], $6::int[], $7::int[], $8::boolean[])
    as n (school_id, district, grade_id, name, disabled, sort_order, version, deleted)
order by school_id, grade_id
on conflict (school_id, grade_id) do update set name = excluded.name, disabled = excluded.disabled,
    sort_order = excluded.sort_order, version = excluded.version, deleted = excluded.deleted
where g.version < excluded.version

-- name: follow_classes
insert into classes as c (school_id, district, class_id, grade_id, name, disabled, sort_order, version, deleted)
select school_id, district, class_id, grade_id, name, disabled, sort_order, version, deleted
from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::boolean[], $7::int[], $8::int[],
    $9::boolean[])
    as n (school_id, district, class_id, grade_id, name, disabled, sort_order, version, deleted)
order by school_id, class_id
on conflict (school_id, class_id) do update set grade_id = excluded.grade_id, name = excluded.name,
    disabled = excluded.disabled, sort_order = excluded.sort_order, version = excluded.version,
    deleted = excluded.deleted
where c.version < excluded.version

-- name: follow_cards
with told as (
    select school_id, id, card_id, version, card_no, reason
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[])
        as n (school_id, id, card_id, version, card_no, reason)
), held as (
    select r.school_id, r.id from readers r join told n on n.school_id = r.school_id and n.id = r.id
    order by r.id for update of r
)
update readers r set status = case when n.card_no is null then 'returned' else 'carded' end, card_no = n.card_no,
    wanted_card_no = case when n.card_no is not null then r.wanted_card_no end,
    reason_code = case when n.card_no is null then 'card_closed' end, reason = n.reason,
    card_id = n.card_id, card_version = n.version, version = r.version + 1, updated_at = $7
from told n join held h on h.school_id = n.school_id and h.id = n.id
where r.school_id = n.school_id and r.id = n.id and (
    (r.card_id = n.card_id and r.card_version < n.version)
    or (r.status = 'approved' and (r.card_id is distinct from n.card_id
        or (r.card_version = n.version and n.card_no is not null))))

-- name: follow_refusals
with told as (
    select school_id, id, code, detail
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as n (school_id, id, code, detail)
), held as (
    select r.school_id, r.id from readers r join told n on n.school_id = r.school_id and n.id = r.id
    order by r.id for update of r
)
update readers r set status = 'returned', reason_code = n.code, reason = n.detail, version = r.version + 1,
    updated_at = $5
from told n join held h on h.school_id = n.school_id and h.id = n.id
where r.school_id = n.school_id and r.id = n.id and r.status = 'approved'
