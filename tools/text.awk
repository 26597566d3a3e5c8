# Turns a text file into one C string literal: #define MACRO "..." (-v macro=NAME).
BEGIN { printf "/* Made by tools/text.awk; do not edit. */\n#define %s \"", macro }
{ gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); printf "%s\\n", $0 }
END { print "\"" }
