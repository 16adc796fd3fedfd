"""Who leaves is forgotten in what others were told of them too: in stored events, and in other people's notices.

Events stay append-only for the app role; the owner's function takes the names out of them and nothing else.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005_forgetting"
down_revision = "0004_notifications"
APP = "nollycrewhub_app"

FORGET = """
create function platform.forget_person(gone uuid) returns bigint language sql security definer
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


def upgrade() -> None:
    """Two indexes to find a person's events by, the function, and whom a notice tells of."""
    for name in ("applicant_id", "poster_id"):
        op.execute(f"create index ix_event_{name} on platform.event ((body->>'{name}')) where (body->>'{name}') is not null")
    op.execute(FORGET)
    op.execute("revoke all on function platform.forget_person(uuid) from public")
    op.execute(f"grant execute on function platform.forget_person(uuid) to {APP}")
    op.add_column("notice", sa.Column("about", sa.Uuid), schema="notifications")
    op.create_index("ix_notice_about", "notice", ["about"], schema="notifications", postgresql_where=sa.text("about is not null"))


def downgrade() -> None:
    """Takes it back; names that were taken out stay out."""
    op.drop_column("notice", "about", schema="notifications")
    op.execute("drop function platform.forget_person(uuid)")
    for name in ("applicant_id", "poster_id"):
        op.execute(f"drop index platform.ix_event_{name}")
