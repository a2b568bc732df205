# SPDX-License-Identifier: Apache-2.0
"""The rows of a run as bars, in an SVG file."""

import html
import itertools

from rows import asked, reached

LINE = 20  # all in pixels
NAME, BAR, VALUE = 480, 300, 160
GOOD, MISSED, PLAIN = "#2a7f4f", "#b3362b", "#5b7083"


def bar(row: dict, y: int, largest: float) -> list[str]:
    """A row's name, its bar against the largest of its group, what was asked as a mark, the figure."""
    scale = BAR / largest if largest > 0 else 0
    colour = PLAIN if asked(row) == "" else (GOOD if reached(row) else MISSED)
    limit = row["at_least"] if row["at_least"] is not None else row["at_most"]
    parts = [
        f'<text x="{NAME - 8}" y="{y + 14}" text-anchor="end">{html.escape(row["name"])}</text>',
        f'<rect x="{NAME}" y="{y + 3}" width="{row["value"] * scale:.1f}" height="{LINE - 6}" fill="{colour}"/>',
        f'<text x="{NAME + BAR + 8}" y="{y + 14}">{row["value"]:.3g} {row["unit"]} {html.escape(asked(row))}</text>',
    ]
    if limit is not None:
        x = NAME + limit * scale
        parts.append(f'<line x1="{x:.1f}" y1="{y + 1}" x2="{x:.1f}" y2="{y + LINE - 1}" stroke="black"/>')
    return parts


def svg(result: dict) -> str:
    """One group of bars for each case and unit; within a group bars are to scale."""
    parts, y = [], 2 * LINE
    for case, rows in itertools.groupby(result["rows"], lambda row: row["case"]):
        parts.append(f'<text x="8" y="{y + 14}" font-weight="bold">{html.escape(case)}</text>')
        y += LINE
        rows = list(rows)
        for unit in dict.fromkeys(row["unit"] for row in rows):
            group = [row for row in rows if row["unit"] == unit]
            largest = max(max(row["value"], row["at_least"] or 0, row["at_most"] or 0) for row in group)
            for row in group:
                parts += bar(row, y, largest)
                y += LINE
            y += LINE // 4
    title = f"{result['when']}, {result['processor']}, {result['cores']} cores, {result['commit']}"
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{NAME + BAR + VALUE}" height="{y + LINE}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="8" y="18" font-size="14">{html.escape(title)}</text>',
    ]
    return "\n".join([*head, *parts, "</svg>"]) + "\n"
