# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with inputs and outputs costs one item, or ends the run with its reason. Nothing is lost."""

import os
import resource
import subprocess

import cv2
import numpy as np
import pytest
from segfleet_cli import (
    DEMO_MODEL,
    SEGFLEET,
    ledger_rows,
    run,
    run_arguments,
    temporary_files,
    write_picture,
    write_pictures,
)


def failures(output) -> dict[str, str]:
    return dict(ledger_rows(output, "SELECT CAST(input AS TEXT), code FROM items WHERE state = 'failed'"))


def test_an_input_that_does_not_exist_is_a_usage_error(tmp_path):
    ended = run(DEMO_MODEL, tmp_path / "nowhere", tmp_path / "out")
    assert ended.status == 2, ended
    assert "nowhere" in ended.last["error"]["message"]
    assert not (tmp_path / "out").exists()


def test_an_empty_folder_is_a_usage_error_with_the_reason(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    ended = run(DEMO_MODEL, tmp_path / "in", tmp_path / "out")
    assert ended.status == 2, ended
    assert str(tmp_path / "in") in ended.last["error"]["message"]


def test_more_failures_than_allowed_end_the_run_and_the_same_command_goes_on(tmp_path):
    folder = tmp_path / "in"
    write_pictures(folder, 3)
    for name in ("a0.jpg", "a1.jpg"):
        (folder / name).write_text("no picture")
    ended = run(DEMO_MODEL, folder, tmp_path / "out", "--max-failures", "1")
    assert ended.status == 1, ended
    assert ended.last["error"]["code"] == "too_many_failures"
    assert len(failures(tmp_path / "out")) == 2
    assert temporary_files(tmp_path / "out") == []
    ended = run(DEMO_MODEL, folder, tmp_path / "out", "--max-failures", "2")
    assert ended.status == 3, ended
    assert ended.last["done"] + ended.last["skipped"] == 3


def test_each_bad_picture_fails_alone_with_its_own_code(tmp_path):
    folder = tmp_path / "in"
    good = write_pictures(folder, 3)
    whole = good[0].read_bytes()
    (folder / "zero.jpg").write_bytes(b"")
    (folder / "half.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "text.png").write_text("this is no picture at all, only words")
    (folder / "bomb.png").write_bytes(png_header(1_000_000, 1_000_000))
    write_picture(folder / "really_png.png").rename(folder / "wrong_suffix.jpg")
    os.mkfifo(folder / "pipe.jpg")
    (folder / "loop").symlink_to(folder)
    ended = run(DEMO_MODEL, folder, tmp_path / "out")
    assert ended.status == 3, ended
    codes = {os.path.basename(path): code for path, code in failures(tmp_path / "out").items()}
    assert codes.pop("zero.jpg") in ("input_truncated", "input_unsupported")
    assert codes == {
        "half.jpg": "input_truncated",
        "text.png": "input_unsupported",
        "bomb.png": "input_too_large",
        "pipe.jpg": "input_unreadable",
    }
    assert (ended.last["done"], ended.last["failed"]) == (4, 5)
    masks = sorted(p.name for p in (tmp_path / "out" / "masks").iterdir())
    assert masks == ["p0000.png", "p0001.png", "p0002.png", "wrong_suffix.png"]


def png_header(width: int, height: int) -> bytes:
    import struct
    import zlib

    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    data = b"IDAT" + zlib.compress(b"")
    return header + struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))


def test_an_unreadable_picture_fails_alone(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("root is needed here to become a user that may not read")
    folder = tmp_path / "in"
    write_pictures(folder, 1)
    secret = write_picture(folder / "secret.jpg")
    secret.chmod(0)
    for parent in [tmp_path, *tmp_path.parents]:
        if parent.stat().st_mode & 0o005 != 0o005 and os.access(parent, os.W_OK):
            parent.chmod(parent.stat().st_mode | 0o005)
    (tmp_path / "out").mkdir(mode=0o777)
    (tmp_path / "out").chmod(0o777)
    probe = subprocess.run([SEGFLEET, "--version"], user=65534, group=65534, extra_groups=[], capture_output=True)
    if probe.returncode != 0:
        pytest.skip("the build folder may not be entered by an ordinary user")
    arguments = run_arguments(DEMO_MODEL, folder, tmp_path / "out")
    arguments[arguments.index("--cache") + 1] = tmp_path / "out" / "cache"
    ended = subprocess.run(
        [str(a) for a in [SEGFLEET, *arguments]], user=65534, group=65534, extra_groups=[], capture_output=True
    )
    assert ended.returncode == 3, ended
    assert list(failures(tmp_path / "out").values()) == ["permission_denied"]


def test_two_inputs_that_would_share_a_mask_are_refused_before_any_work(tmp_path):
    write_picture(tmp_path / "in" / "a.jpg")
    write_picture(tmp_path / "in" / "a.png")
    ended = run(DEMO_MODEL, tmp_path / "in", tmp_path / "out")
    assert ended.status == 2, ended
    assert "--names full" in ended.last["error"]["message"]
    ended = run(DEMO_MODEL, tmp_path / "in", tmp_path / "out", "--names", "full")
    assert ended.status == 0, ended
    assert sorted(p.name for p in (tmp_path / "out" / "masks").iterdir()) == ["a.jpg.png", "a.png.png"]


def test_names_with_spaces_chinese_and_255_bytes_work(tmp_path):
    names = ["with space.jpg", "航拍图像.jpg", "x" * 251 + ".jpg", "#hash%41.jpg", "'quote\".jpg"]
    for i, name in enumerate(names):
        write_picture(tmp_path / "short.jpg", seed=i).rename(tmp_path / name)
    ended = run(DEMO_MODEL, tmp_path, tmp_path / "out")
    assert ended.status == 0, ended
    assert len(list((tmp_path / "out" / "masks").iterdir())) == len(names)


def test_an_output_that_cannot_be_made_ends_the_run_before_the_model_is_loaded(tmp_path):
    write_pictures(tmp_path / "in", 1)
    (tmp_path / "file").write_text("in the way")
    ended = run(DEMO_MODEL, tmp_path / "in", tmp_path / "file" / "out")
    assert ended.status in (1, 2), ended
    assert str(tmp_path / "file") in ended.last["error"]["message"]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("this machine does not allow mounts, so no full disk can be made")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk_stops_the_run_and_the_same_command_resumes(tmp_path, small_disk):
    write_pictures(tmp_path / "in", 40, width=900, height=700)
    output = small_disk / "out"
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 600_000)
    ended = run(DEMO_MODEL, tmp_path / "in", output)
    assert ended.status == 1, ended
    assert ended.last["error"]["code"] == "no_space"
    assert temporary_files(output) == []
    done = ledger_rows(output, "SELECT count(*) FROM items WHERE state = 'done'")[0][0]
    assert done < 40
    assert ledger_rows(output, "SELECT count(*) FROM items WHERE state = 'failed'") == [(0,)]
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    ended = run(DEMO_MODEL, tmp_path / "in", output)
    assert ended.status == 0, ended
    assert ended.last["skipped"] == done
    assert len(list((output / "masks").iterdir())) == 40


@pytest.mark.parametrize(("limit", "named"), [(1 << 20, "overlays"), (5000, "ledger.sqlite")])
def test_a_file_over_the_users_limit_stops_the_run_in_words(tmp_path, limit, named):
    """ulimit -f: of a worker's file, and of the coordinator's own."""
    (tmp_path / "in").mkdir()
    noise = np.random.default_rng(1).integers(0, 256, (2000, 3000, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "in" / "noise.jpg"), noise)
    words = ["--engine", "simulated", "--devices", "sim:0", "--outputs", "mask,overlay"]

    def limit_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    ended = run(DEMO_MODEL, tmp_path / "in", tmp_path / "out", *words, preexec_fn=limit_files)
    assert ended.status == 1, ended
    assert ended.last["error"]["code"] == "no_space"
    for word in (named, "File too large", f"{limit} bytes: ulimit -f"):
        assert word in ended.last["error"]["message"]
    assert temporary_files(tmp_path / "out") == []
    ended = run(DEMO_MODEL, tmp_path / "in", tmp_path / "out", *words)
    assert (ended.status, ended.last["done"]) == (0, 1), ended


def test_a_device_that_does_not_exist_names_those_that_do(tmp_path):
    write_pictures(tmp_path / "in", 1)
    ended = run(DEMO_MODEL, tmp_path / "in", tmp_path / "out", "--devices", "gpu:7")
    assert ended.status == 2, ended
    assert ended.last["error"]["code"] == "device_unknown"
    assert "cpu" in ended.last["error"]["message"]
