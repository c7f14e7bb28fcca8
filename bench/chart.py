"""Horizontal bars as SVG, readable on light and dark pages, with the figures in them."""

from collections.abc import Sequence
from html import escape

WIDTH, LEFT, RIGHT, ROW, TOP = 760, 150, 180, 30, 44

STYLE = """
text { font: 14px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 } .note { fill: #57606a; font-size: 12px }
.bar { fill: #8c959f } .ours { fill: #1f6feb }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .note { fill: #9198a1 } .bar { fill: #6e7681 } .ours { fill: #4493f8 }
}
"""


def bars(title: str, note: str, rows: Sequence[tuple[str, float, str]], ours: str = "") -> str:
    """``rows`` are (name, value, label of the bar). ``ours`` and names that begin with myweb are highlighted."""
    longest = max(value for _name, value, _text in rows) or 1
    height = TOP + ROW * len(rows) + 12
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"',
        f' aria-label="{escape(title)}"><style>{STYLE}</style>',
        f'<text class="title" x="0" y="16">{escape(title)}</text><text class="note" x="0" y="34">{escape(note)}</text>',
    ]
    for number, (name, value, text) in enumerate(rows):
        y = TOP + ROW * number
        width = max(1.0, (WIDTH - LEFT - RIGHT) * value / longest)
        kind = "bar ours" if name == ours or name.startswith("myweb") else "bar"
        lines += [
            f'<text x="{LEFT - 10}" y="{y + 18}" text-anchor="end">{escape(name)}</text>',
            f'<rect class="{kind}" x="{LEFT}" y="{y + 4}" width="{width:.1f}" height="{ROW - 10}" rx="2"/>',
            f'<text x="{LEFT + width + 8:.1f}" y="{y + 18}">{escape(text)}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])
