# SPDX-License-Identifier: Apache-2.0
"""What an engine is given, from the file on, against PaddleSeg's own transforms: bit for bit."""

import numpy as np
import pytest
import segfleet
from chains import CHAINS, CV2_HAS_IPP, interpolations, random_chain, write_package
from oracle import Refused, preprocess
from parity_pictures import NAMES, write_pictures

ALL_CHAINS = {**CHAINS, **{f"random {seed}": random_chain(seed) for seed in range(30)}}
# Of the values' range. CUBIC: cv2's IPP code has the same weights, but not the same order of sums.
CUBIC_SHARE = 1e-6
OTHER_CV2_SHARE = 0.05 / 255


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("pictures"))


def share_allowed(chain):
    """0: the bits must be equal."""
    used = interpolations(chain)
    if not CV2_HAS_IPP and used & {"LINEAR", "CUBIC"}:
        return OTHER_CV2_SHARE
    return CUBIC_SHARE if "CUBIC" in used else 0


def range_of(chain):
    """How far black and white are apart in the tensor."""
    extent = 255.0
    for transform in chain:
        if transform["type"] == "Normalize":
            extent /= 255 * min(transform.get("std", [0.5]))
    return extent


def difference(chain, tensor, expected):
    """In words; None where there is none."""
    if tensor.shape != expected.shape:
        return f"shape {tensor.shape} instead of {expected.shape}"
    share = share_allowed(chain)
    if share == 0:
        differing = int((tensor.view(np.uint32) != expected.view(np.uint32)).sum())
        return f"{differing} of {tensor.size} values differ in their bits" if differing else None
    largest = float(np.abs(tensor - expected).max()) / range_of(chain)
    return f"differs by {largest:.2g} of the range" if not largest <= share else None


def test_there_are_1220_cases():
    assert len(ALL_CHAINS) * len(NAMES) == 1220


@pytest.mark.parametrize("name", ALL_CHAINS)
def test_tensors_are_paddlesegs(tmp_path, pictures, name):
    chain = ALL_CHAINS[name]
    package = write_package(tmp_path / "model", chain)
    saved = tmp_path / "tensor.npy"
    faults = []
    options = {"engine": "save_engine:Save", "engine_options": {"file": str(saved)}}
    with segfleet.Fleet(package, devices="cpu", size="network", **options) as fleet:
        for picture, path in pictures.items():
            failure = fleet.submit(path).exception()
            try:
                expected, _ = preprocess(package, path)
            except Refused as refused:
                if failure is None or failure.code != "input_unsupported":
                    faults.append(f"{picture}: PaddleSeg refuses it ({refused}), segfleet: {failure}")
                continue
            fault = str(failure) if failure else difference(chain, np.load(saved), expected)
            if fault:
                faults.append(f"{picture}: {fault}")
    assert not faults, f"{chain}\n" + "\n".join(faults)
