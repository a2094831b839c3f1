#!/usr/bin/env bash
# A throw-away PostgreSQL cluster with durability on. Installs the server when the machine has none, starts it on a free
# loopback port, prints one line (the connection string), and serves until its standard input ends or it gets a signal;
# then the cluster is stopped and its directory removed. So it cannot outlive whoever holds the other end of the pipe.
# The lines `stop fast`, `stop immediate` and `start` on standard input take the server away and bring it back; each is
# repeated on standard output when it is done.
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
  if [ "$(id -u)" != 0 ]; then
    as_root=(sudo -n)
    sudo -n true 2>/dev/null || { say "no PostgreSQL server found, and no right to install one: apt-get install postgresql"; exit 1; }
  fi
  say "no PostgreSQL server found: installing the Debian package"
  "${as_root[@]}" apt-get update -q >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends postgresql >&2
}

# What the parent sends must not be eaten by a child.
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
  [ -z "$server" ] || stop INT
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

# Starts the server on a port and waits until it takes connections.
start() {
  "${as_user[@]}" setpriv --pdeathsig INT -- "$bin/postgres" -D "$base/data" -p "$1" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 -c shared_buffers=256MB \
    -c fsync=on -c synchronous_commit=on -c full_page_writes=on -c log_min_messages=warning \
    >>"$base/server.log" 2>&1 &
  server=$!
  for _ in $(seq 1 300); do
    kill -0 "$server" 2>/dev/null || break
    [ "$(sed -n 8p "$base/data/postmaster.pid" 2>/dev/null | tr -d ' ')" != ready ] || return 0
    sleep 0.1
  done
  stop INT
  return 1
}

stop() {
  kill "-$1" "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=
}

# Another process may take the port between a look and the start: so start, and try the next one when it is refused.
ready=
for _ in 1 2 3 4 5 6 7 8; do
  port=$((20000 + RANDOM % 12000))
  if start "$port"; then
    ready=1
    break
  fi
done
[ -n "$ready" ] || { cat "$base/server.log" >&2; exit 1; }

echo "Host=127.0.0.1;Port=$port;Database=postgres;Username=postgres;Password=$password"

# `read` is interrupted by a trapped signal; `cat` in the foreground would delay it.
while read -r -u 3 order; do
  case $order in
    "stop fast") stop INT ;;
    "stop immediate") stop QUIT ;;
    start) start "$port" || { cat "$base/server.log" >&2; exit 1; } ;;
  esac
  echo "$order"
done || true
