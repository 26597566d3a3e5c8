#!/bin/sh
# Proves the two commands of the README on a machine that has git and make and nothing else:
# a bare Debian 12, entered by chroot, with the host's package configuration. Needs root.
#
# All runs in a mount and a process namespace of its own: when the first process in there
# ends, its mounts are gone and what it started has ended, whatever happened.
set -eu

say() { echo "fresh: $*"; }

if [ "${1:-}" != --inside ]; then
    [ "$(id -u)" -eq 0 ] || {
        say "needs root, for chroot" >&2
        exit 1
    }
    tools/deps.sh fresh
    [ -z "$(git status --porcelain)" ] || say "what is not committed is not part of the test"
    work=$(mktemp -d "${TMPDIR:-/tmp}/tallystick-fresh.XXXXXX")
    trap 'rm -rf --one-file-system "$work"' EXIT
    unshare --mount --pid --fork --kill-child "$0" --inside "$work" &
    unshared=$!
    # unshare holds back what would end it. Its child's end ends all in there, and then unshare.
    trap 'kill -s KILL $(cat "/proc/$unshared/task/$unshared/children")' INT TERM
    wait $unshared && code=0 || code=$?
    wait $unshared 2>/dev/null || true # a signal ends the first wait early
    exit "$code"
fi

work=$2
root=$work/root
started=$(date +%s)

mount -t proc proc /proc # of this namespace: only what runs in here is seen
tools/bare.sh "$root"

# The host's ways to packages: sources, options, keys, names, certificates. The sources of another
# release would not fit: such a host lends its options (a proxy, say) alone.
if grep -qs '^VERSION_CODENAME=bookworm$' /etc/os-release; then
    rm -rf "$root/etc/apt"
    cp -a /etc/apt "$root/etc/apt"
    cp -a /usr/share/keyrings/. "$root/usr/share/keyrings/"
else
    cp -a /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
fi
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
for certificates in /usr/local/share/ca-certificates /etc/ssl/certs; do
    if [ -d "$certificates" ]; then
        mkdir -p "$root$certificates"
        cp -aL "$certificates/." "$root$certificates/"
    fi
done

mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir "$root/dev/shm" "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$root/dev/pts" # a test opens a terminal
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs tmpfs "$root/tmp"
chmod 1777 "$root/tmp" "$root/dev/shm"

inside() {
    chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive ${http_proxy:+http_proxy="$http_proxy"} \
        ${https_proxy:+https_proxy="$https_proxy"} ${no_proxy:+no_proxy="$no_proxy"} "$@"
}

say "installing git and make"
inside sh -c 'apt-get -q update && apt-get -q -y --no-install-recommends install git make' >"$work/apt.log" 2>&1 || {
    tail -n 20 "$work/apt.log"
    exit 1
}
git bundle create -q "$root/root/tallystick.bundle" HEAD
inside git -c advice.detachedHead=false clone -q /root/tallystick.bundle /root/tallystick

listen=127.0.0.1:8080
if curl -s --noproxy '*' -o /dev/null "http://$listen/"; then
    listen=127.0.0.1:18080
    say "port 8080 is taken here; using $listen"
    set -- "LISTEN=$listen"
else
    set --
fi

say "make run"
# shellcheck disable=SC2016 # for the shell inside
inside setsid sh -c 'echo $$ >/root/run.pid && cd /root/tallystick && exec make "$@"' make run "$@" >"$work/run.log" 2>&1 &
run=$!
waited=0
until grep -q "^listening on http://$listen" "$work/run.log"; do
    if [ $waited -ge 900 ] || ! kill -0 $run 2>/dev/null; then
        tail -n 40 "$work/run.log"
        say "make run did not come to listen"
        echo "0 passed, 1 failed"
        exit 1
    fi
    sleep 1
    waited=$((waited + 1))
done
say "make run listens after $waited s"

# It lives, it is ready, and it has what a new database starts with.
for path in /healthz /readyz /provinces/CN-HB; do
    if ! curl -sS -f --noproxy '*' --max-time 10 -o "$work/answer" "http://$listen$path"; then
        tail -n 40 "$work/run.log"
        say "GET $path was not answered well"
        echo "0 passed, 1 failed"
        exit 1
    fi
    say "GET $path: $(head -c 100 "$work/answer" | tr '\n' ' ')"
done
# setsid made the shell, and so make, the leader of a group: stop all of it, as Ctrl-C would.
kill -s TERM -- "-$(cat "$root/root/run.pid")"
waited=0
while kill -0 $run 2>/dev/null; do
    if [ $waited -ge 30 ]; then
        say "make run did not stop within 30 s"
        echo "0 passed, 1 failed"
        exit 1
    fi
    sleep 1
    waited=$((waited + 1))
done
wait $run 2>/dev/null || true
say "make run has stopped"

say "make test"
inside sh -c 'cd /root/tallystick && make test' >"$work/test.log" 2>&1 && code=0 || code=$?
cat "$work/test.log"
say "$(($(date +%s) - started)) s in all"
last=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$work/test.log" | tail -n 1)
passed=${last%% passed*} failed=${last#*, } failed=${failed%% *}
if [ -z "$last" ] || { [ "$code" -ne 0 ] && [ "$failed" -eq 0 ]; }; then
    failed=$((${failed:-0} + 1))
fi
echo "$((${passed:-0} + 1)) passed, $failed failed" # one more: make run
[ "$failed" -eq 0 ]
