#!/usr/bin/env bash
# A throw-away PostgreSQL cluster with durability on. Installs the server when the machine has none, starts it on a free
# loopback port, prints one line (the connection string), and serves until its standard input ends or it is told to stop;
# then the cluster is stopped and its directory removed. So it cannot outlive whoever holds the other end of the pipe.
set -euo pipefail

say() { echo "postgres.sh: $*" >&2; }

find_binaries() {
  local candidate
  if candidate=$(command -v initdb); then
    dirname "$(readlink -f "$candidate")"
    return
  fi
  candidate=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
  if [ -n "$candidate" ] && [ -x "$candidate/initdb" ] && [ -x "$candidate/postgres" ]; then
    echo "$candidate"
  fi
}

install_server() {
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo -n)
  say "no PostgreSQL server found: installing the Debian package"
  "${as_root[@]}" apt-get update -q >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends postgresql >&2
}

# The parent sends a line or closes the pipe; it must not be eaten by a child.
exec 3<&0 </dev/null

bin=$(find_binaries)
if [ -z "$bin" ]; then
  install_server
  bin=$(find_binaries)
  [ -n "$bin" ] || { say "the PostgreSQL server is missing even after its installation"; exit 1; }
fi

# Root's own temporary folder may be closed to the server's user.
parent=${TMPDIR:-/tmp}
[ "$(id -u)" != 0 ] || parent=/tmp
base=$(mktemp -d "$parent/scim-postgres.XXXXXXXX")
server=
tidy() {
  trap '' INT TERM HUP
  if [ -n "$server" ] && kill -INT "$server" 2>/dev/null; then
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$base"
}
trap tidy EXIT
trap 'exit 143' INT TERM HUP

# PostgreSQL refuses to run as root.
as_user=()
if [ "$(id -u)" = 0 ]; then
  user=postgres
  id -u "$user" >/dev/null 2>&1 || user=nobody
  as_user=(setpriv "--reuid=$(id -u "$user")" "--regid=$(id -g "$user")" --clear-groups)
  chown "$(id -u "$user"):$(id -g "$user")" "$base"
fi

password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf '%s' "$password" >"$base/password"
[ "$(id -u)" != 0 ] || chown "$(id -u "$user")" "$base/password"
chmod 600 "$base/password"

cd "$base"
"${as_user[@]}" "$bin/initdb" --pgdata="$base/data" --username=postgres --pwfile="$base/password" \
  --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 >"$base/initdb.log" 2>&1 \
  || { cat "$base/initdb.log" >&2; exit 1; }
# Another process may take the port between a look and the start: so start, and try the next one when it is refused.
ready=
for _ in 1 2 3 4 5 6 7 8; do
  port=$((20000 + RANDOM % 12000))
  "${as_user[@]}" setpriv --pdeathsig INT -- "$bin/postgres" -D "$base/data" -p "$port" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 -c shared_buffers=256MB \
    -c fsync=on -c synchronous_commit=on -c full_page_writes=on -c log_min_messages=warning \
    >>"$base/server.log" 2>&1 &
  server=$!
  for _ in $(seq 1 300); do
    kill -0 "$server" 2>/dev/null || break
    if [ "$(sed -n 8p "$base/data/postmaster.pid" 2>/dev/null | tr -d ' ')" = ready ]; then
      ready=1
      break 2
    fi
    sleep 0.1
  done
  kill -INT "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=
done
[ -n "$ready" ] || { cat "$base/server.log" >&2; exit 1; }

echo "Host=127.0.0.1;Port=$port;Database=postgres;Username=postgres;Password=$password"

# `read` is interrupted by a trapped signal; `cat` in the foreground would delay it.
while read -r -u 3 _; do :; done || true
