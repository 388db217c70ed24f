-- Roles and the kernel's own schema. Run by the migrator before any service's migrations; safe to repeat.
-- {service} is replaced by each service's name.

create schema if not exists {service} authorization sc_owner;
revoke all on schema {service} from public;
grant usage on schema {service} to sc_{service}, sc_{service}_school, sc_{service}_district, sc_{service}_city,
    sc_{service}_worker, sc_{service}_relay;
grant usage on schema sc to sc_{service}, sc_{service}_school, sc_{service}_district, sc_{service}_city,
    sc_{service}_worker, sc_{service}_relay;
