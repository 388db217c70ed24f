-- Readers, what this service knows of grades and classes, imports and approvals.

-- Projection of params. What was deleted there stays here, marked, so that old readers keep their class's name.
create table grades (
    school_id uuid not null,
    district text not null,
    grade_id uuid not null,
    name text not null,
    disabled boolean not null,
    deleted boolean not null default false,
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
    disabled boolean not null,
    deleted boolean not null default false,
    sort_order int not null,
    version int not null,
    primary key (school_id, class_id)
);
create index classes_by_grade on classes (school_id, grade_id);
create index classes_of_city on classes (class_id);
create index classes_of_city_by_grade on classes (grade_id);
select sc.protect('classes', school => 'select', district => 'select', city => 'select', worker => 'select, insert, update');

-- How a school's own words for a class were read when the teacher was asked.
create table class_aliases (
    school_id uuid not null,
    district text not null,
    alias text not null,
    class_id uuid not null,
    primary key (school_id, alias),
    foreign key (school_id, class_id) references classes (school_id, class_id)
);
select sc.protect('class_aliases', school => 'select, insert, update', district => '', city => '', worker => '');

create table readers (
    school_id uuid not null,
    district text not null,
    id uuid not null,
    class_id uuid,
    name text not null,
    guardian_name text not null default '',
    home_district text not null,
    sealed bytea not null,
    id_digest bytea not null,
    id_tail bytea not null,
    wanted_card_no text,
    card_no text,
    card_id uuid,
    card_version int not null default 0,
    status text not null default 'pending',
    reason_code text,
    reason text,
    version int not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (school_id, id),
    constraint one_reader_per_person unique (school_id, id_digest),
    constraint reader_is_in_a_class_of_its_school foreign key (school_id, class_id)
        references classes (school_id, class_id),
    constraint status_is_known check (status in ('pending', 'approved', 'carded', 'returned')),
    constraint carded_means_card check ((status = 'carded') = (card_no is not null)),
    constraint returned_says_why check (status <> 'returned' or reason is not null)
) with (fillfactor = 50);
-- No index names what a reader's way to a card changes (status, card_no): so its row is rewritten in its own page and no
-- index with it, which costs a tenth of the time and of the log. Pages are half filled for the same reason.
comment on column readers.sealed is 'AES-GCM: ID number, phone, guardian''s phone';
comment on column readers.card_version is 'of the last card that cards told of: older facts of it are ignored';
comment on column readers.id_tail is 'keyed digest of the ID number''s last four characters';
create index readers_by_time on readers (school_id, created_at, id);
create index readers_by_class on readers (school_id, class_id, created_at, id);
create index readers_by_name on readers (school_id, name text_pattern_ops);
create index readers_by_tail on readers (school_id, id_tail);
create index readers_of_district_by_time on readers (district, created_at, id);
create index readers_of_city_by_time on readers (created_at, id);
create index readers_of_city_by_id on readers (id);
create index readers_of_city_by_name on readers (name text_pattern_ops);
create index readers_of_city_by_digest on readers (id_digest);
create index readers_of_city_by_tail on readers (id_tail);
select sc.protect('readers', school => 'select, insert, update, delete', district => 'select', city => 'select',
    worker => 'select, update');

-- Whose a card number is: what an index of readers would say, kept beside them for the reason above. Written by the
-- triggers alone, which run as the owner; a reader with a card is never deleted.
create table reader_cards (
    school_id uuid not null,
    district text not null,
    reader_id uuid not null,
    card_no text not null,
    primary key (school_id, reader_id)
);
create index reader_cards_of_city_by_number on reader_cards (card_no);
select sc.protect('reader_cards', school => 'select', district => 'select', city => 'select', worker => 'select');
create policy kept on reader_cards to sc_owner using (true) with check (true);

create function keep_card_numbers() returns trigger
    language plpgsql security definer set search_path = {service}, pg_temp
    as $$
begin
    if tg_op = 'INSERT' then
        insert into reader_cards (school_id, district, reader_id, card_no)
        select school_id, district, id, card_no from new_rows where card_no is not null;
    else
        delete from reader_cards c using old_rows o join new_rows n on n.school_id = o.school_id and n.id = o.id
        where o.card_no is not null and n.card_no is null and c.school_id = n.school_id and c.reader_id = n.id;
        insert into reader_cards (school_id, district, reader_id, card_no)
        select n.school_id, n.district, n.id, n.card_no
        from new_rows n join old_rows o on o.school_id = n.school_id and o.id = n.id
        where n.card_no is not null and n.card_no is distinct from o.card_no
        on conflict (school_id, reader_id) do update set card_no = excluded.card_no;
    end if;
    return null;
end
$$;
create trigger card_numbers_inserted after insert on readers referencing new table as new_rows
    for each statement execute function keep_card_numbers();
create trigger card_numbers_updated after update on readers referencing old table as old_rows new table as new_rows
    for each statement execute function keep_card_numbers();

-- Maintained counts: totals and overviews must not scan a city's readers. And where in time the readers counted here are:
-- none is outside `first_at` to `last_at`, though there may be none at the ends any more.
create table reader_counts (
    school_id uuid not null,
    district text not null,
    class_id uuid not null,
    status text not null,
    readers int not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (school_id, class_id, status)
);
comment on column reader_counts.class_id is 'the nil UUID for readers without a class';
comment on column reader_counts.first_at is 'no reader counted here was created before';
create index reader_counts_of_district on reader_counts (district);
select sc.protect('reader_counts', school => 'select', district => 'select', city => 'select', worker => 'select');
-- Written by the trigger below alone, which runs as the owner.
create policy counted on reader_counts to sc_owner using (true) with check (true);

create function count_readers() returns trigger
    language plpgsql security definer set search_path = {service}, pg_temp
    as $$
begin
    if tg_op = 'INSERT' then
        insert into reader_counts as c (school_id, district, class_id, status, readers, first_at, last_at)
        select school_id, district, coalesce(class_id, '00000000-0000-0000-0000-000000000000'), status, count(*),
            min(created_at), max(created_at)
        from new_rows group by 1, 2, 3, 4 order by 1, 3, 4
        on conflict (school_id, class_id, status) do update set readers = c.readers + excluded.readers,
            first_at = case when c.readers > 0 then least(c.first_at, excluded.first_at) else excluded.first_at end,
            last_at = case when c.readers > 0 then greatest(c.last_at, excluded.last_at) else excluded.last_at end;
    elsif tg_op = 'DELETE' then
        insert into reader_counts as c (school_id, district, class_id, status, readers, first_at, last_at)
        select school_id, district, coalesce(class_id, '00000000-0000-0000-0000-000000000000'), status, -count(*),
            'infinity', '-infinity'
        from old_rows group by 1, 2, 3, 4 order by 1, 3, 4
        on conflict (school_id, class_id, status) do update set readers = c.readers + excluded.readers;
    else
        -- Where as many came as left, those who came may be of another time.
        insert into reader_counts as c (school_id, district, class_id, status, readers, first_at, last_at)
        select school_id, district, class_id, status, sum(delta), coalesce(min(came_at), 'infinity'),
            coalesce(max(came_at), '-infinity')
        from (
            select school_id, district, coalesce(class_id, '00000000-0000-0000-0000-000000000000') as class_id, status,
                1 as delta, created_at as came_at, null::timestamptz as left_at from new_rows
            union all
            select school_id, district, coalesce(class_id, '00000000-0000-0000-0000-000000000000'), status, -1, null,
                created_at from old_rows
        ) moved
        group by 1, 2, 3, 4
        having sum(delta) <> 0 or min(came_at) < min(left_at) or max(came_at) > max(left_at) order by 1, 3, 4
        on conflict (school_id, class_id, status) do update set readers = c.readers + excluded.readers,
            first_at = case when c.readers > 0 then least(c.first_at, excluded.first_at) else excluded.first_at end,
            last_at = case when c.readers > 0 then greatest(c.last_at, excluded.last_at) else excluded.last_at end;
    end if;
    return null;
end
$$;
create trigger count_inserted after insert on readers referencing new table as new_rows
    for each statement execute function count_readers();
create trigger count_updated after update on readers referencing old table as old_rows new table as new_rows
    for each statement execute function count_readers();
create trigger count_deleted after delete on readers referencing old table as old_rows
    for each statement execute function count_readers();

create table imports (
    school_id uuid not null,
    district text not null,
    batch_no text not null,
    status text not null default 'draft',
    filename text not null,
    format text not null,
    file bytea,
    total int not null,
    new int not null,
    changed int not null,
    unchanged int not null,
    rejected int not null,
    skipped bytea,
    opened_by text not null,
    opened_at timestamptz not null,
    confirmed_at timestamptz,
    erased_at timestamptz,
    undone_at timestamptz,
    effects_erased_at timestamptz,
    primary key (school_id, batch_no),
    constraint status_is_known check (status in ('draft', 'running', 'cancelled')),
    constraint confirmed_means_running check ((status = 'running') = (confirmed_at is not null)),
    constraint only_confirmed_is_undone check (undone_at is null or confirmed_at is not null),
    constraint only_confirmed_had_effects check (effects_erased_at is null or confirmed_at is not null),
    constraint erased_keeps_no_file check (erased_at is null or (file is null and skipped is null)),
    constraint every_row_is_counted check (total = new + changed + unchanged + rejected)
);
comment on column imports.file is 'AES-GCM: the teacher''s own workbook, erased after a day';
create index imports_to_erase on imports (opened_at) where erased_at is null;
create index imports_with_effects on imports (confirmed_at) where confirmed_at is not null and effects_erased_at is null;
select sc.protect('imports', school => 'select, insert, update', district => 'select', city => 'select',
    worker => 'select, update');

-- Written in one transaction with its import: a foreign key would say nothing new and cost a look-up a row.
create table import_rows (
    school_id uuid not null,
    district text not null,
    batch_no text not null,
    item_no int not null,
    row text not null,
    outcome text not null,
    failed text,
    id_digest bytea,
    class_id uuid,
    class_key text,
    reader_id uuid,
    reader_version int,
    sealed bytea,
    primary key (school_id, batch_no, item_no),
    constraint outcome_is_known check (outcome in ('new', 'changed', 'unchanged', 'rejected')),
    constraint accepted_is_a_person check (outcome = 'rejected' or id_digest is not null),
    constraint existing_reader_is_named check (outcome not in ('changed', 'unchanged') or reader_id is not null)
);
comment on column import_rows.failed is 'code of what kept an accepted row out when it was carried out';
comment on column import_rows.class_key is 'grade and class as written, where the school has no such class';
comment on column import_rows.sealed is 'AES-GCM: the row''s values, what was cleaned, its errors; erased after a day';
create index import_rows_by_question on import_rows (school_id, batch_no, class_key) where class_key is not null;
-- Most rows are new, and found by their number as well.
create index import_rows_by_outcome on import_rows (school_id, batch_no, outcome, item_no) where outcome <> 'new';
select sc.protect('import_rows', school => 'select, insert, update, delete', district => '', city => '',
    worker => 'select, delete');

-- The work of a confirmed import. `done` flips in the transaction that carries the chunk out.
create table import_chunks (
    school_id uuid not null,
    district text not null,
    batch_no text not null,
    first int not null,
    last int not null,
    done boolean not null default false,
    primary key (school_id, batch_no, first),
    foreign key (school_id, batch_no) references imports (school_id, batch_no)
);
select sc.protect('import_chunks', school => 'select, insert, update', district => '', city => '',
    worker => 'select, delete');

-- What an import did to readers, so that it can be undone.
create table import_effects (
    school_id uuid not null,
    district text not null,
    batch_no text not null,
    item_no int not null,
    reader_id uuid not null,
    class_id uuid,
    mark bytea not null,
    former bytea,
    primary key (school_id, batch_no, item_no)
);
comment on column import_effects.class_id is 'the reader''s class after the import';
comment on column import_effects.mark is 'sha256 of readers.sealed after the import: every change of a reader seals anew';
comment on column import_effects.former is 'AES-GCM: the reader before the import; null: there was none. Erased after 30 days';
select sc.protect('import_effects', school => 'select, insert, delete', district => '', city => '',
    worker => 'select, delete');

create table approvals (
    school_id uuid not null,
    district text not null,
    batch_no text not null,
    status text not null default 'draft',
    total int not null,
    opened_by text not null,
    opened_at timestamptz not null,
    confirmed_at timestamptz,
    erased boolean not null default false,
    primary key (school_id, batch_no),
    constraint status_is_known check (status in ('draft', 'running', 'cancelled')),
    constraint confirmed_means_running check ((status = 'running') = (confirmed_at is not null))
);
comment on column approvals.erased is 'its items are no longer needed and gone';
create index approvals_to_expire on approvals (opened_at) where status = 'draft';
create index approvals_to_erase on approvals (confirmed_at) where not erased;
select sc.protect('approvals', school => 'select, insert, update', district => 'select', city => 'select',
    worker => 'select, update');

-- Written in one transaction with its approval, like the rows of an import.
create table approval_items (
    school_id uuid not null,
    district text not null,
    batch_no text not null,
    item_no int not null,
    reader_id uuid not null,
    primary key (school_id, batch_no, item_no),
    constraint reader_is_in_a_batch_once unique (school_id, batch_no, reader_id)
);
select sc.protect('approval_items', school => 'select, insert, delete', district => '', city => '',
    worker => 'select, delete');

-- The work of a confirmed approval. `done` flips in the transaction that carries the chunk out.
create table approval_chunks (
    school_id uuid not null,
    district text not null,
    batch_no text not null,
    first int not null,
    last int not null,
    done boolean not null default false,
    primary key (school_id, batch_no, first),
    foreign key (school_id, batch_no) references approvals (school_id, batch_no)
);
select sc.protect('approval_chunks', school => 'select, insert, update', district => '', city => '',
    worker => 'select, delete');
