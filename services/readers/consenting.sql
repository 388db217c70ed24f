-- Consents: texts, settings, what was signed, what was withdrawn.

-- name: fetch_texts
select district, version, title, body, published_by, published_at from consent_texts
where $1::text is null or district in ($1, '000000') order by version desc, district

-- name: fetch_current_text
select district, version, title, body, published_by, published_at from consent_texts
where district in ($1, '000000') order by version desc limit 1

-- name: fetch_text_of_day
-- The city's first is older than any day: it came with the procedure.
select district, version, title, body, published_by, published_at from consent_texts
where district in ($1, '000000') and (version = 1 or published_at < $2) order by version desc limit 1

-- name: insert_text
insert into consent_texts (district, version, title, body, published_by, published_at)
values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning version

-- name: fetch_setting
select mode, version, changed_by, changed_at from consent_settings where district = $1

-- name: save_setting
insert into consent_settings as s (district, mode, version, changed_by, changed_at) values ($1, $2, 1, $3, $4)
on conflict (district) do update set mode = excluded.mode, version = s.version + 1, changed_by = excluded.changed_by,
    changed_at = excluded.changed_at
where s.mode <> excluded.mode
returning version

-- name: lock_readers
select id, class_id, name, guardian_name, sealed, consent from readers where id = any($1) order by id for update

-- name: insert_consents
-- The readers are locked: the trigger gives each the version that its consent has here.
insert into consents (school_id, district, consent_version, id, reader_id, how, relation, signed_at, text_version,
    text_digest, signature_digest, sealed, receipt_digest, recorded_by, recorded_at)
select $1, $2, r.consent_version + 1, n.*, $13, $14
from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[], $8::int[], $9::bytea[], $10::bytea[],
    $11::bytea[], $12::bytea[]) as n (id, reader_id)
join readers r on r.school_id = $1 and r.id = n.reader_id
returning id, consent_version

-- name: lock_in_force
select id, reader_id from consents where reader_id = any($1) and withdrawn_at is null for update

-- name: withdraw
update consents set withdrawn_at = $2, withdrawn_by = $3, withdrawal_reason = $4, mistake = $5, superseded = $6
where id = any($1) and withdrawn_at is null

-- name: fetch_standings
select id, consent, consent_version from readers where id = any($1)

-- name: fetch_withdrawal_moments
-- When those whose guardian has said no did so.
select r.id, w.withdrawn_at
from readers r
cross join lateral (
    select c.withdrawn_at from consents c
    where c.school_id = r.school_id and c.reader_id = r.id and not c.mistake order by c.consent_version desc limit 1
) w
where r.id = any($1) and r.consent = 'withdrawn'

-- name: fetch_consents
select id, reader_id, how, relation, signed_at, text_version, text_digest, signature_digest, sealed, recorded_by,
    recorded_at, withdrawn_at, withdrawn_by, withdrawal_reason, mistake
from consents where reader_id = $1 order by consent_version desc

-- name: fetch_sealed
select sealed from consents where reader_id = $1 and id = $2 and how = 'phone'

-- name: fetch_forms
select r.id as reader_id, r.name, g.name as grade_name, c.name as class_name, r.guardian_name, r.consent
from readers r
join classes c on c.school_id = r.school_id and c.class_id = r.class_id
left join grades g on g.school_id = c.school_id and g.grade_id = c.grade_id
where r.class_id = $1 order by r.created_at, r.id limit 1000

-- name: fetch_school_name
select name from schools where school_id = $1

-- name: fetch_told_more_than_once
-- Each reader is looked up by itself: while statistics lag behind, a join would read them all to find out.
select r.school_id, r.id
from unnest($1::uuid[], $2::uuid[]) as n (school_id, id)
cross join lateral (
    select r.school_id, r.id, r.consent_version from readers r where r.school_id = n.school_id and r.id = n.id offset 0
) r
where r.consent_version > 1

-- name: fetch_withdrawn
-- Each reader is looked up by itself: where hardly anybody has withdrawn, a join would read them all to find out.
select r.school_id, r.district, r.id, r.class_id, r.name, r.sealed, r.consent_version, c.id as consent_id,
    c.withdrawal_reason
from unnest($1::uuid[], $2::uuid[]) as n (school_id, id)
cross join lateral (
    select r.school_id, r.district, r.id, r.class_id, r.name, r.sealed, r.consent, r.consent_version from readers r
    where r.school_id = n.school_id and r.id = n.id offset 0
) r
cross join lateral (
    select id, withdrawal_reason from consents c
    where c.school_id = r.school_id and c.reader_id = r.id and not c.mistake order by c.consent_version desc limit 1
) c
where r.consent = 'withdrawn'

-- name: fetch_given_again
-- Each reader is looked up by itself, as above.
select r.school_id, r.district, r.id, r.class_id, r.name, r.sealed, r.consent_version, c.id as consent_id, c.how,
    c.relation, c.text_version
from unnest($1::uuid[], $2::uuid[]) as n (school_id, id)
cross join lateral (
    select r.school_id, r.district, r.id, r.class_id, r.name, r.sealed, r.consent, r.consent_version from readers r
    where r.school_id = n.school_id and r.id = n.id offset 0
) r
join consents c on c.school_id = r.school_id and c.reader_id = r.id and c.withdrawn_at is null
where exists (
    select from consents w where w.school_id = r.school_id and w.reader_id = r.id and w.withdrawn_at is not null
        and not w.mistake and not w.superseded)

-- name: follow_schools
insert into schools as s (school_id, district, name, disabled, version)
select n.* from unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[], $5::int[]) n order by 1
on conflict (school_id) do update set name = excluded.name, disabled = excluded.disabled, version = excluded.version
where s.version < excluded.version
