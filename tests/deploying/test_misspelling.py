"""Every key of every file that is deployed, misspelt in turn: the checks must notice at least 99 of 100 (they are not helped by comparing)."""

import yaml

from deploying import checking, misspelling
from deploying.facts import DEPLOY
from deploying.reading import texts_under
from tests.conftest import FULL
from tests.measuring import Measure

EACH = 1 if FULL else 40
TEXTS = texts_under(DEPLOY)


def test_nothing_is_wrong_as_it_is() -> None:
    assert checking.wrong(TEXTS) == []


def test_a_misspelt_key_turns_the_check_red(measured: Measure) -> None:
    everything = misspelling.all_misspellings(TEXTS)
    assert len(everything) > 4500
    asked = everything[::EACH]
    assert {one.path for one in everything} == {path for path in TEXTS if path.endswith(misspelling.READ)}
    missed = misspelling.unnoticed(TEXTS, asked)
    share = 1 - len(missed) / len(asked)
    measured("deploy-misspelt", keys=len(asked), unnoticed=len(missed), share=round(share, 4))
    assert share >= misspelling.LEAST_SHARE, [f"{one.path}:{one.line} {one.key}" for one in missed]


def test_a_misspelling_changes_one_key_and_nothing_else() -> None:
    text = "first: {aab: 1}\nsecond: &two {x: 1}\nthird: {<<: *two, xx: 'first'}\n"
    made = list(misspelling.misspellings("deploy/some.yaml", text))
    assert [(one.line, one.key) for one in made] == [(1, "first"), (1, "aab"), (2, "second"), (2, "x"), (3, "third"), (3, "xx")]
    for one in made:
        before, after = str(yaml.safe_load(text)), str(yaml.safe_load(one.text))
        assert before != after and "'first'" in after
