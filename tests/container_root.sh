#!/usr/bin/env bash
# Does the steps of deploy/Containerfile without an image builder, each in a bare Debian of debootstrap, and serves from
# what comes of them as a container would: as its own account, on a disk that is read-only, without a network.
# As root on Debian, of what is committed here; BASE=folder starts from a copy of that root.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "A chroot needs root."; exit 1; }

# All mounts and processes belong to namespaces of their own and end with them, however this ends.
if [ "${1:-}" != --inside ]; then
    folder=$(mktemp -d /var/tmp/konnekt-container-XXXXXX)
    trap 'rm -rf --one-file-system "$folder"' EXIT
    unshare --mount --pid --fork --kill-child "$0" --inside "$folder"
    exit
fi
folder=$2
. tests/debian_root.sh
debian_root "$folder/base" ca-certificates
within "$folder/base" update-ca-certificates >/dev/null 2>&1
git clone -q --no-hardlinks . "$folder/context"
disk() { du -smx "$1" | cut -f1; }

root= variables=() at=/ account=root volume= health= command=
copy() {
    local from=$folder/context to=${*: -1}
    case $1 in --from=*) from=$folder/${1#--from=}; shift ;; esac
    case $to in /*) to=$root$to ;; *) to=$root$at/$to ;; esac
    set -- "${@:1:$#-1}"
    for name in "$@"; do
        if [ -d "$from/$name" ]; then mkdir -p "$to"; cp -aT "$from/$name" "$to"; else cp -a "$from/$name" "$to"; fi
    done
}
while IFS=$'\t' read -r kind words <&3; do
    echo "$kind $words"
    case $kind in
    FROM)
        name=${words##* AS }
        [ "$name" != "$words" ] || name=image
        root=$folder/$name variables=() at=/ account=root
        cp -a "$folder/base" "$root"
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        ;;
    RUN) within "$root" env "${variables[@]}" sh -c "cd $at; $words" ;;
    COPY) copy $words ;;
    WORKDIR) at=$words; mkdir -p "$root$at" ;;
    ENV) variables+=("$words") ;;
    USER) account=$words ;;
    VOLUME) volume=$words ;;
    HEALTHCHECK) health=${words#*CMD } ;;
    CMD) command=$words ;;
    esac
done 3< <(python3 tests/container.py)
echo "The image: $(disk "$root") MB, of which the bare Debian $(disk "$folder/base")"

# As `read_only: true` with a tmpfs: what the image holds can't be written, the volume can.
mount --bind "$root" "$root"
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs -o "mode=700,uid=$(stat -c %u "$root$volume"),gid=$(stat -c %g "$root$volume")" tmpfs "$root$volume"
mount -o remount,ro,bind "$root"
inside() { chroot --userspec="$account:$account" "$root" env -i "${variables[@]}" sh -c "cd $at; $1"; }
export -f inside
export account root at health command
declare -p variables >"$folder/variables"
unshare --net bash -euo pipefail -c '
. "$1/variables"
python3 -c "
import fcntl, socket, struct
probe = socket.socket()
fcntl.ioctl(probe, 0x8914, struct.pack(\"16sh\", b\"lo\", 0x1))  # SIOCSIFFLAGS, IFF_UP"
[ "$(inside "id -u")" != 0 ] || { echo "It runs as root."; exit 1; }
for place in /etc /opt/konnekt/bin /usr/bin; do
    if inside "touch $place/x" 2>/dev/null; then echo "$place can be written."; exit 1; fi
done
SECONDS=0
(exec chroot --userspec="$account:$account" "$root" env -i "${variables[@]}" sh -c "cd $at; $command") &
served=$!
until inside "$health" 2>/dev/null; do
    kill -0 "$served" && [ "$SECONDS" -lt 60 ] || { echo "It does not answer."; exit 1; }
    sleep 0.5
done
inside "konnekt check"
inside "konnekt backup /var/lib/konnekt/b.zip"
echo "Healthy after $SECONDS seconds, as account $(inside "id -un"), on a disk that is read-only."
kill "$served"
wait "$served"
echo "It ended when it was told to."
' container "$folder"
