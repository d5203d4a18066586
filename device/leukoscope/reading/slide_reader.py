"""The seam between what reads slides and everything else: one Protocol, and what a reader needs of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from leukoscope.field import Field
from leukoscope.reading.differential import Baseline
from leukoscope.reading.results import FieldReading, QcState, Verdict


class ModelCard(Protocol):
    """What names a model in logs and records."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def version(self) -> str:
        """Its version."""

    @property
    def sha256(self) -> str:
        """Of the model file, 64 lower-case hex digits."""


class Model(Protocol):
    """A network: bytes in, calibrated probabilities out."""

    @property
    def card(self) -> ModelCard:
        """What names it."""

    @property
    def runtime(self) -> str:
        """The package that runs it."""

    @property
    def um_per_px(self) -> float:
        """Scale at which it sees a field, micrometres per pixel."""

    def run(
        self, picture: npt.NDArray[np.uint8], geometry: tuple[float, ...] = ()
    ) -> tuple[float, ...]:
        """Calibrated probabilities, sum 1.

        Args:
            picture: Shape (side, side, 3), uint8, of the side that its card names.
            geometry: Numbers beside the picture, for a model that takes them.
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
        """Whether control slides say anything of what it reads."""

    def read(self, field: Field) -> FieldReading:
        """The reading of one field, with boxes in the field's own pixels.

        Raises:
            FieldError: The field is too small for the model.
        """

    def judge(
        self,
        readings: Sequence[FieldReading],
        qc: QcState = QcState.UNCONTROLLED,
        baseline: Baseline | None = None,
    ) -> Verdict:
        """The verdict over the fields of a slide; fields that a gate refused give no evidence.

        Args:
            readings: Of the slide's fields.
            qc: What the control slides say of the device; not used by a reader without `uses_qc`.
            baseline: What normal blood is read as on this device; None when that is not known.
        """
