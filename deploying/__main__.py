"""`python -m deploying`: writes the made files anew, and says which differed; `blueprint 1` prints that phase's Blueprint for Render."""

import sys

import yaml

from deploying.blueprints import blueprint_of
from deploying.facts import TOP
from deploying.generated import Plain, makers
from deploying.phases import third
from nollycrewhub.capacity.prices import NoPrices


def main(words: list[str]) -> int:
    """Writes what differs, or prints a Blueprint; nothing is written by prices that are none."""
    if words[:1] == ["blueprint"]:
        if words[1:] not in (["1"], ["2"], ["3"]):
            print("Say which phase: python -m deploying blueprint 1", file=sys.stderr)
            return 2
        print(yaml.dump(blueprint_of(int(words[1]), third()), Dumper=Plain, sort_keys=False, width=1000), end="")
        return 0
    try:
        made = {path: make() for path, make in makers().items()}
    except NoPrices as error:
        print(error, file=sys.stderr)
        return 1
    for path, text in made.items():
        file = TOP / path
        if not file.exists() or file.read_text() != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
