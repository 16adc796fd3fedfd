"""A listing is in its state's, its craft's and the whole list; a question reads one of them."""

from nollycrewhub.domains.jobs.rules.lists import lists_of_job, lists_of_query


def test_every_question_reads_a_list_that_the_listings_it_finds_are_in() -> None:
    inside = lists_of_job("LA", "gaffer")
    assert inside == ("jobs", "jobs:s:LA", "jobs:c:gaffer")
    for question in ({}, {"state": "LA"}, {"category": "gaffer"}, {"state": "LA", "category": "gaffer"}, {"kind": "crew", "q": "x"}):
        (read,) = lists_of_query(question)
        assert read in inside
    assert lists_of_query({"state": "EN"})[0] not in inside
    assert lists_of_query({"category": "grip"})[0] not in inside
