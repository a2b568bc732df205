# SPDX-License-Identifier: Apache-2.0
"""The documented bytes, read by other code: each fixture of golden/ against docs/protocol.md's fields."""

import pathlib
import re

import pytest
from message_pack import unpack

HERE = pathlib.Path(__file__).parent
PROTOCOL_PAGE = HERE.parent.parent / "docs" / "protocol.md"

MESSAGES = {
    "hello": {"type": b"hello", "protocol_version": 2, "segfleet_version": b"0.1.0", "pid": 4242},
    "setup": {
        "type": b"setup",
        "model": b"/models/demo",
        "engine": b"openvino",
        "engine_options": {
            "device": b"cpu",
            "threads": 2,
            "lanes": 1,
            "batch": 4,
            "precision": b"bf16",
            "cache_folder": b"/cache",
            "extra": {"k": b"v"},
            "scores": True,
            "incarnation": 3,
        },
        "output": b"/out",
        "write_mask": True,
        "write_overlay": True,
        "output_size": b"network",
        "sticky_resize_by_short": False,
        "limits": {
            "max_file_bytes": 512 << 20,
            "max_pixels": 256 << 20,
            "max_side": 65500,
            "max_jpeg_scans": 100,
        },
        "helper_threads": 3,
        "helper_threads_limit": 6,
        "layout": b"segfleet",
        "argmax_first": False,
        "fast_decode": True,
        "decode": b"nvjpeg",
        "results_in_memory": False,
        "write_confidence": True,
        "min_confidence": 0.4,
        "unknown_class": 254,
        "threshold": 0.7,
        "multi_label": True,
        "memory": {
            "limit_bytes": 4_000_000_000,
            "limit_share": 0.8,
            "reserve_bytes": 256 << 20,
            "reserve_share": 0.05,
            "workers": 2,
            "sharers": 3,
            "grow_batch": True,
            "first_batch": 4,
        },
    },
    "ready": {
        "type": b"ready",
        "engine_version": b"2026.4.1",
        "device_name": b"AMD EPYC",
        "batch": 4,
        "lanes": 2,
        "class_count": 19,
        "load_us": 123456,
        "loaded_from_cache": True,
    },
    "load_failed": {
        "type": b"load_failed",
        "error": {"code": b"model_invalid", "message": b"/models/demo/deploy.yaml: no model"},
    },
    "lease": {
        "type": b"lease",
        "items": [
            {"id": 1, "attempt": 1, "input": b"/in/\xff\xfe.jpg", "stem": b"\xff\xfe"},
            {"id": 2, "attempt": 3, "input": b"/in/b.png", "stem": b"sub/b", "compare": True},
        ],
    },
    "outcome_done": {
        "type": b"outcome",
        "id": 7,
        "attempt": 1,
        "done": True,
        "width": 2048,
        "height": 1024,
        "input_bytes": 300000,
        "labels_width": 0,
        "labels_height": 0,
        "mask_bytes": 12345,
        "mask_hash": b"0123456789abcdef0123456789abcdef",
        "overlay_bytes": 99,
        "confidence_bytes": 77,
        "stage_us": [1, 2, 3, 4, 5, 6, 7, 5_000_000_000],
        "moments_us": [10, 20, 30, 40, 50, 5_000_000_060],
        "class_pixels": [0, 2_000_000, 255, 97152],
    },
    "outcome_compared": {
        "type": b"outcome",
        "id": 8,
        "attempt": 1,
        "done": True,
        "width": 640,
        "height": 480,
        "input_bytes": 0,
        "labels_width": 0,
        "labels_height": 0,
        "mask_bytes": 0,
        "mask_hash": b"",
        "overlay_bytes": 0,
        "confidence_bytes": 0,
        "stage_us": [0] * 8,
        "moments_us": [0] * 6,
        "class_pixels": [],
        "decoded_otherwise": {"compared_pixels": 307200, "differing_pixels": 1234},
    },
    "outcome_failed": {
        "type": b"outcome",
        "id": 2**64 - 1,
        "attempt": 2,
        "done": False,
        "error": {"code": b"input_truncated", "message": b"/in/a.jpg ends early"},
        "failed_stage": b"decode",
        "width": 0,
        "height": 0,
        "input_bytes": 0,
        "labels_width": 0,
        "labels_height": 0,
        "mask_bytes": 0,
        "mask_hash": b"",
        "overlay_bytes": 0,
        "confidence_bytes": 0,
        "stage_us": [0] * 8,
        "moments_us": [0] * 6,
        "class_pixels": [],
    },
    "stats": {
        "type": b"stats",
        "wall_us": 1_000_000,
        "engine_busy_us": 900_000,
        "engine_idle_us": 50_000,
        "queued_prepare": 1,
        "queued_infer": 2,
        "queued_finish": 3,
        "prepare_threads": 4,
        "finish_threads": 5,
        "peak_rss_bytes": 100 << 20,
        "memory": {
            "batch": 8,
            "used_bytes": 3_000_000_000,
            "free_bytes": 5_000_000_000,
            "total_bytes": 8_000_000_000,
        },
    },
    "note": {"type": b"note", "text": b"cpu:0: batch 8 did not fit in memory, continuing with 4"},
    "drain": {"type": b"drain"},
}


DONE = {field: value for field, value in MESSAGES["outcome_done"].items() if field != "type"}
MESSAGES["outcomes"] = {"type": b"outcomes", "outcomes": [DONE, DONE]}


def golden(name):
    return bytes.fromhex((HERE / "golden" / f"{name}.hex").read_text())


def test_every_fixture_has_its_values_here():
    assert {path.stem for path in (HERE / "golden").glob("*.hex")} == set(MESSAGES)


@pytest.mark.parametrize("name", MESSAGES)
def test_fixture_decodes_to_the_documented_fields(name):
    assert unpack(golden(name)) == MESSAGES[name]


@pytest.mark.parametrize("name", MESSAGES)
def test_type_is_the_first_field(name):
    assert next(iter(unpack(golden(name)))) == "type"


@pytest.mark.parametrize("name", MESSAGES)
def test_every_field_is_documented(name):
    rows = re.findall(r"^\| (`.*?`) \|", PROTOCOL_PAGE.read_text(), re.MULTILINE)
    documented = set(re.findall(r"`(\w+)`", " ".join(rows)))

    def fields(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                yield key
                if key != "extra":  # its keys are the engine's own
                    yield from fields(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from fields(inner)

    assert set(fields(MESSAGES[name])) <= documented
