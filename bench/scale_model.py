# SPDX-License-Identifier: Apache-2.0
"""How many images a second a machine would reach, from what the stages cost here, and what would limit it.

    .venv/bin/python bench/scale_model.py [COSTS.json]      default: out/bench/scale_costs.json, of `./dev bench scale`

A job is a pipeline that overlaps all it can, so it runs at the speed of its slowest resource: the cards, the cores
beside them, the disk (its bytes a second, and how many files a second it makes durable), the network that the pictures
come over, the coordinator's one thread. Nothing is lost between them in this model: a measured run stays below it.
"""

import dataclasses
import itertools
import json
import pathlib
import sys

COSTS = pathlib.Path(__file__).resolve().parents[1] / "out/bench/scale_costs.json"
# Images a second of a card alone, PP-LiteSeg: docs/benchmarks.md, "On a card", a plain loop in batches of 1 and 8.
CARD_IMAGES_PER_S = {"H200, fp32, batch 1": 251, "H200, fp32, batch 8": 432, "H200, TF32, batch 8": 588}


@dataclasses.dataclass
class Costs:
    """Of one picture."""

    stages_ms: dict[str, float]  # processor time of each stage beside the network, one thread
    coordinator_us: float  # processor time of the coordinator
    input_bytes: float
    output_bytes: float

    @property
    def worker_ms(self) -> float:
        return sum(self.stages_ms.values())

    @property
    def dearest(self) -> str:
        return max(self.stages_ms, key=self.stages_ms.get)


@dataclasses.dataclass
class Machine:
    cards: int
    card_images_per_s: float
    cores: int
    disk_bytes_per_s: float = float("inf")
    durable_files_per_s: float = float("inf")
    network_bytes_per_s: float = float("inf")  # pictures come over it, masks stay


def limits(costs: Costs, machine: Machine) -> dict[str, float]:
    """Images a second that each resource would allow if it were the only one."""
    core_s = costs.worker_ms * 1e-3 + costs.coordinator_us * 1e-6
    disk_bytes = costs.output_bytes + (costs.input_bytes if machine.network_bytes_per_s == float("inf") else 0)
    return {
        "cards": machine.cards * machine.card_images_per_s,
        f"cores ({costs.dearest})": machine.cores / core_s,
        "disk": min(machine.disk_bytes_per_s / disk_bytes, machine.durable_files_per_s),
        "network": machine.network_bytes_per_s / costs.input_bytes,
        "coordinator": 1e6 / costs.coordinator_us,
    }


def predicted(costs: Costs, machine: Machine) -> tuple[float, str]:
    """Images a second, and what limits them."""
    each = limits(costs, machine)
    limit = min(each, key=each.get)
    return each[limit], limit


def turning_points(costs: Costs, cards: int, card_images_per_s: float) -> dict[str, float]:
    """What each resource must give, or something else than the cards limits."""
    images_per_s = cards * card_images_per_s
    return {
        "cores for each card": card_images_per_s * (costs.worker_ms * 1e-3 + costs.coordinator_us * 1e-6 / cards),
        "local disk, MB/s": images_per_s * (costs.input_bytes + costs.output_bytes) / 1e6,
        "durable files/s": images_per_s,
        "network, MB/s": images_per_s * costs.input_bytes / 1e6,
        "cards that one coordinator can feed": 1e6 / costs.coordinator_us / card_images_per_s,
    }


def read_costs(path: pathlib.Path) -> Costs:
    return Costs(**json.loads(path.read_text()))


# Where pictures come from: bytes and durable files a second of the disk, bytes a second of the network.
STORES = {
    "SATA SSD": (0.5e9, 2000),
    "NVMe": (3e9, 20000),
    "10 Gbit/s, masks on NVMe": (3e9, 20000, 1.25e9),
    "25 Gbit/s, masks on NVMe": (3e9, 20000, 3.1e9),
}


def table(head: list[str], rows: list[list]) -> str:
    """In Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def main() -> None:
    costs = read_costs(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else COSTS)
    print(f"A picture: {costs.worker_ms:.1f} ms of a core beside the card,", end=" ")
    print(f"{costs.coordinator_us:.0f} us of the coordinator; {costs.dearest} is the dearest stage.\n")
    rows = []
    for (card, rate), cards, per_card in itertools.product(CARD_IMAGES_PER_S.items(), (8, 16), (4, 8, 16)):
        foreseen = [predicted(costs, Machine(cards, rate, cards * per_card, *store)) for store in STORES.values()]
        cells = (f"{images_per_s:.0f}: {limit}" for images_per_s, limit in foreseen)
        rows.append([f"{card}: {rate}", cards, per_card, *cells])
    print(table(["a card alone, images/s", "cards", "cores a card", *STORES], rows) + "\n")
    rows = []
    for (card, rate), cards in itertools.product(CARD_IMAGES_PER_S.items(), (8, 16)):
        points = turning_points(costs, cards, rate)
        rows.append([f"{card}: {rate}", cards, *(f"{value:.1f}" for value in points.values())])
    print(table(["a card alone, images/s", "cards", *points], rows))


if __name__ == "__main__":
    main()
