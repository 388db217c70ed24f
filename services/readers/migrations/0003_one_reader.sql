-- Readers with the names of their classes and grades, as they are shown; each asker's rights and policies hold.
create view reader_rows with (security_invoker = true) as
select r.id, r.school_id, r.district, r.class_id, c.grade_id, c.name as class_name, g.name as grade_name, r.name,
    r.guardian_name, r.home_district, r.sealed, r.id_digest, r.id_tail, r.wanted_card_no, r.card_no, r.status, r.consent,
    r.reason_code, r.reason, r.version, r.created_at, r.updated_at, g.sort_order as grade_order,
    c.sort_order as class_order
from readers r
left join classes c on c.school_id = r.school_id and c.class_id = r.class_id
left join grades g on g.school_id = c.school_id and g.grade_id = c.grade_id;
grant select on reader_rows to sc_readers_school, sc_readers_district, sc_readers_city;

-- A reader in one statement: it takes the scope for as long as itself runs, so there is nothing to begin and to commit.
create function one_reader(scope_role text, school_id text, district text, reader_id uuid) returns setof reader_rows
    language plpgsql
    as $$
begin
    perform set_config('role', $1, true), set_config('sc.school_id', $2, true), set_config('sc.district', $3, true);
    return query select r.id, r.school_id, r.district, r.class_id, r.grade_id, r.class_name, r.grade_name, r.name,
        r.guardian_name, r.home_district, r.sealed, r.id_digest, r.id_tail, r.wanted_card_no, r.card_no, r.status,
        r.consent, r.reason_code, r.reason, r.version, r.created_at, r.updated_at, r.grade_order, r.class_order
    from reader_rows r where r.id = $4;
end
$$;
revoke execute on function one_reader from public;
grant execute on function one_reader to sc_readers;
