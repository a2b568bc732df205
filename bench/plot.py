# SPDX-License-Identifier: Apache-2.0
"""The rows of a run as bars, in an SVG file."""

import html
import itertools

from rows import asked, reached

LINE = 20  # all in pixels
LETTER = 6.5  # of an ordinary name at this size
BAR, VALUE = 300, 160
GOOD, MISSED, PLAIN = "#2a7f4f", "#b3362b", "#5b7083"


def bar(row: dict, x: int, y: int, largest: float) -> list[str]:
    """A row's name left of x; its bar against the largest of its group, what was asked as a mark, the figure."""
    scale = BAR / largest if largest > 0 else 0
    colour = PLAIN if asked(row) == "" else (GOOD if reached(row) else MISSED)
    limit = row["at_least"] if row["at_least"] is not None else row["at_most"]
    parts = [
        f'<text x="{x - 8}" y="{y + 14}" text-anchor="end">{html.escape(row["name"])}</text>',
        f'<rect x="{x}" y="{y + 3}" width="{row["value"] * scale:.1f}" height="{LINE - 6}" fill="{colour}"/>',
        f'<text x="{x + BAR + 8}" y="{y + 14}">{row["value"]:.3g} {row["unit"]} {html.escape(asked(row))}</text>',
    ]
    if limit is not None:
        mark = x + limit * scale
        parts.append(f'<line x1="{mark:.1f}" y1="{y + 1}" x2="{mark:.1f}" y2="{y + LINE - 1}" stroke="black"/>')
    return parts


def svg(result: dict) -> str:
    """One group of bars for each case and unit; within a group bars are to scale."""
    x = round(LETTER * max(len(row["name"]) for row in result["rows"])) + 16
    parts, y = [], 2 * LINE
    for case, rows in itertools.groupby(result["rows"], lambda row: row["case"]):
        parts.append(f'<text x="8" y="{y + 14}" font-weight="bold">{html.escape(case)}</text>')
        y += LINE
        rows = list(rows)
        for unit in dict.fromkeys(row["unit"] for row in rows):
            group = [row for row in rows if row["unit"] == unit]
            largest = max(max(row["value"], row["at_least"] or 0, row["at_most"] or 0) for row in group)
            for row in group:
                parts += bar(row, x, y, largest)
                y += LINE
            y += LINE // 4
    title = f"{result['when']}, {result['processor']}, {result['cores']} cores, {result['commit']}"
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{x + BAR + VALUE}" height="{y + LINE}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="8" y="18" font-size="14">{html.escape(title)}</text>',
    ]
    return "\n".join([*head, *parts, "</svg>"]) + "\n"
