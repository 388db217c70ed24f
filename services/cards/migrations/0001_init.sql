-- Cards, their numbers, one living card per person in the city, their history, and what cards allow.

-- Every number there ever was. Rows are never deleted (no role may), so no number is ever given out twice.
-- The whole city's, without names: whose number it is stands in `cards` alone.
create table card_numbers (
    card_no text collate "C" primary key,
    constraint card_no_is_fifteen_digits check (card_no ~ '^[0-9]{15}$')
);
grant select, insert on card_numbers to sc_{service}_worker, sc_{service}_district;

-- One living card per person in the city: who inserts the digest first has it, whatever the isolation level.
-- The whole city's, without names or schools: it can answer "already has a card", never where.
create table identity_claims (
    id_digest bytea primary key,
    card_id uuid not null,
    constraint one_claim_per_card unique (card_id)
);
comment on column identity_claims.id_digest is 'keyed digest of the ID number';
grant select, insert, delete on identity_claims to sc_{service}_worker;

-- The last serial used in a district and year; advanced once for each batch of cards.
create table serial_counters (
    district text not null,
    year int not null,
    last_serial int not null,
    primary key (district, year),
    constraint serials_have_six_digits check (last_serial between 0 and 999999),
    constraint years_have_two_digits check (year between 0 and 99)
);
select sc.protect('serial_counters', school => '', district => 'select, insert, update', city => '',
    worker => 'select, insert, update');

-- Projection of params: names for lists by class and figures by grade.
create table grades (
    school_id uuid not null,
    district text not null,
    grade_id uuid not null,
    name text not null,
    sort_order int not null,
    version int not null,
    primary key (school_id, grade_id)
);
select sc.protect('grades', school => 'select', district => 'select', city => 'select', worker => 'select, insert, update');

create table classes (
    school_id uuid not null,
    district text not null,
    class_id uuid not null,
    grade_id uuid not null,
    name text not null,
    sort_order int not null,
    version int not null,
    primary key (school_id, class_id)
);
create index classes_by_grade on classes (school_id, grade_id);
create index classes_of_city_by_grade on classes (grade_id);
select sc.protect('classes', school => 'select', district => 'select', city => 'select', worker => 'select, insert, update');

-- One row a number. A replaced card's new row keeps the card's id and goes on counting its versions.
create table cards (
    school_id uuid not null,
    district text not null,
    card_no text collate "C" not null,
    card_id uuid not null,
    reader_id uuid not null,
    id_digest bytea not null,
    masked_name text not null,
    class_id uuid,
    class_version int not null,
    status text not null default 'active',
    physical text,
    kind text not null generated always as (case when physical is null then 'online' else 'physical' end) stored,
    fee_fen int not null default 0,
    physical_made int not null default 0,
    reason_code text,
    reason text,
    suspended_until date,
    consent_withdrawn boolean not null default false,
    handed_out_at timestamptz,
    handed_out_by text,
    previous_card_no text,
    consent_version int not null default 0,
    consent_at timestamptz,
    version int not null default 1,
    reader_version int not null,
    issued_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (school_id, card_no),
    constraint card_has_its_number foreign key (card_no) references card_numbers (card_no),
    constraint status_is_known check (status in ('active', 'suspended', 'replaced', 'closed')),
    constraint physical_state_is_known check (physical in ('wanted', 'printed', 'handed_out', 'lost')),
    constraint what_is_not_active_says_why check (
        (reason_code is null) = (reason is null)
        and case status when 'active' then reason_code is null and not consent_withdrawn
            when 'suspended' then reason_code is not null or consent_withdrawn
            else reason_code is not null end
    ),
    constraint only_suspensions_end check (
        suspended_until is null or (status = 'suspended' and reason_code is not null)
    ),
    constraint handed_out_says_who_and_when check (
        (handed_out_at is null) = (handed_out_by is null)
        and (physical is distinct from 'handed_out' or handed_out_at is not null)
    ),
    constraint fees_are_no_gifts check (fee_fen >= 0)
) with (fillfactor = 90);
comment on column cards.class_version is 'the reader''s version that told the class';
comment on column cards.reader_version is 'the reader''s version whose approval this card answers';
comment on column cards.physical_made is 'how many physical cards were made for the person; the first is free';
comment on column cards.reason_code is 'why the library suspended, replaced or closed it; null while consent alone holds it';
comment on column cards.consent_version is 'of the newest consent or withdrawal that was heeded';
comment on column cards.consent_at is 'when that was told: decides between words without a version';
create unique index one_living_card_per_reader on cards (school_id, reader_id) where status in ('active', 'suspended');
create index cards_by_time on cards (school_id, issued_at desc, card_no desc);
create index cards_by_class on cards (school_id, class_id, issued_at desc, card_no desc);
create index cards_of_district_by_time on cards (district, issued_at desc, card_no desc);
create index cards_of_city_by_time on cards (issued_at desc, card_no desc);
create index cards_of_city_by_number on cards (card_no);
create index cards_of_city_by_digest on cards (id_digest);
create index cards_of_city_by_reader on cards (reader_id);
create index cards_by_id on cards (school_id, card_id);
create index cards_on_their_way on cards (district, physical, issued_at desc, card_no desc)
    where physical in ('wanted', 'printed', 'lost');
create index cards_not_in_use on cards (district, status, issued_at desc, card_no desc) where status <> 'active';
create index cards_to_resume on cards (suspended_until) where suspended_until is not null;
select sc.protect('cards', school => 'select', district => 'select, insert, update', city => 'select',
    worker => 'select, insert, update');
-- Schools ask for physical cards; the rest is the library's.
grant update (physical, fee_fen, version, updated_at) on cards to sc_{service}_school;

-- A dead card lets its person have another. As the owner, so that nobody else needs the right to delete claims.
create function release_claims() returns trigger
    language plpgsql security definer set search_path = {service}, pg_temp
    as $$
begin
    delete from identity_claims c using new_rows n where c.card_id = n.card_id and n.status = 'closed';
    return null;
end
$$;
create trigger release_claims after update on cards referencing new table as new_rows
    for each statement execute function release_claims();

-- Maintained counts: totals and figures must not scan a city's cards.
create table card_counts (
    school_id uuid not null,
    district text not null,
    class_id uuid not null,
    status text not null,
    physical text not null,
    cards int not null,
    primary key (school_id, class_id, status, physical)
);
comment on column card_counts.class_id is 'the nil UUID for cards without a class';
comment on column card_counts.physical is 'none where there is no physical card';
create index card_counts_of_district on card_counts (district);
create index card_counts_of_city_by_class on card_counts (class_id);
select sc.protect('card_counts', school => 'select', district => 'select', city => 'select', worker => 'select');
-- Written by the trigger below alone, which runs as the owner.
create policy counted on card_counts to sc_owner using (true) with check (true);

create table issue_counts (
    school_id uuid not null,
    district text not null,
    day date not null,
    class_id uuid not null,
    cards int not null,
    primary key (school_id, day, class_id)
);
comment on column issue_counts.day is 'as people in China count it';
comment on table issue_counts is 'first numbers alone: a replaced card was issued once';
create index issue_counts_of_district on issue_counts (district, day);
create index issue_counts_of_city on issue_counts (day);
select sc.protect('issue_counts', school => 'select', district => 'select', city => 'select', worker => 'select');
create policy counted on issue_counts to sc_owner using (true) with check (true);

create function count_inserted_cards() returns trigger
    language plpgsql security definer set search_path = {service}, pg_temp
    as $$
begin
    insert into card_counts as c (school_id, district, class_id, status, physical, cards)
    select school_id, district, coalesce(class_id, '00000000-0000-0000-0000-000000000000'), status,
        coalesce(physical, 'none'), count(*)
    from new_rows group by 1, 2, 3, 4, 5 order by 1, 3, 4, 5
    on conflict (school_id, class_id, status, physical) do update set cards = c.cards + excluded.cards;
    insert into issue_counts as c (school_id, district, day, class_id, cards)
    select school_id, district, (issued_at at time zone 'Asia/Shanghai')::date,
        coalesce(class_id, '00000000-0000-0000-0000-000000000000'), count(*)
    from new_rows where previous_card_no is null group by 1, 2, 3, 4 order by 1, 3, 4
    on conflict (school_id, day, class_id) do update set cards = c.cards + excluded.cards;
    return null;
end
$$;
create function count_updated_cards() returns trigger
    language plpgsql security definer set search_path = {service}, pg_temp
    as $$
begin
    insert into card_counts as c (school_id, district, class_id, status, physical, cards)
    select school_id, district, class_id, status, physical, sum(delta)
    from (
        select school_id, district, coalesce(class_id, '00000000-0000-0000-0000-000000000000') as class_id, status,
            coalesce(physical, 'none') as physical, 1 as delta from new_rows
        union all
        select school_id, district, coalesce(class_id, '00000000-0000-0000-0000-000000000000'), status,
            coalesce(physical, 'none'), -1 from old_rows
    ) moved
    group by 1, 2, 3, 4, 5 having sum(delta) <> 0 order by 1, 3, 4, 5
    on conflict (school_id, class_id, status, physical) do update set cards = c.cards + excluded.cards;
    return null;
end
$$;
create trigger count_inserted after insert on cards referencing new table as new_rows
    for each statement execute function count_inserted_cards();
create trigger count_updated after update on cards referencing old table as old_rows new table as new_rows
    for each statement execute function count_updated_cards();

-- What happened to a card after it was issued; of the issuing its own row tells.
create table card_history (
    school_id uuid not null,
    district text not null,
    card_id uuid not null,
    version int not null,
    card_no text not null,
    step text not null,
    reason_code text,
    reason text,
    until date,
    fee_fen int not null default 0,
    happened_at timestamptz not null,
    done_by text not null,
    done_by_id uuid not null,
    primary key (school_id, card_id, version)
);
select sc.protect('card_history', school => 'select, insert', district => 'select, insert', city => 'select',
    worker => 'select, insert');
