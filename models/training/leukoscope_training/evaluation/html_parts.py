"""Pieces of an HTML page. Whatever is not `Html` is escaped: names of files are not to be trusted."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence
from pathlib import Path

STYLE = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")


class Html(str):
    """Text that is HTML already."""


def text(value: object) -> Html:
    """HTML as it is; of anything else its text, escaped."""
    return value if isinstance(value, Html) else Html(html.escape(str(value)))


def element(name: str, *parts: object, **attributes: str) -> Html:
    """An element around its parts; `class_` stands for the attribute class."""
    given = "".join(
        f' {key.rstrip("_")}="{html.escape(value)}"' for key, value in attributes.items()
    )
    return Html(f"<{name}{given}>{joined(parts)}</{name}>")


def joined(parts: Iterable[object]) -> Html:
    """The parts one after another."""
    return Html("".join(text(part) for part in parts))


def table(heads: Sequence[object], rows: Iterable[Sequence[object]], caption: str) -> Html:
    """A table; the first cell of each row is its heading.

    A head that is a `th` element already, and a cell that is a `td`, are kept as they are.
    """
    head = element("tr", *(_cell(cell, "th") for cell in heads))
    body = [
        element("tr", element("th", row[0], scope="row"), *(_cell(cell, "td") for cell in row[1:]))
        for row in rows
    ]
    return element(
        "div",
        element(
            "table",
            element("caption", caption),
            element("thead", head),
            element("tbody", *body),
        ),
        class_="wide",
    )


def _cell(part: object, name: str) -> Html:
    kept = isinstance(part, Html) and part.startswith(f"<{name}")
    return text(part) if kept else element(name, part)


def section(title: str, *parts: object) -> Html:
    """A section under its heading."""
    return element("section", element("h2", title), *parts)


def picture(data: bytes, kind: str, description: str) -> Html:
    """An embedded picture; kind: "png" or "jpeg"."""
    source = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    return Html(f'<img src="{source}" alt="{html.escape(description)}">')


def page(title: str, *parts: object) -> str:
    """A whole page that needs no network and runs no script."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n"
        f"{element('title', title)}\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(text(part) for part in parts)
        + "\n</body>\n</html>\n"
    )
