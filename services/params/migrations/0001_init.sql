-- Grades and classes of schools, and how many readers each class has.

create table grades (
    school_id uuid not null,
    district text not null,
    id uuid not null,
    name text not null,
    name_key text not null,
    disabled boolean not null default false,
    sort_order int not null default 0,
    remark text not null default '',
    version int not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (school_id, id),
    constraint grade_name_is_unique_in_its_school unique (school_id, name_key),
    constraint grade_has_a_name check (name_key <> '')
);
comment on column grades.name_key is 'the name as it is compared: NFKC, single blanks';
create index grades_in_order on grades (school_id, sort_order, name, id);
create index grades_of_district_in_order on grades (district, sort_order, name, id);
create index grades_of_city_in_order on grades (sort_order, name, id);
create index grades_of_city_by_id on grades (id);
select sc.protect('grades', school => 'select, insert, update, delete', district => 'select', city => 'select',
    worker => '');

create table classes (
    school_id uuid not null,
    district text not null,
    id uuid not null,
    grade_id uuid not null,
    name text not null,
    name_key text not null,
    disabled boolean not null default false,
    sort_order int not null default 0,
    remark text not null default '',
    version int not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (school_id, id),
    constraint class_is_in_a_grade_of_its_school foreign key (school_id, grade_id) references grades (school_id, id),
    constraint class_name_is_unique_in_its_grade unique (school_id, grade_id, name_key),
    constraint class_has_a_name check (name_key <> '')
);
create index classes_in_order on classes (school_id, sort_order, name, id);
create index classes_of_district_in_order on classes (district, sort_order, name, id);
create index classes_of_city_in_order on classes (sort_order, name, id);
create index classes_of_city_by_id on classes (id);
create index classes_of_city_by_grade on classes (grade_id);
select sc.protect('classes', school => 'select, insert, update, delete', district => 'select', city => 'select',
    worker => '');

-- No foreign key to classes: what readers reports may come before, or after, the class is there.
-- `readers` may be below zero for a moment, when a departure is reported before the arrival.
create table class_usage (
    school_id uuid not null,
    district text not null,
    class_id uuid not null,
    readers int not null,
    primary key (school_id, class_id)
);
select sc.protect('class_usage', school => 'select', district => 'select', city => 'select',
    worker => 'select, insert, update');
