# SPDX-License-Identifier: Apache-2.0
"""What is measured of devices, as people and programs see it. NVIDIA's library is a stand-in (stand_in_nvml.cc)."""

import os
import pathlib

from live_run import LiveRun, wait_until, write_model
from segfleet_cli import segfleet, write_pictures

STAND_IN = pathlib.Path(os.environ["SEGFLEET_TEST_BIN"]) / "nvidia"


def doctor(library_folder, script="") -> list[str]:
    environment = {**os.environ, "LD_LIBRARY_PATH": str(library_folder), "STAND_IN_NVML": str(script)}
    return [line for line in segfleet("doctor", env=environment).out.splitlines() if " monitor " in line]


def test_doctor_tells_what_nvidias_library_measures(tmp_path):
    script = tmp_path / "script"
    script.write_text(
        "nvmlDeviceGetTemperature 0 0 87\nnvmlDeviceGetPowerUsage 0 3 0\nnvmlDeviceGetMemoryInfo 1 15 0\n"
    )
    driver, hot, lost = doctor(STAND_IN, script)
    assert driver.startswith("ok")
    assert "NVIDIA driver 999.1, 2 cards" in driver
    assert "card 0 Stand-in card  util 50 %" in hot
    assert "87 °C" in hot
    assert " W" not in hot
    assert lost.startswith("--")
    assert "cannot read card 1: GPU is lost" in lost


def test_doctor_says_that_cards_are_not_watched_without_the_library(tmp_path):
    (tmp_path / "libnvidia-ml.so.1").write_text("no library")
    (line,) = doctor(tmp_path)
    assert line.startswith("--")
    assert "libnvidia-ml.so.1 cannot be opened: NVIDIA cards are not watched" in line


def test_a_live_runs_cores_are_measured(tmp_path):
    (tmp_path / "model").mkdir()
    write_pictures(tmp_path / "pictures", 3)
    with LiveRun(write_model(tmp_path / "model"), tmp_path / "pictures", tmp_path / "out", "--devices", "cpu") as live:
        device = wait_until(lambda: (now := live.status()["devices"][0])["utilization"] is not None and now)
        assert 0 <= device["utilization"] <= 1
        assert 0 < device["speed_share"] <= 1
        assert device["temperature_c"] is None
        assert "util" in live.ctl("status").out
        live.ask("resume")
        assert "utilization" in live.finish()[-1]["devices"][0]
