#!/bin/sh
# Makes a bare Debian 12 in a new folder by debootstrap (root): tools/bare.sh DIR
# The tree is kept as build/bare-bookworm.tar for a week, since two targets start from it.
set -eu
directory=$1
kept=build/bare-bookworm.tar

[ "$(id -u)" -eq 0 ] || {
    echo "bare: debootstrap needs root" >&2
    exit 1
}
mkdir -p "$directory" build
if [ -z "$(find "$kept" -mtime -7 2>/dev/null)" ]; then
    tools/deps.sh fresh
    # The mirror that this machine's own packages come from, else debootstrap's own choice.
    # shellcheck disable=SC2016 # apt-get's format, not the shell's
    mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
        awk '$2 == "bookworm" && $1 !~ /ubuntu|security/ { print $1; exit }')
    tree=$(mktemp -d "${TMPDIR:-/tmp}/tallystick-bare.XXXXXX")
    trap 'rm -rf --one-file-system "$tree"' EXIT
    trap 'exit 1' INT TERM
    echo "bare: debootstrap of Debian 12, about a minute" >&2
    # shellcheck disable=SC2086 # the mirror may be absent
    if ! debootstrap --variant=minbase bookworm "$tree" $mirror >build/bare.log 2>&1; then
        tail -n 20 build/bare.log >&2
        exit 1
    fi
    rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/*
    tar -C "$tree" --numeric-owner -cf "$kept.part" .
    mv "$kept.part" "$kept"
fi
tar -C "$directory" --numeric-owner -xpf "$kept"
