# Turns docs/errors/CODE.md, sorted by name, into the table of handlers/errors.c: a web page each.
# The Markdown that it reads is what these pages use: headings, paragraphs, lists by "* ",
# fenced blocks, `code`, **strong**, and [links](CODE.md). All else is taken as text.

function escape(text) {
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    gsub(/>/, "\\&gt;", text)
    gsub(/"/, "\\&quot;", text)
    return text
}

# Everything goes into C's text literals.
function put(text) {
    gsub(/\\/, "&&", text)
    gsub(/"/, "\\\"", text)
    gsub(/\?/, "\\?", text)
    printf "    \"%s\\n\"\n", text
}

# `code` first, since what stands in it is nothing else.
function inline(text,    out, at, word, target) {
    out = ""
    text = escape(text)
    while (match(text, /`[^`]+`|\*\*[^*]+\*\*|\[[^]]+\]\([a-z0-9_]+\.md\)/)) {
        word = substr(text, RSTART, RLENGTH)
        out = out substr(text, 1, RSTART - 1)
        text = substr(text, RSTART + RLENGTH)
        if (word ~ /^`/) {
            out = out "<code>" substr(word, 2, length(word) - 2) "</code>"
        } else if (word ~ /^\*/) {
            out = out "<strong>" substr(word, 3, length(word) - 4) "</strong>"
        } else {
            at = index(word, "](")
            target = substr(word, at + 2, length(word) - at - 5)
            out = out "<a href=\"/errors/" target "\">" substr(word, 2, at - 2) "</a>"
        }
    }
    return out text
}

function close_block() {
    if (paragraph != "") {
        put("<p>" inline(paragraph) "</p>")
        paragraph = ""
    }
    if (is_list) {
        put("</ul>")
        is_list = 0
    }
}

function end_page() {
    close_block()
    if (code != "") {
        put("<p><a href=\"/errors\">All errors</a></p>")
        put("</main></body></html>")
        print "  ) },"
    }
}

BEGIN {
    print "/* Made by tools/pages.awk from docs/errors; do not edit. */"
    print "#include \"handlers/errors.h\""
    print "#define PAGE(TEXT) TEXT, sizeof(TEXT) - 1"
    print "const struct error_page error_pages[] = {"
}

FNR == 1 {
    end_page()
    code = FILENAME
    sub(/.*\//, "", code)
    sub(/\.md$/, "", code)
    printf "  { \"%s\", PAGE(\n", code
    put("<!DOCTYPE html>")
    put("<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>" code "</title></head>")
    put("<body><main>")
}

/^```/ {
    close_block()
    put(is_fenced ? "</code></pre>" : "<pre><code>")
    is_fenced = !is_fenced
    next
}

is_fenced { put(escape($0)); next }

/^#+ / {
    close_block()
    level = index($0, " ") - 1
    put("<h" level ">" inline(substr($0, level + 2)) "</h" level ">")
    next
}

/^\* / {
    if (!is_list) {
        close_block()
        put("<ul>")
        is_list = 1
    }
    put("<li>" inline(substr($0, 3)) "</li>")
    next
}

/^$/ { close_block(); next }

{ paragraph = paragraph == "" ? $0 : paragraph " " $0 }

END {
    end_page()
    print "};"
    print "const size_t error_page_count = sizeof error_pages / sizeof error_pages[0];"
}
