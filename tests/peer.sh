#!/usr/bin/env bash
# Runs a program of tests/peers, other people's code to check ours by: its name, and what it is given. Installs Node.js when the
# machine has none, and the packages as their lock file has them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/peers"

install() {
  if ! command -v npm >&2; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends nodejs npm
  fi
  npm ci --no-audit --no-fund --ignore-scripts
  cp package-lock.json node_modules/.installed
}

# One test run at a time.
exec 9>.lock
flock 9
cmp -s package-lock.json node_modules/.installed || install >&2 </dev/null
exec 9>&-
exec node "$@"
