-- The log, in months of occurred_at, and one hash chain for each school (for each district, and for the city, of what
-- belongs to no school). Roles may insert and read; nobody who can log in may change or take away.

create table log (
    school_id uuid not null,
    district text not null,
    occurred_at timestamptz not null,
    event_id uuid not null,
    recorded_at timestamptz not null,
    operator text not null,
    actor_id uuid not null,
    entity text not null,
    fact text not null,
    subject_id text not null,
    reader_id uuid,
    batch_no text,
    body bytea not null,
    chain_seq bigint not null,
    hash bytea not null,
    constraint an_event_is_logged_once primary key (school_id, occurred_at, event_id),
    constraint a_chain_is_counted_from_one check (chain_seq > 0),
    constraint a_hash_is_sha256 check (octet_length(hash) = 32)
) partition by range (occurred_at);

-- A school leafs through its log by the primary key. Batch numbers, readers and operators say by themselves whose they
-- are, so the same index serves a school, a district and the city. A batch may have a hundred thousand entries, and
-- somebody asks for the three that failed: its entries lie kind by kind, each kind's in order of time.
create index log_of_district on log (district, occurred_at, event_id);
create index log_of_city on log (occurred_at, event_id);
create index log_of_batch on log (batch_no, entity, fact, occurred_at, event_id) where batch_no is not null;
create index log_of_reader on log (reader_id, occurred_at, event_id) where reader_id is not null;
create index log_of_operator on log (operator, occurred_at, event_id);
create index log_of_fact on log (entity, fact, occurred_at, event_id);
create index log_of_chain on log (district, school_id, chain_seq, event_id);

select sc.protect('log', school => 'select', district => 'select', city => 'select', worker => 'select, insert');

create table chain_heads (
    school_id uuid not null,
    district text not null,
    seq bigint not null,
    hash bytea not null,
    primary key (school_id, district),
    constraint a_hash_is_sha256 check (octet_length(hash) = 32)
) with (fillfactor = 50);
create index chain_heads_of_district on chain_heads (district);
select sc.protect('chain_heads', school => 'select', district => 'select', city => 'select', worker => 'select, insert');
grant update (seq, hash) on chain_heads to sc_{service}_worker;

-- A chain only grows, whoever holds the right to update its head.
create function refuse_a_shorter_chain() returns trigger
    language plpgsql
    as $$
begin
    if new.seq < old.seq or (new.seq = old.seq and new.hash <> old.hash) then
        raise exception 'a chain only grows' using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end
$$;
create trigger a_chain_only_grows before update on chain_heads
    for each row execute function refuse_a_shorter_chain();

-- What a clock gone wrong dates outside the months that are made.
create table log_other partition of log default;
alter table log_other enable row level security;
alter table log_other force row level security;
create policy keeper on log_other to sc_owner using (true) with check (true);

-- Makes the partitions of these months (their first days) where they are missing; returns how many it made. Months
-- before 2020 or more than two ahead are left to log_other. Runs as the owner: the service's roles own nothing.
create function ensure_months(months date[]) returns int
    language plpgsql
    security definer
    set search_path = {service}, pg_temp
    as $$
declare
    month date;
    name text;
    made int := 0;
begin
    foreach month in array months loop
        month := date_trunc('month', month)::date;
        name := 'log_' || to_char(month, 'YYYY_MM');
        continue when month < date '2020-01-01' or month > (now() at time zone 'UTC')::date + interval '2 months';
        continue when to_regclass(name) is not null;
        -- One at a time, and whoever waited finds it made. Attaching refuses while log_other has rows of this month, so
        -- nothing may arrive there in between.
        lock table log_other in access exclusive mode;
        continue when to_regclass(name) is not null;
        execute format('create table %I (like log including defaults including constraints)', name);
        execute format(
            'with moved as (delete from log_other where occurred_at >= %1$L and occurred_at < %2$L
                returning %3$s) insert into %4$I (%3$s) select %3$s from moved',
            month || ' 00:00:00+00', (month + interval '1 month')::date || ' 00:00:00+00',
            'school_id, district, occurred_at, event_id, recorded_at, operator, actor_id, entity, fact, subject_id,
            reader_id, batch_no, body, chain_seq, hash',
            name);
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('alter table log attach partition %I for values from (%L) to (%L)', name,
            month || ' 00:00:00+00', (month + interval '1 month')::date || ' 00:00:00+00');
        made := made + 1;
    end loop;
    -- Whoever makes a month next waits for this transaction here, before it holds any chain: no deadlock.
    lock table log_other in access share mode;
    return made;
end
$$;
revoke execute on function ensure_months(date[]) from public;
grant execute on function ensure_months(date[]) to sc_{service}_worker;
