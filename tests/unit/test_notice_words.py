"""One notice in the forms of its channels."""

from nollycrewhub.domains.notifications.rules.words import Words, as_chat


def test_a_chat_says_the_notice_why_it_came_and_how_to_hear_no_more() -> None:
    words = Words("application.reviewed", "Your application was read: Gaffer", "The poster of “Gaffer” has read your application.", "/me")
    said = as_chat(words, link="https://nollycrewhub.test/x", why="You get this because you applied to this job on NollyCrewHub.")
    body, link, foot = said.split("\n\n")
    assert body == "The poster of “Gaffer” has read your application."
    assert link == "https://nollycrewhub.test/x"
    assert foot == "You get this because you applied to this job on NollyCrewHub. Answer STOP to hear no more here."
