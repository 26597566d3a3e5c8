#!/bin/sh
# Installs what is missing from the distribution: tools/deps.sh [build|test|tools|r|lint|fuzz|bench|image|fresh]...
#
# Debian 12, and Ubuntu where the names agree. Asks dpkg first, so that it costs a few
# milliseconds where nothing is missing and needs neither root nor network then.
set -eu

packages() {
    case $1 in
    build) echo gcc libc6-dev make pkg-config libmicrohttpd-dev libgnutls28-dev libjansson-dev libsqlite3-dev libsecp256k1-dev \
        libglpk-dev nettle-dev libgmp-dev zlib1g-dev libzstd-dev libcurl4-gnutls-dev python3 ;;
    test) echo libcmocka-dev python3 python3-pytest python3-requests python3-scipy python3-numpy python3-yaml \
        python3-cryptography python3-jsonschema python3-zstandard sqlite3 curl jq openssl ;;
    fuzz) echo clang libclang-rt-14-dev ;;
    fresh) echo debootstrap curl ;;
    image) echo buildah debootstrap ;;
    tools) echo python3-venv ca-certificates ;;
    r) echo r-base-core ;;
    lint) echo clang shellcheck ;;
    bench) echo nginx-light wrk ;;
    *)
        echo "deps: no set named '$1'; there are build, test, tools, r, lint, fuzz, bench, image and fresh" >&2
        exit 2
        ;;
    esac
}

missing_of() {
    # dpkg-query names the packages that it knows; what it does not say is installed is missing.
    installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
        awk '$2 == "installed" { print $1 }') || true
    for package in "$@"; do
        case "
$installed
" in
        *"
$package
"*) ;;
        *) printf '%s ' "$package" ;;
        esac
    done
}

# A list that another apt holds is waited for; any other failure is told at once.
update_lists() {
    tries=0
    until as_root apt-get -o Acquire::Retries=3 -q update >"$log" 2>&1; do
        tries=$((tries + 1))
        if [ $tries -ge 60 ] || ! grep -q 'Could not get lock' "$log"; then
            return 1
        fi
        [ $tries -gt 1 ] || echo "deps: waiting for another apt-get to end" >&2
        sleep 5
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

wanted=
for set in "${@:-build}"; do
    wanted="$wanted $(packages "$set")"
done

if ! command -v dpkg-query >/dev/null 2>&1; then
    # Another distribution: the compiler will say what it lacks.
    echo "deps: no dpkg here; needed from your distribution, by their Debian names:$wanted" >&2
    exit 0
fi

# shellcheck disable=SC2086 # a list of words
missing=$(missing_of $wanted)
[ -n "$missing" ] || exit 0

echo "deps: installing $missing" >&2
if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null 2>&1; then
    echo "deps: this needs root or sudo; as root: apt-get install $missing" >&2
    exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! update_lists; then
    cat "$log" >&2
    echo "deps: apt-get update failed (see above); is there a network, and are the package sources right?" >&2
    exit 1
fi
# shellcheck disable=SC2086 # a list of words
if ! as_root apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -q -y --no-install-recommends install \
    $missing >"$log" 2>&1; then
    cat "$log" >&2
    echo "deps: apt-get install failed (see above); wanted: $missing" >&2
    exit 1
fi
