-- Figures for the library, from the maintained counts. Each adds up what is searched for, as `n`.

-- name: issued_by_day
select n.day, sum(n.cards)::int as cards from issue_counts n

-- name: day_by_day
group by n.day having sum(n.cards) <> 0 order by n.day

-- name: issued_by_school
select n.school_id, n.district, sum(n.cards)::int as cards from issue_counts n

-- name: school_by_school
group by n.school_id, n.district having sum(n.cards) <> 0 order by cards desc, n.school_id limit 10000

-- name: issued_by_grade
select g.name as grade_name, min(g.sort_order) as sort_order, sum(n.cards)::int as cards
from issue_counts n
left join classes k on k.school_id = n.school_id and k.class_id = n.class_id
left join grades g on g.school_id = k.school_id and g.grade_id = k.grade_id

-- name: grade_by_grade
group by g.name having sum(n.cards) <> 0 order by sort_order nulls last, grade_name limit 1000

-- name: now_by_state
select n.status, n.physical, sum(n.cards)::int as cards from card_counts n

-- name: state_by_state
group by n.status, n.physical having sum(n.cards) <> 0

-- name: refunds_by_status
select n.status, count(*)::int as refunds, coalesce(sum(n.amount_fen), 0)::bigint as amount_fen from refunds n

-- name: status_by_status
group by n.status

-- name: within
n.day between $? and $?

-- name: of_school
n.school_id = $?

-- name: of_district
n.district = $?
