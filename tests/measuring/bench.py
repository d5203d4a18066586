"""Measures speed and memory on this machine: `./setup.sh bench [--json]`. It is not a test.

Everything runs on the simulated microscope and rendered fields. Only `int8_drop_points` uses the real fields of half B,
if ../shared/data is there.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pty
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from leukoscope import assembly
from leukoscope.appliance.daemon import Daemon
from leukoscope.appliance.workflow import Event, State
from leukoscope.commands.classify import classify
from leukoscope.field import Field, Rgb
from leukoscope.imaging.background import estimate_background
from leukoscope.imaging.flat_field import flatten
from leukoscope.imaging.scaling import resample
from leukoscope.microscope.burst import merge
from leukoscope.model.bundle import Bundle, load_bundle
from leukoscope.model.readers import open_reader
from leukoscope.panel.memory_display import MemoryDisplay
from leukoscope.panel.screen_drawing import draw
from leukoscope.panel.screens import ResultScreen
from leukoscope.reading.flat_picture import flat_picture
from leukoscope.reading.gates import picture_gates
from leukoscope.reading.measurements import GEOMETRY_CENTRE
from leukoscope.reading.results import LABELS
from leukoscope.reading.slide_reader import SlideReader
from leukoscope.records.provenance import gather_provenance
from leukoscope.settings.settings import DEFAULT_BUNDLE, Settings
from leukoscope.simulator.hematology import Diagnosis
from leukoscope.simulator.optics import defocus, expose
from leukoscope.simulator.smear import SmearSlide, render_field
from leukoscope.simulator.stage import Stage
from leukoscope_training.data.importers import import_samples
from leukoscope_training.data.splits import read_split
from PIL import Image

from tests.measuring.bench_focus_loop import focus_loop_ms

ROOT = Path(__file__).resolve().parents[2]
PAPER_MODEL = ROOT / "models" / "paper-cnn" / "model.tflite"
TFLITE_PYTHON = ROOT / ".venv-tflite" / "bin" / "python"
SHARED_DATA = ROOT.parent / "shared" / "data"
THREADS = 2
PRESSES = 25
CLASSIFIED = 500
UM_PER_PX = 0.155
CLASSES = [diagnosis for diagnosis in Diagnosis if diagnosis is not Diagnosis.EMPTY]

TARGETS: dict[str, tuple[str, str, float]] = {
    "press_to_verdict_ms": (
        "press to verdict on the panel, less the frames themselves, ms",
        "<=",
        150,
    ),
    "field_2028_ms": ("burst of 4, correction and gates of a 2028 x 1520 field, ms", "<=", 120),
    "focus_loop_ms": (
        "the loop on a 640 x 480 live frame, a slide of 100 cells open, ms",
        "<=",
        15,
    ),
    "cold_start_s": ("start of `leukoscope run` to READY, s", "<=", 1.5),
    "peak_rss_mb": ("daemon's peak memory, MB", "<=", 150),
    "asleep_cpu_percent": ("processor while asleep, % of a core", "<=", 1),
    "classify_efficiency": ("`classify` on 500 fields, % of what the model allows", ">=", 85),
    "speedup_over_paper": ("the paper's CNN on tflite-runtime against ours, times", ">=", 5),
    "int8_drop_points": ("accuracy lost by int8, points", "<=", 1),
}


def rendered(seed: int, index: int, diagnosis: Diagnosis) -> Rgb:
    """Render a field as the device captures it, (760, 1014, 3) uint8."""
    smear = render_field(SmearSlide(diagnosis, seed), index)
    image = defocus(smear.transmittance, 0.0, UM_PER_PX)
    rng = np.random.default_rng(seed)
    return expose(image, led_level=1.0, exposure=1.0, shading=0.15, rng=rng)


def bench_fields(count: int) -> list[Field]:
    """Render fields of all five classes in turn."""
    return [
        Field(rendered(40_000 + n, 0, CLASSES[n % len(CLASSES)]), UM_PER_PX, simulated=True)
        for n in range(count)
    ]


def median_ms(work: Callable[[], object], rounds: int) -> float:
    """Measure the median time of a call in milliseconds, after one call to warm up."""
    work()
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return 1000 * statistics.median(times)


class _Timed(MemoryDisplay):
    """A display that notes when the answer to a press is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.daemon: Daemon | None = None
        self.captured = 0
        self.result_at: float | None = None
        self.came = threading.Event()

    def wait_for_new(self, captured: int) -> None:
        """Forget the result on the panel and wait for the next.

        Args:
            captured: Number of fields so far.
        """
        self.result_at, self.captured = None, captured
        self.came.clear()

    def show(self, image: Image.Image) -> None:
        super().show(image)
        daemon = self.daemon
        if daemon is None or self.came.is_set() or daemon.fields_captured == self.captured:
            return
        if daemon.state is State.RESULT:
            self.result_at = time.perf_counter()
        if daemon.state in (State.RESULT, State.READY):  # READY: a gate refused the field
            self.came.set()


def burst_ms(settings: Settings) -> float:
    """Measure the median ms in which the simulated camera renders the frames of a field. A real sensor does not render.

    The frames of a press: a burst with the LED on, and a small one with it off.
    """
    stage = Stage(SmearSlide(Diagnosis.CML, 41_000))
    light, camera = assembly.open_parts(settings, assembly.settings_controls(settings), stage)

    def frames() -> None:
        light.on()
        camera.capture(settings.camera.frames)
        light.off()
        camera.preview(fresh=True)

    return median_ms(frames, 15)


def field_2028_ms() -> float:
    """Measure the median ms from the frames of a burst to a corrected field that has passed its gates."""
    um_per_px, scale = UM_PER_PX / 2, 0.34
    smear = render_field(
        SmearSlide(Diagnosis.CML, 41_000), 0, um_per_px=um_per_px, shape=(1520, 2028)
    )
    frames = [
        Field(
            expose(
                smear.transmittance,
                led_level=1.0,
                exposure=1.0,
                shading=0.15,
                rng=np.random.default_rng(n),
            ),
            um_per_px,
        )
        for n in range(4)
    ]
    background = estimate_background(resample(frames[0], scale), scale)

    def correct() -> None:
        field = merge(frames)
        picture = resample(replace(field, rgb=flatten(field.rgb, background)), scale)
        if not all(gate.passed for gate in picture_gates(picture, scale, 0.0)):
            raise SystemExit("the benchmark's own field was refused by a gate")

    return median_ms(correct, 25)


def live_frame() -> Field:
    """Render a live frame of 640 x 480 px, in focus."""
    picture = Image.fromarray(rendered(41_000, 0, Diagnosis.CML)).resize((640, 480))
    return Field(np.asarray(picture), UM_PER_PX * 1014 / 640)


def press_to_verdict(settings: Settings, burst: float) -> tuple[float, dict[str, float]]:
    """Measure the median ms from releasing the button to the verdict, without the burst; and its parts."""
    display, stage = _Timed(), Stage(SmearSlide(Diagnosis.CML, 41_000))
    daemon = assembly.make_daemon(settings, display, stage)
    display.daemon = daemon
    thread = threading.Thread(target=daemon.run)
    thread.start()
    while daemon.state is not State.READY:
        time.sleep(0.01)
    times = []
    for _ in range(PRESSES):
        stage.move()
        time.sleep(0.6)  # a person moves the slide; the simulator renders the new field
        display.wait_for_new(daemon.fields_captured)
        begun = time.perf_counter()
        daemon.post(Event.PRESS)
        display.came.wait(20)
        if display.result_at is not None:
            times.append(display.result_at - begun - burst / 1000)
    daemon.post(Event.TERMINATED)
    thread.join()
    return 1000 * statistics.median(times), _stages(settings)


def _stages(settings: Settings) -> dict[str, float]:
    """Measure the median ms of each stage alone, on the same kind of field."""
    stage = Stage(SmearSlide(Diagnosis.CML, 41_000))
    microscope = assembly.open_microscope(
        settings, assembly.find_calibration(settings).calibration, stage
    )
    reader = assembly.open_reader(settings, THREADS)
    field = microscope.capture()
    reading = reader.read(field)
    if not reading.was_read:
        raise SystemExit("the benchmark's own field was refused by a gate")
    verdict = reader.judge([reading])
    screen = ResultScreen("S0001", verdict, verdict.headline, verdict.confidence, 0.5, False)
    card = reader.model.card
    with tempfile.TemporaryDirectory() as folder:
        storage = replace(settings.storage, directory=folder)
        with assembly.open_store(replace(settings, storage=storage)) as store:
            slide = store.next_slide()

            def record() -> None:
                provenance = gather_provenance(
                    model_name=card.name,
                    model_version=card.version,
                    model_sha256=card.sha256,
                    simulated=True,
                )
                store.add_field(slide, field, reading, verdict, verdict, provenance)

            recording = median_ms(record, 15)
    return {
        "one field of four frames": median_ms(lambda: merge([field] * 4), 15),
        "gates, glass": median_ms(lambda: flat_picture(field, reader.model.um_per_px), 15),
        "the whole reading": median_ms(lambda: reader.read(field), 15),
        "verdict": median_ms(lambda: reader.judge([reading]), 15),
        "record (PNG, SQLite, fsync)": recording,
        "draw the screen": median_ms(lambda: draw(screen, simulated=True), 15),
    }


class BenchAppliance:
    """`leukoscope run` in its own process, with a pseudo-terminal for its button."""

    def __init__(self, folder: Path, bundle: Path, sleep_after_s: float) -> None:
        settings = folder / "leukoscope.toml"
        settings.write_text(
            '[parts]\nmicroscope = "simulated"\npanel = "simulated"\n'
            f'[model]\nbundle = "{bundle}"\nthreads = {THREADS}\n'
            f'[storage]\ndirectory = "{folder / "state"}"\nmin_free_mb = 1\n'
            f"[timing]\nsleep_after_s = {sleep_after_s}\n"
        )
        self._notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notices.bind(str(folder / "notify"))
        self._notices.settimeout(60)
        self._keys, terminal = pty.openpty()
        command = [sys.executable, "-m", "leukoscope", "run", "--settings", str(settings)]
        begun = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=terminal,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "NOTIFY_SOCKET": str(folder / "notify")},
        )
        os.close(terminal)
        while self._notices.recv(100) != b"READY=1":
            pass
        self.started_s = time.perf_counter() - begun
        # Read the socket as systemd does. If it were full, the daemon would have to wait.
        threading.Thread(target=self._read_on, daemon=True).start()

    def _read_on(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._notices.recv(100)

    def press(self) -> None:
        """Press the button."""
        os.write(self._keys, b" ")

    def peak_rss_mb(self) -> float:
        """Return the highest resident memory so far, MB (10^6 bytes)."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        kib = next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]
        return int(kib) * 1024 / 1e6

    def processor_s(self) -> float:
        """Return the processor time used so far, seconds."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """Stop it as systemd does."""
        self._process.terminate()
        self._process.wait(30)
        os.close(self._keys)
        self._notices.close()


def run_appliance(bundle: Path) -> dict[str, float]:
    """Measure the cold start, the peak memory after presses, and the processor time while asleep."""
    starts = []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as folder:
            appliance = BenchAppliance(Path(folder), bundle, sleep_after_s=300)
            starts.append(appliance.started_s)
            appliance.stop()
    with tempfile.TemporaryDirectory() as folder:
        appliance = BenchAppliance(Path(folder), bundle, sleep_after_s=3)
        for _ in range(10):
            appliance.press()
            time.sleep(0.6)
        time.sleep(8)  # longer than sleep_after_s
        before, begun = appliance.processor_s(), time.perf_counter()
        time.sleep(20)
        used = (appliance.processor_s() - before) / (time.perf_counter() - begun)
        peak = appliance.peak_rss_mb()
        appliance.stop()
    return {
        "cold_start_s": statistics.median(starts),
        "peak_rss_mb": peak,
        "asleep_cpu_percent": 100 * used,
    }


def classify_efficiency(bundle: Bundle) -> tuple[float, float]:
    """Measure the speed of classifying: percent of the speed of the model alone on all cores, and files per second."""
    cores = os.cpu_count() or 1
    fields = bench_fields(50)
    with tempfile.TemporaryDirectory() as folder:
        files: list[Path] = []
        for n in range(CLASSIFIED):
            path = Path(folder) / f"{n:03}.jpg"
            if n < len(fields):
                Image.fromarray(fields[n].rgb).save(path, quality=92)
            else:
                path.write_bytes(files[n % len(fields)].read_bytes())
            files.append(path)
        begun = time.perf_counter()
        results = list(classify(files, bundle, UM_PER_PX, cores))
        wall_s = time.perf_counter() - begun
    read = sum(r.verdict is not None and bool(r.verdict.probabilities) for r in results)
    cells = sum(len(r.reading.white_cells) for r in results if r.reading is not None)
    runs = cells if bundle.card.kind == "cells" else read
    readers = [open_reader(bundle, 1) for _ in range(cores)]
    side = bundle.card.side_px
    picture = np.asarray(Image.fromarray(fields[0].rgb).resize((side, side)))

    def model_alone(reader: SlideReader) -> None:
        for _ in range(runs // cores):
            reader.model.run(picture, (0.0,) * len(GEOMETRY_CENTRE))

    with ThreadPoolExecutor(cores) as pool_of_workers:
        begun = time.perf_counter()
        list(pool_of_workers.map(model_alone, readers))
        model_s = time.perf_counter() - begun
    return 100 * model_s / wall_s, CLASSIFIED / wall_s


def speedup_over_paper(bundle: Bundle) -> tuple[float, float, float]:
    """Measure how many times faster the device reads a field than the paper's model runs; ms of both, 2 threads."""
    reader = open_reader(bundle, THREADS)
    fields = bench_fields(10)
    turn = iter(range(10_000))
    ours = median_ms(lambda: reader.read(fields[next(turn) % len(fields)]), 40)
    windows = [np.asarray(Image.fromarray(field.rgb).resize((200, 200))) for field in fields]
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file.name, np.stack(windows))
        command: list[str | Path] = [
            TFLITE_PYTHON,
            "-m",
            "tests.measuring.bench_paper",
            PAPER_MODEL,
            file.name,
            str(THREADS),
        ]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    paper = float(answer.stdout)
    return paper / ours, paper, ours


def int8_drop(folder: Path) -> tuple[float, int, str]:
    """Measure how many points of accuracy int8 loses against float32; on how many fields, and on which."""
    int8 = load_bundle(folder)
    float32 = Bundle(int8.card, (folder / "model-float32.tflite").read_bytes())
    one, other = open_reader(int8, THREADS), open_reader(float32, THREADS)
    if SHARED_DATA.is_dir():
        fields, source = _real_fields(), "real fields of half B"
    else:
        fields, source = _rendered_fields(), "rendered fields"
    right = np.zeros(2)
    count = 0
    for field, label in fields:
        said = [reader.read(field).probabilities for reader in (one, other)]
        if None in said:
            continue
        count += 1
        right += [LABELS[int(np.argmax(row))] == label for row in said if row is not None]
    return 100 * float(right[1] - right[0]) / count, count, source


def _real_fields() -> Iterator[tuple[Field, str]]:
    """Open the fields of half B of the patient-disjoint split, with their labels."""
    part_of = read_split("patient-disjoint")
    for name in ("lld-40x", "chula-pi"):
        for sample in import_samples(name, SHARED_DATA / name, root=SHARED_DATA):
            if part_of[sample.sha256] == "B":
                rgb = np.asarray(Image.open(SHARED_DATA / sample.image).convert("RGB"))
                yield Field(rgb, sample.um_per_px), sample.label


def _rendered_fields() -> Iterator[tuple[Field, str]]:
    """Render two fields of each of 125 slides that nothing was trained on, with their labels."""
    for seed in range(30_000, 30_025):
        for diagnosis in CLASSES:
            for index in range(2):
                rgb = rendered(seed, index, diagnosis)
                yield Field(rgb, UM_PER_PX, simulated=True), diagnosis.value


def main() -> int:
    """Measure everything and print it. The exit status is 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--bundle", type=Path, default=DEFAULT_BUNDLE)
    options = parser.parse_args()
    bundle = load_bundle(options.bundle)
    notes: list[str] = []
    values: dict[str, float | None] = {}
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings()
        settings = replace(
            settings,
            parts=replace(settings.parts, microscope="simulated", panel="simulated"),
            model=replace(settings.model, bundle=str(options.bundle), threads=THREADS),
            storage=replace(settings.storage, directory=folder, min_free_mb=1),
        )
        burst = burst_ms(settings)
        values["press_to_verdict_ms"], stages = press_to_verdict(settings, burst)
        notes.append(f"the frames, which the simulator makes: {burst:.0f} ms of a press besides")
        loops = focus_loop_ms(settings, live_frame())
    values |= {"field_2028_ms": field_2028_ms(), "focus_loop_ms": max(loops.values())}
    notes.append(
        "focus loop: "
        + ", ".join(f"{loop:.1f} ms in {state.name}" for state, loop in loops.items())
    )
    values |= run_appliance(options.bundle)
    values["classify_efficiency"], pace = classify_efficiency(bundle)
    notes.append(f"classify: {pace:.0f} fields a second on {os.cpu_count()} cores")
    if TFLITE_PYTHON.exists() and PAPER_MODEL.exists():
        values["speedup_over_paper"], paper, ours = speedup_over_paper(bundle)
        notes.append(
            f"model alone, {THREADS} threads: the paper's {paper:.1f} ms, ours {ours:.1f} ms"
        )
    else:
        values["speedup_over_paper"] = None
        notes.append("speedup_over_paper not measured: tflite-runtime needs Python 3.11")
    values["int8_drop_points"], count, source = int8_drop(options.bundle)
    notes.append(f"int8_drop_points: on {count} {source}")
    missed = [
        name
        for name, (_, sense, target) in TARGETS.items()
        if (value := values[name]) is None or (value > target if sense == "<=" else value < target)
    ]
    if options.json:
        shown = {name: None if v is None else round(v, 3) for name, v in values.items()}
        print(json.dumps({**shown, "stages_ms": {k: round(v, 2) for k, v in stages.items()}}))
    else:
        for name, (meaning, sense, target) in TARGETS.items():
            value = values[name]
            shown_value = "not measured" if value is None else f"{value:.2f}"
            mark = "MISSED" if name in missed else "ok"
            print(f"{name:21} {shown_value:>12}  {sense} {target:<6g} {mark:6}  {meaning}")
        print("\nstages of a press (each alone, median ms):")
        for name, value in stages.items():
            print(f"  {name:28} {value:7.2f}")
        print("\n" + "\n".join(notes))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
