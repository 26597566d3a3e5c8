# Turns handlers/chinese.tsv into the table of handlers/chinese.c.

function literal(text) {
    gsub(/\\/, "&&", text)
    gsub(/"/, "\\\"", text)
    gsub(/\?/, "\\?", text)
    return "\"" text "\""
}

# The lengths of the pieces between the conversions.
function lengths(text,    count, pieces, i, all) {
    count = split(text, pieces, /%[swd]/)
    for (i = 1; i <= count; i++) {
        all += length(pieces[i])
    }
    return length(text) ", " length(pieces[1]) ", " all + 0 ", " length(pieces[count])
}

BEGIN {
    FS = "\t"
    print "/* Made by tools/messages.awk from handlers/chinese.tsv; do not edit. */"
    print "#include \"handlers/chinese.h\""
    print "const struct chinese_message chinese_messages[] = {"
}

/^#/ || /^$/ { next }
NF != 2 { printf "%s:%d: an English and a Chinese text are wanted, with a tab between\n", FILENAME, FNR > "/dev/stderr"; exit 1 }
{ printf "    { %s, %s, %s },\n", literal($1), literal($2), lengths($1) }

END {
    print "};"
    print "const size_t chinese_message_count = sizeof chinese_messages / sizeof chinese_messages[0];"
}
