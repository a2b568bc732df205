# SPDX-License-Identifier: Apache-2.0
"""`cmake --install`, and examples/cpp built and run against the installed tree."""

import os
import pathlib
import re
import subprocess
import tempfile

import pytest
from segfleet_cli import BIN, CACHE, DEMO_MODEL, ROOT, write_picture

EXAMPLE = ROOT / "examples" / "cpp"
PUBLIC = sorted(path.name for path in (ROOT / "include" / "segfleet").iterdir())


def done(*command, **options) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SEGFLEET_") and k != "PYTHONPATH"}
    environment["XDG_CACHE_HOME"] = str(CACHE)
    command = [str(word) for word in command]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, **options)
    assert ended.returncode == 0, f"{command}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


@pytest.fixture(scope="module")
def prefix():
    with tempfile.TemporaryDirectory(prefix="segfleet-test-install-") as folder:
        done("cmake", "--install", BIN.parent, "--prefix", folder)
        yield pathlib.Path(folder)


@pytest.fixture(scope="module")
def example(prefix):
    with tempfile.TemporaryDirectory(prefix="segfleet-test-example-") as folder:
        done("cmake", "-S", EXAMPLE, "-B", folder, f"-DCMAKE_PREFIX_PATH={prefix}")
        done("cmake", "--build", folder)
        yield pathlib.Path(folder) / "segment"


def test_programs_engines_library_and_headers_are_where_people_look(prefix):
    assert {path.name for path in (prefix / "bin").iterdir()} == {"segfleet", "segfleet-worker"}
    engines = {path.name for path in (prefix / "lib" / "segfleet").iterdir()}
    assert engines == {"libsegfleet_engine_openvino.so", "libsegfleet_engine_simulated.so"}
    assert sorted(path.name for path in (prefix / "include" / "segfleet").iterdir()) == PUBLIC
    assert (prefix / "lib" / "libsegfleet.so").exists()


def test_the_library_shows_what_the_headers_declare_and_nothing_else(prefix):
    shown = done("nm", "-DC", "--defined-only", prefix / "lib" / "libsegfleet.so")
    names = [re.sub(r"^[0-9a-f]+ \w ", "", line) for line in shown.splitlines()]
    foreign = [name for name in names if "segfleet::" not in name]
    assert foreign == []
    assert any(name.startswith("segfleet::Fleet::open(") for name in names)
    inner = [name for name in names if re.search(r"Dispatcher|Ledger|EventLoop|Channel", name)]
    assert inner == []


def test_the_installed_command_runs_the_demo_model(prefix, tmp_path):
    picture = write_picture(tmp_path / "picture.png")
    words = ["--model", DEMO_MODEL, "--input", picture, "--output", tmp_path / "out", "--devices", "cpu"]
    done(prefix / "bin" / "segfleet", "run", *words)
    assert (tmp_path / "out" / "masks" / "picture.png").exists()


def test_the_example_is_under_40_lines():
    assert len((EXAMPLE / "main.cc").read_text().splitlines()) < 40


def test_the_example_segments_a_picture(example, tmp_path):
    picture = write_picture(tmp_path / "picture.jpg")
    out = done(example, DEMO_MODEL, picture, cwd=tmp_path)
    shares = [float(share) for share in re.findall(r"^class \d+: ([0-9.]+) %$", out, re.MULTILINE)]
    assert shares and abs(sum(shares) - 100) < 0.5, out


def test_the_example_says_what_is_wrong_with_a_model(example, tmp_path):
    ended = subprocess.run([example, tmp_path / "nothing", "x.png"], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "nothing" in ended.stderr
