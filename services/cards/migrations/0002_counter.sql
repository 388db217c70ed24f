-- At the library's counter: what cards allow, other credentials, former cards and their deposits.

-- What a district's cards allow, from which day. A row is never changed: a later day, or a later version of a day, is
-- a row of its own, and so the history.
create table district_privileges (
    district text not null,
    version int not null,
    effective_on date not null,
    privileges jsonb not null,
    physical_fee_fen int not null,
    changed_by text not null,
    changed_at timestamptz not null,
    primary key (district, version),
    constraint fees_are_no_gifts check (physical_fee_fen >= 0)
);
create index district_privileges_by_day on district_privileges (district, effective_on desc, version desc);
select sc.protect('district_privileges', school => '', district => 'select, insert', city => 'select',
    worker => 'select');
-- Schools read what holds for their district's cards.
create policy school on district_privileges for select to sc_{service}_school using (district = sc.district());
grant select on district_privileges to sc_{service}_school;

-- Other things by which a card is found, as keyed digests.
create table card_credentials (
    school_id uuid not null,
    district text not null,
    card_id uuid not null,
    kind text not null,
    digest bytea not null,
    added_by text not null,
    added_at timestamptz not null,
    primary key (school_id, card_id, kind),
    constraint kind_is_known check (kind in ('social_security'))
);
create index card_credentials_of_city on card_credentials (digest);
select sc.protect('card_credentials', school => '', district => 'select, insert, update, delete', city => 'select',
    worker => 'select');
-- The credentials of a closed card are deleted by the trigger below alone, which runs as the owner.
create policy released on card_credentials to sc_owner using (true) with check (true);

-- One card per credential in the city: who commits the digest first has it, whoever can see whose it is.
-- The whole city's, without names or schools: it can answer "is another card's", never whose.
-- Written by triggers alone, which run as the owner; no role has a right to it.
create table credential_claims (
    kind text not null,
    digest bytea not null,
    card_id uuid not null,
    constraint one_card_per_credential primary key (kind, digest)
);
comment on column credential_claims.digest is 'keyed digest of the credential';

create function claim_credential() returns trigger
    language plpgsql security definer set search_path = {service}, pg_temp
    as $$
begin
    if tg_op <> 'INSERT' then
        delete from credential_claims where kind = old.kind and digest = old.digest and card_id = old.card_id;
    end if;
    if tg_op <> 'DELETE' then
        insert into credential_claims (kind, digest, card_id) values (new.kind, new.digest, new.card_id);
    end if;
    return null;
end
$$;
create trigger claim_credential after insert or update or delete on card_credentials
    for each row execute function claim_credential();

-- A dead card is found by its number alone; what else its person has may lead to another card.
create function release_credentials() returns trigger
    language plpgsql security definer set search_path = {service}, pg_temp
    as $$
begin
    delete from card_credentials k using new_rows n
    where k.school_id = n.school_id and k.card_id = n.card_id and n.status = 'closed';
    return null;
end
$$;
create trigger release_credentials after update on cards referencing new table as new_rows
    for each statement execute function release_credentials();

-- How often somebody has asked in a minute. No one's data but the asker's.
create table lookups (
    actor_id uuid not null,
    minute timestamptz not null,
    spent int not null,
    primary key (actor_id, minute)
);
grant select, insert, update on lookups to sc_{service}_district, sc_{service}_city;
grant select, delete on lookups to sc_{service}_worker;

-- A former card of the library is exchanged once in its district.
create table former_numbers (
    district text not null,
    former_card_no text collate "C" not null,
    primary key (district, former_card_no)
);
select sc.protect('former_numbers', school => '', district => 'select, insert', city => '', worker => '');

create table former_cards (
    school_id uuid not null,
    district text not null,
    former_card_no text collate "C" not null,
    card_id uuid not null,
    card_no text not null,
    deposit_fen int not null,
    exchanged_by text not null,
    exchanged_at timestamptz not null,
    primary key (school_id, former_card_no),
    constraint deposits_are_no_debts check (deposit_fen >= 0)
);
create index former_cards_by_card on former_cards (school_id, card_id);
select sc.protect('former_cards', school => 'select', district => 'select, insert', city => 'select', worker => '');

create table refunds (
    school_id uuid not null,
    district text not null,
    id uuid not null,
    card_id uuid not null,
    card_no text not null,
    masked_name text not null,
    former_card_no text not null,
    amount_fen int not null,
    status text not null default 'open',
    collector text,
    proxy_name bytea,
    documents text[] not null default '{}',
    checked_by text,
    checked_at timestamptz,
    paid_by text,
    paid_at timestamptz,
    version int not null default 1,
    opened_by text not null,
    opened_at timestamptz not null,
    primary key (school_id, id),
    constraint one_refund_per_former_card unique (school_id, former_card_no),
    constraint amounts_are_refunds check (amount_fen > 0),
    constraint status_is_known check (status in ('open', 'documents_checked', 'paid_out')),
    constraint collector_is_known check (collector in ('holder', 'proxy')),
    constraint checked_says_who_when_and_what check (
        (status = 'open') = (checked_by is null) and (checked_by is null) = (checked_at is null)
        and (checked_by is null) = (collector is null)
    ),
    constraint paid_says_who_and_when check (
        (status = 'paid_out') = (paid_by is not null) and (paid_by is null) = (paid_at is null)
    ),
    constraint a_proxy_has_a_name check ((collector is not distinct from 'proxy') = (proxy_name is not null))
);
comment on column refunds.proxy_name is 'AES-GCM';
create index refunds_of_district on refunds (district, opened_at desc, id desc);
create index refunds_of_city on refunds (opened_at desc, id desc);
create index refunds_of_district_by_status on refunds (district, status, opened_at desc, id desc);
select sc.protect('refunds', school => 'select', district => 'select, insert, update', city => 'select', worker => '');
