#!/usr/bin/env bash
# Installs Konnekt on a bare Debian 12 of debootstrap as docs/operating.md says, command by command, and says what that
# took. Everything is real but systemd, which a chroot has not: a stand-in starts what the units name.
# As root on Debian, of what is committed here; BASE=folder starts from a copy of that root.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "A chroot needs root."; exit 1; }
if [ "${1:-}" != --inside ]; then
    folder=$(mktemp -d /var/tmp/konnekt-install-XXXXXX)
    trap 'rm -rf --one-file-system "$folder"' EXIT
    unshare --mount --pid --fork --kill-child "$0" --inside "$folder"
    exit
fi
folder=$2 root=$2/root
. tests/debian_root.sh
debian_root "$root" ca-certificates
within "$root" update-ca-certificates >/dev/null 2>&1
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
git clone -q --no-hardlinks . "$root/konnekt.git"
echo "127.0.0.1 konnekt.example.org localhost" >"$root/etc/hosts"
mkdir -p "$root/usr/local/sbin"
cat >"$root/usr/local/sbin/systemctl" <<'STAND_IN'
#!/bin/bash -e
# `show UNIT` runs a unit that has a timer.
run() { runuser -u konnekt -- bash -c "set -a; . /etc/konnekt/environment; $*"; }
verb=$1
shift
for unit in "$@"; do
    file=/etc/systemd/system/${unit%.service}.service
    case $verb-$unit in
    *---*) ;;
    *-nginx) nginx -t -q && nginx ;;
    show-*) sed -n 's/%%/%/g; s/[$][$]/$/g; s/^ExecStart=//p; s/^ExecStartPost=//p' "$file" | while read -r line; do run "$line"; done ;;
    *-konnekt | *-konnekt-work | *-konnekt-deliver)
        for folder in $(sed -n 's/^StateDirectory=//p' "$file"); do install -d -m 700 -o konnekt -g konnekt "/var/lib/$folder"; done
        run "$(sed -n 's/^ExecStartPre=//p' "$file")"
        run exec "$(sed -n 's/^ExecStart=//p' "$file")" >/var/log/konnekt 2>&1 &
        ;;
    *) test -e "/etc/systemd/system/$unit" || test -e "$file" ;;
    esac
done
STAND_IN
chmod +x "$root/usr/local/sbin/systemctl"

mapfile -t lines < <(sed -n '/^## Install/,/^```$/{/^```/d; /^## /d; p}' docs/operating.md | grep -A99 ^apt-get)
begun=$(du -smx "$root" | cut -f1) SECONDS=0
for number in "${!lines[@]}"; do
    line=${lines[number]/https:\/\/git.example.org\/konnekt.git//konnekt.git}
    echo "$((number + 1)). $line"
    case $line in
    # Ports 80 and 443 are those of a network of its own; all that has to be fetched has been.
    systemctl*) break ;;
    esac
    within "$root" bash -euo pipefail -c "umask 022; $line" >"$folder/said" 2>&1 || { cat "$folder/said"; exit 1; }
done
ask='
import ssl, time
from urllib.request import urlopen
trusted = ssl.create_default_context(cafile="/etc/konnekt/fullchain.pem")
for _ in range(100):
    try:
        page = urlopen("https://konnekt.example.org/login", timeout=5, context=trusted).read().decode()
        break
    except OSError:
        time.sleep(0.2)
assert "Inloggen" in page'
export -f within
declare -p reach root line begun ask SECONDS >"$folder/variables"
unshare --net bash -euo pipefail -c '
. "$1/variables"
python3 -c "
import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack(\"16sh\", b\"lo\", 0x1))  # SIOCSIFFLAGS, IFF_UP"
within "$root" bash -euo pipefail -c "$line" </dev/null
within "$root" python3 -c "$ask"
took="$((SECONDS / 60)):$(printf %02d $((SECONDS % 60)))"
within "$root" systemctl show konnekt-backup konnekt-remind
within "$root" sh -c "ls -l /var/lib/konnekt-backups; konnekt check"
echo "Signing in is possible behind TLS after $took minutes; $(($(du -smx "$root" | cut -f1) - begun)) MB on disk."
' install "$folder"
