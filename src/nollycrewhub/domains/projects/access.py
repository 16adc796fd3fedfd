"""The one door to a script: its owner's."""

from uuid import UUID

from nollycrewhub.domains.projects import repository
from nollycrewhub.domains.projects.errors import NoSuchScript
from nollycrewhub.domains.projects.schemas import ScriptRow
from nollycrewhub.platform.db import ReadSession


async def own_script(read: ReadSession, script_id: UUID, person_id: UUID) -> ScriptRow:
    """One's own script; somebody else's is not there."""
    found = await repository.one(read, script_id)
    if found is None or found.owner_id != person_id:
        raise NoSuchScript
    return found
