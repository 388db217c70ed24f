-- Batches and their final items. Facts come in any order: a row may be made by an item before its batch is opened.

create table batches (
    school_id uuid not null,
    district text not null,
    batch_no text collate "C" not null,
    kind text,
    total int,
    opened_by text,
    opened_at timestamptz,
    filename text,
    confirmed boolean not null default false,
    cancelled boolean not null default false,
    succeeded int not null default 0,
    failed int not null default 0,
    skipped int not null default 0,
    completed_at timestamptz,
    undone_at timestamptz,
    status text not null generated always as (
        case
            when completed_at is not null then 'completed'
            when confirmed then 'running'
            when cancelled then 'cancelled'
            when opened_at is null then 'unopened'
            else 'draft'
        end
    ) stored,
    primary key (school_id, batch_no),
    constraint kind_is_known check (kind in ('import', 'approval')),
    constraint an_opened_batch_is_known_whole check (
        (opened_at is null and opened_by is null and total is null and not confirmed)
        or (opened_at is not null and opened_by is not null and total >= 0 and kind is not null)
    ),
    constraint completed_means_every_item_is_final check (
        completed_at is null or (confirmed and succeeded + failed + skipped >= total)
    )
) with (fillfactor = 70);
create index batches_by_time on batches (school_id, opened_at desc, batch_no desc);
create index batches_of_district_by_time on batches (district, opened_at desc, batch_no desc);
create index batches_of_city_by_time on batches (opened_at desc, batch_no desc);
create index batches_of_district_by_number on batches (district, batch_no);
create index batches_of_city_by_number on batches (batch_no);
select sc.protect('batches', school => 'select', district => 'select', city => 'select',
    worker => 'select, insert, update');

-- Only final items have a row; those without one wait. Their batch's row is written by the same statement, so a
-- foreign key would say nothing new and cost a look-up for every item.
create table batch_items (
    school_id uuid not null,
    district text not null,
    batch_no text collate "C" not null,
    item_no int not null,
    outcome text not null,
    reader_id uuid,
    row text,
    code text,
    detail text,
    primary key (school_id, batch_no, item_no),
    constraint items_count_from_one check (item_no >= 1),
    constraint outcome_is_known check (outcome in ('succeeded', 'failed', 'skipped')),
    constraint only_success_needs_no_reason check (outcome = 'succeeded' or (code is not null and detail is not null))
);
create index batch_items_to_look_at on batch_items (school_id, batch_no, outcome, item_no) where outcome <> 'succeeded';
select sc.protect('batch_items', school => 'select', district => 'select', city => 'select',
    worker => 'select, insert');
