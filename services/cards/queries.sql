-- Cards as they are looked at, under a scope, to which row-level security adds the tenant; and the facts of others.

-- name: card_columns
c.card_no, c.card_id, c.reader_id, c.school_id, c.district, c.masked_name, c.class_id, k.name as class_name,
    g.name as grade_name, c.status, c.kind, c.physical, c.physical_made, c.fee_fen, c.reason_code, c.reason,
    c.suspended_until, c.consent_withdrawn, c.handed_out_at, c.handed_out_by, c.previous_card_no, c.version,
    c.issued_at, c.updated_at

-- name: card_joins
left join classes k on k.school_id = c.school_id and k.class_id = c.class_id
left join grades g on g.school_id = k.school_id and g.grade_id = k.grade_id

-- name: matching_status
-- A search's conditions, wherever cards are searched: what is listed is what is counted, exported and given a step.
c.status = $?

-- name: matching_kind
c.kind = $?

-- name: matching_physical
c.physical = $?

-- name: matching_reader
c.reader_id = $?

-- name: matching_class
-- Of a class or a grade the school is looked up first, as the index has its cards under it alone. The counts know every
-- class that has cards, also one that params has not told of yet.
c.class_id = $? and c.school_id = (select n.school_id from card_counts n where n.class_id = $? limit 1)

-- name: matching_school
c.school_id = $?

-- name: matching_number
c.card_no = $?

-- name: matching_grade
c.school_id = (select k.school_id from classes k where k.grade_id = $? limit 1)
    and c.class_id = any(array(select k.class_id from classes k where k.grade_id = $?))

-- name: matching_after
-- From a place on, not past a number of rows: the last page costs what the first does, and nothing is told twice when
-- cards are issued meanwhile.
(c.issued_at, c.card_no) < ($?, $?)

-- name: newest_first
order by c.issued_at desc, c.card_no desc

-- name: count_by_totals
select coalesce(sum(n.cards), 0)::int from card_counts n

-- name: counted_status
n.status = $?

-- name: counted_kind
(n.physical = 'none') = ($? = 'online')

-- name: counted_physical
n.physical = $?

-- name: counted_class
n.class_id = $?

-- name: counted_school
n.school_id = $?

-- name: counted_grade
(n.school_id, n.class_id) in (select k.school_id, k.class_id from classes k where k.grade_id = $?)

-- name: follow_grades
-- Facts of other services, applied under the worker scope to many schools at once.
insert into grades as g (school_id, district, grade_id, name, sort_order, version)
select school_id, district, grade_id, name, sort_order, version
from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::int[], $6::int[])
    as n (school_id, district, grade_id, name, sort_order, version)
order by school_id, grade_id
on conflict (school_id, grade_id) do update set name = excluded.name, sort_order = excluded.sort_order,
    version = excluded.version
where g.version < excluded.version

-- name: follow_classes
insert into classes as c (school_id, district, class_id, grade_id, name, sort_order, version)
select school_id, district, class_id, grade_id, name, sort_order, version
from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::int[], $7::int[])
    as n (school_id, district, class_id, grade_id, name, sort_order, version)
order by school_id, class_id
on conflict (school_id, class_id) do update set grade_id = excluded.grade_id, name = excluded.name,
    sort_order = excluded.sort_order, version = excluded.version
where c.version < excluded.version

-- name: follow_readers
with moved as (
    select c.school_id, c.card_no, n.class_id, n.version
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[]) as n (school_id, reader_id, class_id, version)
    join cards c on c.school_id = n.school_id and c.reader_id = n.reader_id and c.status in ('active', 'suspended')
    where c.class_version < n.version
    order by c.card_no for update of c
)
update cards c set class_id = m.class_id, class_version = m.version
from moved m where c.school_id = m.school_id and c.card_no = m.card_no
