-- Cards found by what somebody shows at a counter. One index probe each, under row-level security.

-- name: find_by_id_number
select card_no from cards where id_digest = $1
order by case when status in ('active', 'suspended') then 0 else 1 end, issued_at desc limit 1

-- name: find_by_credential
-- One at most: a credential is one card's in the city, a card has one living number.
select c.card_no
from card_credentials k
join cards c on c.school_id = k.school_id and c.card_id = k.card_id and c.status in ('active', 'suspended')
where k.digest = $1 and k.kind = $2

-- name: spend
insert into lookups as l (actor_id, minute, spent) values ($1, date_trunc('minute', $2::timestamptz), $3)
on conflict (actor_id, minute) do update set spent = l.spent + excluded.spent
returning spent

-- name: forget_lookups
delete from lookups where minute < $1

-- name: put_credential
-- Nothing comes back when the card has this very one already.
insert into card_credentials as k (school_id, district, card_id, kind, digest, added_by, added_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (school_id, card_id, kind) do update set digest = excluded.digest, added_by = excluded.added_by,
    added_at = excluded.added_at
where k.digest <> excluded.digest
returning true
