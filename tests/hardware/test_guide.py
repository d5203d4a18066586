"""The guide and the list of parts: do they say what the source makes?"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from hardware import focus
from hardware.dimensions import HQ_RING_HEIGHT
from hardware.pages import filled
from hardware.steps import STEPS

LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
CENTS = 0.005


@pytest.fixture(scope="module")
def guide(hardware: Path) -> str:
    return (hardware / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def bought(hardware: Path) -> list[dict[str, str]]:
    with (hardware / "bom.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_ok__the_focus_table_is_what_is_calculated(guide: str) -> None:
    assert filled(guide, "focus", focus.table()) == guide


def test_ok__the_print_table_is_what_is_calculated(guide: str) -> None:
    pytest.importorskip("build123d", reason="needs the extra hardware")
    from hardware import print_list

    assert filled(guide, "print", print_list.table()) == guide


def test_ok__the_hq_cameras_ring_is_set_to_the_drawings_height(guide: str) -> None:
    assert f"**{HQ_RING_HEIGHT:.1f} mm above the board**" in guide


def test_fail__a_page_without_marks() -> None:
    with pytest.raises(ValueError, match="no place for focus"):
        filled("# A page", "focus", "| a |")


@pytest.mark.parametrize("page", ["README.md", "OPTICS.md", "ELECTRONICS.md"])
def test_ok__every_link_leads_somewhere(hardware: Path, page: str) -> None:
    links = LINK.findall((hardware / page).read_text(encoding="utf-8"))
    assert links
    for link in links:
        assert (hardware / link).exists(), link


def test_ok__every_step_has_its_heading_and_its_picture(hardware: Path, guide: str) -> None:
    for number, step in enumerate(STEPS, start=1):
        assert (
            f"### {number}. {step.title}\n\n![Step {number}](pictures/step-{number:02}.png)"
            in guide
        )
        assert (hardware / "pictures" / f"step-{number:02}.png").stat().st_size > 5_000
    assert f"### {len(STEPS) + 1}." not in guide


def test_ok__the_steps_put_in_every_part_once() -> None:
    pytest.importorskip("build123d", reason="needs the extra hardware")
    from hardware.assembly import assembly

    added = [name for step in STEPS if not step.alone for name in step.added]
    assert sorted(added) == sorted(body.name for body in assembly())


def test_ok__the_parts_cost_less_than_150_dollars(bought: list[dict[str, str]], guide: str) -> None:
    total = sum(float(row["usd"]) for row in bought)
    assert total < 150
    assert f"{total:.0f} USD" in guide
    assert not any("raspberry pi 3" in row["part"].lower() for row in bought)


def test_ok__every_part_has_a_number_a_specification_and_a_price(
    bought: list[dict[str, str]],
) -> None:
    for row in bought:
        assert int(row["quantity"]) > 0, row
        assert row["part"], row
        assert row["specification"], row
        assert row["where to look"], row
        assert float(row["usd"]) >= CENTS, row


def test_ok__the_guide_uses_as_many_screws_as_are_bought(
    bought: list[dict[str, str]], guide: str
) -> None:
    """Every "4 screws of 12 mm", "screw of 25 mm", "4 screws M2 x 10" of the guide's steps, added up."""
    steps = guide[guide.index("## Put it together") : guide.index("## First light")]
    steps = " ".join(steps.split())
    used: dict[str, int] = {}
    for count, size, length in re.findall(
        r"(?:(\d+) )?screws? (?:(M[\d.]+) x |of )(\d+)(?: mm)?", steps
    ):
        name = f"{size or 'M3'} x {length}"
        used[name] = used.get(name, 0) + int(count or 1)
    have = {
        row["part"].removeprefix("Screw "): int(row["quantity"])
        for row in bought
        if row["part"].startswith("Screw ")
    }
    # Those of the other camera are its substitute's; the two bare ones of step 1 are named by their place.
    used["M2 x 10"] -= 4
    used["M3 x 16"] += 2
    used |= {"M4 x 60": 2, "M3 x 40": 1}
    assert used == have
