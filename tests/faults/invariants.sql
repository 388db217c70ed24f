-- Asked by an administrator, who sees all schools. Each finds what must not be.

-- name: log_without_change
select l.event_id from audit.log l
left join (
    select id from identity.outbox union all select id from params.outbox union all select id from readers.outbox
    union all select id from cards.outbox union all select id from batches.outbox
) o on o.id = l.event_id
where o.id is null and l.event_id <> all ($1::uuid[])
union all
select event_id from audit.log group by event_id having count(*) > 1

-- name: change_without_log
select o.id, o.subject from (
    select id, subject from identity.outbox union all select id, subject from params.outbox
    union all select id, subject from readers.outbox union all select id, subject from cards.outbox
    union all select id, subject from batches.outbox
) o
left join audit.log l on l.event_id = o.id
where l.event_id is null and o.subject like 'sc.v1.%'

-- name: unsent
select id, subject from identity.outbox where sent_at is null
union all select id, subject from params.outbox where sent_at is null
union all select id, subject from readers.outbox where sent_at is null
union all select id, subject from cards.outbox where sent_at is null
union all select id, subject from batches.outbox where sent_at is null

-- name: batches_that_do_not_add_up
select b.batch_no, b.status, b.total, b.succeeded, b.failed, b.skipped from batches.batches b
left join (
    select school_id, batch_no, count(*) filter (where outcome = 'succeeded') as succeeded,
        count(*) filter (where outcome = 'failed') as failed, count(*) filter (where outcome = 'skipped') as skipped
    from batches.batch_items group by school_id, batch_no
) i on i.school_id = b.school_id and i.batch_no = b.batch_no
where b.status not in ('completed', 'draft', 'cancelled')
    or (b.status = 'completed' and b.succeeded + b.failed + b.skipped <> b.total)
    or (coalesce(i.succeeded, 0), coalesce(i.failed, 0), coalesce(i.skipped, 0)) <> (b.succeeded, b.failed, b.skipped)

-- name: persons_with_two_cards
select encode(id_digest, 'hex') from cards.cards where status in ('active', 'suspended')
group by id_digest having count(*) > 1

-- name: numbers_given_twice
select card_no from cards.cards group by card_no having count(*) > 1

-- name: readers_and_cards_that_disagree
select r.id, r.status, r.card_no, c.card_no from readers.readers r
full outer join (
    select school_id, reader_id, card_no from cards.cards where status in ('active', 'suspended')
) c on c.school_id = r.school_id and c.reader_id = r.id
where r.card_no is distinct from c.card_no or r.status = 'approved'

-- name: versions_that_skip
-- A reader's facts are numbered without gaps from 1 to what the reader's row says.
select r.id, r.version, f.facts, f.last from readers.readers r
join (
    select subject_id, count(*) as facts, max((convert_from(body, 'UTF8')::jsonb ->> 'version')::int) as last
    from audit.log where entity = 'reader' and fact in ('created', 'changed', 'approved', 'returned')
    group by subject_id
) f on f.subject_id = r.id::text
where f.facts <> f.last or f.last > r.version

-- name: work_left_undone
select c.batch_no, c.first from readers.import_chunks c
join readers.imports i on i.school_id = c.school_id and i.batch_no = c.batch_no
where i.status = 'running' and not c.done
union all
select a.batch_no, a.first from readers.approval_chunks a
join readers.approvals p on p.school_id = a.school_id and p.batch_no = a.batch_no
where p.status = 'running' and not a.done

-- name: transactions_left_open
select pid, application_name from pg_stat_activity
where datname = current_database() and state like 'idle in transaction%' and state_change < now() - interval '5 seconds'

-- name: fetch_sent
select id, subject from identity.outbox union all select id, subject from params.outbox
union all select id, subject from readers.outbox union all select id, subject from cards.outbox
union all select id, subject from batches.outbox

-- name: fetch_inboxes
-- The log remembers its events itself: I1.
select consumer, event_id from identity.inbox union all select consumer, event_id from params.inbox
union all select consumer, event_id from readers.inbox union all select consumer, event_id from cards.inbox
union all select consumer, event_id from batches.inbox
