"""`leukoscope-train cells ...`: makes the cell reader, from fields to TFLite files."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from leukoscope_training.cells.runs import JOINED, RUNS
from leukoscope_training.shared.errors import TrainingError

DATA = Path("../shared/data")
CACHE = Path("build/training/cells")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `cells` and its subcommands; each sets `run`. Keras is imported only by those that need it."""
    cells = subparsers.add_parser("cells", help="train the cell reader")
    commands = cells.add_subparsers(required=True, metavar="STEP")

    prepare = commands.add_parser("prepare", help="find and measure the cells of all fields")
    prepare.add_argument("--workers", type=int, default=2, help="processes")
    prepare.set_defaults(run=_prepare)

    train = commands.add_parser("train", help="train and test one run")
    train.add_argument("name", metavar="RUN", help="e.g. a-to-b, b-to-a-ablation, final")
    train.set_defaults(run=_train)
    protocol = commands.add_parser(
        "protocol", help="train and test all runs but `final`, and print the table"
    )
    protocol.set_defaults(run=_protocol)
    for command in (train, protocol):
        command.add_argument("--seed", type=int, default=0)
        command.add_argument("--epochs", type=int, default=14)

    judge = commands.add_parser("judge", help="the device's verdicts on the tested slides")
    judge.add_argument("name", metavar="RUN", help=f"a run, or {' or '.join(JOINED)}")
    judge.set_defaults(run=_judge)

    convert = commands.add_parser("convert", help="make a run's TFLite files; needs TensorFlow")
    convert.add_argument("name", metavar="RUN")
    convert.add_argument("bundle", type=Path, metavar="BUNDLE", help="folder, e.g. models/x")
    convert.add_argument("--seed", type=int, default=0, help="the seed that RUN was trained with")
    convert.set_defaults(run=_convert)

    for command in (prepare, train, protocol):
        command.add_argument("--data", type=Path, default=DATA, metavar="DIR", help="the sets")
    for command in (prepare, train, protocol, convert):
        command.add_argument(
            "--cache", type=Path, default=CACHE, metavar="DIR", help="prepared cells"
        )
    for command in (train, protocol, judge, convert):
        command.add_argument(
            "--out", type=Path, default=CACHE / "runs", metavar="DIR", help="the runs' folders"
        )


def _prepare(options: argparse.Namespace) -> int:
    from leukoscope_training.cells.dataset import save
    from leukoscope_training.cells.preparation import prepare

    cells = prepare(options.data, options.workers)
    path = save(cells, options.cache)
    for kind in sorted(set(cells.kind.tolist())):
        own = cells.take(cells.kind == kind)
        print(f"{kind}: {len(own)} finds, {(own.box != '').sum()} boxed, {own.whole.sum()} whole")
    print(f"{path}: {len(cells)} finds")
    return 0


def _train(options: argparse.Namespace) -> int:
    _run([options.name], options)
    return 0


def _protocol(options: argparse.Namespace) -> int:
    from leukoscope_training.cells.results import TABLE, tabulate_runs

    _run([name for name in RUNS if name != "final"], options)
    text = tabulate_runs(options.out)
    (options.out / TABLE).write_text(text, encoding="utf-8")
    print(text, end="")
    return 0


def _run(names: list[str], options: argparse.Namespace) -> None:
    from leukoscope_training.cells.dataset import load
    from leukoscope_training.cells.experiment import run_experiment
    from leukoscope_training.cells.training import CellRecipe

    _require_known(names)
    cells, recipe = load(options.cache), CellRecipe(options.epochs)
    for name in names:
        words = ["leukoscope-train", "cells", "train", name]
        words += ["--seed", str(options.seed), "--epochs", str(options.epochs)]
        run_experiment(
            RUNS[name], cells, options.data, options.out, options.seed, recipe, shlex.join(words)
        )


def _judge(options: argparse.Namespace) -> int:
    from leukoscope_training.cells import verdicts
    from leukoscope_training.cells.temperature import find_temperature
    from leukoscope_training.evaluation.figures import draw_reliability
    from leukoscope_training.evaluation.probabilities import calibration_error, reliability

    names = JOINED.get(options.name, (options.name,))
    _require_known(names)
    tested = verdicts.load_tested(options.out, names, find_temperature(options.out))
    print(verdicts.tabulate_slides(tested))
    print(verdicts.tabulate_fields(tested))
    print(verdicts.tabulate_cells(tested))
    figure = options.out / f"{options.name}-reliability.png"
    probabilities, truth = verdicts.read_fields(tested)
    error = calibration_error(probabilities, truth)
    draw_reliability(reliability(probabilities, truth), error, figure)
    print(f"calibration error, fields judged alone: {error:.3f}")
    print(f"its plot: {figure}")
    if RUNS[names[0]].left_out == "chula-pi":
        print(f"\n{verdicts.tabulate_new_site(tested)}")
    return 0


def _convert(options: argparse.Namespace) -> int:
    from leukoscope_training.cells.card import write_card
    from leukoscope_training.cells.conversion import convert
    from leukoscope_training.cells.dataset import load
    from leukoscope_training.cells.temperature import find_temperature

    _require_known([options.name])
    convert(RUNS[options.name], options.out / options.name, options.bundle, load(options.cache))
    words = ["leukoscope-train", "cells", "train", options.name, "--seed", str(options.seed)]
    temperature = find_temperature(options.out)
    write_card(options.bundle, temperature, shlex.join(words), options.seed)
    print(f"temperature {temperature}")
    return 0


def _require_known(names: Sequence[str]) -> None:
    for name in names:
        if name not in RUNS:
            raise TrainingError(f"{name}: no such run; there are {', '.join(RUNS)}")
