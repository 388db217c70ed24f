-- Grades and classes. Every statement runs under a scope; row-level security adds the tenant.

-- name: insert_grades
insert into grades (school_id, district, id, name, name_key, disabled, sort_order, remark, created_at, updated_at)
select $1, $2, id, name, name_key, disabled, sort_order, remark, $9, $9
from unnest($3::uuid[], $4::text[], $5::text[], $6::boolean[], $7::int[], $8::text[])
    as n (id, name, name_key, disabled, sort_order, remark)
on conflict (school_id, name_key) do nothing
returning id

-- name: insert_classes
insert into classes (school_id, district, id, grade_id, name, name_key, disabled, sort_order, remark, created_at,
    updated_at)
select $1, $2, id, grade_id, name, name_key, disabled, sort_order, remark, $10, $10
from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::boolean[], $8::int[], $9::text[])
    as n (id, grade_id, name, name_key, disabled, sort_order, remark)
on conflict (school_id, grade_id, name_key) do nothing
returning id

-- name: update_grade
update grades set name = $2, name_key = $3, disabled = $4, sort_order = $5, remark = $6, version = version + 1,
    updated_at = $7
where school_id = sc.school_id() and id = $1

-- name: update_class
update classes set grade_id = $2, name = $3, name_key = $4, disabled = $5, sort_order = $6, remark = $7,
    version = version + 1, updated_at = $8
where school_id = sc.school_id() and id = $1

-- name: order_grades
update grades g set sort_order = n.sort_order, version = g.version + 1, updated_at = $2
from (select id, place::int as sort_order from unnest($1::uuid[]) with ordinality as o (id, place)) n
where g.school_id = sc.school_id() and g.id = n.id and g.sort_order <> n.sort_order
returning g.id, g.name, g.disabled, g.sort_order, g.remark, g.version

-- name: order_classes
update classes c set sort_order = n.sort_order, version = c.version + 1, updated_at = $2
from (select id, place::int as sort_order from unnest($1::uuid[]) with ordinality as o (id, place)) n
where c.school_id = sc.school_id() and c.id = n.id and c.sort_order <> n.sort_order
returning c.id, c.grade_id, c.name, c.disabled, c.sort_order, c.remark, c.version

-- name: delete_grade
delete from grades where school_id = sc.school_id() and id = $1

-- name: delete_class
delete from classes where school_id = sc.school_id() and id = $1

-- name: lock_grade
select id, name, disabled, sort_order, remark, version from grades where school_id = sc.school_id() and id = $1
for update

-- name: lock_class
select id, grade_id, name, disabled, sort_order, remark, version from classes
where school_id = sc.school_id() and id = $1
for update

-- name: keep_grade
select id from grades where school_id = sc.school_id() and id = $1 for key share

-- name: keep_grades
select id, name, sort_order from grades where school_id = sc.school_id() order by id for key share

-- name: fetch_class_names
select grade_id, name from classes where school_id = sc.school_id() and grade_id = any($1::uuid[])

-- name: fetch_grade
select g.id, g.school_id, g.name, g.disabled, g.sort_order, g.remark, g.version, u.classes, u.readers
from grades g
cross join lateral (
    select count(*)::int as classes, greatest(coalesce(sum(cu.readers), 0), 0)::int as readers
    from classes c left join class_usage cu on cu.school_id = c.school_id and cu.class_id = c.id
    where c.school_id = g.school_id and c.grade_id = g.id
) u
where g.id = $1

-- name: matching_school
school_id = $?

-- name: matching_grade
grade_id = $?

-- name: matching_disabled
disabled = $?

-- name: matching_name
strpos(name_key, $?) > 0

-- name: in_order
order by sort_order, name, id

-- name: found_grades
select id, school_id, name, disabled, sort_order, remark, version from grades

-- name: listed_grades
select g.id, g.school_id, g.name, g.disabled, g.sort_order, g.remark, g.version, u.classes, u.readers
from found g
cross join lateral (
    select count(*)::int as classes, greatest(coalesce(sum(cu.readers), 0), 0)::int as readers
    from classes c left join class_usage cu on cu.school_id = c.school_id and cu.class_id = c.id
    where c.school_id = g.school_id and c.grade_id = g.id
) u
order by g.sort_order, g.name, g.id

-- name: fetch_class
select c.id, c.school_id, c.grade_id, g.name as grade_name, g.disabled as grade_disabled, c.name, c.disabled,
    c.sort_order, c.remark, c.version, greatest(coalesce(cu.readers, 0), 0) as readers
from classes c
join grades g on g.school_id = c.school_id and g.id = c.grade_id
left join class_usage cu on cu.school_id = c.school_id and cu.class_id = c.id
where c.id = $1

-- name: found_classes
select id, school_id, grade_id, name, disabled, sort_order, remark, version from classes

-- name: listed_classes
select c.id, c.school_id, c.grade_id, g.name as grade_name, g.disabled as grade_disabled, c.name, c.disabled,
    c.sort_order, c.remark, c.version, greatest(coalesce(cu.readers, 0), 0) as readers
from found c
join grades g on g.school_id = c.school_id and g.id = c.grade_id
left join class_usage cu on cu.school_id = c.school_id and cu.class_id = c.id
order by c.sort_order, c.name, c.id

-- name: move_readers
-- Facts of readers, applied under the worker scope to many schools at once.
insert into class_usage as u (school_id, district, class_id, readers)
select school_id, district, class_id, delta
from unnest($1::uuid[], $2::text[], $3::uuid[], $4::int[]) as n (school_id, district, class_id, delta)
order by school_id, class_id
on conflict (school_id, class_id) do update set readers = u.readers + excluded.readers
