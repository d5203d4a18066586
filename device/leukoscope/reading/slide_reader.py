"""The interface of a slide reader, and the interface of the model that it reads with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from leukoscope.field import Field
from leukoscope.reading.differential import Baseline
from leukoscope.reading.reader_errors import BASELINE_SPREAD
from leukoscope.reading.results import FieldReading, QcState, Verdict


class ModelCard(Protocol):
    """The name of a model, for logs and records."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def version(self) -> str:
        """Its version."""

    @property
    def sha256(self) -> str:
        """SHA-256 of the model file, 64 lower-case hex digits."""


class Model(Protocol):
    """A network that gives probabilities for a picture.

    The probabilities are scaled by the card's temperature: of the cases with probability 0.8, about 80 % are right.
    """

    @property
    def card(self) -> ModelCard:
        """Its name, for logs and records."""

    @property
    def runtime(self) -> str:
        """The package that runs it."""

    @property
    def um_per_px(self) -> float:
        """Scale of the pictures that it takes, micrometres per pixel."""

    def run(
        self, picture: npt.NDArray[np.uint8], geometry: tuple[float, ...] = ()
    ) -> tuple[float, ...]:
        """Read a picture.

        Args:
            picture: Shape (side, side, 3), uint8, with the side on its card.
            geometry: Numbers beside the picture, for a model that takes them.

        Returns:
            The probabilities, sum 1.
        """


class SlideReader(Protocol):
    """Reads the fields of a slide, one by one, and judges them together.

    Not for use by two threads at once.
    """

    @property
    def model(self) -> Model:
        """The model that it reads with."""

    @property
    def uses_qc(self) -> bool:
        """Whether control slides can check this reader."""

    def read(self, field: Field) -> FieldReading:
        """Read one field. Boxes are in the field's own pixels.

        Raises:
            FieldError: The field is too small for the model.
        """

    def judge(
        self,
        readings: Sequence[FieldReading],
        qc: QcState = QcState.UNCONTROLLED,
        baseline: Baseline | None = None,
        baseline_spread: float = BASELINE_SPREAD,
    ) -> Verdict:
        """Judge the fields of a slide together. Fields that a gate refused are left out.

        Args:
            readings: The readings of the slide's fields.
            qc: State of the device according to its control slides; ignored unless `uses_qc`.
            baseline: How this device reads normal blood; None when that is not known. Ignored unless `uses_qc`.
            baseline_spread: Standard deviation, between slides, of the baseline's share of blasts.
        """
