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
"""Suffixes of image files in a folder. A file that is named itself is opened whatever its suffix."""

MAX_PIXELS = 50_000_000
"""A larger image is refused before decoding: it would need at least 500 MB of a Pi's memory."""

MIN_SIDE_PX = 64
"""A smaller image is refused: even at the coarsest scale that can be read, no white cell fits in it."""

_FORMATS = ("JPEG", "PNG", "TIFF", "BMP")
_SCALES_UM_PER_PX = (
    0.01,
    5.0,
)  # the range of microscopes; the 72, 96 and 300 dpi of ordinary files are far outside it
_AGREE = 0.01  # largest difference of the resolutions of x and y, as a share
_GREY_MODES = frozenset({"1", "L", "LA", "La", "F", "I", "I;16", "I;16B", "I;16L", "I;16N"})
_ALPHA_MODES = frozenset({"RGBA", "RGBa", "PA"})
_COLOUR_MODES = frozenset({"RGB", "RGBX", "YCbCr", "P"}) | _ALPHA_MODES


def open_field(
    path: Path, um_per_px: float | None, default_um_per_px: float, finest_um_per_px: float
) -> tuple[Field, list[str]]:
    """Read an image file as a field. The image is turned as its EXIF says; 16-bit colour is read as 8-bit.

    Args:
        path: The image file.
        um_per_px: Scale of the file in micrometres of the specimen per pixel. None takes the resolution that the
            file states, if it is in the range of microscopes.
        default_um_per_px: Taken, with a warning, if the file states no such resolution.
        finest_um_per_px: The finest scale that will be used. A JPEG at half of it or finer is decoded at 1/2, 1/4
            or 1/8 of its size, in a fraction of the time. The scale of the field is then coarser by the same factor.

    Returns:
        The field, and warnings to print about it.

    Raises:
        ImageFileError: The file can't be read as a colour image. The message says why and what to do.
        FieldError: A scale is not above 0.
    """
    for scale in (um_per_px, default_um_per_px):
        if scale is not None and not (0 < scale < math.inf):
            raise FieldError(f"micrometres per pixel must be above 0, not {scale}")
    # Pillow warns of many things in files that it then reads. The messages below say what matters.
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
        # A damaged file can make Pillow raise almost any error.
        except Exception as error:
            raise ImageFileError(
                f"{path}: damaged or cut short ({error}): copy the file again from where it was made"
            ) from error


def find_image_files(
    paths: Iterable[Path],
) -> tuple[list[Path], list[tuple[Path, ImageFileError]]]:
    """Find the image files that `paths` name.

    A folder names the files in it and below it that have one of `SUFFIXES`, sorted, without hidden ones. Any other
    path names a file.

    Returns:
        The files, and each path that names no file, with its error.
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
    """Return the image files in `folder` and below it, and the folders that can't be opened."""
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
    """Open a regular file. A pipe or device is refused, because it could block for ever.

    Raises:
        ImageFileError: It is no regular file, is empty, or can't be opened.
    """
    try:
        # Without O_NONBLOCK, opening a pipe would wait for its writer.
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
        # Only JPEG can do this. It takes the next larger size of 1/1, 1/2, 1/4 and 1/8.
        draft = image.draft(None, (image.width // factor, image.height // factor))
        if draft is not None:
            scale *= full_width / draft[1][2]
    image = _oriented(image)
    rgb = np.asarray(_in_colour(path, image))
    _check_colourful(path, rgb)
    return Field(rgb, scale), notes


def _check_header(path: Path, image: Image.Image) -> None:
    """Refuse an image that can't be a field, before it is decoded."""
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(path, image)
    if min(image.size) < MIN_SIDE_PX:
        raise ImageFileError(
            f"{path}: {image.width} x {image.height} px is too small for a field of view: "
            f"give an image of at least {MIN_SIDE_PX} x {MIN_SIDE_PX} px"
        )
    # A JPEG that holds further pictures (MPO: previews, depth) has its main picture first.
    frames = getattr(image, "n_frames", 1) if image.format in ("PNG", "TIFF") else 1
    if frames > 1:
        raise ImageFileError(
            f"{path}: {frames} images in one file, and it is not known which is the field: "
            "save each in its own file"
        )
    if image.mode in _GREY_MODES:
        raise _no_colour(path)
    if image.mode not in _COLOUR_MODES:
        raise ImageFileError(f"{path}: its colours are {image.mode}: convert it to RGB")


def _scale(
    path: Path, image: Image.Image, um_per_px: float | None, default_um_per_px: float
) -> tuple[float, list[str]]:
    """Return the micrometres per pixel of the image at its full size, and warnings."""
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
    """Return the micrometres per pixel that the file states, or None if it states none that is plausible.

    Pillow gives the resolution of PNG (pHYs), TIFF, JPEG (density) and BMP as dots per inch.
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
    except Exception:  # damaged EXIF can raise almost any error; the image may still be good
        return image
    return ImageOps.exif_transpose(image) if turned else image


def _in_colour(path: Path, image: Image.Image) -> Image.Image:
    """Return the image as RGB.

    Raises:
        ImageFileError: It is partly transparent.
    """
    if image.mode in _ALPHA_MODES or "transparency" in image.info:
        image = image.convert("RGBA")
        if image.getchannel("A").getextrema() != (255, 255):
            raise ImageFileError(f"{path}: partly transparent: save it without transparency")
    return image if image.mode == "RGB" else image.convert("RGB")


def _check_colourful(path: Path, rgb: Rgb) -> None:
    """Refuse a grey picture saved as RGB. Frames of one even level are left to the gates."""
    for sample in (rgb[::16, ::16], rgb):  # for most images the few pixels of the first are enough
        red, green, blue = sample[..., 0], sample[..., 1], sample[..., 2]
        if not (np.array_equal(red, green) and np.array_equal(green, blue)):
            return
    if rgb.min() != rgb.max():
        raise _no_colour(path)


def _is_absent(path: Path) -> bool:
    """Return whether nothing is at `path`. It is False if that can't be found out."""
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
