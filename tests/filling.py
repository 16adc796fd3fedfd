"""What a browser sends of a form as it was rendered, with nothing touched."""

import re
from html.parser import HTMLParser


class Reader(HTMLParser):
    """Collects the fields of the form with one action, as the HTML standard has a browser collect them."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action
        self.fields: list[tuple[str, str]] = []
        self.is_inside = False
        self.area: str | None = None
        self.choice: str | None = None
        self.options: list[tuple[str, bool]] = []
        self.typed = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.is_inside = given.get("action") == self.action
        if not self.is_inside:
            return
        if tag == "input" and given.get("name"):
            is_box = given.get("type") in ("checkbox", "radio")
            if not is_box or "checked" in given:
                self.fields.append((given["name"], given.get("value", "on" if is_box else "")))
        elif tag == "textarea":
            self.area, self.typed = given["name"], ""
        elif tag == "select":
            self.choice, self.options = given["name"], []
        elif tag == "option":
            self.options.append((given.get("value", ""), "selected" in given))

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.typed += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False
        elif tag == "textarea" and self.area is not None:
            text = re.sub(r"\r\n?", "\n", self.typed).removeprefix("\n")
            self.fields.append((self.area, text.replace("\n", "\r\n")))
            self.area = None
        elif tag == "select" and self.choice is not None:
            chosen = [value for value, is_selected in self.options if is_selected] or [self.options[0][0]]
            self.fields.append((self.choice, chosen[-1]))
            self.choice = None


def untouched(html: str, action: str) -> dict[str, list[str]]:
    """Every field of the form and what it holds."""
    reader = Reader(action)
    reader.feed(html)
    out: dict[str, list[str]] = {}
    for name, value in reader.fields:
        out.setdefault(name, []).append(value)
    return out
