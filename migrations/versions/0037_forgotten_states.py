"""Who leaves is forgotten with the state of their profile too, which `profile.updated` tells since it is counted by state."""

from alembic import op

revision = "0037_forgotten_states"
down_revision = "0036_operators"

FORGET = """
create or replace function platform.forget_person(gone uuid) returns bigint language sql security definer
set search_path = pg_catalog, platform as $$
    with changed as (
        update platform.event set body = body
            || case when body->>'person_id' = gone::text and body ? 'handle' then '{"handle": ""}'::jsonb else '{}' end
            || case when body->>'applicant_id' = gone::text and body ? 'applicant_name' then '{"applicant_name": ""}'::jsonb else '{}' end
            || case when body->>'poster_id' = gone::text and body ? 'title' then '{"title": ""}'::jsonb else '{}' end
            || case when body->>'poster_id' = gone::text and body ? 'job_title' then '{"job_title": ""}'::jsonb else '{}' end
            || case when body->>'poster_id' = gone::text and body ? 'company' then '{"company": ""}'::jsonb else '{}' end
        where aggregate_id = gone::text or body->>'applicant_id' = gone::text or body->>'poster_id' = gone::text
        returning 1
    )
    select count(*) from changed
$$
"""
FORGET_STATE = """
create or replace function platform.forget_person(gone uuid) returns bigint language sql security definer
set search_path = pg_catalog, platform as $$
    with changed as (
        update platform.event set body = body
            || case when body->>'person_id' = gone::text and body ? 'handle' then '{"handle": ""}'::jsonb else '{}' end
            || case when body->>'person_id' = gone::text and body ? 'state' then '{"state": ""}'::jsonb else '{}' end
            || case when body->>'applicant_id' = gone::text and body ? 'applicant_name' then '{"applicant_name": ""}'::jsonb else '{}' end
            || case when body->>'poster_id' = gone::text and body ? 'title' then '{"title": ""}'::jsonb else '{}' end
            || case when body->>'poster_id' = gone::text and body ? 'job_title' then '{"job_title": ""}'::jsonb else '{}' end
            || case when body->>'poster_id' = gone::text and body ? 'company' then '{"company": ""}'::jsonb else '{}' end
        where aggregate_id = gone::text or body->>'applicant_id' = gone::text or body->>'poster_id' = gone::text
        returning 1
    )
    select count(*) from changed
$$
"""


def upgrade() -> None:
    """The same function, which also empties the state."""
    op.execute(FORGET_STATE)


def downgrade() -> None:
    """As it was; states that were taken out stay out."""
    op.execute(FORGET)
