"""Whose a group is."""

from alembic import op

revision = "0027_group_owners"
down_revision = "0026_attachments"

BACKFILL = """
update messages.conversation c set owner_id = (
    select m.person_id from messages.member m where m.conversation_id = c.id and m.state = 'in'
    order by m.person_id = c.created_by desc, m.since, m.person_id limit 1
) where c.kind = 'group'
"""


def upgrade() -> None:
    """Who made a group owns it, or whoever has been in it longest."""
    op.execute("alter table messages.conversation add column owner_id uuid")
    op.execute(BACKFILL)


def downgrade() -> None:
    """Groups without an owner."""
    op.execute("alter table messages.conversation drop column owner_id")
