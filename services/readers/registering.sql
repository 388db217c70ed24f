-- Registrations: links, what guardians send by them, what the school makes of it.

-- Links, by the school.

-- name: insert_link
insert into registration_links (school_id, district, id, token_digest, class_id, remark, created_by, created_at,
    expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: link_columns
select l.id, l.school_id, l.class_id, g.name as grade_name, c.name as class_name, l.remark, l.created_by, l.created_at,
    l.expires_at, l.revoked_at, l.revoked_by, l.version
from registration_links l
left join classes c on c.school_id = l.school_id and c.class_id = l.class_id
left join grades g on g.school_id = c.school_id and g.grade_id = c.grade_id

-- name: one_link
where l.id = $1

-- name: newest_links
order by l.created_at desc, l.id

-- name: links_of_school
l.school_id = $?

-- name: count_by_link
select link_id, count(*) filter (where status = 'submitted') as submitted,
    count(*) filter (where status = 'merged') as merged, count(*) filter (where status = 'rejected') as rejected
from registrations where link_id = any($1) group by link_id

-- name: lock_link
select id, class_id, revoked_at, version from registration_links where id = $1 for update

-- name: revoke_link
update registration_links set revoked_at = $2, revoked_by = $3, version = version + 1 where id = $1

-- What guardians may ask; the tenant is found by what they present.

-- name: find_school_of_link
select school_id, district from school_of_link($1)

-- name: find_school_of_receipt
select school_id, district from school_of_receipt($1)

-- name: present
select set_config('sc.presented', encode($1, 'hex'), true)

-- name: find_link
select l.id, l.class_id, l.expires_at, s.name as school_name,
    l.revoked_at is null and l.expires_at > $2 and s.disabled is not true as is_open
from registration_links l
left join schools s on s.school_id = l.school_id
where l.token_digest = $1

-- name: is_full
select presented_is_full($1)

-- name: fetch_classes
select c.class_id, g.name as grade_name, c.name as class_name
from classes c join grades g on g.school_id = c.school_id and g.grade_id = c.grade_id
where not (c.deleted or g.deleted or c.disabled or g.disabled)
order by g.sort_order, g.name, c.sort_order, c.name

-- name: fetch_text
select district, version, title, body, published_by, published_at from consent_texts
where version = $2 and district in ($1, '000000')

-- name: insert_registration
insert into registrations (school_id, district, id, link_id, receipt_digest, first_digest, id_digest, class_id, sealed,
    text_version, text_digest, signature_digest, signed_at, submitted_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $13)
on conflict (school_id, receipt_digest) do nothing
returning id

-- name: fetch_own
select g.id, g.link_id, g.first_digest, g.class_id, c.name as class_name, y.name as grade_name, g.sealed,
    g.text_version, g.text_digest, g.signature_digest, g.signed_at, g.status, g.reason, g.reader_id, g.version,
    g.submitted_at, g.updated_at, progress_of_presented() as reader_status, card_of_presented() as card_no,
    consent_of_presented() as consent
from registrations g
left join classes c on c.school_id = g.school_id and c.class_id = g.class_id
left join grades y on y.school_id = c.school_id and y.grade_id = c.grade_id
where g.receipt_digest = $1

-- name: lock_own
select id from registrations where receipt_digest = $1 for update

-- name: correct
update registrations set id_digest = $2, class_id = $3, sealed = $4, text_version = $5, text_digest = $6,
    signature_digest = $7, signed_at = $8, status = 'submitted', reason = null, version = version + 1, updated_at = $9
where id = $1

-- name: withdraw_own
update registrations set status = 'withdrawn', version = version + 1, updated_at = $2 where id = $1

-- name: withdraw_own_consent
update consents set withdrawn_at = $2, withdrawn_by = $3, withdrawal_reason = $4
where receipt_digest = $1 and withdrawn_at is null
returning id, reader_id

-- name: fetch_consent_version
select consent_version_of_presented($1)

-- What the school makes of them.

-- name: registration_columns
select g.id, g.link_id, g.class_id, c.name as class_name, y.name as grade_name, g.sealed, g.id_digest, g.text_version,
    g.text_digest, g.signed_at, g.receipt_digest, g.status, g.reason, g.reader_id, g.version, g.submitted_at,
    g.updated_at, g.decided_at, g.decided_by, g.made_reader, o.id as own_id, e.id as existing_id
from registrations g
left join classes c on c.school_id = g.school_id and c.class_id = g.class_id
left join grades y on y.school_id = c.school_id and y.grade_id = c.grade_id
left join readers o on o.school_id = g.school_id and o.id = g.reader_id
left join readers e on e.school_id = g.school_id and e.id_digest = g.id_digest

-- name: one_registration
where g.id = $1

-- name: some_registrations
where g.id = any($1) order by g.id

-- name: newest_registrations
order by g.submitted_at desc, g.id

-- name: matching_status
g.status = $?

-- name: matching_class
g.class_id = $?

-- name: matching_link
g.link_id = $?

-- name: lock_registrations
select id from registrations where id = any($1) order by id for update

-- name: merge_registrations
update registrations g set status = 'merged', reader_id = n.reader_id, made_reader = $5, reason = null,
    consent_gone = false, version = g.version + 1, updated_at = $3, decided_at = $3, decided_by = $4
from unnest($1::uuid[], $2::uuid[]) as n (id, reader_id)
where g.id = n.id

-- name: fetch_signed_for_others
select c.reader_id
from unnest($1::bytea[], $2::uuid[]) as n (receipt_digest, reader_id)
join consents c on c.receipt_digest = n.receipt_digest and c.withdrawn_at is null and c.reader_id <> n.reader_id

-- name: reject_registrations
update registrations set status = 'rejected', reason = $2, version = version + 1, updated_at = $3, decided_at = $3,
    decided_by = $4
where id = any($1)

-- What does not stay.

-- name: erase_registrations
delete from registrations where ctid = any(array(
    select g.ctid from registrations g
    -- By the index of what may be due: all of it is older than $1, what nobody has decided than $2, too.
    where g.updated_at < $1 and (g.status <> 'merged' or g.consent_gone)
        and (g.status in ('rejected', 'withdrawn')
            or (g.status = 'submitted' and g.updated_at < $2)
            or (g.status = 'merged' and not exists (
                select from consents c where c.school_id = g.school_id and c.receipt_digest = g.receipt_digest)))
        -- As long as a consent is in force its receipt can take it back.
        and not exists (select from consents c where c.school_id = g.school_id
            and c.receipt_digest = g.receipt_digest and c.withdrawn_at is null)
    limit 1000 for update of g skip locked))

-- What was filled in goes from the rows that stay. A correction that was rejected, or that nobody has decided, goes with
-- it: what was merged before stands.
-- name: empty_registrations
update registrations set sealed = '', status = 'merged', reason = null where ctid = any(array(
    select g.ctid from registrations g
    where g.updated_at < $1 and g.sealed <> '' and (g.status = 'merged'
        or ((g.status = 'rejected' or (g.status = 'submitted' and g.updated_at < $2))
            and exists (select from consents c where c.school_id = g.school_id
                and c.receipt_digest = g.receipt_digest and c.withdrawn_at is null)))
    limit 1000 for update of g skip locked))

-- name: erase_links
delete from registration_links where ctid = any(array(
    select l.ctid from registration_links l
    where least(l.expires_at, l.revoked_at) < $1
        and not exists (select from registrations g where g.school_id = l.school_id and g.link_id = l.id)
    limit 1000))
