#!/bin/sh
# Builds the container image with docker, podman or buildah, whichever is there:
#   tools/image.sh                  builds the image named by TAG (tallystick)
#   tools/image.sh --unpack DIR     writes the root file system of the built image into DIR
# Without any of them it installs buildah, which needs no daemon; where no registry can be
# reached either, the base image is made from a debootstrap tree.
set -eu
tag=${TAG:-tallystick}
store=build/image

engine() {
    for candidate in docker podman; do
        if command -v $candidate >/dev/null 2>&1 && timeout 20 $candidate info >/dev/null 2>&1 &&
            [ "$($candidate info 2>/dev/null | grep -c 'Server Version\|graphRoot')" -gt 0 ]; then
            echo $candidate
            return
        fi
    done
    echo buildah
}

# buildah with a store of its own below build/, by plain files: works in a container too.
local_buildah() {
    command=$1
    shift
    buildah --root "$PWD/$store/root" --runroot "$PWD/$store/run" --storage-driver vfs "$command" "$@"
}

buildah_base() {
    # timeout starts programs, not functions: hence the options again.
    if timeout 60 buildah --root "$PWD/$store/root" --runroot "$PWD/$store/run" --storage-driver vfs \
        pull -q docker.io/library/debian:bookworm-slim >/dev/null 2>&1; then
        echo docker.io/library/debian:bookworm-slim
        return
    fi
    echo "image: no registry of images can be reached; making the base by debootstrap" >&2
    tree=$(mktemp -d "${TMPDIR:-/tmp}/tallystick-base.XXXXXX")
    trap 'rm -rf --one-file-system "$tree"' EXIT
    trap 'exit 1' INT TERM
    tools/bare.sh "$tree" >&2
    rm -rf "$tree"/usr/share/doc/* "$tree"/usr/share/man/* "$tree"/usr/share/locale/*
    container=$(local_buildah from scratch)
    local_buildah add -q "$container" "$tree" / >&2
    local_buildah commit -q --rm "$container" localhost/debian:bookworm-slim >&2
    echo localhost/debian:bookworm-slim
}

build_with_buildah() {
    tools/deps.sh image
    local_buildah rm --all >/dev/null # what an interrupted build has left
    base=$(buildah_base)
    # The host's package configuration is lent to the build and stays out of the image. The
    # sources of another release would not fit: such a host lends its options alone.
    lent="--volume /etc/apt/apt.conf.d:/etc/apt/apt.conf.d:ro"
    if grep -qs '^VERSION_CODENAME=bookworm$' /etc/os-release; then
        lent="--volume /etc/apt:/etc/apt:ro --volume /usr/share/keyrings:/usr/share/keyrings:ro"
    fi
    # shellcheck disable=SC2086 # a list of words
    local_buildah bud --isolation chroot --pull-never --format docker --layers=false $lent \
        --build-arg "BASE=$base" -f docker/Dockerfile -t "$tag" .
    local_buildah rmi --prune >/dev/null 2>&1 || true # what carried the name before
}

unpack() {
    mkdir -p "$1"
    case $engine in
    buildah)
        container=$(local_buildah from --pull-never "$tag")
        mounted=$(local_buildah mount "$container")
        tar -C "$mounted" --numeric-owner -cf - . | tar -C "$1" --numeric-owner -xpf -
        local_buildah umount "$container" >/dev/null
        local_buildah rm "$container" >/dev/null
        ;;
    *)
        container=$($engine create "$tag")
        $engine export "$container" | tar -C "$1" --numeric-owner -xpf -
        $engine rm -v "$container" >/dev/null # with the volume that it got for /data
        ;;
    esac
}

engine=$(engine)
mkdir -p "$store"
if [ "${1:-}" = --unpack ]; then
    unpack "$2"
elif [ "$engine" = buildah ]; then
    build_with_buildah
    echo "image: $tag is in the store $store/root (buildah --root $store/root --storage-driver vfs images)"
else
    format=
    [ "$engine" = docker ] || format="--format docker" # the only one that knows health checks
    # shellcheck disable=SC2086 # two words or none
    "$engine" build $format -f docker/Dockerfile -t "$tag" .
    echo "image: $tag, built by $engine"
fi
