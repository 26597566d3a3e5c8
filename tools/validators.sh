#!/bin/sh
# Fetches the tools of tests/tools from PyPI, npm, Go's modules and the distribution into a folder: tools/validators.sh DIR
# What cannot be had is left out; the tests that need it are then skipped, and counted.
set -u
directory=$1

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

mkdir -p "$directory"
cp tests/tools/debian.txt "$directory/debian.list"
for kind in python node go cosignature debian; do
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
        echo "validators: no $needs here; its tests will be skipped" >&2
    elif "fetch_$kind" >"$directory/$kind.log" 2>&1; then
        cp "$list" "$directory/$kind.made"
    else
        tail -n 5 "$directory/$kind.log" >&2
        rm -rf "${directory:?}/$kind"
        echo "validators: $kind tools could not be fetched; their tests will be skipped" >&2
    fi
done
