"""Accounts, profiles with their search document, one-time secrets."""

from alembic import op

revision = "0002_users"
down_revision = "0001_platform"

STATEMENTS = """
create table users.person (
    id uuid constraint pk_person primary key,
    handle text not null constraint uq_person_handle unique,
    name text not null,
    email text constraint uq_person_email unique,
    phone text constraint uq_person_phone unique,
    password_hash text,
    google_sub text constraint uq_person_google_sub unique,
    email_confirmed_at timestamptz,
    phone_confirmed_at timestamptz,
    operator boolean not null default false,
    banned_at timestamptz,
    locale text not null default 'en',
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint ck_person_reachable check (email is not null or phone is not null or google_sub is not null)
);
create table users.profile (
    person_id uuid constraint pk_profile primary key
        constraint fk_profile_person_id_person references users.person (id) on delete cascade,
    headline text not null default '',
    bio text not null default '',
    state text not null default '',
    town text not null default '',
    photo_key text,
    availability text not null default 'ask',
    available_from date,
    rate_kobo bigint constraint ck_profile_rate check (rate_kobo >= 0),
    rate_unit text not null default 'day',
    skills text[] not null default '{}',
    roles text[] not null default '{}',
    departments text[] not null default '{}',
    languages jsonb not null default '[]',
    language_codes text[] not null default '{}',
    credits jsonb not null default '[]',
    links text[] not null default '{}',
    listed boolean not null default false,
    visibility jsonb not null default '{}',
    search_text text not null default '',
    search tsvector not null default '',
    updated_at timestamptz not null default now()
);
create index ix_profile_search on users.profile using gin (search);
create index ix_profile_search_text on users.profile using gin (search_text gin_trgm_ops);
create index ix_profile_listed_newest on users.profile (updated_at desc, person_id desc) where listed;
create table users.secret (
    id uuid constraint pk_secret primary key,
    person_id uuid not null constraint fk_secret_person_id_person references users.person (id) on delete cascade,
    purpose text not null,
    channel text not null,
    code_hash text not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index ix_secret_person on users.secret (person_id, purpose);
"""


def upgrade() -> None:
    """Three tables."""
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    """Drops them."""
    op.execute("drop table users.secret, users.profile, users.person")
