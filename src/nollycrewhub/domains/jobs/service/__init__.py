"""Use cases of jobs: one public function per verb, one transaction each."""

from nollycrewhub.domains.jobs.service.applying import applicants, apply, mine, mine_for_job, move, withdraw
from nollycrewhub.domains.jobs.service.listings import (
    close,
    decide,
    duplicate,
    edit,
    erase_person,
    export_person,
    held,
    own,
    post,
    reopen,
)
from nollycrewhub.domains.jobs.service.searching import (
    canonical_list,
    canonical_page,
    job_json,
    list_json,
    search_cards,
    sitemap_ids,
    visible,
)

__all__ = [
    "applicants",
    "apply",
    "canonical_list",
    "canonical_page",
    "close",
    "decide",
    "duplicate",
    "edit",
    "erase_person",
    "export_person",
    "held",
    "job_json",
    "list_json",
    "mine",
    "mine_for_job",
    "move",
    "own",
    "post",
    "reopen",
    "search_cards",
    "sitemap_ids",
    "visible",
    "withdraw",
]
