"""`python -m nollycrewhub.web.texts update` brings the languages' files up to date and says what is missing; `build` is for `make setup`."""

import sys

from nollycrewhub.web.texts import files
from nollycrewhub.web.texts.building import TRANSLATED, build
from nollycrewhub.web.texts.collecting import collected
from nollycrewhub.web.texts.judging import faults, is_reviewed


def update() -> None:
    """Takes the source's sentences into each file, builds, and tells how far each language is."""
    source, same = collected(), files.same_in_english()
    for code in TRANSLATED:
        catalog = files.read(code)
        files.update(catalog, source)
        files.path_of(code).parent.mkdir(parents=True, exist_ok=True)
        files.path_of(code).write_bytes(files.written(catalog, code))
        found = files.entries(catalog)
        said = [message for message in found if files.is_said(message)]
        wrong = [fault for fault in faults(code, catalog, source, same) if not fault.startswith(f"{code}: missing: ")]
        reviewed = sum(map(is_reviewed, said))
        print(f"{code}: {len(found)} sentences, {len(found) - len(said)} missing, {reviewed} reviewed, {len(wrong)} with a fault")
        print(*(f"  {fault}" for fault in wrong), sep="\n" if wrong else "")
    build()


if __name__ == "__main__":
    build() if sys.argv[1:] == ["build"] else update()
