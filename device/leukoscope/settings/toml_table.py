"""A TOML table whose errors name the file and the key that is missing or wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping

SHOWN_CHARACTERS = 80


def shown(value: object) -> str:
    """Return the first characters of a wrong value, for an error message."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # thousands of digits or brackets
        return f"this {type(value).__name__}"
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


class TomlTable:
    """A table, or the whole document.

    Its methods raise the error that it was made with when a key is missing or its value is wrong.
    """

    def __init__(
        self,
        values: Mapping[str, object],
        where: str,
        error: Callable[[str], Exception],
        prefix: str = "",
    ) -> None:
        """Wrap a table.

        Args:
            values: The table, as tomllib returns it.
            where: Name of the file in error messages.
            error: The exception to raise; called with the message.
            prefix: Put before the keys in error messages: "input." in the table [input].
        """
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
        """Return the text of a key; it must not be empty."""
        value = self._get(key)
        if not isinstance(value, str) or not value:
            raise self._wrong(key, "text", value)
        return value

    def number(self, key: str, low: float, high: float) -> float:
        """Return the number of a key; it must be from low to high."""
        value = self._get(key)
        # The comparison also refuses nan, and integers that are too large for a float.
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        raise self._wrong(key, f"a number from {low:g} to {high:g}", value)

    def whole(self, key: str, low: int, high: int) -> int:
        """Return the whole number of a key; it must be from low to high."""
        value = self._get(key)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise self._wrong(key, f"a whole number from {low} to {high}", value)

    def wholes(self, key: str, count: int, low: int, high: int) -> tuple[int, ...]:
        """Return the `count` whole numbers of a key; they must be from low to high."""
        values = self._get(key)
        if isinstance(values, list) and len(values) == count:
            good = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
            if len(good) == count and all(low <= v <= high for v in good):
                return tuple(good)
        raise self._wrong(key, f"{count} whole numbers from {low} to {high}", values)

    def flag(self, key: str) -> bool:
        """Return whether a key is true."""
        value = self._get(key)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false", value)
        return value

    def table(self, key: str) -> TomlTable:
        """Return the table of a key."""
        value = self._get(key)
        if not isinstance(value, Mapping):
            raise self._error(f"{self._where}: [{key}] must be a table, not {shown(value)}")
        return TomlTable(value, self._where, self._error, f"{key}.")
