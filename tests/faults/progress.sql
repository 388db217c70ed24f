-- How much of an import or an approval a service has done for a school; what faults do to tables.

-- name: readers_in_import
select count(*) from readers.readers where school_id = $1

-- name: readers_in_approval
select count(*) from readers.readers where school_id = $1 and status in ('approved', 'carded')

-- name: cards_in_approval
select count(*) from cards.cards where school_id = $1

-- name: batches_in_import
select count(*) from batches.batch_items where school_id = $1

-- name: batches_in_approval
select count(*) from batches.batch_items where school_id = $1
    and batch_no = (select max(batch_no) from readers.approvals where school_id = $1)

-- name: audit_in_import
select count(*) from audit.log where school_id = $1 and entity = 'reader' and fact = 'created'

-- name: audit_in_approval
select count(*) from audit.log where school_id = $1 and entity = 'card' and fact = 'issued'

-- name: forget_what_was_sent
-- As if every relay had been killed between the stream's acknowledgement and its own mark.
update identity.outbox set sent_at = null;
update params.outbox set sent_at = null;
update readers.outbox set sent_at = null;
update cards.outbox set sent_at = null;
update batches.outbox set sent_at = null
