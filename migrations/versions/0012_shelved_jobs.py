"""Posts that were refused, or closed by their poster while they were held, become `shelved`: they are public to nobody.

Until now they became `closed`, which everybody may read. What the poster settled is told apart from what an operator
refused.
"""

from alembic import op

revision = "0012_shelved_jobs"
down_revision = "0011_saved_searches"

STATES = {"ck_job_status": ("job", "status in ('draft', 'open', 'held', 'shelved', 'closed')"),
          "ck_review_decision": ("review", "decision in ('release', 'refuse', 'settled')")}  # fmt: skip
STATES_BEFORE = {"ck_job_status": ("job", "status in ('draft', 'open', 'held', 'closed')"),
                 "ck_review_decision": ("review", "decision in ('release', 'refuse')")}  # fmt: skip


def check(states: dict[str, tuple[str, str]]) -> None:
    """Puts these checks in the place of those of the same names; rows that are there are not looked at."""
    for name, (table, condition) in states.items():
        op.execute(f"alter table jobs.{table} drop constraint {name}, add constraint {name} check ({condition}) not valid")


def validate(states: dict[str, tuple[str, str]]) -> None:
    """Looks at the rows, beside readers and writers."""
    for name, (table, _) in states.items():
        op.execute(f"alter table jobs.{table} validate constraint {name}")


def upgrade() -> None:
    """By the last review of each closed listing; one that was released and closed later stays as it is."""
    check(STATES)
    op.execute(
        "update jobs.job j set status = 'shelved', version = version + 1 where j.status = 'closed' and "
        "(select r.decision from jobs.review r where r.job_id = j.id order by r.created_at desc, r.id desc limit 1) = 'refuse'"
    )
    op.execute("update jobs.review set decision = 'settled' where decision = 'refuse' and note = 'closed by its poster'")
    validate(STATES)


def downgrade() -> None:
    """The version before knows no such state; as drafts they stay unread, and posting them checks them again."""
    op.execute("update jobs.job set status = 'draft', version = version + 1 where status = 'shelved'")
    op.execute("update jobs.review set decision = 'refuse' where decision = 'settled'")
    check(STATES_BEFORE)
    validate(STATES_BEFORE)
