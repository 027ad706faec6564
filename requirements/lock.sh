#!/usr/bin/env bash
# Writes requirements/dev.txt: every version pinned and hashed, no addresses, none of our own dists.
set -euo pipefail
cd "$(dirname "$0")/.."
ours=(); for project in schemas libs/* services/*; do ours+=("$project/pyproject.toml"); done
skip=(); for name in $(sed -n 's/^name = "\(hwb-.*\)"/\1/p' "${ours[@]}"); do skip+=(--no-emit-package "$name"); done
.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
  --no-annotate "${skip[@]}" "${ours[@]}" requirements/dev.in -o requirements/dev.txt "$@"
