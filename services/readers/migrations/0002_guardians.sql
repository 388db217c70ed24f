-- Guardians: what they sign, the links by which they register a child, and what they sent.

-- What this service knows of schools: the name that stands above a form.
create table schools (
    school_id uuid not null,
    district text not null,
    name text not null,
    disabled boolean not null,
    version int not null,
    primary key (school_id)
);
select sc.protect('schools', school => 'select', district => 'select', city => 'select',
    worker => 'select, insert, update');

-- The text of the authorization. Version 1, the city's, is appendix 1 of the procedure; a district's own texts begin
-- at 2. A text is never changed: consents name the version that was signed.
create table consent_texts (
    district text not null,
    version int not null,
    title text not null,
    body text not null,
    published_by text not null,
    published_at timestamptz not null,
    primary key (district, version),
    constraint the_first_text_is_the_citys check ((version = 1) = (district = '000000'))
);
comment on column consent_texts.body is 'paragraphs; {child} stands for the child''s name';
alter table consent_texts enable row level security;
alter table consent_texts force row level security;
create policy school on consent_texts for select to sc_{service}_school
    using (district in (sc.district(), '000000'));
create policy district on consent_texts for select to sc_{service}_district
    using (district in (sc.district(), '000000'));
create policy publishing on consent_texts for insert to sc_{service}_district with check (district = sc.district());
create policy city on consent_texts for select to sc_{service}_city using (true);
create policy guardian on consent_texts for select to sc_{service}_guardian
    using (district in (sc.district(), '000000'));
create policy first_text on consent_texts for insert to sc_owner with check (version = 1);
grant select on consent_texts to sc_{service}_school, sc_{service}_district, sc_{service}_city, sc_{service}_guardian;
grant insert on consent_texts to sc_{service}_district;

insert into consent_texts (district, version, title, body, published_by, published_at)
values ('000000', 1, '免费开通重庆市公共图书馆中小学(幼儿)图书借阅卡授权书',
    '本人为{child}监护人，授权同意开通重庆市公共图书馆中小学(幼儿)图书借阅卡，享受用卡权益，维护公共安全秩序、'
    '遵守图书馆各项管理规定，对不文明借阅行为承担责任。授权同意登录公共图书馆门户网站和微信公众号使用数字资源，'
    '进行文献查询、借阅记录、书刊续借、活动报名等线上自助服务。',
    '附件1', now());

-- Whether approval without consent is refused; a district without a row lets it pass with a warning.
create table consent_settings (
    district text not null,
    mode text not null,
    version int not null,
    changed_by text not null,
    changed_at timestamptz not null,
    primary key (district),
    constraint mode_is_known check (mode in ('warn', 'refuse'))
);
alter table consent_settings enable row level security;
alter table consent_settings force row level security;
create policy school on consent_settings for select to sc_{service}_school using (district = sc.district());
create policy district on consent_settings to sc_{service}_district
    using (district = sc.district()) with check (district = sc.district());
create policy city on consent_settings for select to sc_{service}_city using (true);
grant select on consent_settings to sc_{service}_school, sc_{service}_district, sc_{service}_city;
grant insert, update on consent_settings to sc_{service}_district;

-- The digest of what a guardian presents, a link's token or a receipt's code: all a guardian sees is found by it.
create function presented() returns bytea
    language sql stable parallel safe
    as $$ select decode(nullif(current_setting('sc.presented', true), ''), 'hex') $$;

-- A signed authorization is evidence: it is withdrawn, never changed.
create table consents (
    school_id uuid not null,
    district text not null,
    id uuid not null,
    reader_id uuid not null,
    consent_version int not null,
    how text not null,
    relation text not null,
    signed_at timestamptz not null,
    text_version int not null,
    text_digest bytea not null,
    signature_digest bytea,
    sealed bytea not null,
    receipt_digest bytea,
    recorded_by text not null,
    recorded_at timestamptz not null,
    withdrawn_at timestamptz,
    withdrawn_by text,
    withdrawal_reason text,
    mistake boolean not null default false,
    superseded boolean not null default false,
    primary key (school_id, id),
    -- Who is deleted before there is a card leaves nothing behind.
    constraint consent_is_for_a_reader foreign key (school_id, reader_id) references readers (school_id, id)
        on delete cascade,
    constraint how_is_known check (how in ('paper', 'phone')),
    constraint phone_has_a_signature check ((how = 'phone') = (signature_digest is not null)),
    constraint withdrawal_says_who check ((withdrawn_at is null) = (withdrawn_by is null)),
    constraint only_what_is_withdrawn_was_a_mistake check (not mistake or withdrawn_at is not null),
    constraint only_what_is_withdrawn_was_superseded check (not superseded or (withdrawn_at is not null and not mistake))
);
comment on column consents.consent_version is 'the reader''s when this was recorded: their order, whatever clocks say';
comment on column consents.superseded is 'withdrawn because a newer one took its place; nobody has said no';
comment on column consents.text_digest is 'SHA-256 of the text as it was shown';
comment on column consents.signature_digest is 'SHA-256 of the signature''s PNG';
comment on column consents.sealed is 'AES-GCM: who signed, the signature''s PNG';
create unique index one_consent_in_force on consents (school_id, reader_id) where withdrawn_at is null;
create index consents_by_reader on consents (school_id, reader_id, consent_version);
create index consents_by_receipt on consents (school_id, receipt_digest) where receipt_digest is not null;
-- What a guardian signed once stands for one reader at a time.
create unique index one_consent_in_force_per_receipt on consents (school_id, receipt_digest)
    where receipt_digest is not null and withdrawn_at is null;
select sc.protect('consents',
    school => 'select, insert, update (withdrawn_at, withdrawn_by, withdrawal_reason, mistake, superseded)',
    district => 'select', city => '', worker => 'select');
create policy guardian on consents to sc_{service}_guardian
    using (school_id = sc.school_id() and receipt_digest = presented())
    with check (school_id = sc.school_id() and receipt_digest = presented());
grant select, update (withdrawn_at, withdrawn_by, withdrawal_reason) on consents to sc_{service}_guardian;
create policy followed on consents for select to sc_owner using (true);

-- What lists, searches and approvals ask for, beside the reader; kept by the trigger below alone. `consent_version`
-- counts what was said about it, under the reader's lock: by it others know the newest word, whatever clocks say.
alter table readers add column consent text not null default 'none'
    constraint consent_is_known check (consent in ('none', 'paper', 'phone', 'withdrawn'));
alter table readers add column consent_version int not null default 0;
alter table approvals add column without_consent int not null default 0;
create policy consented on readers to sc_owner using (true) with check (true);

-- A tick that was a mistake says nothing: what was so before is so again, also a withdrawal that it covered.
create function follow_consents() returns trigger
    language plpgsql security definer set search_path = {service}, pg_temp
    as $$
begin
    update readers r set consent_version = r.consent_version + 1, consent = case
        when n.withdrawn_at is null then n.how
        when not n.mistake then 'withdrawn'
        else coalesce((
            select case when c.superseded then 'none' else 'withdrawn' end from consents c
            where c.school_id = n.school_id and c.reader_id = n.reader_id and not c.mistake
                and c.consent_version < n.consent_version
            order by c.consent_version desc limit 1), 'none')
        end
    from new_rows n
    where r.school_id = n.school_id and r.id = n.reader_id;
    return null;
end
$$;
create trigger consent_recorded after insert on consents referencing new table as new_rows
    for each statement execute function follow_consents();
create trigger consent_changed after update on consents referencing new table as new_rows
    for each statement execute function follow_consents();

-- A school's (or one class's) link. The token itself is nowhere: it is derived from the id with the secret key.
create table registration_links (
    school_id uuid not null,
    district text not null,
    id uuid not null,
    token_digest bytea not null,
    class_id uuid,
    remark text not null default '',
    created_by text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    revoked_by text,
    version int not null default 1,
    primary key (school_id, id),
    constraint link_is_for_a_class_of_its_school foreign key (school_id, class_id)
        references classes (school_id, class_id),
    constraint revocation_says_who check ((revoked_at is null) = (revoked_by is null))
);
create index registration_links_by_token on registration_links (token_digest);
create index registration_links_by_end on registration_links (expires_at);
select sc.protect('registration_links', school => 'select, insert, update', district => 'select', city => '',
    worker => 'select, delete');
create policy guardian on registration_links for select to sc_{service}_guardian
    using (school_id = sc.school_id() and token_digest = presented());
grant select on registration_links to sc_{service}_guardian;

-- What guardians sent. Until somebody decides it is nobody's reader.
create table registrations (
    school_id uuid not null,
    district text not null,
    id uuid not null,
    link_id uuid not null,
    receipt_digest bytea not null,
    first_digest bytea not null,
    id_digest bytea not null,
    class_id uuid,
    sealed bytea not null,
    text_version int not null,
    text_digest bytea not null,
    signature_digest bytea not null,
    signed_at timestamptz not null,
    status text not null default 'submitted',
    reason text,
    reader_id uuid,
    made_reader boolean not null default false,
    version int not null default 1,
    submitted_at timestamptz not null,
    updated_at timestamptz not null,
    decided_at timestamptz,
    decided_by text,
    consent_gone boolean not null default false,
    primary key (school_id, id),
    constraint one_registration_per_receipt unique (school_id, receipt_digest),
    constraint registration_came_by_a_link foreign key (school_id, link_id)
        references registration_links (school_id, id),
    constraint status_is_known check (status in ('submitted', 'merged', 'rejected', 'withdrawn')),
    constraint merged_is_a_reader check (status <> 'merged' or reader_id is not null),
    constraint made_is_a_reader check (not made_reader or reader_id is not null),
    constraint rejected_says_why check (status <> 'rejected' or reason is not null)
);
comment on column registrations.sealed is 'AES-GCM: all that was filled in, and the signature''s PNG; emptied some time after merging';
comment on column registrations.first_digest is 'keyed digest of the first request: the same key with another is refused';
comment on column registrations.made_reader is 'the reader is there because of this registration: a correction changes it';
comment on column registrations.consent_gone is 'a consent of this receipt went with its reader: is another left?';
create index registrations_by_time on registrations (school_id, status, submitted_at desc, id);
create index registrations_by_link on registrations (school_id, link_id);
create index registrations_by_person on registrations (school_id, id_digest);
create index registrations_of_all_by_receipt on registrations (receipt_digest);
-- Retention asks every minute for what is due. Merged registrations stay as long as their consents, a city's by the
-- million: they are not walked past.
create index registrations_to_erase on registrations (updated_at) where status <> 'merged' or consent_gone;
create index registrations_to_empty on registrations (updated_at) where sealed <> '';
select sc.protect('registrations', school => 'select, update', district => '', city => '',
    worker => 'select, update (sealed, status, reason), delete');
create policy guardian on registrations to sc_{service}_guardian
    using (school_id = sc.school_id() and receipt_digest = presented())
    with check (school_id = sc.school_id() and district = sc.district() and receipt_digest = presented()
        and status in ('submitted', 'withdrawn'));
grant select, insert, update (id_digest, class_id, sealed, text_version, text_digest, signature_digest, signed_at,
    status, reason, version, updated_at) on registrations to sc_{service}_guardian;

create policy consent_gone on registrations for update to sc_owner using (true) with check (true);
create function mark_registrations() returns trigger
    language plpgsql security definer set search_path = {service}, pg_temp
    as $$
begin
    update registrations g set consent_gone = true from old_rows o
    where g.school_id = o.school_id and g.receipt_digest = o.receipt_digest;
    return null;
end
$$;
create trigger consent_deleted after delete on consents referencing old table as old_rows
    for each statement execute function mark_registrations();

-- Classes a guardian may choose from; what happens is told with the rest.
create policy guardian on grades for select to sc_{service}_guardian using (school_id = sc.school_id());
create policy guardian on classes for select to sc_{service}_guardian using (school_id = sc.school_id());
create policy guardian on schools for select to sc_{service}_guardian using (school_id = sc.school_id());
grant select on grades, classes, schools to sc_{service}_guardian;
create policy guardian on outbox for insert to sc_{service}_guardian
    with check (school_id = sc.school_id() and district = sc.district());
grant insert on outbox to sc_{service}_guardian;
grant usage on schema {service}, sc to sc_{service}_guardian;

-- From what is presented to whose it is: the only two questions that can be asked without a school.
create policy door on registration_links for select to sc_owner using (true);
create policy door on registrations for select to sc_owner using (true);

create function school_of_link(digest bytea) returns table (school_id uuid, district text)
    language sql stable security definer set search_path = {service}, pg_temp
    as $$ select l.school_id, l.district from registration_links l where l.token_digest = digest $$;

create function school_of_receipt(digest bytea) returns table (school_id uuid, district text)
    language sql stable security definer set search_path = {service}, pg_temp
    as $$ select r.school_id, r.district from registrations r where r.receipt_digest = digest $$;

-- How far the reader is that came of the registration presented, and the card's number once there is one; nothing else
-- of a reader is ever shown here.
create function progress_of_presented() returns text
    language sql stable security definer set search_path = {service}, pg_temp
    as $$
select r.status from registrations g join readers r on r.school_id = g.school_id and r.id = g.reader_id
where g.school_id = sc.school_id() and g.receipt_digest = presented()
$$;

create function card_of_presented() returns text
    language sql stable security definer set search_path = {service}, pg_temp
    as $$
select r.card_no from registrations g join readers r on r.school_id = g.school_id and r.id = g.reader_id
where g.school_id = sc.school_id() and g.receipt_digest = presented() and g.status = 'merged' and r.status = 'carded'
$$;

-- What a withdrawal is told with.
create function consent_version_of_presented(consent_id uuid) returns int
    language sql stable security definer set search_path = {service}, pg_temp
    as $$
select r.consent_version from consents c join readers r on r.school_id = c.school_id and r.id = c.reader_id
where c.school_id = sc.school_id() and c.id = consent_id and c.receipt_digest = presented()
$$;

-- What has become of the consent that was signed with what is presented: it is in force; it was replaced by another
-- signature or recorded by mistake, and the card stays as it is; or it was withdrawn, be it by the school.
create function consent_of_presented() returns text
    language sql stable security definer set search_path = {service}, pg_temp
    as $$
select case when c.withdrawn_at is null then 'in_force' when r.consent = 'withdrawn' then 'withdrawn'
    when c.mistake or c.superseded then 'replaced' else 'withdrawn' end
from consents c join readers r on r.school_id = c.school_id and r.id = c.reader_id
where c.school_id = sc.school_id() and c.receipt_digest = presented()
order by c.withdrawn_at is null desc, c.recorded_at desc, c.id desc limit 1
$$;

-- Whether so many of what came by the link presented still wait for the school.
create function presented_is_full(most int) returns boolean
    language sql stable security definer set search_path = {service}, pg_temp
    as $$
select count(*) >= most from (
    select from registration_links l join registrations g on g.school_id = l.school_id and g.link_id = l.id
    where l.school_id = sc.school_id() and l.token_digest = presented() and g.status = 'submitted' limit most) waiting
$$;

revoke execute on function school_of_link, school_of_receipt, progress_of_presented, card_of_presented,
    consent_version_of_presented, consent_of_presented, presented_is_full from public;
grant execute on function school_of_link, school_of_receipt, progress_of_presented, card_of_presented,
    consent_version_of_presented, consent_of_presented, presented_is_full to sc_{service}_guardian;
