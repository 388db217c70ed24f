-- What every service keeps for the kernel: outbox, inbox, dead letters, answers already given, ended sessions.

create table outbox (
    seq bigint generated always as identity primary key,
    id uuid not null,
    school_id uuid not null,
    district text not null,
    subject text not null,
    headers json not null,
    body bytea not null,
    created_at timestamptz not null default now(),
    sent_at timestamptz
);
comment on column outbox.id is 'a new UUIDv7 for each row; no index proves it, as every row would pay for that';
-- A row lives for days, and to compress what tells a thousand things together costs more than to write it.
alter table outbox alter column body set storage external;
create index outbox_unsent on outbox (seq) where sent_at is null;
select sc.protect('outbox', school => 'insert', district => 'insert', city => 'insert', worker => 'insert');
create policy relay on outbox to sc_{service}_relay using (true);
grant select, update (sent_at), delete on outbox to sc_{service}_relay;

-- Wakes the relay once a transaction, however many statements appended (equal notifications are folded).
create function wake_relay() returns trigger
    language plpgsql
    as $$ begin perform pg_notify('sc_outbox_{service}', ''); return null; end $$;
create trigger wake_relay after insert on outbox for each statement execute function wake_relay();

create table waiting_work (
    school_id uuid not null,
    district text not null,
    queue uuid not null,
    place int not null,
    subject text not null,
    headers json not null,
    body bytea not null,
    primary key (school_id, queue, place)
);
comment on table waiting_work is 'chunks that go to the outbox one by one, as those of their queue before them are done';
select sc.protect('waiting_work', school => 'select, insert, update, delete', district => '', city => '', worker => '');

create table inbox (
    consumer text not null,
    event_id uuid not null,
    received_at timestamptz not null default now(),
    primary key (event_id, consumer)
);
comment on column inbox.event_id is 'a UUIDv7, so the key is also the order in which old rows go';
grant select, insert, delete on inbox to sc_{service}_worker;

create table dead_letters (
    consumer text not null,
    message_id text not null,
    subject text not null,
    headers jsonb not null,
    body bytea not null,
    error text not null,
    parked_at timestamptz not null default now(),
    retry_at timestamptz,
    primary key (consumer, message_id)
);
grant select, insert, update, delete on dead_letters to sc_{service}_worker;

create table answers (
    school_id uuid not null,
    district text not null,
    actor_id uuid not null,
    key text not null,
    fingerprint bytea not null,
    answer bytea,
    created_at timestamptz not null default now(),
    primary key (school_id, actor_id, key)
);
create index answers_created on answers (created_at);
select sc.protect('answers', school => 'select, insert, update', district => 'select, insert, update',
    city => 'select, insert, update', worker => 'select, delete');

create table ended_sessions (
    session_id uuid primary key,
    expires_at timestamptz not null,
    recorded_at timestamptz not null default now()
);
create index ended_sessions_expiry on ended_sessions (expires_at);
grant select, insert, delete on ended_sessions to sc_{service}_worker;
