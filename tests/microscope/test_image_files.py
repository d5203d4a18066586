"""A user's image files, good and bad, opened as fields."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leukoscope.errors import FieldError, ImageFileError
from leukoscope.field import Field
from leukoscope.microscope.image_files import MAX_PIXELS, find_image_files, open_field
from PIL import Image

DEFAULT_UM = 0.25
FINEST_UM = 0.34
WIDTH, HEIGHT = 160, 120


def picture(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """A smooth picture in colour, no two corners alike."""
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)], axis=2)
    return Image.fromarray(rgb.astype(np.uint8))


def saved(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)
    return path


def opened(path: Path, um_per_px: float | None = None) -> tuple[Field, list[str]]:
    return open_field(path, um_per_px, DEFAULT_UM, FINEST_UM)


def refused(path: Path) -> str:
    with pytest.raises(ImageFileError) as error:
        opened(path)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    return message


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp", "jpg"])
def test_ok__formats(tmp_path: Path, suffix: str) -> None:
    field, warnings = opened(saved(picture(), tmp_path / f"a.{suffix}"))
    assert field.um_per_px == DEFAULT_UM
    assert len(warnings) == 1
    assert "0.25 µm per pixel assumed" in warnings[0]
    assert not field.simulated
    difference = np.abs(field.rgb.astype(int) - np.asarray(picture()))
    assert difference.max() <= (12 if suffix == "jpg" else 0)


def test_ok__suffix_does_not_decide(tmp_path: Path) -> None:
    saved(picture(), tmp_path / "a.png").rename(tmp_path / "a.data")
    assert opened(tmp_path / "a.data")[0].width_px == WIDTH


def test_ok__scale_given(tmp_path: Path) -> None:
    path = saved(picture(), tmp_path / "a.png", dpi=(25_400 / 0.2,) * 2)
    field, warnings = opened(path, 0.5)
    assert (field.um_per_px, warnings) == (0.5, [])


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("png", {"dpi": (127_000, 127_000)}),
        ("tif", {"dpi": (127_000, 127_000)}),
        ("tif", {"resolution": 50_000, "resolution_unit": "cm"}),
        ("bmp", {"dpi": (127_000, 127_000)}),
    ],
)
def test_ok__scale_of_the_file(tmp_path: Path, suffix: str, options: dict) -> None:
    field, warnings = opened(saved(picture(), tmp_path / f"a.{suffix}", **options))
    assert field.um_per_px == pytest.approx(0.2, rel=1e-4)
    assert warnings == []


def test_ok__scale_of_a_jpeg(tmp_path: Path) -> None:
    field, warnings = opened(saved(picture(), tmp_path / "a.jpg", dpi=(60_000, 60_000)))
    assert field.um_per_px == pytest.approx(25_400 / 60_000)
    assert warnings == []


@pytest.mark.parametrize("dpi", [(72, 72), (96, 96), (300, 300), (1, 1), (127_000, 130_000)])
def test_ok__implausible_scale_is_ignored(tmp_path: Path, dpi: tuple[int, int]) -> None:
    field, warnings = opened(saved(picture(), tmp_path / "a.tif", dpi=dpi))
    assert field.um_per_px == DEFAULT_UM
    assert len(warnings) == 1


@pytest.mark.parametrize(
    ("um_per_px", "factor"),
    [(0.5, 1), (0.2, 1), (0.17, 2), (0.14, 2), (0.085, 4), (0.04, 8), (1e-9, 8)],
)
def test_ok__fine_jpeg_is_decoded_smaller(tmp_path: Path, um_per_px: float, factor: int) -> None:
    path = saved(picture(803, 641), tmp_path / "a.jpg")
    field, _ = opened(path, um_per_px)
    assert (field.width_px, field.height_px) == (-(-803 // factor), -(-641 // factor))
    assert field.um_per_px == pytest.approx(um_per_px * factor)


def test_ok__other_formats_stay_whole(tmp_path: Path) -> None:
    field, _ = opened(saved(picture(), tmp_path / "a.png"), 0.05)
    assert (field.width_px, field.um_per_px) == (WIDTH, 0.05)


@pytest.mark.parametrize("um_per_px", [0.5, 0.14])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_ok__exif_orientation(tmp_path: Path, orientation: int, um_per_px: float) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    field, _ = opened(saved(picture(), tmp_path / "a.jpg", exif=exif), um_per_px)
    turned = orientation >= 5
    assert (field.height_px > field.width_px) == turned
    brightest = {1: (-1, -1), 3: (0, 0), 6: (-1, 0), 8: (0, -1)}.get(orientation)
    if brightest:
        assert field.rgb[brightest].sum() == pytest.approx(3 * 255, abs=30)


def test_ok__palette_and_opaque_alpha(tmp_path: Path) -> None:
    for image in (picture().quantize(64), picture().convert("RGBA")):
        field, _ = opened(saved(image, tmp_path / "a.png"))
        assert field.rgb.shape == (HEIGHT, WIDTH, 3)


def test_ok__16_bit_colour(tmp_path: Path) -> None:
    rgb = np.asarray(picture()).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in rgb)
    (tmp_path / "a.png").write_bytes(png_of(WIDTH, HEIGHT, rows, depth=16))
    field, _ = opened(tmp_path / "a.png")
    assert np.array_equal(field.rgb, np.asarray(picture()))


def png_of(width: int, height: int, rows: bytes, depth: int = 8) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def test_ok__phone_jpeg_with_further_pictures_in_it(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    picture().save(path, format="MPO", save_all=True, append_images=[picture(64, 64)])
    assert opened(path)[0].rgb.shape == (HEIGHT, WIDTH, 3)


def test_ok__dark_frame_is_for_the_gates(tmp_path: Path) -> None:
    field, _ = opened(saved(Image.new("RGB", (100, 100)), tmp_path / "a.png"))
    assert field.rgb.max() == 0


def test_ok__damaged_exif_says_nothing_of_the_image(tmp_path: Path) -> None:
    path = saved(picture(), tmp_path / "a.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert opened(path)[0].width_px == WIDTH


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "bmp"])
def test_fail__cut_short(tmp_path: Path, suffix: str) -> None:
    path = saved(picture(), tmp_path / f"a.{suffix}")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    assert "copy the file again" in refused(path) or "copied whole" in refused(path)


def test_fail__empty(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    assert "empty" in refused(tmp_path / "a.jpg")


def test_fail__text(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("Dear all, please find attached")
    assert "not a JPEG, PNG, TIFF or BMP" in refused(tmp_path / "a.jpg")


def test_fail__other_image_format(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    picture().save(path, format="GIF")
    assert "not a JPEG, PNG, TIFF or BMP" in refused(path)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16", "I", "F"])
def test_fail__grey(tmp_path: Path, mode: str) -> None:
    image = Image.new(mode, (100, 100)) if mode == "I;16" else picture().convert(mode)
    assert "grey image" in refused(saved(image, tmp_path / "a.tif"))


def test_fail__grey_saved_as_colour(tmp_path: Path) -> None:
    image = picture().convert("L").convert("RGB")
    assert "grey image" in refused(saved(image, tmp_path / "a.png"))


@pytest.mark.parametrize(("mode", "suffix"), [("CMYK", "jpg"), ("CMYK", "tif"), ("LAB", "tif")])
def test_fail__other_colours(tmp_path: Path, mode: str, suffix: str) -> None:
    image = Image.new(mode, (100, 100))
    assert f"{mode}: convert it to RGB" in refused(saved(image, tmp_path / f"a.{suffix}"))


def test_fail__partly_transparent(tmp_path: Path) -> None:
    image = picture()
    image.putalpha(128)
    assert "partly transparent" in refused(saved(image, tmp_path / "a.png"))
    palette = picture().quantize(8)
    assert "partly transparent" in refused(saved(palette, tmp_path / "b.png", transparency=3))


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_fail__several_images(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    picture().save(path, save_all=True, append_images=[Image.new("RGB", (WIDTH, HEIGHT))])
    assert "2 images in one file" in refused(path)


@pytest.mark.parametrize("size", [(1, 1), (63, 500), (500, 63)])
def test_fail__too_small(tmp_path: Path, size: tuple[int, int]) -> None:
    assert "too small" in refused(saved(Image.new("RGB", size), tmp_path / "a.png"))


@pytest.mark.parametrize("side", [7072, 10_000, 20_000, 2**31 - 1])
def test_fail__too_large_is_seen_before_decoding(tmp_path: Path, side: int) -> None:
    assert side * side > MAX_PIXELS
    (tmp_path / "a.png").write_bytes(png_of(side, side, b""))
    assert "too large (more than 50 megapixels)" in refused(tmp_path / "a.png")


def test_fail__missing_folder_pipe_and_device(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    assert "no such file" in refused(tmp_path / "absent.jpg")
    assert "a folder" in refused(tmp_path)
    assert "not an ordinary file" in refused(tmp_path / "pipe.jpg")
    assert "not an ordinary file" in refused(Path("/dev/null"))
    assert "can't open it" in refused(tmp_path / "loop.jpg")


def test_fail__permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*arguments: object) -> int:
        raise PermissionError(13, "Permission denied")  # root may read anything

    path = saved(picture(), tmp_path / "a.png")
    monkeypatch.setattr(os, "open", deny)
    assert "Permission denied" in refused(path)


@pytest.mark.parametrize("um_per_px", [0.0, -1.0, float("nan"), float("inf")])
def test_fail__scale(tmp_path: Path, um_per_px: float) -> None:
    path = saved(picture(), tmp_path / "a.png")
    with pytest.raises(FieldError, match="must be above 0"):
        opened(path, um_per_px)


def test_ok__files_are_closed(tmp_path: Path) -> None:
    good, bad = saved(picture(), tmp_path / "a.png"), tmp_path / "b.png"
    bad.write_bytes(good.read_bytes()[:200])
    before = len(list(Path("/proc/self/fd").iterdir()))
    opened(good)
    refused(bad)
    refused(tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def encoded(format_: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture(96, 80).save(stream, format_, **options)
    return stream.getvalue()


EXIF = Image.Exif()
EXIF[0x0112] = 6
WHOLE = [
    encoded("JPEG", exif=EXIF, dpi=(60_000, 60_000)),
    encoded("JPEG", progressive=True),
    encoded("PNG", dpi=(127_000, 127_000)),
    encoded("TIFF", compression="tiff_lzw", dpi=(127_000, 127_000)),
    encoded("TIFF", compression="jpeg"),
    encoded("TIFF"),
    encoded("BMP"),
]


@settings(max_examples=300)
@given(
    st.sampled_from(WHOLE),
    st.lists(
        st.tuples(st.integers(0, 2000) | st.integers(0, 2**20), st.binary(min_size=1, max_size=8))
    ),
    st.none() | st.integers(0, 2**20),
)
def test_ok__any_damage_ends_in_a_field_or_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory,
    whole: bytes,
    spots: list[tuple[int, bytes]],
    cut: int | None,
) -> None:
    data = bytearray(whole)
    for place, value in spots:
        place %= len(data)
        data[place : place + len(value)] = value
    if cut is not None:
        del data[cut % len(data) :]
    check(tmp_path_factory, bytes(data))


@given(st.binary() | st.tuples(st.sampled_from([w[:24] for w in WHOLE]), st.binary()).map(b"".join))
def test_ok__any_bytes_end_in_a_field_or_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    check(tmp_path_factory, data)


def check(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(data)
    with contextlib.suppress(ImageFileError):
        assert min(opened(path)[0].rgb.shape[:2]) >= 8


def test_ok__find_files(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "c.tiff", "notes.txt", ".hidden.png", "z/d.bmp", ".git/e.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    files, errors = find_image_files([tmp_path, tmp_path / "notes.txt"])
    names = ["a.png", "b.JPG", "c.tiff", "z/d.bmp", "notes.txt"]
    assert files == [tmp_path / name for name in names]
    assert errors == []


def test_fail__find_files(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    files, errors = find_image_files([tmp_path / "absent", tmp_path / "empty"])
    assert files == []
    assert [path for path, _ in errors] == [tmp_path / "absent", tmp_path / "empty"]
    assert [str(error) for _, error in errors] == [
        f"{tmp_path}/absent: no such file or folder: check the path",
        f"{tmp_path}/empty: no JPEG, PNG, TIFF or BMP image in this folder",
    ]


def test_fail__find_files_that_can_not_be_looked_at(tmp_path: Path) -> None:
    """What may be there is tried as a file, and says itself what is wrong."""
    path = tmp_path / f"{'a' * 300}.png"
    assert find_image_files([path]) == ([path], [])
    with pytest.raises(ImageFileError, match=r"can't open it \(File name too long\)"):
        open_field(path, None, 0.34, 0.34)


def test_fail__find_files_in_a_closed_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(folder: object) -> object:
        raise PermissionError(13, "Permission denied", str(folder))  # root may read anything

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", deny)
        files, [(path, error)] = find_image_files([tmp_path])
    assert (files, path) == ([], tmp_path)
    assert "can't open this folder (Permission denied)" in str(error)
