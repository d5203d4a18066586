"""The report: one file, nothing loaded, nothing believed of file names."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

pytest.importorskip("jinja2", reason="Jinja2, of the [dev] extra, is not installed")

from leukoscope_training.evaluation.bundle_evaluation import evaluate
from leukoscope_training.evaluation.report import ReportProvenance, render

from tests.training.evaluation.examples import an_evaluation, judge, outcome

PROVENANCE = ReportProvenance(
    bundle="blue",
    version="1",
    model_sha256="ab" * 32,
    manifest="fields.csv",
    manifest_sha256="cd" * 32,
    pictures=14,
    date="2026-01-02T03:04:05+00:00",
    command="leukoscope-train evaluate --bundle blue",
)
EVIL = '"><script>alert(1)</script>{{ title }}.png'


class Balance(HTMLParser):
    """Whether each element that is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page() -> str:
    return render(an_evaluation(), PROVENANCE, b"png", {"one/normal-0/4.png": b"jpeg"})


def test_ok__it_starts_with_the_notice_and_what_was_measured(page: str) -> None:
    words = re.sub(r"<[^>]+>", "\n", page.partition("<body>")[2]).split("\n")
    assert next(filter(str.strip, words)) == "Research instrument. Not a diagnosis."
    for fact in ("blue, version 1", "ab" * 32, "fields.csv", "cd" * 32, "14", PROVENANCE.command):
        assert fact in page


def test_ok__the_page_is_well_formed(page: str) -> None:
    parser = Balance()
    parser.feed(page)
    assert parser.open == []


def test_ok__nothing_is_loaded_and_no_script_runs(page: str) -> None:
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert "url(" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page


def test_ok__wrong_fields_are_listed_and_shown(page: str) -> None:
    assert "one/normal-0/4.png" in page
    assert "normal read as CML, 0.95" in page
    assert page.count("data:image/jpeg") == 1


def test_ok__a_wrong_field_without_a_picture_is_still_listed() -> None:
    page = render(an_evaluation(), PROVENANCE, b"png", {})
    assert "one/normal-0/4.png" in page
    assert "data:image/jpeg" not in page


def test_ok__all_numbers_missing_is_no_error() -> None:
    page = render(evaluate([], judge), PROVENANCE, b"png", {})
    assert "there is nothing to measure" in page
    assert "nan" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)


def test_ok__names_of_files_are_escaped() -> None:
    bad = outcome(0, "normal", "CML")
    bad = replace(bad, sample=replace(bad.sample, image=EVIL, group=EVIL, source=EVIL))
    gone = replace(bad, reading=None, ablation=None, error=EVIL)
    provenance = replace(PROVENANCE, manifest=EVIL, command=EVIL, bundle=EVIL)
    page = render(evaluate([bad, gone], judge), provenance, b"png", {EVIL: b"jpeg"})
    assert "<script" not in page
    parser = Balance()
    parser.feed(page)
    assert "script" not in parser.seen
    assert "{{ title }}.png" in page  # a name is no template either
