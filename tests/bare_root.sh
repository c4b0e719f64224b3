#!/usr/bin/env bash
# Proves README's two commands from nothing: a bare Debian 12 of debootstrap, with git, make and python3 in it, gets
# a clone of what is committed here, and `make demo` and `make test` run in it. Says what each of them cost.
# As root on Debian; arguments choose tests: tests/bare_root.sh -k approve. BASE=folder starts from a copy of that root.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "A chroot needs root."; exit 1; }

# All mounts and processes belong to namespaces of their own and end with them, however this ends: outside them
# nothing is ever mounted in the folder, so that it can be thrown away.
if [ "${1:-}" != --inside ]; then
    folder=$(mktemp -d /var/tmp/konnekt-bare-XXXXXX)
    trap 'rm -rf --one-file-system "$folder"' EXIT
    unshare --mount --pid --fork --kill-child "$0" --inside "$folder/root" "$@"
    exit
fi
root=$2
shift 2

. tests/debian_root.sh
debian_root "$root" ca-certificates,git,make,python3
git clone -q --no-hardlinks . "$root/srv/konnekt"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"

within "$root" bash -euo pipefail -c '
update-ca-certificates >/dev/null 2>&1
apt-get clean
rm -rf /var/lib/apt/lists/*
cd /srv/konnekt

debian() { dpkg-query -W | wc -l; }
python() { find .venv/lib -maxdepth 4 -name "*.dist-info" 2>/dev/null | wc -l; }
fetched() { du -smc /var/cache/apt/archives /var/lib/apt/lists /root/.cache 2>/dev/null | tail -1 | cut -f1; }
disk() { du -smx / | cut -f1; }
begin() { debian=$(debian) python=$(python) fetched=$(fetched) disk=$(disk) SECONDS=0; }
minutes() { echo "$((SECONDS / 60)):$(printf %02d $((SECONDS % 60))) minutes"; }
cost() {
    echo "$1: $2, $(($(debian) - debian)) Debian packages and $(($(python) - python)) Python packages, \
$(($(fetched) - fetched)) MB fetched, $(($(disk) - disk)) MB on disk"
}

echo "A bare Debian $(cat /etc/debian_version): $(debian) packages, $(disk) MB; $(nproc) cores"
begin
port=$(python3 -c "import socket; s = socket.socket(); s.bind((\"127.0.0.1\", 0)); print(s.getsockname()[1])")
make demo PORT="$port" >/tmp/demo.log 2>&1 &
demo=$!
until python3 -c "import urllib.request as r; r.urlopen(\"http://127.0.0.1:$port/login\", timeout=5)" 2>/dev/null; do
    kill -0 "$demo" || { cat /tmp/demo.log; exit 1; }
    sleep 1
done
shown=$(minutes)
python3 -m tests.demonstration "http://127.0.0.1:$port" instance/demo || { cat /tmp/demo.log; exit 1; }
kill "$demo"
wait "$demo" || true
demo_cost=$(cost "make demo" "$shown until the sign-in page")
echo "$demo_cost"

begin
failed=
PYTEST_ADDOPTS=-v make test ARGS="${*@Q}" 2>&1 | {
    first=
    while IFS= read -r line; do
        case $line in
        *PASSED*) [ -n "$first" ] || { first=$(minutes); cost "make test" "$first until its first test"; } ;;
        tests/*::*) ;; # begun
        *) printf "%s\n" "$line" ;;
        esac
    done
} || failed=yes
echo "$demo_cost"
cost "make test" "$(minutes) in all"
[ -z "$failed" ]
' bare "$@"
