"""What a person types over SSH: thin, it parses, calls and prints."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TextIO

from tqdm import tqdm

from leukoscope import __version__, assembly
from leukoscope.appliance import workflow
from leukoscope.commands.calibrate import (
    at_the_panel,
    calibrate,
    calibrate_first,
    check,
    place_slide,
)
from leukoscope.commands.classify import FileResult, classify, table
from leukoscope.commands.control import (
    add_control,
    control_json,
    control_text,
    controls_of,
    remove_control,
    restart_controls,
    write_chart,
)
from leukoscope.commands.demo.session import interactive_demo, scripted_demo
from leukoscope.commands.logs import journal_command, show_logs
from leukoscope.commands.models import (
    RESTART,
    find_bundle,
    find_bundles,
    inspect_bundle,
    models_table,
    select_bundle,
)
from leukoscope.commands.selftest import selftest
from leukoscope.commands.snap import save, snap
from leukoscope.commands.status import find_status
from leukoscope.commands.upkeep import check_records
from leukoscope.commands.watch import print_panel, watch
from leukoscope.errors import (
    ButtonError,
    CameraTimeoutError,
    DisplayError,
    LeukoscopeError,
    SettingsError,
)
from leukoscope.microscope.image_files import find_image_files
from leukoscope.model.bundle import load_bundle
from leukoscope.notice import NOTICE, SIMULATED
from leukoscope.panel.button import GestureRelay
from leukoscope.panel.mirror import read_mirror
from leukoscope.panel.screens import FaultScreen
from leukoscope.panel.terminal import LiveTerminal, is_live_terminal, stderr_below
from leukoscope.reading.flat_picture import live_gates
from leukoscope.reading.gates import GATES_UM_PER_PX
from leukoscope.records.reader import RecordReader
from leukoscope.records.slide_number import parse_slide_number
from leukoscope.reports.export import export_csv, export_json
from leukoscope.reports.picture_files import earlier_pictures, picture_files, write_pictures
from leukoscope.reports.text import commonest_refusal, slide_text, slides_table
from leukoscope.settings.settings import Settings, load_settings
from leukoscope.settings.writing import to_toml
from leukoscope.simulator.stage import Stage
from leukoscope.system.journal import leads_to_journal, set_up_logging
from leukoscope.system.output import interruptible, when_gone
from leukoscope.system.systemd import service_paused

USAGE_ERROR = 2

WORDS = (
    "AML 0.71: acute myeloid leukaemia, with a confidence of 0.71 out of 1; ALL: acute "
    "lymphoblastic, CML: chronic myeloid, CLL: chronic lymphocytic leukaemia; 24 % blasts of 112: "
    "24 percent of 112 white cells were blasts. More words: README, 'Words on the panel and in the tables'."
)
"""Below the help of every command that prints verdicts."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status: 0 done, 1 failed, 2 called wrongly."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file's name need not be text, nor the terminal know every character.
        sys.stdout.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    try:
        status: int = options.command(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except LeukoscopeError as error:
        _complain(str(error))
        return 1
    except OSError as error:
        # Of a reader that went away (head, less) there is nothing to say.
        if not isinstance(error, BrokenPipeError):
            _complain(f"{error.filename or 'standard output'}: {error.strerror or error}")
        return 1
    finally:
        for stream in (sys.stdout, sys.stderr):
            _empty(stream)
    return status


def _complain(what: str) -> None:
    # The terminal that would show it may be gone.
    with contextlib.suppress(OSError):
        print(f"leukoscope: {what}", file=sys.stderr)


def _empty(stream: TextIO) -> None:
    """Write what is still in the buffer. Where it can't be written it would fail once more at exit."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="leukoscope",
        description=f"A blood-smear microscope that reads its own slides. {NOTICE}",
    )
    parser.add_argument("--version", action="version", version=f"leukoscope {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace], int], meaning: str, words: str = ""
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name, help=meaning, description=f"{meaning}. {NOTICE}", epilog=words
        )
        added.set_defaults(command=run)
        added.add_argument(
            "--settings", type=Path, metavar="FILE", help="settings file (default: the system's)"
        )
        return added

    command("run", _run, "Run the appliance; systemd does this")
    status = command(
        "status", _status, "Say what the appliance does; exit status 1 where it needs you"
    )
    status.add_argument("--json", action="store_true", help="one object")
    watching = command("watch", _watch, "Show the panel of the running appliance, live")
    watching.add_argument(
        "--once", action="store_true", help="print it as it is now; so too where no terminal is"
    )
    calibrating = command("calibrate", _calibrate, "Calibrate the microscope, a step a press")
    calibrating.add_argument(
        "--check", action="store_true", help="only say what has drifted since; exit status 1 if any"
    )
    snapping = command("snap", _snap, "Write one corrected picture with its scale bar")
    snapping.add_argument("picture", nargs="?", type=Path, default=Path("snap.png"), metavar="FILE")
    command("settings", _settings, "Print the settings in force")
    command("selftest", _selftest, "Try every part once; exit status 1 where one fails")
    logs = command("logs", _logs, "Show the appliance's log, or what it holds of a slide")
    logs.add_argument("slide", nargs="?", metavar="S0042")
    logs.add_argument("--boot", action="store_true", help="since the computer was switched on")
    logs.add_argument("--follow", action="store_true", help="and go on as new lines come")
    command("upkeep", _upkeep, "Check records and pictures; exit status 1 where some are damaged")

    demo = command("demo", _demo, "Run the appliance on the simulated microscope")
    demo.add_argument(
        "--interactive", action="store_true", help="keys are the button and the stage"
    )
    demo.add_argument(
        "--into", type=Path, default=Path("demo-output"), metavar="DIR", help="where records go"
    )

    reading = command("classify", _classify, "Read image files and folders", WORDS)
    reading.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    reading.add_argument(
        "--um-per-px", type=float, metavar="UM", help="scale of the files in µm per pixel"
    )
    reading.add_argument("--json", action="store_true", help="one JSON object a line")
    reading.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="files read at once"
    )

    models = command("models", _models, "List, verify or select the model bundles")
    models.add_argument(
        "action",
        nargs="?",
        choices=("list", "verify", "select"),
        default="list",
        help="verify also runs the model; select is for the next start",
    )
    models.add_argument("bundle", nargs="?", metavar="NAME|FOLDER", help="verify: all without it")
    models.add_argument("--json", action="store_true", help="one object")

    control = command("control", _control, "Say what the control slides say, or change them")
    control.add_argument("--json", action="store_true", help="one JSON object")
    actions = control.add_subparsers(dest="action", metavar="ACTION")

    def action(name: str, meaning: str) -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=meaning, description=f"{meaning}. {NOTICE}")
        added.add_argument(
            "--settings", type=Path, metavar="FILE", default=argparse.SUPPRESS, help="settings file"
        )
        return added

    adding = action("add", "Keep a recorded slide, known to be normal, as a control")
    adding.add_argument("slide", metavar="S0042")
    removing = action("remove", "Let a slide no longer be a control; its file is kept")
    removing.add_argument("slide", metavar="S0042")
    charting = action("chart", "Write the Levey-Jennings chart")
    charting.add_argument("picture", type=Path, metavar="FILE.png")
    action("restart", "Begin a new reference: the slides so far count no more")

    command("slides", _slides, "List the slides", WORDS)
    show = command(
        "show", _show, "Print a slide's verdict and write a picture of its fields", WORDS
    )
    show.add_argument("slide", metavar="S0042")
    show.add_argument("--fields", action="store_true", help="print all about each field too")
    show.add_argument(
        "--picture",
        type=Path,
        metavar="FILE",
        help="default: S0042.png here; of many fields S0042-1.png, S0042-2.png and so on",
    )
    export = command("export", _export, "Write all records to standard output")
    form = export.add_mutually_exclusive_group(required=True)
    form.add_argument("--csv", action="store_true", help="one line a slide and a field")
    form.add_argument("--json", action="store_true", help="one object a slide")

    command("workflow", _workflow, "Print the workflow as a Mermaid diagram")
    command("light-off", _light_off, "Put the light out, e.g. after the daemon was killed")
    return parser


def _run(options: argparse.Namespace) -> int:
    settings = load_settings(options.settings)
    _refuse_second(Path(settings.panel.mirror))
    terminal = assembly.own_terminal(settings)
    if terminal is None:
        return _run_on(settings, None)
    try:
        with stderr_below(terminal):
            return _run_on(settings, terminal)
    finally:
        terminal.close(keep=False)


def _refuse_second(mirror: Path) -> None:
    """Raise LeukoscopeError where another `run` shows its panel: two would take panel and button from each other."""
    try:
        newest = read_mirror(mirror)
    except DisplayError:  # what is no picture is written over
        return
    if newest is not None and newest.live:
        raise LeukoscopeError(
            f"an appliance runs already and shows its panel in {mirror}: stop it first (sudo systemctl stop "
            "leukoscope; Ctrl-C where it was started by hand)"
        )


def _run_on(settings: Settings, terminal: LiveTerminal | None) -> int:
    set_up_logging(sys.stderr, logging.INFO)
    display = assembly.open_display(settings, terminal)
    daemon = assembly.make_daemon(settings, display)
    relay = GestureRelay(daemon.on_gesture)
    try:
        button = assembly.open_button(settings, relay)
    except ButtonError as error:
        logging.getLogger(__name__).error("fault %s: %s", error.fault.code, error)
        assembly.show_last(settings, display, FaultScreen(error.fault, restarts=True))
        return 1
    if button.held() is not None:
        try:
            with interruptible():
                calibrate_first(settings, display, button, relay)
        except CameraTimeoutError as error:
            logging.getLogger(__name__).error("fault %s: %s", error.fault.code, error)
            assembly.show_last(settings, display, FaultScreen(error.fault, restarts=True))
            return 1
        finally:
            relay.to = daemon.on_gesture
    daemon.attach(button)
    daemon.stop_on_signals()
    if not leads_to_journal(sys.stderr):
        # Left behind unseen it would keep the camera, and the light on.
        # Beside a live terminal standard error is a pipe of our own, which shows the log there.
        when_gone(
            (sys.stdout,) if terminal is not None else (sys.stdout, sys.stderr),
            lambda: daemon.stop("stopped: its terminal or pipe was closed"),
        )
    return daemon.run()


def _calibrate(options: argparse.Namespace) -> int:
    settings = load_settings(options.settings)
    set_up_logging(sys.stderr, logging.ERROR)
    task = check if options.check else calibrate
    stage = Stage()  # of a simulated microscope, on which the right slide then lies for each step
    with interruptible(), service_paused(), at_the_panel(settings) as (display, relay, press):
        done = task(settings, display, relay, print, stage, partial(place_slide, stage), press)
    return 0 if done else 1


def _snap(options: argparse.Namespace) -> int:
    settings = load_settings(options.settings)
    set_up_logging(sys.stderr, logging.WARNING)
    if options.picture.suffix.lower() != ".png" or not options.picture.parent.is_dir():
        print("leukoscope snap: give a .png file in a folder that is there", file=sys.stderr)
        return USAGE_ERROR
    with interruptible(), service_paused():
        microscope = assembly.open_microscope(
            settings, assembly.find_calibration(settings).calibration
        )
        try:
            snapped = snap(microscope)
        finally:
            microscope.close()
    save(snapped, options.picture)
    field = snapped.field
    print(f"{options.picture}: {field.width_px} x {field.height_px} px; {snapped.correction}")
    for gate in live_gates(field, GATES_UM_PER_PX):
        if not gate.passed:
            print(f"{gate.problem}: {gate.advice}")
    print(NOTICE + (f" {SIMULATED}." if field.simulated else ""))
    return 0


def _status(options: argparse.Namespace) -> int:
    settings = load_settings(options.settings)
    set_up_logging(sys.stderr, logging.ERROR)
    status = find_status(settings)
    print(json.dumps(status.to_json()) if options.json else status)
    return int(not status.well)


def _watch(options: argparse.Namespace) -> int:
    folder = Path(load_settings(options.settings).panel.mirror)
    if options.once or not is_live_terminal(sys.stdout):
        print_panel(folder, sys.stdout)
    else:
        watch(folder, sys.stdout, sys.stdin)
    return 0


def _settings(options: argparse.Namespace) -> int:
    print(to_toml(load_settings(options.settings)), end="")
    return 0


def _selftest(options: argparse.Namespace) -> int:
    settings = load_settings(options.settings)
    set_up_logging(sys.stderr, logging.ERROR)
    failed = False
    with interruptible(), service_paused():
        for tried in selftest(settings):
            print(tried, flush=True)
            failed = failed or bool(tried.fault)
    print(NOTICE + (f" {SIMULATED}." if assembly.is_simulated(settings) else ""))
    return int(failed)


def _logs(options: argparse.Namespace) -> int:
    try:
        slide = parse_slide_number(options.slide) if options.slide else None
    except ValueError as error:
        print(f"leukoscope logs: {error}", file=sys.stderr)
        return USAGE_ERROR
    show_logs(journal_command(slide, boot=options.boot, follow=options.follow))
    return 0


def _upkeep(options: argparse.Namespace) -> int:
    problems = 0
    with _records(load_settings(options.settings)) as records:
        for problem in check_records(records):
            problems += 1
            print(problem, flush=True)
        print(f"{len(records.slides())} slides looked through, {problems} problems")
    return int(problems > 0)


def _demo(options: argparse.Namespace) -> int:
    settings = load_settings(options.settings)
    demo = interactive_demo if options.interactive else scripted_demo
    return demo(settings, options.into, sys.stdout)


def _classify(options: argparse.Namespace) -> int:
    if options.workers < 1:
        print("leukoscope classify: --workers must be 1 or more", file=sys.stderr)
        return USAGE_ERROR
    if options.um_per_px is not None and not 0.01 <= options.um_per_px <= 5.0:
        print("leukoscope classify: --um-per-px must be from 0.01 to 5", file=sys.stderr)
        return USAGE_ERROR
    settings = load_settings(options.settings)
    bundle = load_bundle(Path(settings.model.bundle))
    files, missing = find_image_files(options.paths)
    results: list[FileResult] = []
    warned = 0
    failed = len(missing)
    for path, error in missing:
        if options.json:
            print(json.dumps(FileResult(path, None, None, str(error)).to_json()))
        else:
            print(f"leukoscope classify: {error}", file=sys.stderr)
    reading = classify(files, bundle, options.um_per_px, options.workers)
    progress = tqdm(reading, total=len(files), unit="file", delay=1.0, disable=None)
    for result in progress:
        failed += result.error is not None
        for warning in result.warnings:
            if not warned:
                progress.write(f"leukoscope classify: {warning}", file=sys.stderr)
            warned += 1
        if options.json:
            print(json.dumps(result.to_json()), flush=True)
        else:
            results.append(result)
    if warned > 1:
        print(f"leukoscope classify: the same of {warned - 1} more", file=sys.stderr)
    if results:
        shading = "No calibration: shading is estimated from each field itself."
        print(f"{table(results)}\n\n{bundle.card.name} {bundle.card.version}. {shading} {NOTICE}")
    return 1 if failed else 0


def _models(options: argparse.Namespace) -> int:
    wanted = {"list": (False,), "verify": (False, True), "select": (True,)}[options.action]
    if (options.bundle is not None) not in wanted:
        print("leukoscope models: give select one bundle, and list none", file=sys.stderr)
        return USAGE_ERROR
    settings = load_settings(options.settings)
    if options.action == "select":
        return _select_model(options, settings)
    if options.bundle is not None:
        found = [inspect_bundle(find_bundle(settings, options.bundle), settings, run=True)]
    elif options.action == "verify":
        found = [inspect_bundle(one.folder, settings, run=True) for one in find_bundles(settings)]
    else:
        found = find_bundles(settings)
    if options.json:
        print(json.dumps({"models": [one.to_json() for one in found]}))
    else:
        print(f"{models_table(found)}\n\n*: selected. {NOTICE}")
    return int(options.action == "verify" and any(one.problem for one in found))


def _select_model(options: argparse.Namespace, settings: Settings) -> int:
    folder = find_bundle(settings, options.bundle)
    bundle, file = select_bundle(settings, options.settings, folder)
    if options.json:
        print(json.dumps({"selected": str(bundle), "settings": str(file), "restart": RESTART}))
    else:
        print(f"selected {bundle} in {file}; in force after: {RESTART}")
    return 0


def _control(options: argparse.Namespace) -> int:
    settings = load_settings(options.settings)
    if options.action == "restart":
        print(restart_controls(settings))
    elif options.action == "chart":
        if options.picture.suffix.lower() != ".png" or not options.picture.parent.is_dir():
            print("leukoscope control: give a .png file in a folder that is there", file=sys.stderr)
            return USAGE_ERROR
        print(write_chart(settings, options.picture))
    elif options.action is not None:
        try:
            number = parse_slide_number(options.slide)
        except ValueError as error:
            print(f"leukoscope control: {error}", file=sys.stderr)
            return USAGE_ERROR
        if options.action == "add":
            print(add_control(settings, number))
        else:
            print(remove_control(settings, number))
    else:
        controls = controls_of(settings)
        text = json.dumps(control_json(controls)) + "\n" if options.json else control_text(controls)
        print(text, end="")
    return 0


def _slides(options: argparse.Namespace) -> int:
    with _records(load_settings(options.settings)) as records:
        slides = records.slides()
        unread = [slide.number for slide in slides if not slide.verdict.fields]
        refusals = {number: commonest_refusal(records.slide(number).fields) for number in unread}
        print(slides_table(slides, refusals), end="")
    return 0


def _show(options: argparse.Namespace) -> int:
    try:
        number = parse_slide_number(options.slide)
    except ValueError as error:
        print(f"leukoscope show: {error}", file=sys.stderr)
        return USAGE_ERROR
    with _records(load_settings(options.settings)) as records:
        report = records.slide(number)
        print(slide_text(report, fields=options.fields), end="", flush=True)
        path = options.picture or Path(f"{report.slide.name}.png")
        try:
            files = picture_files(report, path)
            drawing = write_pictures(report, files, records.load_picture, os.cpu_count() or 1)
            pages = tqdm(drawing, total=len(files), unit="page", delay=1.0, disable=None)
            written = list(pages)
            earlier = earlier_pictures(report.slide, path, written)
            for old in earlier:
                old.unlink()
        except (OSError, ValueError) as error:  # ValueError: a suffix of no picture format
            print(f"leukoscope show: can't write {path}: {error}", file=sys.stderr)
            return 1
    if len(written) == 1:
        print(f"picture: {path}")
    else:
        print(f"pictures: {written[0]} to {written[-1].name}, {len(written)} pages")
    if earlier:
        print(f"removed, of an earlier call: {', '.join(map(str, earlier))}")
    return 0


def _export(options: argparse.Namespace) -> int:
    with _records(load_settings(options.settings)) as records:
        (export_csv if options.csv else export_json)(records, sys.stdout)
    return 0


def _records(settings: Settings) -> RecordReader:
    return RecordReader(Path(settings.storage.directory))


def _workflow(_options: argparse.Namespace) -> int:
    print(workflow.diagram(), end="")
    return 0


def _light_off(options: argparse.Namespace) -> int:
    try:
        settings = load_settings(options.settings)
    except SettingsError as error:
        print(f"leukoscope light-off: {error}; the default pin is taken", file=sys.stderr)
        settings = Settings()
    if settings.parts.microscope == "real":
        assembly.open_led(settings).close()
    return 0
