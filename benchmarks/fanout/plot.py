"""Plots of the figures as SVG and PNG. Needs matplotlib, from the extra `benchmarks`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

from .load import Figures
from .peers import Peers
from .results import Results

__all__ = ["draw_all"]

# From the palette of Okabe and Ito, which is safe for color blindness.
OURS, COMMIT, OTHERS, FLOOR = "#0072B2", "#56B4E9", "#E69F00", "#999999"
PER_DELIVERY = ("S1-100", "S1-400", "S2", "S4")


def draw_all(results: Results, peers: Peers | None, folder: Path) -> list[Path]:
    """Draw all plots that have figures; returns the files.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
    """
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update(
        {
            "font.size": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": 10.5,
            "svg.hashsalt": "collab",
            "svg.fonttype": "none",
        }
    )
    drawn = []
    for name, figure in (
        ("floor", _beside_the_floor(results)),
        ("peers", _beside_peers(results, peers) if peers else None),
        ("growth", _growth(results)),
    ):
        if figure is not None:
            drawn += _save(figure, folder / name)
    return drawn


def _save(figure: Any, path: Path) -> list[Path]:
    file = path.with_suffix(".svg")
    # Without a date, equal figures make equal files.
    figure.savefig(file, metadata={"Date": None})
    return [file]


def _figure(columns: int, width: float, height: float, rows: int = 1) -> tuple[Any, list[Any]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    return figure, list(axes.flat)


def measured_figure(name: str) -> tuple[str, str]:
    """The figure that is compared in a scenario, and its label."""
    if name in PER_DELIVERY:
        return "server_cpu_us_per_delivery", "µs per delivery"
    return "server_cpu_us_per_edit", "µs per edit"


def _beside_the_floor(results: Results) -> Any:
    names = [name for name in (*PER_DELIVERY, "S3") if "floor" in results.runs.get(name, {})]
    if not names:
        return None
    figure, axes = _figure(len(names), 2.5 * len(names), 3.2)
    figure.suptitle("Server CPU time of collab and of a bare socket server", fontsize=12)
    for axis, name in zip(axes, names, strict=True):
        key, unit = measured_figure(name)
        ours, floor = results.medians(name, "collab"), results.medians(name, "floor")
        whole = ours[key]
        loop = whole * ours["loop_cpu_us_per_delivery"] / ours["server_cpu_us_per_delivery"]
        axis.bar(0, loop, color=OURS, label="collab: event loop")
        axis.bar(0, whole - loop, bottom=loop, color=COMMIT, hatch="//", label="collab: database")
        axis.bar(1, floor[key], color=FLOOR, label="bare server")
        for place, value in enumerate((whole, floor[key])):
            axis.text(place, value, f"{value:.3g}", ha="center", va="bottom")
        axis.set_title(f"{name}\n{fill(results.titles[name], 24)}")
        axis.set_xticks((0, 1), ("collab", "bare"))
        axis.set_ylabel(unit)
        axis.margins(y=0.12)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    return figure


def _beside_peers(results: Results, peers: Peers) -> Any:
    from matplotlib.patches import Patch

    names = [name for name in (*PER_DELIVERY, "S3") if name in peers.scenarios]
    if not names:
        return None
    figure, axes = _figure(3, 13, 6.2, rows=2)
    figure.suptitle("Server CPU time, less is better", fontsize=12)
    for axis, name in zip(axes, names, strict=False):
        key, unit = measured_figure(name)
        found = with_ours(results, peers, name)
        ordered = sorted(found, key=lambda server: found[server][key])
        _bars(axis, ordered, [found[each][key] for each in ordered])
        axis.set_title(f"{name}: {results.titles.get(name, '')}")
        axis.set_xlabel(unit)
    for axis in axes[len(names) :]:
        axis.set_axis_off()
        axis.legend(
            handles=[
                Patch(facecolor=OURS, hatch="//", label="confirms what is on disk"),
                Patch(facecolor=OTHERS, label="confirms what is in memory"),
            ],
            loc="center",
            frameon=False,
        )
    if not _has_ours(peers):
        figure.supxlabel("¹ in another run, by this package's own load generator", fontsize=9)
    return figure


def _has_ours(peers: Peers) -> bool:
    return any("collab" in found for found in peers.scenarios.values())


def with_ours(results: Results, peers: Peers, name: str) -> dict[str, Figures]:
    """The figures of all servers. Ours come from this package's run if the other run has none."""
    found = dict(peers.scenarios.get(name, {}))
    if not any(server.startswith("collab") for server in found) and found:
        own = results.medians(name, "collab") or results.medians(f"{name}-1000", "collab")
        if own:
            found["collab ¹"] = own
    return found


def _bars(axis: Any, names: Sequence[str], values: Sequence[float]) -> None:
    colours = [OURS if name.startswith("collab") else OTHERS for name in names]
    hatches = ["//" if name.startswith("collab") else "" for name in names]
    places = range(len(names))[::-1]
    axis.barh(places, values, color=colours, hatch=hatches)
    for place, value in zip(places, values, strict=True):
        axis.text(value, place, f" {value:.3g}", va="center")
    axis.set_yticks(places, names)
    axis.margins(x=0.16)


def _growth(results: Results) -> Any:
    cases = list(results.runs.get("growth", {}))
    if not cases:
        return None
    figure, axes = _figure(len(cases), 3.6 * len(cases), 3.2)
    figure.suptitle("Server CPU time of an edit as things grow", fontsize=12)
    for axis, case in zip(axes, cases, strict=True):
        found = results.medians("growth", case)
        amounts = [found[f"amount_{place}"] for place in "abc"]
        values = [found[f"cpu_us_{place}"] for place in ("low", "middle", "high")]
        axis.plot(amounts, values, "o-", color=OURS, linewidth=2)
        axis.axhline(values[0] * 1.3, color=FLOOR, linestyle="--")
        axis.text(amounts[0], values[0] * 1.3, "1.3 times the first", va="bottom", color="#555555")
        axis.set_xscale("log")
        axis.set_ylim(0, max(*values, values[0] * 1.3) * 1.15)
        axis.set_xlabel(case)
        axis.set_ylabel("µs per edit, commit included")
    return figure
