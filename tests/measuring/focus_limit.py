"""Measures which blur changes verdicts and how well a limit separates good from blurred fields; chooses the limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from leukoscope.reading import gates

from tests.measuring.focus_looks import FocusLook, FocusSeries, differs
from tests.measuring.focus_measures import GATE_MEASURE, MEASURES
from tests.measuring.tables import bootstrap_interval, format_share, markdown_table

GOOD_DEFOCUS_UM = 0.5
BAD_DEFOCUS_UM, BAD_BLUR_UM = 1.25, 0.5
"""Blur from which a rendered and a real field is bad. Fields between good and bad are not counted."""
MOST_GOOD_REFUSED = 0.02
"""Largest share of the good fields of any kind that the limit may refuse."""


def tabulate_verdict_changes(series: Sequence[FocusSeries]) -> tuple[str, str]:
    """Tabulate the fields that are read differently, by kind and blur, and the blur that exceeds noise by 5 points."""
    rows, onsets = [], []
    for kind in dict.fromkeys(one.kind for one in series):
        fields = [one for one in series if one.kind == kind and not one.looks[0].problem]
        groups = [one.group for one in fields]
        shares = []
        for name, looks in (
            ("noise alone", [one.again for one in fields]),
            *(
                (f"{um:g}", [one.looks[i + 1] for one in fields])
                for i, um in enumerate(fields[0].blurs[1:])
            ),
        ):
            changed = np.array(
                [differs(one.looks[0], look) for one, look in zip(fields, looks, strict=True)]
            )
            shares.append(changed.mean(axis=0))
            cells = []
            for column in changed.T:
                counts = np.stack([column, np.ones_like(column)], axis=1).astype(int)
                low, high = bootstrap_interval(counts, groups)
                cells.append(
                    f"{column.sum()}/{len(column)} ({100 * low:.0f} to {100 * high:.0f} %)"
                )
            sharpness = np.median([look.values[GATE_MEASURE] for look in looks])
            rows.append((kind, name, *cells, f"{sharpness:.3f}"))
        over = np.array(shares) - shares[0]
        onset = []
        for column in over.T:
            first = int((column > 0.05).argmax())
            onset.append(f"{fields[0].blurs[first]:g} µm" if first else "–")
        onsets.append((kind, len(fields), len(set(groups)), *onset))
    return (
        markdown_table(
            ("fields", "blur, µm", "label differs", "pattern", "cells found", "median sharpness"),
            rows,
        ),
        markdown_table(("fields", "number", "groups", "label", "pattern", "cells found"), onsets),
    )


def _does_pass(look: FocusLook, least: float) -> bool:
    return look.values[GATE_MEASURE] >= least and look.contrast >= gates.MIN_CONTRAST_LEVELS


def _is_good(series: Sequence[FocusSeries]) -> list[FocusLook]:
    return [
        look
        for one in series
        for um, look in zip(one.blurs, one.looks, strict=True)
        if um <= (GOOD_DEFOCUS_UM if one.kind == "rendered" else 0.0)
    ]


def _count_errors(name: str, series: Sequence[FocusSeries], kind: str, um: float) -> str:
    """Find the lowest mean of false refusals and false passes, %, for a kind's good looks and those blurred by `um`."""
    of_kind = [one for one in series if (one.kind == "rendered") == (kind == "rendered")]
    good = np.array([look.values[name] for look in _is_good(of_kind)])
    bad = np.array([one.looks[one.blurs.index(um)].values[name] for one in of_kind])
    limits = np.sort(np.concatenate([good, bad]))
    return f"{100 * min((np.mean(good < t) + np.mean(bad >= t)) / 2 for t in limits):.1f}"


def tabulate_separation(series: Sequence[FocusSeries]) -> str:
    """Tabulate how well one limit of each measure separates good from blurred fields."""
    real = [one for one in series if one.kind != "rendered"]
    head = ["measure", *(f"rendered, {um:g} µm off" for um in (0.75, 1.0, 1.25, 1.5))]
    blurs = (0.3, 0.5, 0.8, 1.5) if real else ()
    rows = []
    for name in MEASURES:
        row = [
            name,
            *(_count_errors(name, series, "rendered", um) for um in (0.75, 1.0, 1.25, 1.5)),
        ]
        row += [_count_errors(name, series, "real", um) for um in blurs]
        if real:
            sharp = np.array([one.looks[0].values[name] for one in real])
            row.append(f"{100 * sharp.std() / sharp.mean():.0f}")
        rows.append(row)
    head += [f"real, {um:g} µm" for um in blurs] + (["spread of real fields"] if real else [])
    return markdown_table(head, rows)


def choose_threshold(series: Sequence[FocusSeries]) -> tuple[float, str, str]:
    """Choose the limit on the good fields of every second group, and measure its effect on the other groups."""
    chosen_on = [one for one in series if one.to_choose]
    others = [one for one in series if not one.to_choose]
    steps = [round(0.08 + 0.002 * i, 3) for i in range(12)]
    kinds = list(dict.fromkeys(one.kind for one in series))

    def refused(of: Sequence[FocusSeries], least: float) -> float:
        good = _is_good(of)
        return sum(not _does_pass(look, least) for look in good) / len(good) if good else 0.0

    def rows() -> Iterator[tuple[str, ...]]:
        for least in steps:
            yield (
                f"{least:.3f}",
                *(
                    f"{100 * refused([o for o in of if o.kind == kind], least):.1f}"
                    for of in (chosen_on, others)
                    for kind in kinds
                ),
            )

    chosen = max(
        least
        for least in steps
        if all(
            refused([one for one in chosen_on if one.kind == kind], least) <= MOST_GOOD_REFUSED
            for kind in kinds
        )
    )
    passed = []
    for kind in kinds:
        fields = [one for one in others if one.kind == kind]
        for i, um in enumerate(fields[0].blurs):
            shares = []
            for least in dict.fromkeys((gates.MIN_SHARPNESS, chosen)):
                through = [_does_pass(one.looks[i], least) for one in fields]
                counts = np.array([(p, 1) for p in through])
                low, high = bootstrap_interval(counts, [one.group for one in fields])
                shares.append(
                    f"{sum(through)}/{len(through)} ({100 * low:.0f} to {100 * high:.0f} %)"
                )
            wrong = [
                differs(one.looks[0], one.looks[i])[0]
                for one in fields
                if _does_pass(one.looks[i], chosen) and not one.looks[0].problem
            ]
            shares.append(f"{sum(wrong)}/{len(wrong)}")
            passed.append((kind, f"{um:g}", *shares))
    head = ("limit", *(f"{kind}, {part}" for part in ("chosen on", "others") for kind in kinds))
    return (
        chosen,
        markdown_table(head, rows()),
        markdown_table(
            (
                "fields",
                "blur, µm",
                *(f"passed at {x:g}" for x in dict.fromkeys((gates.MIN_SHARPNESS, chosen))),
                "of these, label differs",
            ),
            passed,
        ),
    )


def tabulate_rates(series: Sequence[FocusSeries]) -> str:
    """Tabulate false refusals and false passes of the current limit, on the groups on which it was not chosen."""
    others = [one for one in series if not one.to_choose]
    rows = []
    for kind in dict.fromkeys(one.kind for one in others):
        fields = [one for one in others if one.kind == kind]
        good = [(one.group, look) for one in fields for look in _is_good([one])]
        least = BAD_DEFOCUS_UM if kind == "rendered" else BAD_BLUR_UM
        bad = [
            (one.group, look)
            for one in fields
            for um, look in zip(one.blurs, one.looks, strict=True)
            if um >= least
        ]
        refused = [not _does_pass(look, gates.MIN_SHARPNESS) for _, look in good]
        passed = [_does_pass(look, gates.MIN_SHARPNESS) for _, look in bad]
        rows.append(
            (
                kind,
                format_share(refused, [group for group, _ in good]),
                format_share(passed, [group for group, _ in bad]),
            )
        )
    return markdown_table(("fields", "good refused", "bad passed"), rows)
