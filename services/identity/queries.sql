-- Schools, users and sessions. Statements marked "log-in" run as the worker role, all others under a scope, to which
-- row-level security adds the tenant.

-- name: insert_school
insert into schools (school_id, district, name, name_key, stage, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $6)

-- name: insert_school_name
insert into school_names (district, name_key) values ($1, $2) on conflict do nothing returning name_key

-- name: delete_school_name
delete from school_names where district = $1 and name_key = $2

-- name: update_school
update schools set name = $2, name_key = $3, stage = $4, disabled = $5, version = version + 1, updated_at = $6
where school_id = $1

-- name: lock_school
select school_id, district, name, stage, disabled, version from schools where school_id = $1 for update

-- name: keep_school
select school_id, district from schools where school_id = $1 for share

-- name: fetch_school
select s.school_id, s.district, s.name, s.stage, s.disabled, s.version, s.created_at,
    (select count(*) from users u where u.school_id = s.school_id and not u.disabled) as users
from schools s where s.school_id = $1

-- name: list_schools
select s.school_id, s.district, s.name, s.stage, s.disabled, s.version, s.created_at,
    (select count(*) from users u where u.school_id = s.school_id and not u.disabled) as users
from schools s
where ($1::text is null or position($1 in s.name_key) > 0) and ($2::text is null or s.district = $2)
    and ($3::text is null or s.stage = $3) and ($4::boolean is null or s.disabled = $4)
    and ($5::uuid[] is null or s.school_id = any($5))
order by s.district, s.name, s.school_id
limit $6 offset $7

-- name: count_schools
select count(*) from schools s
where ($1::text is null or position($1 in s.name_key) > 0) and ($2::text is null or s.district = $2)
    and ($3::text is null or s.stage = $3) and ($4::boolean is null or s.disabled = $4)
    and ($5::uuid[] is null or s.school_id = any($5))

-- name: count_schools_by_district
select district, count(*)::int as schools from schools group by district order by district

-- name: insert_user
insert into users (school_id, district, id, username, display_name, scope, must_change_password, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $8)

-- name: insert_username
insert into usernames (username_key, tenant_id, user_id) values ($1, $2, $3)

-- name: insert_credentials
insert into credentials (school_id, district, user_id, password_hash, changed_at) values ($1, $2, $3, $4, $5)

-- name: update_credentials
update credentials set password_hash = $3, changed_at = $4 where school_id = $1 and user_id = $2

-- name: update_user
update users set display_name = $3, disabled = $4, must_change_password = $5, version = version + 1, updated_at = $6
where school_id = $1 and id = $2

-- name: update_own_user
update users set must_change_password = false, version = version + 1, updated_at = $3
where school_id = $1 and id = $2
returning version

-- name: lock_user
select school_id, district, id, username, display_name, scope, disabled, must_change_password, version
from users where id = $1 for update

-- name: lock_users_of_school
select id from users where school_id = $1 order by id for update

-- name: fetch_user
select u.school_id, u.district, u.id, u.username, u.display_name, u.scope, u.disabled, u.must_change_password,
    u.last_login_at, u.version, u.created_at, s.name as school_name
from users u left join schools s on s.school_id = u.school_id
where u.id = $1

-- name: list_users
select u.school_id, u.district, u.id, u.username, u.display_name, u.scope, u.disabled, u.must_change_password,
    u.last_login_at, u.version, u.created_at, s.name as school_name
from users u left join schools s on s.school_id = u.school_id
where ($1::text is null or position($1 in u.username) > 0 or position($1 in lower(u.display_name)) > 0)
    and ($2::text is null or u.scope = $2) and ($3::uuid is null or u.school_id = $3)
    and ($4::text is null or u.district = $4) and ($5::boolean is null or u.disabled = $5)
order by u.username
limit $6 offset $7

-- name: count_users
select count(*) from users u
where ($1::text is null or position($1 in u.username) > 0 or position($1 in lower(u.display_name)) > 0)
    and ($2::text is null or u.scope = $2) and ($3::uuid is null or u.school_id = $3)
    and ($4::text is null or u.district = $4) and ($5::boolean is null or u.disabled = $5)

-- name: find_account
-- log-in
select u.school_id, u.district, u.id, u.username, u.display_name, u.scope, u.disabled, u.must_change_password,
    u.last_login_at, u.version, u.created_at, s.name as school_name, coalesce(s.disabled, false) as school_disabled,
    c.password_hash
from usernames n
join users u on u.school_id = n.tenant_id and u.id = n.user_id
join credentials c on c.school_id = u.school_id and c.user_id = u.id
left join schools s on s.school_id = u.school_id
where n.username_key = $1

-- name: fetch_account
-- log-in
select u.school_id, u.district, u.id, u.username, u.display_name, u.scope, u.disabled, u.must_change_password,
    u.last_login_at, u.version, u.created_at, s.name as school_name, coalesce(s.disabled, false) as school_disabled,
    c.password_hash
from users u
join credentials c on c.school_id = u.school_id and c.user_id = u.id
left join schools s on s.school_id = u.school_id
where u.school_id = $1 and u.id = $2

-- name: lock_account
-- log-in
select id from users where school_id = $1 and id = $2 for update

-- name: note_login
-- log-in
update users set last_login_at = $3 where school_id = $1 and id = $2

-- name: find_lock
-- log-in
select locked_until from login_attempts where username_digest = $1 and locked_until > $2

-- name: count_failure
-- log-in
insert into login_attempts as a (username_digest, failures, last_failed_at, locked_until)
values ($1, 1, $2::timestamptz, case when $4::int <= 1 then $2::timestamptz + $3::interval end)
on conflict (username_digest) do update set
    failures = case when a.last_failed_at < $2::timestamptz - $3::interval then 1 else a.failures + 1 end,
    last_failed_at = $2::timestamptz,
    locked_until = case when a.last_failed_at >= $2::timestamptz - $3::interval and a.failures + 1 >= $4
        then $2::timestamptz + $3::interval end
returning locked_until

-- name: forget_failures
delete from login_attempts where username_digest = $1

-- name: insert_session
-- log-in
insert into sessions (school_id, district, id, user_id, opened_at, token_until, expires_at)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: lock_session
-- log-in
select district, user_id, expires_at, ended_at from sessions where school_id = $1 and id = $2 for update

-- name: prolong_session
-- log-in
update sessions set token_until = $3 where school_id = $1 and id = $2

-- name: insert_refresh_token
-- log-in
insert into refresh_tokens (school_id, district, session_id, digest) values ($1, $2, $3, $4)

-- name: find_refresh_token
-- log-in: `overlaps` when it was spent after this transaction had begun
select spent_at, coalesce(spent_at > now(), false) as overlaps from refresh_tokens
where school_id = $1 and session_id = $2 and digest = $3

-- name: spend_refresh_token
-- log-in
update refresh_tokens set spent_at = clock_timestamp() where school_id = $1 and session_id = $2 and digest = $3

-- name: end_session
-- log-in
update sessions set ended_at = $3, end_reason = $4 where school_id = $1 and id = $2 and ended_at is null
returning id, school_id, district, user_id, token_until

-- name: end_sessions_of_user
update sessions set ended_at = $3, end_reason = $4 where school_id = $1 and user_id = $2 and ended_at is null
returning id, school_id, district, user_id, token_until

-- name: end_sessions_of_school
update sessions set ended_at = $2, end_reason = $3 where school_id = $1 and ended_at is null
returning id, school_id, district, user_id, token_until

-- name: purge_sessions
delete from sessions where (school_id, id) in (select school_id, id from sessions where expires_at < $1 limit 5000)

-- name: purge_login_attempts
delete from login_attempts where username_digest in
    (select username_digest from login_attempts where last_failed_at < $1 limit 5000)

-- name: mark_as_demo
insert into city (demo) values (true) on conflict do nothing returning demo

-- name: describe_city
select coalesce((select demo from city), false) as demo,
    exists (select from schools) or exists (select from users) as inhabited

-- name: lock_city
select pg_advisory_xact_lock(hashtext('identity city'))

-- name: schools_of_users
select username, school_id from users where username = any($1) and scope = 'school'
