# To be sourced: `debian_root FOLDER PACKAGES` makes a bare Debian 12 there, by debootstrap, which reaches what this
# machine reaches. Within namespaces of one's own, for it mounts /proc and /dev. BASE=folder starts from a copy of that.
debian_root() {
    local root=$1 mirrors settings
    command -v debootstrap >/dev/null || apt-get install -q -y --no-install-recommends debootstrap
    # The Debian mirrors of this machine, and how it reaches them and PyPI, are the machine's: read here, written nowhere else.
    mirrors=$(. /etc/os-release
        apt-get indextargets --format 'deb $(SITE) $(RELEASE) main' 'Created-By: Packages' 'Component: main' \
            | sed -n "s/ $VERSION_CODENAME\(-[a-z]*\)\? main$/ bookworm\1 main/p" | sort -u)
    if [ -n "${BASE:-}" ]; then cp -a "$BASE" "$root"
    else
        debootstrap --variant=minbase --include="$2" bookworm "$root" \
            "$(sed -n 's/^deb \(.*\) bookworm main$/\1/p;' <<<"$mirrors" | head -1)" >"$root.log" || { cat "$root.log"; return 1; }
    fi
    rm -f "$root"/etc/apt/sources.list.d/*
    echo "$mirrors" >"$root/etc/apt/sources.list"
    apt-config dump Acquire >"$root/etc/apt/apt.conf.d/99-as-outside"
    cp -L /etc/resolv.conf "$root/etc/"
    for settings in /etc/pip.conf /etc/xdg/pip /root/.config/pip /usr/local/share/ca-certificates; do
        if [ -e "$settings" ]; then mkdir -p "$root${settings%/*}"; cp -rT "$settings" "$root$settings"; fi
    done
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # nothing boots in here: packages start no service
    chmod +x "$root/usr/sbin/policy-rc.d"
    mapfile -t reach < <(env | grep -E '^(PIP_|[a-z]+_proxy=|[A-Z]+_PROXY=)' || true)
}

# In a root that debian_root made: run a command, with nothing of this machine's environment but how to reach the mirrors.
within() {
    local root=$1
    shift
    env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${reach[@]}" \
        chroot "$root" "$@"
}
