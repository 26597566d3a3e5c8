# Files that the build makes: SQL statements, migrations and start data as C arrays.
GENERATED_HEADERS :=
