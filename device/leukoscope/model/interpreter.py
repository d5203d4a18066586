"""Finds the TFLite interpreter: LiteRT if it is installed, else tflite-runtime."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from leukoscope.errors import RuntimeMissingError

RUNTIMES = (
    ("ai-edge-litert", "ai_edge_litert.interpreter"),
    ("tflite-runtime", "tflite_runtime.interpreter"),
)
"""Package and module of each runtime, the preferred one first."""


def load_runtime() -> tuple[str, Callable[..., Any]]:
    """Load the runtime that is installed on this machine.

    Returns:
        Its package name and its class `Interpreter`.

    Raises:
        RuntimeMissingError: No runtime is installed, or the installed one does not load.
    """
    for package, module in RUNTIMES:
        try:
            return package, importlib.import_module(module).Interpreter
        except ModuleNotFoundError as error:
            if error.name is None or not module.startswith(error.name):
                raise _broken(package, error) from error
        except ImportError as error:
            raise _broken(package, error) from error
    raise RuntimeMissingError(
        "no TFLite runtime is installed: run `pip install ai-edge-litert` "
        "(or, on Python 3.11, `pip install tflite-runtime 'numpy<2'`)"
    )


def _broken(package: str, error: ImportError) -> RuntimeMissingError:
    return RuntimeMissingError(
        f"{package} is installed but does not load ({error}): "
        f"run `pip install --force-reinstall {package}`"
    )
