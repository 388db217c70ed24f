-- Issuing, under the worker scope: applications of many schools at once.

-- name: fetch_known_cards
-- Each digest is looked up by itself: while a young table's statistics lag behind, a join would read it all.
select c.school_id, c.reader_id, c.card_id, c.card_no, c.id_digest, c.status, c.kind, c.version, c.reader_version,
    c.physical_made, c.masked_name, c.issued_at
from unnest($1::bytea[]) as n (digest)
cross join lateral (
    select f.school_id, f.reader_id, f.card_id, f.card_no, f.id_digest, f.status, f.kind, f.version, f.reader_version,
        f.physical_made, f.masked_name, f.issued_at
    from cards f where f.id_digest = n.digest offset 0
) c

-- name: claim_identities
insert into identity_claims (id_digest, card_id)
select id_digest, card_id from unnest($1::bytea[], $2::uuid[]) as n (id_digest, card_id) order by id_digest
on conflict do nothing

-- name: fetch_claims
select card_id from identity_claims where card_id = any($1::uuid[])

-- name: release_identities
delete from identity_claims where card_id = any($1::uuid[])

-- name: insert_cards
insert into cards (school_id, district, card_no, card_id, reader_id, id_digest, masked_name, class_id, physical_made,
    reader_version, class_version, issued_at, updated_at)
select school_id, district, card_no, card_id, reader_id, id_digest, masked_name, class_id, physical_made,
    reader_version, reader_version, $11, $11
from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::bytea[], $7::text[], $8::uuid[],
    $9::int[], $10::int[])
    as n (school_id, district, card_no, card_id, reader_id, id_digest, masked_name, class_id, physical_made,
        reader_version)
