-- Figures for the library, from the maintained counts.

-- name: issued_by_day
select day, sum(cards)::int as cards from issue_counts

-- name: issued_within
day between $? and $?

-- name: issued_in_school
school_id = $?

-- name: issued_in_district
district = $?

-- name: day_by_day
group by day having sum(cards) <> 0 order by day

-- name: issued_by_school
select school_id, district, sum(cards)::int as cards from issue_counts
where day between $1 and $2 and ($3::uuid is null or school_id = $3)
group by school_id, district having sum(cards) <> 0 order by cards desc, school_id limit 10000

-- name: issued_by_grade
select g.name as grade_name, min(g.sort_order) as sort_order, sum(n.cards)::int as cards
from issue_counts n
left join classes k on k.school_id = n.school_id and k.class_id = n.class_id
left join grades g on g.school_id = k.school_id and g.grade_id = k.grade_id
where n.day between $1 and $2 and ($3::uuid is null or n.school_id = $3)
group by g.name having sum(n.cards) <> 0 order by sort_order nulls last, grade_name limit 1000

-- name: now_by_state
select status, physical, sum(cards)::int as cards from card_counts
where ($1::uuid is null or school_id = $1)
group by status, physical having sum(cards) <> 0

-- name: refunds_by_status
select status, count(*)::int as refunds, coalesce(sum(amount_fen), 0)::bigint as amount_fen from refunds
where ($1::uuid is null or school_id = $1)
group by status
