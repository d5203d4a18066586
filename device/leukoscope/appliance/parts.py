"""The parts of the appliance: how each is opened, which are open, and which one failed last."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from leukoscope.calibration.folder import FoundCalibration
from leukoscope.calibration.record import Calibration
from leukoscope.errors import CameraTimeoutError, Fault, LeukoscopeError, StoreError
from leukoscope.microscope.microscope import Microscope
from leukoscope.qc.monitor import QcMonitor
from leukoscope.qc.series import QcScope, QcStatus
from leukoscope.reading.slide_reader import SlideReader
from leukoscope.records.provenance import Provenance, gather_provenance
from leukoscope.records.store import RecordStore

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PartFactories:
    """The functions that open the parts. Each raises the LeukoscopeError of its part.

    Attributes:
        calibration: Finds the newest undamaged calibration.
        microscope: Opens light and camera. Their fields are corrected by a calibration.
        reader: Opens the model, and the reader that reads slides with it.
        store: Opens the records for writing.
        monitor: Finds the control slides of a model.
        simulated: Whether any part is simulated.
    """

    calibration: Callable[[], FoundCalibration]
    microscope: Callable[[Calibration | None], Microscope]
    reader: Callable[[], SlideReader]
    store: Callable[[], RecordStore]
    monitor: Callable[[QcScope], QcMonitor]
    simulated: bool


@dataclass(frozen=True)
class Host:
    """What the daemon needs of the computer that it runs on.

    Attributes:
        notify: Sends systemd a message of sd_notify(3).
        warning: Returns what is wrong with power or temperature, for the panel; "" if nothing is.
        power_off: Asks the computer to power off.
    """

    notify: Callable[[str], None]
    warning: Callable[[], str]
    power_off: Callable[[], None]


class Parts:
    """The parts that are open. A part is opened when it is first needed, and closed when it fails.

    Attributes:
        simulated: Whether any part is simulated.
        calibration: The calibration that the microscope was opened with.
        reader: Reads slides with the model; None until it is opened.
        monitor: The control slides of that model; None until the reader is opened.
        store: The records; None while they are closed.
        fault: The fault of the part that failed last.
    """

    def __init__(self, factories: PartFactories) -> None:
        self._factories = factories
        self.simulated = factories.simulated
        self.calibration = FoundCalibration(None, ())
        self.reader: SlideReader | None = None
        self.monitor: QcMonitor | None = None
        self.store: RecordStore | None = None
        self.fault = Fault.INTERNAL
        self._microscope: Microscope | None = None

    def open_microscope(self) -> Microscope:
        """Return the microscope. If it is not open, open it with the newest calibration.

        Raises:
            LightError, CameraError, CameraTimeoutError: It can't be opened.
        """
        if self._microscope is None:
            self.calibration = self._factories.calibration()
            for problem in self.calibration.problems:
                _log.warning("%s", problem)
            self._microscope = self._factories.microscope(self.calibration.calibration)
        return self._microscope

    def open_reader(self) -> SlideReader:
        """Return the reader. If it is not open, open it, and find the control slides of its model.

        Raises:
            BundleError, RuntimeMissingError: It can't be opened.
        """
        if self.reader is None:
            self.reader = self._factories.reader()
            scope = QcScope(self.reader.model.card.sha256, self.simulated)
            self.monitor = self._factories.monitor(scope)
        return self.reader

    def open_store(self) -> RecordStore:
        """Return the records. If they are closed, open them for writing.

        Raises:
            StoreError: They can't be opened.
        """
        if self.store is None:
            self.store = self._factories.store()
        return self.store

    def opened_store(self) -> RecordStore:
        """Return the records, which the self-test has opened.

        Raises:
            StoreError: They are closed.
        """
        if self.store is None:
            raise StoreError("the records are not open: the self-test has not passed")
        return self.store

    def light_off(self) -> None:
        """Switch the LED off, if the microscope is open.

        Raises:
            LightError: It can't be switched off.
        """
        if self._microscope is not None:
            self._microscope.light_off()

    def qc_status(self) -> QcStatus | None:
        """Return the state of the control slides now; None for a reader that does not use them."""
        if self.monitor is None or self.reader is None:
            return None
        return self.monitor.status() if self.reader.uses_qc else None

    def provenance(self) -> Provenance:
        """Return the provenance of a record made now."""
        card = self.reader.model.card if self.reader is not None else None
        return gather_provenance(
            model_name=card.name if card else "none",
            model_version=card.version if card else "",
            model_sha256=card.sha256 if card else "",
            simulated=self.simulated,
        )

    def close_failed(self, error: LeukoscopeError) -> bool:
        """Note the fault and close the part that failed, so that the self-test opens it again.

        Returns:
            Whether this process can go on. If the camera hangs, only a new process can open it again.
        """
        self.fault = error.fault
        if isinstance(error, CameraTimeoutError):
            return False
        if error.fault in (Fault.CAMERA, Fault.LIGHT):
            return self.abandon_microscope()
        if error.fault is Fault.MODEL:
            self.reader = None
        elif error.fault is Fault.STORAGE:
            self.close_store()
        return True

    def abandon_microscope(self) -> bool:
        """Close the microscope, if it is open. An error is only logged.

        Returns:
            False if its camera hangs.
        """
        try:
            self.close_microscope()
        except CameraTimeoutError as error:
            _log.error("%s", error)
            return False
        except LeukoscopeError as error:
            _log.error("%s", error)
        return True

    def close_microscope(self) -> None:
        """Switch the light off and close the microscope, if it is open.

        Raises:
            LightError: The light can't be switched off.
            CameraTimeoutError: The camera hangs.
        """
        if self._microscope is not None:
            microscope, self._microscope = self._microscope, None
            microscope.close()

    def close_store(self) -> None:
        """Close the records, if they are open."""
        if self.store is not None:
            self.store.close()
            self.store = None
