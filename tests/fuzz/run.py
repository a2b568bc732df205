# SPDX-License-Identifier: Apache-2.0
"""Runs every fuzz target of the preset fuzz for a time each: `python run.py SECONDS`. Exit 1 at the first finding."""

import pathlib
import subprocess
import sys

import decode_seeds

BUILD = pathlib.Path(__file__).resolve().parents[2] / "build"
PROGRAMS = BUILD / "fuzz"
CORPUS = BUILD / "fuzz-corpus"  # what earlier runs found to reach new code; kept
SEEDS = BUILD / "fuzz-seeds"


def folders_of(target: str) -> list[pathlib.Path]:
    """Where a target starts from. libFuzzer writes to the first folder and only reads the others."""
    corpus, seeds = CORPUS / target, SEEDS / target
    corpus.mkdir(parents=True, exist_ok=True)
    return [corpus, seeds] if seeds.is_dir() else [corpus]


def fuzz(program: pathlib.Path, seconds: int) -> bool:
    print(f"== {program.name} for {seconds} s", flush=True)
    limits = [f"-max_total_time={seconds}", "-rss_limit_mb=2560", "-timeout=25"]
    command = [program, *limits, "-print_final_stats=1", f"-artifact_prefix={CORPUS}/", *folders_of(program.name)]
    return subprocess.run(command).returncode == 0


def main() -> int:
    seconds = int(sys.argv[1])
    decode_seeds.make(SEEDS / "decode_fuzz", PROGRAMS / "tests/jpeg_maker")
    programs = sorted(p for p in (PROGRAMS / "fuzz").iterdir() if p.name.endswith("_fuzz"))
    for program in programs:
        if not fuzz(program, seconds):
            print(f"{program.name}: found an input that breaks it; it lies in {CORPUS}", file=sys.stderr)
            return 1
    print(f"{len(programs)} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
