#!/usr/bin/env python3
"""How many pairs of the example data may be shown under three rules, in the clear; prints a table and draws the figure.

    python3 docs/figures/suppression.py            print the table, write docs/figures/suppression.svg
    python3 docs/figures/suppression.py --check    print the table, fail if the committed figure is another

Standard library only, Python 3.8 or later. The rules, over the four cells of each pair's 2x2 table:

    every site alone   each site's own cells are all at least 10: what is left when sites suppress before they pool
    pooled             the pooled cells are all at least 10
    leave-one-out      the pooled cells are all at least 10, and at least 5 without any one site: the default here

"withheld, someone could subtract": pairs under the second rule in which some site, taking its own people away, is left
with a cell of 0 to 4 of the others.
"""

import csv
import sys
from itertools import combinations
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent.parent / "examples"
SITES = ("hospital-a", "hospital-b", "hospital-c")
NO_MARKERS = {"sex", "case"}
MIN_CELL_COUNT = 10
RESIDUAL_MIN_COUNT = 5
MISSING = {"", "NA", "N/A", "NaN", "nan", ".", "./."}


def read(path):
    """Number of people, and for each marker the bit set of its carriers; missing counts as noncarrier."""
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    carriers = {}
    for column, name in enumerate(header):
        if column == 0 or name in NO_MARKERS:
            continue
        values = [row[column] for row in rows]
        assert all(value in {"0", "1", "2"} | MISSING for value in values), name
        carriers[name] = sum(1 << person for person, value in enumerate(values) if value in {"1", "2"})
    return len(rows), carriers


def ones(bits):
    return bin(bits).count("1")


def cells(people, a, b):
    both, with_a, with_b = ones(a & b), ones(a), ones(b)
    return both, with_a - both, with_b - both, people - with_a - with_b + both


def count(example):
    sites = [read(EXAMPLES / example / f"{site}.csv") for site in SITES]
    markers = [name for name in sites[0][1] if all(name in carriers for _, carriers in sites)]
    totals = {"pairs": 0, "alone": 0, "pooled": 0, "leave_one_out": 0}
    for a, b in combinations(markers, 2):
        tables = [cells(people, carriers[a], carriers[b]) for people, carriers in sites]
        pooled = [sum(cell) for cell in zip(*tables)]
        rest = [total - own for table in tables for total, own in zip(pooled, table)]
        enough = min(pooled) >= MIN_CELL_COUNT
        totals["pairs"] += 1
        totals["alone"] += min(min(table) for table in tables) >= MIN_CELL_COUNT
        totals["pooled"] += enough
        totals["leave_one_out"] += enough and min(rest) >= RESIDUAL_MIN_COUNT
    return totals


ROWS = (
    ("alone", "each site suppresses before pooling", "#9aa5b1"),
    ("leave_one_out", "pooled on secret shares, with leave-one-out (default)", "#1f6f8b"),
    ("pooled", "pooled on secret shares, without leave-one-out", "#99c1d6"),
)


def svg(totals):
    width, left, bar, gap, top = 760, 20, 26, 30, 56
    scale = (width - 2 * left - 70) / totals["pairs"]
    height = top + len(ROWS) * (bar + gap) + 18
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="14" role="img" aria-labelledby="t">',
        f'<title id="t">Pairs that may be shown, of {totals["pairs"]}</title>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{left}" y="26" font-size="15" fill="#1b2733">Pairs whose exact 2x2 table may be shown, '
        f'of {totals["pairs"]:,} (1000 Genomes example, three hospitals)</text>',
    ]
    for number, (key, label, colour) in enumerate(ROWS):
        y = top + number * (bar + gap)
        shown = totals[key] * scale
        out += [
            f'<text x="{left}" y="{y + 10}" fill="#1b2733">{label}</text>',
            f'<rect x="{left}" y="{y + 16}" width="{totals["pairs"] * scale:.1f}" height="{bar}" fill="#eef1f4"/>',
            f'<rect x="{left}" y="{y + 16}" width="{shown:.1f}" height="{bar}" fill="{colour}"/>',
            f'<text x="{left + shown + 8:.1f}" y="{y + 34}" fill="#1b2733">{totals[key]:,}</text>',
        ]
    return "\n".join(out + ["</svg>", ""])


def main():
    print("| example | pairs | every site alone | pooled, leave-one-out | pooled only | withheld, someone could subtract |")
    print("|---|---|---|---|---|---|")
    drawn = None
    for example in ("genomes", "glioblastoma"):
        totals = count(example)
        subtract = totals["pooled"] - totals["leave_one_out"]
        numbers = [totals["pairs"], totals["alone"], totals["leave_one_out"], totals["pooled"], subtract]
        print(f"| {example} | " + " | ".join(f"{number:,}" for number in numbers) + " |")
        drawn = drawn or svg(totals)
    figure = HERE / "suppression.svg"
    if "--check" in sys.argv[1:]:
        if figure.read_text(encoding="utf-8") != drawn:
            sys.exit(f"{figure.name} is not what this script draws")
    else:
        figure.write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
