-- What districts' cards allow.

-- name: fetch_terms_of
select distinct on (district) district, version, effective_on, privileges::text as privileges, physical_fee_fen,
    changed_by, changed_at
from district_privileges
where district = any($1::text[]) and effective_on <= $2
order by district, effective_on desc, version desc

-- name: list_terms
select district, version, effective_on, privileges::text as privileges, physical_fee_fen, changed_by, changed_at
from district_privileges where district = $1
order by version desc limit $2 offset $3

-- name: count_terms
select count(*) from district_privileges where district = $1

-- name: insert_terms
insert into district_privileges (district, version, effective_on, privileges, physical_fee_fen, changed_by, changed_at)
select $1, coalesce(max(version), 0) + 1, $2, $3::jsonb, $4, $5, $6 from district_privileges where district = $1
returning version
