#!/usr/bin/env bash
# Builds and tests everything; `./build.sh --target=Soak|Test|Benchmark|Microbenchmark|Package` for the rest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# dotnet and NuGet need a home; a container's step may have none.
if [ -z "${HOME:-}" ]; then
  HOME=$(getent passwd "$(id -u)" | cut -d: -f6 || true)
  [ -n "$HOME" ] && [ -w "$HOME" ] || { HOME="$PWD/artifacts/home"; mkdir -p "$HOME"; }
  export HOME
fi

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
# Nothing that the build starts outlives it.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false

dotnet tool restore </dev/null
exec dotnet cake build.cake "$@" </dev/null
