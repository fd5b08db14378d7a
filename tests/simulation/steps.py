"""What happens in a run: a list of steps, drawn from a seed, from which any may be left out."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from random import Random

__all__ = [
    "CLIENTS",
    "SEEDS",
    "Scenario",
    "Step",
    "has_small_documents",
    "kept_scenarios",
    "plan",
    "plan_with_losses",
]

CLIENTS = 5
STEPS = 160
LOSSES = 4
SEEDS = Path(__file__).with_name("seeds")

# Groups of actions. Each run has its own emphasis: some do without a group, some are full of it.
WEIGHTS: dict[str, dict[str, float]] = {
    "edits": {"edit": 60, "undo": 8, "move": 10},
    "repetitions": {"repeat": 4, "repeat_acknowledged": 2},
    "comings": {"leave": 2, "come_back": 5, "vanish": 1},
    "network": {"cut": 5, "stall": 2, "stop_reading": 1, "read_on": 3},
    "store": {
        "refuse": 2, "forget": 2, "hang_stored": 1.0, "hang_lost": 0.4, "reads_fail": 0.7,
        "reads_work": 3,
    },
    "crashes": {"crash": 0.7, "crash_before": 0.7, "crash_after": 1, "crash_told": 2},
    "server": {"restart": 0.5, "pause": 0.5, "sweep": 1, "snapshot": 1},
}  # fmt: skip
HANGS_OF_SMALL = 6.0
EMPHASES = (0.0, 0.3, 1.0, 1.0, 3.0)
DIRECT = (0.0, 0.5, 1.0)
WAITS = (0.0, 0.0, 0.001, 0.005, 0.02, 0.1, 0.1, 0.5, 3.0)


@dataclass(frozen=True, slots=True)
class Step:
    """After `wait` seconds, `action`, by or for a client; `choice` seeds whatever else is drawn."""

    wait: float
    action: str
    client: int
    choice: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """A run, wholly. The seed draws settings, documents, delays; the steps are told. `direct` is
    the share of the connections that are to collab's own server."""

    seed: int
    steps: tuple[Step, ...]
    direct: float = 0.0

    def text(self, why: str) -> str:
        steps = ",\n".join(f"  {json.dumps(astuple(step))}" for step in self.steps)
        head = f'{{\n "seed": {self.seed},\n "direct": {self.direct},\n'
        head += f' "why": {json.dumps(why)},\n'
        return f'{head} "steps": [\n{steps}\n ]\n}}\n'

    def save(self, kind: str, why: str, folder: Path = SEEDS) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{kind}-{self.seed}.json"
        path.write_text(self.text(why), encoding="ascii")
        return path

    @classmethod
    def load(cls, path: Path) -> Scenario:
        told = json.loads(path.read_text(encoding="ascii"))
        steps = tuple(Step(*step) for step in told["steps"])
        return cls(told["seed"], steps, told.get("direct", 0.0))


def kept_scenarios(folder: Path = SEEDS) -> list[Path]:
    return sorted(folder.glob("*.json"))


def has_small_documents(seed: int) -> bool:
    """Whether documents are so small in this run that they are full again and again."""
    return Random(f"{seed} full document").random() < 0.25


def plan(seed: int) -> Scenario:
    """The same steps for the same seed."""
    random = Random(f"{seed} steps")
    weights: dict[str, float] = {}
    for group, actions in WEIGHTS.items():
        emphasis = 1.0 if group == "edits" else random.choice(EMPHASES)
        weights |= {action: weight * emphasis for action, weight in actions.items()}
    if has_small_documents(seed):
        # An edit that is stored late, and refused meanwhile, takes both.
        weights["hang_stored"] += HANGS_OF_SMALL
    names = random.choices(list(weights), list(weights.values()), k=STEPS)
    steps = (
        Step(random.choice(WAITS), name, random.randrange(CLIENTS), random.randrange(2**32))
        for name in names
    )
    return Scenario(seed, tuple(steps), Random(f"{seed} links").choice(DIRECT))


def plan_with_losses(seed: int) -> Scenario:
    """The same, but that the server's newest commits are lost now and then."""
    random, scenario = Random(f"{seed} losses"), plan(seed)
    steps = list(scenario.steps)
    for _ in range(LOSSES):
        loss = Step(random.choice(WAITS), "lose", 0, random.randrange(2**32))
        steps.insert(random.randrange(len(steps)), loss)
    return replace(scenario, steps=tuple(steps))
