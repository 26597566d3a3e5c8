# Turns handlers/chinese.tsv into the table of handlers/chinese.c.

function literal(text) {
    gsub(/\\/, "&&", text)
    gsub(/"/, "\\\"", text)
    gsub(/\?/, "\\?", text)
    return "\"" text "\""
}

BEGIN {
    FS = "\t"
    print "/* Made by tools/messages.awk from handlers/chinese.tsv; do not edit. */"
    print "#include \"handlers/chinese.h\""
    print "const struct chinese_message chinese_messages[] = {"
}

/^#/ || /^$/ { next }
NF != 2 { printf "%s:%d: an English and a Chinese text are wanted, with a tab between\n", FILENAME, FNR > "/dev/stderr"; exit 1 }
{ printf "    { %s, %s },\n", literal($1), literal($2) }

END {
    print "};"
    print "const size_t chinese_message_count = sizeof chinese_messages / sizeof chinese_messages[0];"
}
