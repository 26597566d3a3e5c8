#!/bin/sh
# Fetches the tools of tests/tools from PyPI, npm, Go's modules and the distribution into a folder: tools/validators.sh DIR [KIND...]
# What cannot be had is left out; the tests that need it are then skipped, and counted. Why, DIR/KIND.missing says, by its first word:
# absent (this machine lacks what fetches it, or has too old a one), offline (nobody answered), failed (all else: .ci/run takes that for a
# failure, tests/tools/conftest.py).
set -u
directory=$1
shift
[ $# -gt 0 ] || set -- python node go cosignature debian

# fetched NAME FILE: true where NAME was made from just this FILE.
fetched() {
    [ -f "$directory/$1.made" ] && cmp -s "$2" "$directory/$1.made"
}

fetch_python() {
    rm -rf "$directory/python" &&
        /usr/bin/python3 -m venv "$directory/python" &&
        timeout 300 "$directory/python/bin/pip" install -q --disable-pip-version-check -r tests/tools/requirements.txt
}

fetch_node() {
    rm -rf "$directory/node" && mkdir -p "$directory/node" && cp tests/tools/package.json "$directory/node/" &&
        (cd "$directory/node" && timeout 300 npm install --no-audit --no-fund --ignore-scripts --loglevel=error)
}

fetch_go() {
    rm -rf "$directory/go" && mkdir -p "$directory/go" && cp tests/tools/note/* "$directory/go/" &&
        (cd "$directory/go" && timeout 300 go build -mod=readonly -o verify-note .)
}

# Packages that are taken apart instead of installed: nobody who tests wants their services.
fetch_debian() {
    rm -rf "$directory/debian" && mkdir -p "$directory/debian/packages" &&
        (cd "$directory/debian/packages" && xargs timeout 300 apt-get -q -o APT::Sandbox::User=root download <../../debian.list) &&
        for package in "$directory"/debian/packages/*.deb; do dpkg-deb -x "$package" "$directory/debian" || return 1; done
}

# Apart, since it wants a newer Go.
fetch_cosignature() {
    rm -rf "$directory/cosignature" && mkdir -p "$directory/cosignature" && cp tests/tools/cosignature/* "$directory/cosignature/" &&
        (cd "$directory/cosignature" && timeout 300 go build -mod=readonly -o verify-cosignature .)
}

# answers KIND: whether those answer who bring it, asked for something else than what has failed.
answers() {
    case $1 in
    python) timeout 60 "$directory/python/bin/pip" index versions --disable-pip-version-check --no-cache-dir pip ;;
    node) timeout 60 npm view --prefer-online npm version ;;
    go | cosignature) (cd "$directory/$1" && timeout 60 go list -m -versions golang.org/x/mod) ;;
    debian) mkdir -p "$directory/asked" && (cd "$directory/asked" && timeout 60 apt-get -q -o APT::Sandbox::User=root download hostname) ;;
    esac >/dev/null 2>&1
}

# What a tool's own reader says where this machine has too old a one for it.
too_old='requires go >=|invalid go version|requires a different Python|require a different python|EBADENGINE|Unsupported engine'

# why KIND: the line of its .missing, after its log.
why() {
    if grep -Eqi "$too_old" "$directory/$1.log"; then
        echo "absent: what fetches the $1 tools is too old here for them"
    elif answers "$1"; then
        echo "failed: the $1 tools could not be fetched, though their registry answered"
    else
        echo "offline: the $1 tools could not be fetched, and their registry did not answer"
    fi
}

# A registry may fail once in the midst: what could not be had although it answers is tried again.
fetch() {
    "fetch_$1" >"$directory/$1.log" 2>&1 && return
    why "$1" >"$directory/$1.missing"
    grep -q '^failed' "$directory/$1.missing" && "fetch_$1" >"$directory/$1.log" 2>&1
}

mkdir -p "$directory"
cp tests/tools/debian.txt "$directory/debian.list"
for kind in "$@"; do
    case $kind in
    python) list=tests/tools/requirements.txt needs=/usr/bin/python3 ;;
    node) list=tests/tools/package.json needs=npm ;;
    go) list=tests/tools/note/go.sum needs=go ;;
    debian) list=tests/tools/debian.txt needs=apt-get ;;
    cosignature) list=tests/tools/cosignature/go.sum needs=go ;;
    esac
    if fetched "$kind" "$list"; then
        continue
    elif ! command -v "$needs" >/dev/null 2>&1; then
        echo "absent: no $needs here, which fetches the $kind tools" >"$directory/$kind.missing"
    elif fetch "$kind"; then
        cp "$list" "$directory/$kind.made"
        rm -f "$directory/$kind.missing"
        continue
    else
        tail -n 5 "$directory/$kind.log" >&2
        rm -rf "${directory:?}/$kind"
    fi
    echo "validators: $(cat "$directory/$kind.missing"); their tests will be skipped" >&2
done
