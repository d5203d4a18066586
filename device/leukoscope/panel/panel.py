"""The panel's display side: screens in, pictures out to the display."""

from __future__ import annotations

from leukoscope.panel.display import Display
from leukoscope.panel.screen_drawing import draw
from leukoscope.panel.screens import AsleepScreen, HoldHint, Screen


class Panel:
    """Draws screens on a display; a hint covers the screen until it is taken away.

    simulated: every screen says SIMULATED.
    """

    def __init__(self, display: Display, *, simulated: bool) -> None:
        self._display, self._simulated = display, simulated
        self._screen: Screen = AsleepScreen()
        self._hinting = self._keep = False

    def show(self, screen: Screen) -> None:
        """Show a screen, at once unless a hint covers it."""
        self._screen = screen
        if not self._hinting:
            self._draw(screen)

    def hint(self, screen: HoldHint) -> None:
        """Cover the screen with a hint."""
        self._hinting = True
        self._draw(screen)

    def unhint(self) -> None:
        """Take the hint away; without one, show the screen again, in case the display was lost."""
        self._hinting = False
        self._draw(self._screen)

    def keep(self) -> None:
        """Leave the screen, without a hint, on the display when the panel is closed."""
        self.unhint()
        self._keep = True

    def close(self) -> None:
        """Close the display."""
        self._display.close(self._keep)

    def _draw(self, screen: Screen) -> None:
        if isinstance(screen, AsleepScreen):
            self._display.blank()
        else:
            self._display.show(draw(screen, simulated=self._simulated))
