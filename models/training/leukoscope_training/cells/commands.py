"""`leukoscope-train cells ...`: makes the cell reader, from fields to TFLite files."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from leukoscope_training.cells.runs import RUNS
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
    train.add_argument("name", metavar="RUN", help="e.g. without-jhu-cells, half-a-ablation, final")
    train.set_defaults(run=_train)
    protocol = commands.add_parser(
        "protocol", help="train and test all runs but `final`, and print their tables"
    )
    protocol.set_defaults(run=_protocol)
    for command in (train, protocol):
        command.add_argument("--seed", type=int, default=0)
        command.add_argument("--epochs", type=int, default=14)

    tables = commands.add_parser("tables", help="print the tables of the runs of `protocol` again")
    tables.set_defaults(run=_tables)

    convert = commands.add_parser("convert", help="make a run's TFLite files; needs TensorFlow")
    convert.add_argument("name", metavar="RUN")
    convert.add_argument("bundle", type=Path, metavar="BUNDLE", help="folder, e.g. models/x")
    convert.add_argument("--seed", type=int, default=0, help="the seed that RUN was trained with")
    convert.set_defaults(run=_convert)

    prepare.add_argument("--data", type=Path, default=DATA, metavar="DIR", help="the sets")
    for command in (prepare, train, protocol, convert):
        command.add_argument(
            "--cache", type=Path, default=CACHE, metavar="DIR", help="prepared cells"
        )
    for command in (train, protocol, tables, convert):
        command.add_argument(
            "--out", type=Path, default=CACHE / "runs", metavar="DIR", help="the runs' folders"
        )


def _prepare(options: argparse.Namespace) -> int:
    from leukoscope_training.cells.dataset import save
    from leukoscope_training.cells.preparation import prepare

    cells = prepare(options.data, options.workers)
    path = save(cells, options.cache)
    for source in sorted(set(cells.source.tolist())):
        own = cells.take(cells.source == source)
        print(f"{source}: {len(own)} finds, {own.whole.sum()} whole")
    print(f"{path}: {len(cells)} finds")
    return 0


def _train(options: argparse.Namespace) -> int:
    _run([options.name], options)
    return 0


def _protocol(options: argparse.Namespace) -> int:
    _run([name for name in RUNS if name != "final"], options)
    return _tables(options)


def _run(names: list[str], options: argparse.Namespace) -> None:
    from leukoscope_training.cells.dataset import load
    from leukoscope_training.cells.experiment import run_experiment
    from leukoscope_training.cells.training import CellRecipe

    _require_known(names)
    cells, recipe = load(options.cache), CellRecipe(options.epochs)
    for name in names:
        words = ["leukoscope-train", "cells", "train", name]
        words += ["--seed", str(options.seed), "--epochs", str(options.epochs)]
        run_experiment(RUNS[name], cells, options.out, options.seed, recipe, shlex.join(words))


def _tables(options: argparse.Namespace) -> int:
    from leukoscope_training.cells import results, slides
    from leukoscope_training.cells.runs import LEFT_OUT, PATIENT_DISJOINT

    for title, names in (
        ("A laboratory left out whole", LEFT_OUT),
        ("Half of the patients and slides left out", PATIENT_DISJOINT),
    ):
        print(f"{title}\n")
        found = results.read_predictions(options.out, names)
        print(results.tabulate(results.relate_sizes(found)))
        print(slides.tabulate_pseudo_slides(found))
        if names is LEFT_OUT:
            for what, rates in zip(
                ("blasts", "mature cells"), results.measure_rates(found), strict=True
            ):
                listed = ", ".join(f"{rate:.3f}" for rate in rates)
                print(f"mean P(blast) of {what}, by laboratory: {listed}\n")
        if names is PATIENT_DISJOINT:
            print(slides.tabulate_patients(found))
        # Not related to the size of nuclei: an ablation must know nothing of the cells.
        ablations = tuple(f"{name}-ablation" for name in names)
        print("The ablation: white cells cut out\n")
        print(results.tabulate(results.read_predictions(options.out, ablations)))
    return 0


def _convert(options: argparse.Namespace) -> int:
    from leukoscope_training.cells.card import write_card
    from leukoscope_training.cells.conversion import convert
    from leukoscope_training.cells.dataset import load

    _require_known([options.name])
    convert(RUNS[options.name], options.out / options.name, options.bundle, load(options.cache))
    words = ["leukoscope-train", "cells", "train", options.name, "--seed", str(options.seed)]
    write_card(options.bundle, shlex.join(words), options.seed)
    return 0


def _require_known(names: Sequence[str]) -> None:
    for name in names:
        if name not in RUNS:
            raise TrainingError(f"{name}: no such run; there are {', '.join(RUNS)}")
