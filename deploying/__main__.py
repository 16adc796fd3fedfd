"""`python -m deploying`: writes the made files of `deploy/` anew, and says which differed."""

from deploying.facts import TOP
from deploying.generated import makers


def main() -> None:
    """Writes what differs."""
    for path, make in makers().items():
        file, text = TOP / path, make()
        if not file.exists() or file.read_text() != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            print(f"wrote {path}")


if __name__ == "__main__":
    main()
