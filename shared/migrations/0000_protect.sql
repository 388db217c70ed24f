-- The tenancy rule as functions, so that no migration can spell it wrongly.

create function sc.school_id() returns uuid
    language sql stable parallel safe
    as $$ select nullif(current_setting('sc.school_id', true), '')::uuid $$;

create function sc.district() returns text
    language sql stable parallel safe
    as $$ select nullif(current_setting('sc.district', true), '') $$;

-- Row-level security, enabled and forced, one policy a scope, and the rights each scope's role has ('' for none).
create function sc.protect(target regclass, school text, district text, city text, worker text) returns void
    language plpgsql
    as $$
declare
    service text := (select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = target);
    scope text;
    rights text;
    rule text;
begin
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    foreach scope in array array['school', 'district', 'city', 'worker'] loop
        rights := case scope when 'school' then school when 'district' then district when 'city' then city else worker end;
        rule := case scope
            when 'school' then 'school_id = sc.school_id()'
            when 'district' then 'district = sc.district()'
            else 'true'
        end;
        continue when rights = '';
        execute format('create policy %I on %s to sc_%s_%s using (%s) with check (%s)',
            scope, target, service, scope, rule, rule);
        execute format('grant %s on %s to sc_%s_%s', rights, target, service, scope);
    end loop;
end
$$;
