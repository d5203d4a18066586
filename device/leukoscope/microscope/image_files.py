"""Opening a user's image files as fields: JPEG, PNG, TIFF and BMP."""

from __future__ import annotations

import math
import os
import stat
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from leukoscope.errors import FieldError, ImageFileError
from leukoscope.field import Field, Rgb

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp"})
"""What counts as an image file in a folder; a file given by its name is tried whatever its suffix."""

MAX_PIXELS = 50_000_000
"""A larger image is refused before decoding: it would take 500 MB and more of a Pi's memory."""

MIN_SIDE_PX = 64
"""A smaller image is refused: at the coarsest scale that can be read not one white cell fits in it."""

_FORMATS = ("JPEG", "PNG", "TIFF", "BMP")
_SCALES_UM_PER_PX = (
    0.01,
    5.0,
)  # what a microscope gives; 72, 96 and 300 dpi of ordinary files are far off
_AGREE = 0.01  # how far the resolutions of x and y may be apart
_GREY_MODES = frozenset({"1", "L", "LA", "La", "F", "I", "I;16", "I;16B", "I;16L", "I;16N"})
_ALPHA_MODES = frozenset({"RGBA", "RGBa", "PA"})
_COLOUR_MODES = frozenset({"RGB", "RGBX", "YCbCr", "P"}) | _ALPHA_MODES


def open_field(
    path: Path, um_per_px: float | None, default_um_per_px: float, finest_um_per_px: float
) -> tuple[Field, list[str]]:
    """Return an image file as a field, and warnings to print about it.

    um_per_px: the scale of the file in micrometres of the specimen per pixel; None takes the
    file's own resolution where a microscope could have written it, else `default_um_per_px`
    with a warning.
    finest_um_per_px: the finest scale that will be read. A JPEG at half of it or finer is
    decoded at 1/2, 1/4 or 1/8 of its size, which takes a fraction of the time; the field's scale
    says so. An EXIF orientation is honoured. 16-bit colour is read as 8-bit.
    Raises ImageFileError, saying why and what to do, for whatever can't be read as a colour
    image, FieldError for a scale that is not above 0.
    """
    for scale in (um_per_px, default_um_per_px):
        if scale is not None and not (0 < scale < math.inf):
            raise FieldError(f"micrometres per pixel must be above 0, not {scale}")
    # Pillow warns of many things in files it goes on to read; a person is told what matters here.
    with _open_regular(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(file, formats=_FORMATS) as image:
                return _read(path, image, um_per_px, default_um_per_px, finest_um_per_px)
        except ImageFileError:
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise _too_large(path) from error
        except UnidentifiedImageError as error:
            raise ImageFileError(
                f"{path}: not a JPEG, PNG, TIFF or BMP image, or damaged at its beginning: "
                "check that the file was copied whole"
            ) from error
        except MemoryError as error:
            raise _too_large(path) from error
        # A damaged file can make Pillow raise nearly anything, and all of it means the same.
        except Exception as error:
            raise ImageFileError(
                f"{path}: damaged or cut short ({error}): copy the file again from where it was made"
            ) from error


def find_image_files(
    paths: Iterable[Path],
) -> tuple[list[Path], list[tuple[Path, ImageFileError]]]:
    """Return the image files that `paths` name, and each path that names none with its error.

    A folder gives the files in it and below it that have one of `SUFFIXES`, sorted, without
    hidden ones; a path of anything else is taken as a file.
    """
    files: list[Path] = []
    errors: list[tuple[Path, ImageFileError]] = []
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112  # Path.is_dir raises where a folder is closed
            found, closed = _images_below(path)
            if not found and not closed:
                why = "no JPEG, PNG, TIFF or BMP image in this folder"
                errors.append((path, ImageFileError(f"{path}: {why}")))
            files += found
            errors += closed
        elif _is_absent(path):
            errors.append((path, _missing(path)))
        else:
            files.append(path)
    return files, errors


def _images_below(folder: Path) -> tuple[list[Path], list[tuple[Path, ImageFileError]]]:
    """Return the image files in `folder` and below, and the folders that can't be opened."""
    closed: list[tuple[Path, ImageFileError]] = []

    def note(error: OSError) -> None:
        where = Path(error.filename)
        why = f"can't open this folder ({error.strerror}): check its permissions"
        closed.append((where, ImageFileError(f"{where}: {why}")))

    found: list[Path] = []
    for parent, folders, names in os.walk(folder, onerror=note):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [
            Path(parent, name)
            for name in sorted(names)
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES
        ]
    return found, closed


def _open_regular(path: Path) -> BinaryIO:
    """Open a regular file, not a pipe or device that could block for ever. Raises ImageFileError."""
    try:
        # Without O_NONBLOCK opening a pipe would wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise _missing(path) from error
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise ImageFileError(f"{path}: can't open it ({why}): check its permissions") from error
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise ImageFileError(f"{path}: a folder, not an image file")
        if not stat.S_ISREG(status.st_mode):
            raise ImageFileError(f"{path}: not an ordinary file: give an image file")
        if status.st_size == 0:
            raise ImageFileError(f"{path}: empty: copy the file again from where it was made")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _read(
    path: Path,
    image: Image.Image,
    um_per_px: float | None,
    default_um_per_px: float,
    finest_um_per_px: float,
) -> tuple[Field, list[str]]:
    _check_header(path, image)
    scale, notes = _scale(path, image, um_per_px, default_um_per_px)
    full_width = image.width
    factor = min(int(finest_um_per_px / scale), 8)
    if factor >= 2:
        # Only JPEG can: asked for a size, it takes the next larger of 1/1, 1/2, 1/4, 1/8.
        draft = image.draft(None, (image.width // factor, image.height // factor))
        if draft is not None:
            scale *= full_width / draft[1][2]
    image = _oriented(image)
    rgb = np.asarray(_in_colour(path, image))
    _check_colourful(path, rgb)
    return Field(rgb, scale), notes


def _check_header(path: Path, image: Image.Image) -> None:
    """Refuse what can't be a field, before it is decoded."""
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(path, image)
    if min(image.size) < MIN_SIDE_PX:
        raise ImageFileError(
            f"{path}: {image.width} x {image.height} px is too small for a field of view: "
            f"give an image of at least {MIN_SIDE_PX} x {MIN_SIDE_PX} px"
        )
    # A JPEG with more pictures in it (MPO: previews, depth) has its own picture first.
    frames = getattr(image, "n_frames", 1) if image.format in ("PNG", "TIFF") else 1
    if frames > 1:
        raise ImageFileError(
            f"{path}: {frames} images in one file, and no telling which is the field: "
            "save each as a file of its own"
        )
    if image.mode in _GREY_MODES:
        raise _no_colour(path)
    if image.mode not in _COLOUR_MODES:
        raise ImageFileError(f"{path}: its colours are {image.mode}: convert it to RGB")


def _scale(
    path: Path, image: Image.Image, um_per_px: float | None, default_um_per_px: float
) -> tuple[float, list[str]]:
    """Return micrometres per pixel of the image as it is in the file, and warnings."""
    if um_per_px is not None:
        return um_per_px, []
    own = _own_scale(image)
    if own is not None:
        return own, []
    return default_um_per_px, [
        f"{path}: no scale in the file, {default_um_per_px:g} µm per pixel assumed: "
        "if that is wrong, give the right one with --um-per-px"
    ]


def _own_scale(image: Image.Image) -> float | None:
    """Return the micrometres per pixel that the file itself states, None unless plausible.

    Pillow gives PNG's pHYs, TIFF's resolution, JPEG's density and BMP's as dots per inch.
    """
    try:
        x, y = (25_400 / float(dots_per_inch) for dots_per_inch in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    low, high = _SCALES_UM_PER_PX
    plausible = low <= x <= high and low <= y <= high and abs(x - y) <= _AGREE * min(x, y)
    return (x + y) / 2 if plausible else None


def _oriented(image: Image.Image) -> Image.Image:
    """Return the image turned as its EXIF orientation says."""
    try:
        turned = image.getexif().get(0x0112, 1) != 1
    except Exception:  # damaged EXIF raises nearly anything; the image may be good
        return image
    return ImageOps.exif_transpose(image) if turned else image


def _in_colour(path: Path, image: Image.Image) -> Image.Image:
    """Return the image as RGB. Raises ImageFileError when it is partly transparent."""
    if image.mode in _ALPHA_MODES or "transparency" in image.info:
        image = image.convert("RGBA")
        if image.getchannel("A").getextrema() != (255, 255):
            raise ImageFileError(f"{path}: partly transparent: save it without transparency")
    return image if image.mode == "RGB" else image.convert("RGB")


def _check_colourful(path: Path, rgb: Rgb) -> None:
    """Refuse a grey picture saved as RGB; evenly dark or bright frames are left to the gates."""
    for sample in (rgb[::16, ::16], rgb):  # a look at few pixels spares most images the rest
        red, green, blue = sample[..., 0], sample[..., 1], sample[..., 2]
        if not (np.array_equal(red, green) and np.array_equal(green, blue)):
            return
    if rgb.min() != rgb.max():
        raise _no_colour(path)


def _is_absent(path: Path) -> bool:
    """Return whether there is nothing at `path`; False if it can't be looked at."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def _missing(path: Path) -> ImageFileError:
    return ImageFileError(f"{path}: no such file or folder: check the path")


def _no_colour(path: Path) -> ImageFileError:
    return ImageFileError(
        f"{path}: a grey image, in which the stain can't be read: give the colour image"
    )


def _too_large(path: Path, image: Image.Image | None = None) -> ImageFileError:
    size = "" if image is None else f"{image.width} x {image.height} px is "
    return ImageFileError(
        f"{path}: {size}too large (more than {MAX_PIXELS // 1_000_000} megapixels): "
        "cut out the field or scale the image down"
    )
