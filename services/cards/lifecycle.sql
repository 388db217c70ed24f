-- Steps in the life of cards. Under a district's scope, or the worker's for what facts and time bring about.
-- Cards are always locked in the order of their numbers: steps side by side wait and do not deadlock.

-- name: locked_columns
c.school_id, c.district, c.card_no, c.card_id, c.reader_id, c.masked_name, c.status, c.physical, c.fee_fen,
    c.physical_made, c.reason_code, c.reason, c.suspended_until, c.consent_withdrawn, c.handed_out_at, c.version

-- name: lock_cards
from cards c where c.card_no = any($1::text[])
order by c.card_no for update of c

-- name: lock_for_consent
from unnest($1::uuid[], $2::uuid[], $3::int[], $4::timestamptz[]) as n (school_id, reader_id, consent_version, told_at)
join cards c on c.school_id = n.school_id and c.reader_id = n.reader_id and c.status in ('active', 'suspended')
where c.consent_at is null or (c.consent_version, c.consent_at) < (n.consent_version, n.told_at)
order by c.card_no for update of c

-- name: lock_overdue_suspensions
from cards c where c.suspended_until < $1 and c.status = 'suspended'
order by c.card_no limit $2 for update of c skip locked

-- name: mark_consent
update cards c set consent_version = n.consent_version, consent_at = n.told_at
from unnest($1::uuid[], $2::uuid[], $3::int[], $4::timestamptz[]) as n (school_id, reader_id, consent_version, told_at)
where c.school_id = n.school_id and c.reader_id = n.reader_id and c.status in ('active', 'suspended')
    and (c.consent_at is null or (c.consent_version, c.consent_at) < (n.consent_version, n.told_at))

-- name: change_cards
update cards c set status = n.status, physical = n.physical, fee_fen = n.fee_fen, physical_made = n.physical_made,
    reason_code = n.reason_code, reason = n.reason, suspended_until = n.suspended_until,
    consent_withdrawn = n.consent_withdrawn,
    handed_out_at = case when n.hands_out then $10 else c.handed_out_at end,
    handed_out_by = case when n.hands_out then $11 else c.handed_out_by end,
    version = c.version + 1, updated_at = $10
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::int[], $7::text[], $8::text[], $9::date[],
    $12::boolean[], $13::boolean[])
    as n (school_id, card_no, status, physical, fee_fen, physical_made, reason_code, reason, suspended_until, hands_out,
        consent_withdrawn)
where c.school_id = n.school_id and c.card_no = n.card_no

-- name: want_physical
-- Names no other columns: schools may change these alone.
update cards c set physical = n.physical, fee_fen = n.fee_fen, version = c.version + 1, updated_at = $5
from unnest($1::uuid[], $2::text[], $3::text[], $4::int[]) as n (school_id, card_no, physical, fee_fen)
where c.school_id = n.school_id and c.card_no = n.card_no

-- name: retire_cards
update cards c set status = 'replaced', reason_code = n.reason_code, reason = n.reason, suspended_until = null,
    version = c.version + 1, updated_at = $5
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as n (school_id, card_no, reason_code, reason)
where c.school_id = n.school_id and c.card_no = n.card_no

-- name: insert_successors
insert into cards (school_id, district, card_no, card_id, reader_id, id_digest, masked_name, class_id, class_version,
    status, physical, fee_fen, physical_made, reason_code, reason, suspended_until, consent_withdrawn,
    previous_card_no, consent_version, consent_at, version, reader_version, issued_at, updated_at)
select c.school_id, c.district, n.successor, c.card_id, c.reader_id, c.id_digest, c.masked_name, c.class_id,
    c.class_version, n.status, n.physical, n.fee_fen, n.physical_made, n.reason_code, n.reason, n.suspended_until,
    c.consent_withdrawn, c.card_no, c.consent_version, c.consent_at, c.version, c.reader_version, $11, $11
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::int[], $8::text[], $9::text[],
    $10::date[])
    as n (school_id, card_no, successor, status, physical, fee_fen, physical_made, reason_code, reason, suspended_until)
join cards c on c.school_id = n.school_id and c.card_no = n.card_no

-- name: insert_history
insert into card_history (school_id, district, card_id, version, card_no, step, reason_code, reason, until, fee_fen,
    happened_at, done_by, done_by_id)
select school_id, district, card_id, version, card_no, $6, $7, $8, $9, fee_fen, $10, $11, $12
from unnest($1::uuid[], $2::text[], $3::uuid[], $4::int[], $5::text[], $13::int[])
    as n (school_id, district, card_id, version, card_no, fee_fen)

-- name: fetch_history
select 1 as version, 'issued' as step, c.card_no, null as reason_code, null as reason, null::date as until,
    0 as fee_fen, c.issued_at as happened_at, 'cards' as done_by
from cards c where c.school_id = $1 and c.card_id = $2 and c.previous_card_no is null
union all
select h.version, h.step, h.card_no, h.reason_code, h.reason, h.until, h.fee_fen, h.happened_at, h.done_by
from card_history h where h.school_id = $1 and h.card_id = $2
order by 1
