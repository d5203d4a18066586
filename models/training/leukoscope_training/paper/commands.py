"""`leukoscope-train paper ...`: makes the paper's system, from pictures to a bundle."""

from __future__ import annotations

import argparse
import os
import shlex
from pathlib import Path

from leukoscope_training.data.manifest import read_manifest
from leukoscope_training.data.splits import read_split
from leukoscope_training.shared.errors import TrainingError

CACHE = Path("build/training")
OUT = CACHE / "paper"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `paper` and its subcommands; each sets `run`. Keras is imported only by those that need it."""
    paper = subparsers.add_parser("paper", help="train and measure the paper's system")
    commands = paper.add_subparsers(required=True, metavar="STEP")

    prepare = commands.add_parser("prepare", help="prepare the pictures and their ablations")
    prepare.add_argument(
        "manifests", type=Path, nargs="+", metavar="MANIFEST", help=".csv or .parquet"
    )
    prepare.add_argument(
        "--root",
        type=Path,
        metavar="DIR",
        help="where the manifests' paths start (default: their folder)",
    )
    prepare.set_defaults(run=_prepare)

    train = commands.add_parser("train", help="train and test one run")
    train.add_argument("name", metavar="RUN", help="e.g. image-level, a-to-b, b-to-a-ablation")
    protocols = commands.add_parser(
        "protocols", help="train and test all six runs, and print the table"
    )
    for command, run in ((train, _train), (protocols, _protocols)):
        _add_training(command)
        command.set_defaults(run=run)

    figures = commands.add_parser("figures", help="draw the paper's figures of finished runs")
    figures.set_defaults(run=_figures)
    convert = commands.add_parser("convert", help="make a run's bundle; needs TensorFlow")
    convert.add_argument("name", metavar="RUN")
    convert.add_argument(
        "bundle", type=Path, metavar="BUNDLE", help="folder, e.g. models/paper-cnn"
    )
    convert.set_defaults(run=_convert)
    for command in (prepare, train, protocols, figures, convert):
        command.add_argument(
            "--cache", type=Path, default=CACHE, metavar="DIR", help="prepared pictures"
        )
    for command in (train, protocols, figures, convert):
        command.add_argument(
            "--out", type=Path, default=OUT, metavar="DIR", help="the runs' folders"
        )


def _add_training(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--recipe",
        choices=("nearest", "as-written"),
        default="nearest",
        help="as-written: the paper's; nearest: changed as little as needed to learn (default)",
    )
    command.add_argument("--width", type=float, default=1.0, help="share of the filters, up to 1")
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--epochs", type=int, help="instead of the recipe's")
    command.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    command.add_argument("--devices", type=int, default=1, help="more than one needs JAX")


def _prepare(options: argparse.Namespace) -> int:
    from leukoscope_training.paper.pictures import save
    from leukoscope_training.paper.preparation import prepare

    pictures = prepare([read_manifest(path, options.root) for path in options.manifests])
    path = save(pictures, options.cache)
    found = int((pictures.cells > 0).sum())
    print(
        f"{path}: {len(pictures)} pictures; in {found} of them white cells were found and cut out"
    )
    return 0


def _train(options: argparse.Namespace) -> int:
    _run([_known(options.name)], options)
    return 0


def _protocols(options: argparse.Namespace) -> int:
    from leukoscope_training.paper.results import TABLE, tabulate_runs
    from leukoscope_training.paper.runs import RUNS

    _run(list(RUNS), options)
    text = tabulate_runs(options.out)
    (options.out / TABLE).write_text(text, encoding="utf-8")
    print(text, end="")
    return 0


def _run(names: list[str], options: argparse.Namespace) -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")  # the fastest on a processor
    from leukoscope_training.paper.experiment import TrainingOptions, run_experiment
    from leukoscope_training.paper.pictures import load
    from leukoscope_training.paper.runs import RUNS

    pictures = load(options.cache)
    settings = ("recipe", "width", "seed", "epochs", "precision", "devices")
    how = TrainingOptions(
        **{name: getattr(options, name) for name in settings}, command=_command(options)
    )
    for name in names:
        run_experiment(RUNS[name], pictures, read_split(RUNS[name].split), how, options.out)


def _figures(options: argparse.Namespace) -> int:
    from leukoscope_training.paper.pictures import load
    from leukoscope_training.paper.results import draw_figures

    for path in draw_figures(options.out, load(options.cache)):
        print(path)
    return 0


def _convert(options: argparse.Namespace) -> int:
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # only TensorFlow can convert
    from leukoscope_training.paper.conversion import convert
    from leukoscope_training.paper.pictures import load
    from leukoscope_training.paper.runs import RUNS

    part_of = read_split(RUNS[_known(options.name)].split)
    convert(options.out / options.name, options.bundle, load(options.cache), part_of)
    return 0


def _known(name: str) -> str:
    """Check a run's name.

    Raises:
        TrainingError: There is no such run.
    """
    from leukoscope_training.paper.runs import RUNS

    if name not in RUNS:
        raise TrainingError(f"{name}: no such run; there are {', '.join(RUNS)}")
    return name


def _command(options: argparse.Namespace) -> str:
    step = ["train", options.name] if "name" in options else ["protocols"]
    words = ["leukoscope-train", "paper", *step]
    for name in ("recipe", "width", "seed", "epochs", "precision", "devices"):
        if getattr(options, name) is not None:
            words += [f"--{name}", str(getattr(options, name))]
    return shlex.join(words)
