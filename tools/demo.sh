#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `./dev demo`: makes pictures, turns them into masks on at least two workers, scores the masks against the truth.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

python=.venv/bin/python
scenes=out/demo/scenes
result=out/demo/result
rm -rf out/demo
mkdir -p out/demo

echo "== making 48 aerial pictures with their ground truth in $scenes" >&2
$python tools/make_scenes.py --output "$scenes" --count 48 --sizes mixed --seed 2026 >/dev/null

# At least two workers: one a core, or two on the only core.
devices=(--devices auto)
[ "$(nproc)" -gt 1 ] || devices=(--devices cpu --workers-per-device 2)
run=(build/release/bin/segfleet run --model models/demo --input "$scenes/images" --output "$result" --outputs mask,overlay "${devices[@]}")
echo "== ${run[*]}" >&2
"${run[@]}"

echo
echo "accuracy against the ground truth:"
$python tools/score_masks.py --masks "$result/masks" --labels "$scenes/labels"
echo
echo "Look at $result/overlays/ and $result/masks/; the pictures are in $scenes/images/."
