# Turns .sql files into an X-macro list (its name: -v macro=NAME). A statement starts with a line
# "-- name: NAME"; comment lines are left out; it ends at the next name or file.
function flush_statement() {
    if (name == "") return
    if (sql == "") { print FILENAME ": statement " name " is empty" > "/dev/stderr"; failed = 1; exit 1 }
    printf "    X(%s, \"%s\") \\\n", name, sql
    name = ""; sql = ""
}
BEGIN { print "/* Made by tools/statements.awk; do not edit. */"; if (macro == "") macro = "STATEMENTS"; printf "#define %s(X) \\\n", macro }
FNR == 1 { flush_statement() }
/^-- name: [a-z_0-9]+$/ { flush_statement(); name = $3
    if (name in seen) { print FILENAME ": " name " twice" > "/dev/stderr"; failed = 1; exit 1 }
    seen[name] = 1; next }
/^[ \t]*--/ { next }
{ gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); sub(/^[ \t]+/, ""); sub(/[ \t]+$/, "")
  if ($0 != "") sql = sql (sql == "" ? "" : " ") $0 }
END { if (!failed) { flush_statement(); print "" } }
