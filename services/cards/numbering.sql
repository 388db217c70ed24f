-- Numbers and the counters they come from. Under the worker's scope or a district's.

-- name: lock_counters
insert into serial_counters as c (district, year, last_serial)
select district, $2, 0 from unnest($1::text[]) as n (district) order by district
on conflict (district, year) do update set last_serial = c.last_serial
returning district, last_serial

-- name: advance_counters
update serial_counters c set last_serial = n.last_serial
from unnest($1::text[], $3::int[]) as n (district, last_serial)
where c.district = n.district and c.year = $2

-- name: take_numbers
insert into card_numbers (card_no) select n from unnest($1::text[]) n order by n
on conflict do nothing
returning card_no
