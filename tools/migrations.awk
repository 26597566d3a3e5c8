# Turns db/migrations/NNNN_what.sql into an X-macro list, in the order of the numbers.
FNR == 1 {
    if (NR > 1) print "\") \\"
    else { print "/* Made by tools/migrations.awk from db/migrations; do not edit. */"; print "#define MIGRATIONS(X) \\" }
    file = FILENAME; sub(/.*\//, "", file)
    printf "    X(%d, \"%s\", \"", substr(file, 1, 4) + 0, file
}
{ gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); printf "%s\\n", $0 }
END { print "\")"; print "" }
