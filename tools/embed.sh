#!/bin/sh
# Writes a file as a C array: tools/embed.sh NAME FILE gives
# const unsigned char NAME[] with a NUL behind it, and const size_t NAME_length.
set -eu
printf '/* Made by tools/embed.sh from %s; do not edit. */\n#include <stddef.h>\n' "$2"
printf 'extern const unsigned char %s[];\nextern const size_t %s_length;\n' "$1" "$1"
printf 'const unsigned char %s[] = {\n' "$1"
od -An -v -tu1 "$2" | sed -e 's/^ *//' -e 's/  */,/g' -e 's/$/,/'
printf '0};\nconst size_t %s_length = %s;\n' "$1" "$(wc -c < "$2" | tr -d ' ')"
