"""Draws the curves of abstention as SVG: the share answered right over the share answered wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

# Sizes are in pixels. To the right of WIDEST (a share) nothing is drawn: no one would run an assistant there.
WIDEST = 0.3
WIDTH, HEIGHT = 380, 320
LEFT, TOP, BETWEEN, BELOW = 60, 44, 70, 112
# Blue and orange differ for colour-blind eyes as well; the judge's lines are dashed besides.
STYLES = ("#1f6fb4", "#d9730d", "#1f6fb4", "#d9730d")
DASHES = ("", "", "6 4", "6 4")


@dataclass(frozen=True)
class Line:
    """A curve of points (share answered wrongly, share answered right), and a point on it to mark."""

    label: str
    points: tuple[tuple[float, float], ...]
    mark: tuple[float, float] | None = None


@dataclass(frozen=True)
class Panel:
    """Curves over one pair of axes."""

    title: str
    lines: tuple[Line, ...]


def draw(panels: Sequence[Panel], target: tuple[float, float]) -> str:
    """Return an SVG with the panels side by side; `target` is the share wrong allowed and the share answered wanted."""
    width = LEFT + len(panels) * (WIDTH + BETWEEN)
    height = TOP + HEIGHT + BELOW
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="13" fill="#222" role="img">',
        "<title>Answered right over answered wrongly, by what is removed</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for number, panel in enumerate(panels):
        parts += _draw_panel(panel, LEFT + number * (WIDTH + BETWEEN), target)
    parts += _draw_legend(panels[0].lines, TOP + HEIGHT + 62)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _draw_panel(panel: Panel, left: float, target: tuple[float, float]) -> list[str]:
    parts = [_text(left + WIDTH / 2, TOP - 16, panel.title, "middle", "bold")]
    for step in range(7):
        share = WIDEST * step / 6
        x, _ = _place(left, (share, 0))
        parts += [_rule(x, TOP, x, TOP + HEIGHT), _text(x, TOP + HEIGHT + 18, f"{share:.0%}", "middle")]
    for step in range(6):
        _, y = _place(left, (0, step / 5))
        parts += [_rule(left, y, left + WIDTH, y), _text(left - 8, y + 4, f"{step / 5:.0%}", "end")]
    x, y = _place(left, target)
    parts.append(
        f'<rect x="{left}" y="{TOP}" width="{x - left:.1f}" height="{y - TOP:.1f}" fill="#2a9d4a" opacity="0.2"/>'
    )
    parts.append(_text(left + WIDTH / 2, TOP + HEIGHT + 38, "answered though its source is removed", "middle"))
    middle = TOP + HEIGHT / 2
    parts.append(
        f'<g transform="rotate(-90 {left - 44} {middle})">{_text(left - 44, middle, "answered right", "middle")}</g>'
    )
    for line, colour, dash in zip(panel.lines, STYLES, DASHES, strict=True):
        placed = [_place(left, point) for point in line.points if point[0] <= WIDEST]
        parts.append(_polyline(placed, colour, dash))
        if line.mark and line.mark[0] <= WIDEST:
            x, y = _place(left, line.mark)
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}" stroke="#fff"/>')
    return parts


def _draw_legend(lines: Sequence[Line], top: float) -> list[str]:
    parts = []
    for number, (line, colour, dash) in enumerate(zip(lines, STYLES, DASHES, strict=True)):
        x, y = LEFT + 230.0 * (number % 2), top + 22.0 * (number // 2)
        parts += [_polyline([(x, y), (x + 34, y)], colour, dash), _text(x + 42, y + 4, line.label, "start")]
    x = LEFT + 490.0
    parts.append(f'<circle cx="{x}" cy="{top}" r="5" fill="#666"/>')
    parts.append(_text(x + 14, top + 4, "the judge at its threshold", "start"))
    parts.append(f'<rect x="{x - 7}" y="{top + 15}" width="14" height="14" fill="#2a9d4a" opacity="0.2"/>')
    parts.append(_text(x + 14, top + 26, "the target (share answered, right or not)", "start"))
    return parts


def _place(left: float, point: tuple[float, float]) -> tuple[float, float]:
    return left + WIDTH * point[0] / WIDEST, TOP + HEIGHT * (1 - point[1])


def _text(x: float, y: float, text: str, anchor: str, weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#ddd"/>'


def _polyline(points: Sequence[tuple[float, float]], colour: str, dash: str) -> str:
    listed = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{listed}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
