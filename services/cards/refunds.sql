-- Former cards of the library and their deposits.

-- name: take_former_number
insert into former_numbers (district, former_card_no) values ($1, $2) on conflict do nothing returning former_card_no

-- name: insert_former_card
insert into former_cards (school_id, district, former_card_no, card_id, card_no, deposit_fen, exchanged_by, exchanged_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: list_former_cards
select former_card_no, card_no, deposit_fen, exchanged_by, exchanged_at from former_cards
where school_id = $1 and card_id = $2 order by exchanged_at, former_card_no

-- name: insert_refund
insert into refunds (school_id, district, id, card_id, card_no, masked_name, former_card_no, amount_fen, opened_by,
    opened_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: lock_refund
select r.id, r.school_id, r.district, r.card_no, r.amount_fen, r.status, r.collector, r.version, c.reader_id
from refunds r join cards c on c.school_id = r.school_id and c.card_no = r.card_no
where r.id = $1 for update of r

-- name: fetch_refund
select id, school_id, district, card_id, card_no, masked_name, former_card_no, amount_fen, status, collector,
    proxy_name, documents, checked_by, checked_at, paid_by, paid_at, version, opened_by, opened_at
from refunds where id = $1

-- name: list_refunds
select id, school_id, district, card_id, card_no, masked_name, former_card_no, amount_fen, status, collector,
    proxy_name, documents, checked_by, checked_at, paid_by, paid_at, version, opened_by, opened_at
from refunds
where ($1::text is null or status = $1) and ($2::uuid is null or school_id = $2)
    and ($3::text is null or former_card_no = $3)
order by opened_at desc, id desc limit $4 offset $5

-- name: count_refunds
select count(*) from refunds
where ($1::text is null or status = $1) and ($2::uuid is null or school_id = $2)
    and ($3::text is null or former_card_no = $3)

-- name: check_documents
update refunds set status = 'documents_checked', collector = $3, proxy_name = $4, documents = $5, checked_by = $6,
    checked_at = $7, version = version + 1
where school_id = $1 and id = $2

-- name: pay_out
update refunds set status = 'paid_out', paid_by = $3, paid_at = $4, version = version + 1
where school_id = $1 and id = $2
