"""A TOML table that names file and key when something is missing or wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping

SHOWN_CHARACTERS = 80


def shown(value: object) -> str:
    """Return a wrong value for an error's text: its first characters."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # thousands of digits, or of brackets
        return f"this {type(value).__name__}"
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


class TomlTable:
    """A table, or the whole document.

    Args:
        values: As tomllib gives them.
        where: Names the file in errors.
        error: Makes the error to raise from its message.
        prefix: Of the keys, "input." in the table [input].
    """

    def __init__(
        self,
        values: Mapping[str, object],
        where: str,
        error: Callable[[str], Exception],
        prefix: str = "",
    ) -> None:
        self._values, self._where, self._error, self._prefix = values, where, error, prefix

    def _get(self, key: str) -> object:
        if key not in self._values:
            raise self._error(f"{self._where}: {self._prefix}{key} is missing")
        return self._values[key]

    def _wrong(self, key: str, wanted: str, value: object) -> Exception:
        return self._error(
            f"{self._where}: {self._prefix}{key} must be {wanted}, not {shown(value)}"
        )

    def text(self, key: str) -> str:
        """Return a text that is not empty."""
        value = self._get(key)
        if not isinstance(value, str) or not value:
            raise self._wrong(key, "text", value)
        return value

    def number(self, key: str, low: float, high: float) -> float:
        """Return a number from low to high."""
        value = self._get(key)
        # Not a number (nan) is in no range, and neither is an integer too large for a float.
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        raise self._wrong(key, f"a number from {low:g} to {high:g}", value)

    def whole(self, key: str, low: int, high: int) -> int:
        """Return a whole number from low to high."""
        value = self._get(key)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise self._wrong(key, f"a whole number from {low} to {high}", value)

    def wholes(self, key: str, count: int, low: int, high: int) -> tuple[int, ...]:
        """Return `count` whole numbers from low to high."""
        values = self._get(key)
        if isinstance(values, list) and len(values) == count:
            good = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
            if len(good) == count and all(low <= v <= high for v in good):
                return tuple(good)
        raise self._wrong(key, f"{count} whole numbers from {low} to {high}", values)

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self._get(key)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false", value)
        return value

    def table(self, key: str) -> TomlTable:
        """Return a table in this one."""
        value = self._get(key)
        if not isinstance(value, Mapping):
            raise self._error(f"{self._where}: [{key}] must be a table, not {shown(value)}")
        return TomlTable(value, self._where, self._error, f"{key}.")
