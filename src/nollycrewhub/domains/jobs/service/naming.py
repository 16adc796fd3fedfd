"""What a listing is called for somebody who applied, when its own words are shown to nobody any more."""

import msgspec

from nollycrewhub.domains.jobs.rules.states import is_public
from nollycrewhub.domains.jobs.schemas import ApplicationRow
from nollycrewhub.kit.crafts import category_name
from nollycrewhub.kit.places import state_name


def called(category: str, state: str) -> str:
    """The work and the state: `Gaffer, Enugu State`."""
    return f"{category_name(category)}, {state_name(state)}"


def for_applicant(row: ApplicationRow) -> ApplicationRow:
    """One's own application, without the words of a post that is not public."""
    if is_public(row.job_status):
        return row
    return msgspec.structs.replace(row, title=called(row.category, row.state), company="")
