"""The table that the bench prints, and how a figure is judged."""
from dataclasses import dataclass, field


@dataclass
class Row:
    work: str
    collectd: str = "-"
    limit: str = "-"
    facilityd: str = "-"
    goal: str = "-"
    met: bool | None = None  # None: no goal

    def cells(self):
        return [self.work, self.collectd, self.limit, self.facilityd, self.goal,
                {True: "yes", False: "NO", None: "-"}[self.met]]


HEAD = ["work", "collectd", "limit", "facilityd", "goal", "met?"]


@dataclass
class Table:
    rows: list = field(default_factory=list)

    def text(self):
        lines = [HEAD] + [r.cells() for r in self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
        lines.insert(1, ["-" * w for w in widths])
        return "\n".join("| " + " | ".join(f"{c:{w}}" for c, w in zip(line, widths)) + " |" for line in lines)


def middle(values, share):
    """The value below which that share of them lies; None of nothing."""
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else None


def text_of(delays, made):
    """Delays in ms of what was made, as a cell."""
    if not delays:
        return "nothing came"
    return f"p50 {middle(delays, 0.5):.0f}, p99 {middle(delays, 0.99):.0f} ms" + \
        ("" if len(delays) == made else f", {made - len(delays)} lost")
