# SPDX-License-Identifier: Apache-2.0
"""Runs every fuzz target in build/fuzz/fuzz for a time each: `python run.py SECONDS`. Exit 1 at the first finding."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main() -> int:
    seconds = int(sys.argv[1])
    targets = sorted(p for p in (ROOT / "build/fuzz/fuzz").iterdir() if p.name.endswith("_fuzz"))
    for target in targets:
        corpus = ROOT / "build/fuzz-corpus" / target.name
        corpus.mkdir(parents=True, exist_ok=True)
        seeds = ROOT / "tests/fuzz/seeds" / target.name
        print(f"== {target.name} for {seconds} s", flush=True)
        command = [
            target,
            f"-max_total_time={seconds}",
            "-rss_limit_mb=2560",
            "-timeout=25",
            "-print_final_stats=1",
        ]
        command += [f"-artifact_prefix={corpus.parent}/", corpus, *([seeds] if seeds.is_dir() else [])]
        if subprocess.run(command).returncode != 0:
            print(f"{target.name}: found an input that breaks it; it lies in {corpus.parent}", file=sys.stderr)
            return 1
    print(f"{len(targets)} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
