# SPDX-License-Identifier: Apache-2.0
"""The wheel that is given away, installed outside the source tree: what is in it, and that it runs the demo model."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

import installed_wheel
import pytest
from installed_wheel import ROOT, clean_environment, done
from segfleet_cli import write_picture

DEMO = ROOT / "models" / "demo"
# What PEP 600's policy for this glibc lets a wheel take from the machine, as far as segfleet uses it.
FROM_THE_MACHINE = {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "ld-linux-x86-64.so.2"}
FROM_THE_MACHINE |= {"libstdc++.so.6", "libgcc_s.so.1", "libz.so.1"}


@pytest.fixture(scope="module")
def scratch():
    with tempfile.TemporaryDirectory(prefix="segfleet-test-wheel-") as folder:
        yield pathlib.Path(folder)


@pytest.fixture(scope="module")
def wheel(scratch):
    return installed_wheel.build_wheel(scratch / "wheel")


@pytest.fixture(scope="module")
def unpacked(wheel, scratch):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(scratch / "unpacked")
    return scratch / "unpacked"


@pytest.fixture(scope="module")
def python(wheel, scratch):
    return installed_wheel.install_into_venv(wheel, scratch / "venv")


@pytest.fixture(scope="module")
def beside_paddle(wheel, scratch):
    return installed_wheel.install_beside_paddle(wheel, scratch / "beside_paddle")


@pytest.fixture(scope="module")
def pictures(scratch):
    folder = scratch / "pictures"
    return [
        write_picture(folder / f"picture{i}.{kind}", seed=i) for i, kind in enumerate(("png", "jpg", "webp", "tiff"))
    ]


def objects(unpacked) -> list[pathlib.Path]:
    files = [path for path in sorted(unpacked.rglob("*")) if path.is_file()]
    return [path for path in files if path.read_bytes()[:4] == b"\x7fELF"]


def metadata_of(unpacked) -> str:
    (path,) = unpacked.glob("*.dist-info/METADATA")
    return path.read_text()


def exported(path) -> set[str]:
    shown = done("nm", "-D", "--defined-only", path).stdout
    return {line.split()[-1] for line in shown.splitlines() if line.split()[-2] not in ("A",)}


def test_it_is_small_and_says_which_machines_it_is_for(wheel):
    assert wheel.stat().st_size <= 30 * 2**20
    assert re.search(r"-manylinux_2_\d+_x86_64\.whl$", wheel.name), wheel.name


def test_it_holds_the_programs_the_engines_and_the_types(unpacked):
    package = unpacked / "segfleet"
    programs = {path.name for path in (package / "bin").iterdir()}
    assert programs == {
        "segfleet",
        "segfleet-worker",
        "libsegfleet_engine_openvino.so",
        "libsegfleet_engine_simulated.so",
    }
    assert (package / "py.typed").exists() and (package / "_native.pyi").exists()
    assert "class Segmentation" in (package / "_native.pyi").read_text()


def test_every_library_that_it_needs_is_in_it_or_on_every_machine_or_openvinos(unpacked):
    files = objects(unpacked)
    openvino = pathlib.Path(done(sys.executable, "-c", "import openvino; print(openvino.__path__[0])").stdout.strip())
    there = FROM_THE_MACHINE | {path.name for path in files} | {path.name for path in (openvino / "libs").iterdir()}
    for path in files:
        dynamic = done("readelf", "-d", path).stdout
        needed = set(re.findall(r"\(NEEDED\).*\[(.+)\]", dynamic))
        assert needed <= there, f"{path.name}: {needed - there}"
        folders = re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.+)\]", dynamic)
        assert all(folder.startswith("$ORIGIN") for words in folders for folder in words.split(":")), dynamic


def test_openvino_is_looked_for_beside_the_package_before_anywhere_else(unpacked):
    dynamic = done("readelf", "-d", unpacked / "segfleet/bin/libsegfleet_engine_openvino.so").stdout
    assert "$ORIGIN/../../openvino/libs" in re.search(r"\(RPATH\).*\[(.+)\]", dynamic)[1].split(":"), dynamic
    assert "RUNPATH" not in dynamic


def test_nothing_of_ours_can_be_taken_for_another_librarys(unpacked):
    (native,) = (unpacked / "segfleet").glob("_native*.so")
    assert exported(native) == {"PyInit__native"}
    for engine in (unpacked / "segfleet/bin").glob("libsegfleet_engine_*.so"):
        assert exported(engine) == {"segfleet_engine_factory_v1"}
    for path in [native, *(unpacked / "segfleet/bin").iterdir()]:
        assert ".symtab" not in done("readelf", "-SW", path).stdout, f"{path.name} is not stripped"


def test_the_licence_of_all_that_is_in_it_comes_along(unpacked):
    (licenses,) = unpacked.glob("*.dist-info/licenses")
    libraries = [path.name.rsplit("-", 1)[0] for path in (unpacked / "segfleet.libs").iterdir()]
    assert {"libpng16", "libjpeg", "libtiff", "libwebp", "libyaml-cpp", "libfmt", "libsqlite3"} <= set(libraries)
    for name in [*libraries, "nlohmann_json", "CLI11", "nanobind"]:
        assert "copyright" in (licenses / f"{name}.txt").read_text().lower(), name
    files = [path for path in licenses.rglob("*") if path.is_file()]
    for path in files:
        for referred in re.findall(r"/usr/share/common-licenses/([\w.-]*\w)", path.read_text()):
            assert (licenses / "common-licenses" / referred).exists(), f"{path.name} refers to {referred}"
    listed = re.findall(r"^License-File: (.+)$", metadata_of(unpacked), re.MULTILINE)
    assert sorted(listed) == sorted(str(path.relative_to(licenses)) for path in files)


@pytest.mark.parametrize("command", [["bin/segfleet"], ["bin/python", "-m", "segfleet"]])
def test_the_command_runs_the_demo_model(python, pictures, command, tmp_path):
    program = [python.parents[1] / command[0], *command[1:]]
    words = ["run", "--json", "--model", DEMO, "--input", *pictures, "--output", tmp_path / "out", "--devices", "cpu"]
    ended = done(*program, *words, "--cache", tmp_path / "cache", cwd=tmp_path)
    last = json.loads(ended.stdout.splitlines()[-1])
    assert (last["done"], last["failed"]) == (4, 0), ended.stdout
    assert len(list((tmp_path / "out/masks").rglob("*.png"))) == 4


def test_another_openvino_is_refused_with_the_line_that_mends_it(unpacked, pictures, tmp_path):
    version = re.search(r"^Requires-Dist: openvino==(.+)$", metadata_of(unpacked), re.MULTILINE)[1]
    program = unpacked / "segfleet/bin/segfleet"  # no openvino package lies beside this one
    words = ["--model", DEMO, "--input", *pictures, "--output", tmp_path / "out", "--devices", "cpu"]
    command = [program, "run", "--engine", "openvino", *words]
    program.chmod(0o755)
    (program.parent / "segfleet-worker").chmod(0o755)
    ended = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=clean_environment())
    assert ended.returncode == 1
    assert f"pip install openvino=={version}" in ended.stderr, ended.stderr


FLEET = """
import sys
{imports}
import numpy as np
model, cache, *pictures = sys.argv[1:]
assert segfleet.__file__.startswith({place!r}), segfleet.__file__
with segfleet.Fleet(model, devices="cpu", cache=cache, engine={engine!r}) as fleet:
    for result in fleet.map(pictures):
        print(result.labels.shape, np.bincount(result.labels.ravel(), minlength=5).tolist())
"""


def fleet_program(path, place, imports="import segfleet", engine="openvino") -> pathlib.Path:
    path.write_text(FLEET.format(imports=imports, place=str(place), engine=engine))
    return path


@pytest.fixture(scope="module")
def expected(python, pictures, scratch):
    program = fleet_program(scratch / "fleet.py", python.parents[1])
    return done(python, program, DEMO, scratch / "cache", *pictures, cwd=scratch).stdout


def test_a_fleet_runs_the_demo_model(expected):
    assert len(expected.splitlines()) == 4
    assert all(line.startswith("(48, 64) ") for line in expected.splitlines())


@pytest.mark.parametrize("imports", ["import paddle, segfleet", "import segfleet, paddle"])
def test_paddle_may_be_imported_before_or_after(beside_paddle, pictures, expected, scratch, tmp_path, imports):
    program = fleet_program(tmp_path / "fleet.py", scratch / "beside_paddle", imports)
    command = [installed_wheel.PADDLE_PYTHON, program, DEMO, scratch / "cache", *pictures]
    assert done(*command, cwd=tmp_path, env=beside_paddle).stdout == expected


ENGINE = """
import sys
{import_paddle}
import numpy as np

class Brightest:
    def load(self, model, options):
        modules = list(sys.modules)
        if {paddle_first} is not None:
            assert (modules.index("paddle") < modules.index("segfleet")) == {paddle_first}

    def infer(self, batch, lane):
        return {argmax}


def by_paddle(batch):
    import paddle
    paddle.disable_static()  # its graph mode is of the thread
    return paddle.to_tensor(np.array(batch)).argmax(axis=1, dtype="int32").numpy()
"""


def test_pictures_are_decoded_in_a_process_that_holds_paddle(beside_paddle, pictures, scratch, tmp_path):
    """PNG, JPEG, WebP and TIFF, where Paddle's own zlib, protobuf and glog were loaded after segfleet's, and before."""
    program = fleet_program(tmp_path / "fleet.py", scratch / "beside_paddle", engine="brightest:Brightest")
    command = [installed_wheel.PADDLE_PYTHON, program, DEMO, tmp_path / "cache", *pictures]
    labels = []
    for at_start, import_paddle, paddle_first, argmax in [
        ("", "", None, "batch.argmax(axis=1).astype(np.int32)"),
        ("", "import paddle", False, "by_paddle(batch)"),
        ("import paddle", "", True, "by_paddle(batch)"),
    ]:
        (tmp_path / "sitecustomize.py").write_text(at_start)  # what every interpreter imports before all else
        engine = ENGINE.format(import_paddle=import_paddle, paddle_first=paddle_first, argmax=argmax)
        (tmp_path / "brightest.py").write_text(engine)
        environment = beside_paddle | {"PYTHONPATH": f"{tmp_path}:{beside_paddle['PYTHONPATH']}"}
        labels.append(done(*command, cwd=tmp_path, env=environment).stdout)
    assert len(labels[0].splitlines()) == 4
    assert labels[1] == labels[0] and labels[2] == labels[0]


TYPED = """
import numpy as np
import segfleet

with segfleet.Fleet("model", devices="cpu", batch=2) as fleet:
    result = fleet.submit(np.zeros((4, 4, 3), np.uint8)).result()
    reveal_type(result)
    reveal_type(result.labels)
    reveal_type(fleet.segment_batch(np.zeros((2, 4, 4, 3), np.uint8)))
    reveal_type(segfleet.load_model_package("model").class_names)
"""


def mypy(python, path) -> subprocess.CompletedProcess:
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--cache-dir",
        path.parent / "cache",
        "--python-executable",
        python,
        path,
    ]
    return subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, env=clean_environment(), cwd=path.parent
    )


def test_types_are_known_to_a_checker(python, tmp_path):
    (tmp_path / "good.py").write_text(TYPED)
    good = mypy(python, tmp_path / "good.py")
    assert good.returncode == 0, good.stdout + good.stderr
    revealed = re.findall(r'Revealed type is "(.*)"', good.stdout)
    assert revealed[0] == "segfleet._native.Segmentation"
    assert all("ndarray" in kind for kind in revealed[1:3]), revealed
    assert "list[" in revealed[3] and "str" in revealed[3]
    (tmp_path / "bad.py").write_text('import segfleet\nsegfleet.Fleet("model", devices=3)\n')
    bad = mypy(python, tmp_path / "bad.py")
    assert bad.returncode == 1 and 'has incompatible type "int"' in bad.stdout, bad.stdout + bad.stderr
