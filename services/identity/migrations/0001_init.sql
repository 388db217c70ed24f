-- Schools, users, what they log in with, and their sessions.
--
-- Users of a district or the city have school_id 00000000-…, those of the city district 000000.
-- Logging in comes before any scope is known. It alone works as the worker role, which finds one account by its
-- username, or by the session that a refresh token names, and can change neither schools nor users (but for the time
-- of the last login and what goes with one's own new password). Password hashes are readable by no other role.

create table schools (
    school_id uuid primary key,
    district text not null,
    name text not null,
    name_key text not null,
    stage text not null,
    disabled boolean not null default false,
    version int not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint school_has_a_name check (name_key <> ''),
    constraint stage_is_known check (stage in ('kindergarten', 'primary', 'junior', 'senior', 'nine_year',
        'secondary', 'twelve_year', 'vocational', 'special'))
);
create index schools_of_district_by_name on schools (district, name, school_id);
create index schools_of_city_by_name on schools (name, school_id);
select sc.protect('schools', school => 'select', district => 'select, insert, update',
    city => 'select, insert, update', worker => 'select');

-- Apart from schools, whose constraints start with the tenant: two schools of one district never have one name.
create table school_names (
    district text not null,
    name_key text not null,
    primary key (district, name_key)
);
alter table school_names enable row level security;
alter table school_names force row level security;
create policy district on school_names to sc_identity_district
    using (district = sc.district()) with check (district = sc.district());
create policy city on school_names to sc_identity_city using (true) with check (true);
grant select, insert, delete on school_names to sc_identity_district, sc_identity_city;

create table users (
    school_id uuid not null,
    district text not null,
    id uuid not null,
    username text not null,
    display_name text not null,
    scope text not null,
    disabled boolean not null default false,
    must_change_password boolean not null default false,
    last_login_at timestamptz,
    version int not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (school_id, id),
    constraint scope_is_known check (scope in ('school', 'district', 'city')),
    constraint school_users_and_no_others_have_a_school
        check ((scope = 'school') = (school_id <> '00000000-0000-0000-0000-000000000000')),
    constraint city_users_and_no_others_lack_a_district check ((scope = 'city') = (district = '000000'))
);
create index users_by_username on users (school_id, username);
create index users_of_district_by_username on users (district, username);
create index users_of_city_by_username on users (username);
create index users_of_city_by_id on users (id);
select sc.protect('users', school => 'select', district => 'select, insert, update', city => 'select, insert, update',
    worker => 'select');
grant update (last_login_at, must_change_password, version, updated_at) on users to sc_identity_worker;

-- A district opens and changes its schools' users, never its colleagues'.
create policy only_school_users_are_opened on users as restrictive for insert to sc_identity_district
    with check (scope = 'school');
create policy only_school_users_are_changed on users as restrictive for update to sc_identity_district
    using (scope = 'school') with check (scope = 'school');

-- Usernames are the whole city's: this only says where an account is to be found, and only to who logs it in.
create table usernames (
    username_key text not null,
    tenant_id uuid not null,
    user_id uuid not null,
    constraint username_is_unique_in_the_city primary key (username_key)
);
alter table usernames enable row level security;
alter table usernames force row level security;
create policy district on usernames for insert to sc_identity_district with check (true);
create policy city on usernames for insert to sc_identity_city with check (true);
create policy worker on usernames for select to sc_identity_worker using (true);
grant insert on usernames to sc_identity_district, sc_identity_city;
grant select on usernames to sc_identity_worker;

create table credentials (
    school_id uuid not null,
    district text not null,
    user_id uuid not null,
    password_hash text not null,
    changed_at timestamptz not null,
    primary key (school_id, user_id),
    constraint password_is_hashed check (password_hash like '$argon2id$%')
);
select sc.protect('credentials', school => '', district => 'insert, update', city => 'insert, update',
    worker => 'select, update');
grant select (school_id, user_id) on credentials to sc_identity_district, sc_identity_city;
create policy only_school_users_are_given_passwords on credentials as restrictive to sc_identity_district
    using (school_id <> '00000000-0000-0000-0000-000000000000')
    with check (school_id <> '00000000-0000-0000-0000-000000000000');

-- Wrong passwords in a row, by keyed digest of what was typed as username: whether it exists makes no difference,
-- and a password typed into the wrong box is not kept in clear.
create table login_attempts (
    username_digest bytea primary key,
    failures int not null,
    last_failed_at timestamptz not null,
    locked_until timestamptz
);
create index login_attempts_by_time on login_attempts (last_failed_at);
grant select, insert, update, delete on login_attempts to sc_identity_worker;
grant select (username_digest), delete on login_attempts to sc_identity_district, sc_identity_city;

create table sessions (
    school_id uuid not null,
    district text not null,
    id uuid not null,
    user_id uuid not null,
    opened_at timestamptz not null,
    token_until timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    end_reason text,
    primary key (school_id, id),
    constraint end_reason_is_known
        check (end_reason in ('logged_out', 'disabled', 'password_changed', 'reused')),
    constraint ended_says_why check ((ended_at is null) = (end_reason is null))
);
comment on column sessions.token_until is 'when the last access token of the session ends';
create index sessions_of_user on sessions (school_id, user_id) where ended_at is null;
create index sessions_by_expiry on sessions (expires_at);
select sc.protect('sessions', school => '', district => 'select, update', city => 'select, update',
    worker => 'select, insert, update, delete');

-- Refresh tokens as SHA-256 digests (they are 256 random bits); spent ones stay, so that their reuse is noticed.
create table refresh_tokens (
    school_id uuid not null,
    district text not null,
    session_id uuid not null,
    digest bytea not null,
    spent_at timestamptz,
    primary key (school_id, session_id, digest),
    constraint token_is_of_a_session foreign key (school_id, session_id) references sessions (school_id, id)
        on delete cascade
);
select sc.protect('refresh_tokens', school => '', district => '', city => '', worker => 'select, insert, update');

-- One row: whether this database is a demo's. Without it the city is a real one as soon as it has a school or a user.
create table city (
    only_one boolean primary key default true,
    demo boolean not null,
    opened_at timestamptz not null default now(),
    constraint there_is_one_city check (only_one)
);
grant select, insert on city to sc_identity_city;
