"""Shows the screens of the panel on a display."""

from __future__ import annotations

from leukoscope.panel.display import Display
from leukoscope.panel.screen_drawing import draw
from leukoscope.panel.screens import AsleepScreen, HoldHint, Screen


class Panel:
    """Draws screens on a display. A hint covers the screen until it is removed."""

    def __init__(self, display: Display, *, simulated: bool) -> None:
        """Draw on a display.

        Args:
            display: The display.
            simulated: Whether to mark every screen SIMULATED.
        """
        self._display, self._simulated = display, simulated
        self._screen: Screen = AsleepScreen()
        self._hinting = self._keep = False

    def show(self, screen: Screen) -> None:
        """Show a screen. If a hint covers it, it is shown when the hint is removed."""
        self._screen = screen
        if not self._hinting:
            self._draw(screen)

    def hint(self, screen: HoldHint) -> None:
        """Cover the screen with a hint."""
        self._hinting = True
        self._draw(screen)

    def unhint(self) -> None:
        """Remove the hint. Without a hint, show the screen again, in case the display was lost."""
        self._hinting = False
        self._draw(self._screen)

    def keep(self) -> None:
        """Remove the hint, and leave the screen on the display when the panel is closed."""
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
