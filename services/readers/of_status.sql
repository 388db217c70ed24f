-- The first readers in time that have a status, which no index knows. `enough` is the moment by which whole classes have
-- as many as are wanted: no class is looked into that has none until then. Those without a class are looked for by school.
-- The offsets keep it class by class: statistics know nothing of where counts are left.

-- name: matching_district
r.district = $?

-- name: after_key
(r.created_at, r.id) > ($?, $?)

-- name: fetch_oldest
with counted as (
    select n.school_id, n.class_id, n.status, n.readers, n.first_at, n.last_at from reader_counts n
    where n.status = $1 and n.readers > 0 and ($3::text is null or n.district = $3) and n.last_at >= $4
), enough as (
    select coalesce(min(s.last_at), 'infinity') as at
    from (select last_at, sum(readers) over (order by last_at) as found from counted where first_at > $4) s
    where s.found >= $2
)
select f.id
from counted n join lateral (
    (
        select r.id, r.created_at from readers r
        where r.school_id = n.school_id and r.class_id = n.class_id and r.status = n.status
            and r.created_at <= (select at from enough) and (r.created_at, r.id) > ($4, $5) offset 0
    )
    union all
    (
        select r.id, r.created_at from readers r
        where n.class_id = '00000000-0000-0000-0000-000000000000'
            and r.school_id = n.school_id and r.class_id is null and r.status = n.status
            and r.created_at <= (select at from enough) and (r.created_at, r.id) > ($4, $5) offset 0
    )
) f on n.first_at <= (select at from enough)
order by f.created_at, f.id limit $2

-- name: fetch_newest
with counted as (
    select n.school_id, n.class_id, n.status, n.readers, n.first_at, n.last_at from reader_counts n
    where n.status = $1 and n.readers > 0 and ($3::text is null or n.district = $3)
), enough as (
    select coalesce(max(s.first_at), '-infinity') as at
    from (select first_at, sum(readers) over (order by first_at desc) as found from counted) s
    where s.found >= $2
)
select f.id
from counted n join lateral (
    (
        select r.id, r.created_at from readers r
        where r.school_id = n.school_id and r.class_id = n.class_id and r.status = n.status
            and r.created_at >= (select at from enough) offset 0
    )
    union all
    (
        select r.id, r.created_at from readers r
        where n.class_id = '00000000-0000-0000-0000-000000000000'
            and r.school_id = n.school_id and r.class_id is null and r.status = n.status
            and r.created_at >= (select at from enough) offset 0
    )
) f on n.last_at >= (select at from enough)
order by f.created_at desc, f.id limit $2
