"""Looks for what the house forbids; every rule says why. Standard library only, but for tools/openapi.py.

Prints one line a finding, then `N passed, N failed` over the rules. Run by `make lint`,
after both compilers have read every source with all warnings as errors.
"""

import ast
import hashlib
import os
import re
import subprocess
import sys

# A folder includes itself and what stands here; the direction of docs/design.md.
FOLDERS = {
    "server": {"handlers", "rules", "analytics", "db", "ledger", "json", "base"},
    "handlers": {"rules", "analytics", "db", "ledger", "json", "base"},
    "rules": {"db", "ledger", "json", "base"},
    "analytics": {"base"},
    "db": {"base"},
    "ledger": {"base"},
    "json": {"base"},
    "base": set(),
}

# Only these folders know a library, so that replacing one touches one folder.
LIBRARIES = [
    (r"microhttpd\.h", {"server"}),
    (r"gnutls/.*", {"server"}),
    (r"curl/.*", {"server"}),
    (r"sqlite3\.h", {"db"}),
    (r"secp256k1\w*\.h", {"ledger"}),
    (r"nettle/.*", {"ledger"}),
    (r"gmp\.h", {"ledger"}),
    (r"glpk\.h", {"analytics"}),
    (r"gsl/.*", {"analytics"}),
    (r"jansson\.h", {"json", "handlers", "rules"}),
    (r"zlib\.h", {"base"}),
    (r"zstd\.h", {"base"}),
]

BANNED = [
    (r"v?sprintf|strcpy|strcat|stpcpy|gets", "writes without knowing how much room there is"),
    (r"strncpy|strncat", "leaves texts without their NUL, or counts what is left wrongly"),
    (r"ato[ifl]|atoll", "cannot tell a bad number from 0"),
    (r"[sf]?scanf", "takes numbers that do not fit without saying so"),
    (r"strtok", "keeps hidden state between calls"),
    (r"alloca", "takes stack without a limit"),
    (r"s?rand|rand_r|random|drand48", "can be guessed; base/random.h asks the kernel"),
    (r"localtime|gmtime|ctime|asctime", "returns memory that all threads share"),
    (r"system|popen", "runs a shell"),
    (r"mktemp|tmpnam|tempnam", "names a file that somebody else may make first"),
    (r"setlocale", "changes how numbers print for the whole process"),
    (r"longjmp|setjmp", "jumps over the release of what was acquired"),
]

SQL = re.compile(r"\b(SELECT\b.*\bFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|DROP\s+(TABLE|INDEX)"
                 r"|CREATE\s+(UNIQUE\s+)?(TABLE|INDEX|TRIGGER|VIEW)|ALTER\s+TABLE|PRAGMA\s|BEGIN\s+IMMEDIATE"
                 r"|SAVEPOINT\b|ROLLBACK\b|WHERE\s)")
# What opens a connection and stands around transactions, before any statement can be prepared.
SQL_OF_OPENING = re.compile(r"PRAGMA \w+(=[\w%]+|\(\w+\))?|BEGIN IMMEDIATE|COMMIT|ROLLBACK")
LINES_MAX, FUNCTION_LINES_MAX, MAKEFILE_LINES_MAX, COLUMNS_MAX = 600, 70, 150, 150

# What stands against a rule and why it may.
ALLOWED = {
    ("analytics/lp/guard.c", "jump"): "GLPK's way out of its own fatal errors is its hook, which must not return",
    ("db/db.c", "sql"): "opens a connection: SQL_OF_OPENING, and no other SQL",
    ("db/node.c", "sql"): "opens the node's own file: the same",
    ("db/migrate.c", "sql"): "migrations run before any statement can be prepared: the same",
    ("rules/personal.c", "chance"): "salts are drawn when a request is decoded, before the queue, and travel in the command",
    ("rules/record.c", "chance"): "the salt of a kept answer is no part of the state",
    ("rules/figure_read.c", "float"): "a number is looked at, its digits as they came are kept",
    ("rules/reference.c", "float"): "degrees become units of 1e-7 by one multiplication and one rounding, alike everywhere",
    ("rules/request.h", "float"): "what a body holds, before it is one of the two above",
}

findings = []


def find(path, line, text):
    findings.append(f"{path}:{line}: {text}")


def tracked():
    """What is or would be committed."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=True)
    return [path for path in listed.stdout.splitlines() if os.path.isfile(path)]


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


TOKENS = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)


def code_only(text):
    """The text without comments and without what stands in literals; lines stay where they are."""
    def strip(match):
        token = match.group(0)
        return blank(match) if token[0] == "/" else token[0] + " " * (len(token) - 2) + token[0]
    return TOKENS.sub(strip, text)


def literals(text):
    """(line, contents) of each run of adjacent text literals."""
    runs = []
    end = 0
    for match in TOKENS.finditer(text):
        if match.group(0)[0] == "/":
            continue
        if match.group(0)[0] != '"':
            continue
        if runs and not text[end:match.start()].strip():
            runs[-1][1] += match.group(0)[1:-1]
        else:
            runs.append([text.count("\n", 0, match.start()) + 1, match.group(0)[1:-1]])
        end = match.end()
    return runs


class Source:
    def __init__(self, path):
        self.path = path
        self.folder = path.split("/")[0]
        self.text = read(path)
        self.code = code_only(self.text)
        self.includes = [(number, match.group(1))
                         for number, line in enumerate(self.text.splitlines(), 1)
                         if (match := re.match(r'\s*#\s*include\s*([<"][^>"]+[>"])', line))]

    def lines(self):
        return enumerate(self.code.splitlines(), 1)


def rule_banned(house):
    for source in house.sources:
        for names, reason in BANNED:
            for number, line in source.lines():
                match = re.search(rf"(?<![\w.>])({names})\s*\(", line)
                if match and not ("jmp" in names and (source.path, "jump") in ALLOWED) \
                        and not ("scanf" in names and source.path.startswith("tests/")):
                    find(source.path, number, f"{match.group(1)}() {reason}")


def rule_libraries(house):
    for source in house.own:
        for number, name in source.includes:
            for pattern, folders in LIBRARIES:
                if re.fullmatch(pattern, name[1:-1]) and source.folder not in folders:
                    find(source.path, number, f"{name}: only {', '.join(sorted(folders))}/ may know this library")


def rule_direction(house):
    for source in house.own:
        for number, name in source.includes:
            other = name[1:-1].split("/")[0]
            if name[0] == '"' and other not in FOLDERS:
                find(source.path, number, f"{name}: the project's headers are named by their folder")
            elif name[0] == '"' and other != source.folder and other not in FOLDERS[source.folder]:
                find(source.path, number, f"{name}: {source.folder}/ may not include {other}/ (docs/design.md)")


def rule_sql(house):
    for source in house.own:
        if source.path.endswith(".c"):
            for number, text in literals(source.text):
                if (source.path, "sql") in ALLOWED:
                    text = ";".join(part for part in text.split(";") if not SQL_OF_OPENING.fullmatch(part.strip()))
                if SQL.search(text):
                    find(source.path, number, "SQL stands in db/sql/, where every statement is prepared at start and tested")


def rule_file_length(house):
    for path in house.paths:
        if path.endswith((".c", ".h", ".py", ".sh", ".mk")) or path in ("Makefile", ".ci/run"):
            count = read(path).count("\n")
            most = MAKEFILE_LINES_MAX if path == "Makefile" else LINES_MAX
            if count > most:
                find(path, count, f"{count} lines; above {most} a file has two subjects")


def rule_function_length(house):
    for source in house.own:
        start = None
        lines = source.code.splitlines()
        for number, line in enumerate(lines, 1):
            head = line if line != "{" else (lines[number - 2] if number > 1 else "")
            opens = line.startswith("{") or (line.endswith("{") and not line[0].isspace() and "}" not in line)
            if start is None and opens and ")" in head and "=" not in head:
                start = number
            elif start is not None and line.startswith("}"):
                if number - start + 1 > FUNCTION_LINES_MAX:
                    find(source.path, start, f"a function of {number - start + 1} lines; one fits on a screen ({FUNCTION_LINES_MAX})")
                start = None


def rule_unfinished(house):
    words = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK"]) + r")\b")
    for path in house.texts:
        for number, line in enumerate(read(path).splitlines(), 1):
            if words.search(line):
                find(path, number, "what is left to do stands in an issue, where somebody sees it")


def rule_surroundings(house):
    shared, root = "../" + "shared", "/wo" + "rk/"
    for path in house.texts:
        for number, line in enumerate(read(path).splitlines(), 1):
            if shared in line and not path.startswith("tests/"):
                find(path, number, f"{shared}: a clone alone must build and run")
            if root in line:
                find(path, number, f"{root}: a path of one machine")


def rule_headers(house):
    paths = set(house.paths)
    for source in house.own:
        if source.path.endswith(".h"):
            guard = source.path.upper().replace("/", "_").replace(".", "_").replace("-", "_")
            if f"#ifndef {guard}\n#define {guard}\n" not in source.text:
                find(source.path, 1, f"the guard is {guard}, which no other file can have")
        elif source.path != "server/main.c":
            header = source.path[:-1] + "h"
            if header not in paths:
                find(source.path, 1, f"{header} is missing: a header is its file's contract")
            elif not source.includes or source.includes[0][1] != f'"{header}"':
                find(source.path, 1, f"includes {header} first, which proves that it stands alone")


def rule_nodiscard(house):
    for source in house.own:
        if source.path.endswith(".h"):
            for match in re.finditer(r"^enum status \w+\([^;{]*;", source.code, re.M):
                if "NODISCARD" not in match.group(0):
                    find(source.path, source.code.count("\n", 0, match.start()) + 1, "a status must be looked at: NODISCARD")


def rule_types(house):
    for source in house.own:
        for number, line in source.lines():
            if re.search(r"\btypedef\s+(struct|union|enum)\b[^(]*$", line):
                find(source.path, number, "a struct shows that it is one: no typedef")


def rule_deterministic(house):
    """Every node must reach the same state and the same hashes from the same commands."""
    for source in house.own:
        if source.folder == "rules":
            for number, line in source.lines():
                match = re.search(r"\b(clock_\w+|random_\w+|time|gettimeofday|getenv)\s*\(", line)
                if match and (source.path, "chance") not in ALLOWED:
                    find(source.path, number, f"{match.group(1)}(): the rules depend on state, command and time given alone")
                if re.search(r"\b(float|double)\b", line) and (source.path, "float") not in ALLOWED:
                    find(source.path, number, "the rules count in integers: floats differ between machines")


def rule_pure(house):
    for source in house.own:
        if source.folder == "analytics":
            for number, line in source.lines():
                if match := re.search(r"(?<![\w.>])(f?printf|puts|fopen|open|read|write|getenv|clock_\w+|random_\w+)\s*\(", line):
                    find(source.path, number, f"{match.group(1)}(): analytics are functions of their arguments")


def rule_layout(house):
    for source in house.sources:
        for number, line in enumerate(source.text.splitlines(), 1):
            if "\t" in line or line != line.rstrip():
                find(source.path, number, "indent with spaces, and leave none at the end: diffs then show changes only")
            if len(line) > COLUMNS_MAX:
                find(source.path, number, f"{len(line)} columns: does not fit beside another file")


def rule_shell(house):
    scripts = [path for path in house.texts if path.endswith(".sh") or read(path)[:20].startswith(("#!/bin/sh", "#!/bin/bash"))]
    done = subprocess.run(["shellcheck", "-f", "gcc"] + scripts, capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        findings.append(line)
    for path in scripts:
        if not os.access(path, os.X_OK):
            find(path, 1, "a script is executable")


def rule_python(house):
    for path in house.paths:
        if path.endswith(".py"):
            try:
                ast.parse(read(path), path)
            except SyntaxError as error:
                find(path, error.lineno or 0, f"Python cannot read it: {error.msg}")


def rule_contract(house):
    done = subprocess.run([sys.executable, "tools/openapi.py", "--check"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        find("openapi.json", 1, (done.stderr.strip().splitlines() or ["tools/openapi.py failed"])[-1])


def rule_migrations(house):
    """db/migrations/released names each migration that databases may have been made with."""
    folder, listed = "db/migrations/", {}
    for number, line in enumerate(read(folder + "released").splitlines(), 1):
        digest, name = line.split()
        listed[folder + name] = number
        if not os.path.exists(folder + name):
            find(folder + "released", number, f"{name} is gone, and databases that it made are not")
        elif hashlib.sha256(open(folder + name, "rb").read()).hexdigest() != digest:
            find(folder + name, 1, "released: databases that it made stay as they are; add a migration instead")
    for path in house.paths:
        if path.startswith(folder) and path.endswith(".sql") and path not in listed:
            find(path, 1, f"not in {folder}released: add the line that sha256sum prints in that folder")


def rule_dependencies(house):
    """The README gives a reason for each package that tools/deps.sh installs, and for no other."""
    script = read("tools/deps.sh").replace("\\\n", " ")
    sets = dict(re.findall(r"^    (\w+)\) echo ([^;]*) ;;", script, re.M))
    installed = {package for packages in sets.values() for package in packages.split()}
    section = read("README.md").split("## Dependencies", 1)[1].split("\n## ", 1)[0]
    told = set()
    for row in re.findall(r"^\|(.*)\|[^|]*\|$", section, re.M): # the last column is the reason
        told.update(re.findall(r"`([^`]+)`", row))
    for package in sorted(installed - told):
        find("README.md", 1, f"{package}: tools/deps.sh installs it, and no row of the dependencies says why")
    for package in sorted(told - installed):
        find("tools/deps.sh", 1, f"{package}: a dependency of the README that nobody installs")
    for place in ("# Installs", "there are"):
        line = next(line for line in script.splitlines() if place in line)
        for name in sorted(set(sets) - set(re.findall(r"\w+", line))):
            find("tools/deps.sh", 1, f"its usage leaves the set {name} out")


def rule_folders(house):
    """The README's map names every folder, those of the tests in their row."""
    section = read("README.md").split("## The folders", 1)[1].split("\n## ", 1)[0]
    rows = {name: row for row in section.splitlines() for name in re.findall(r"`(\w+)/`", row.split("|")[1] if "|" in row else "")}
    for folder in sorted({path.split("/")[0] for path in house.paths if "/" in path and path[0] != "."}):
        if folder not in rows:
            find("README.md", 1, f"the map of the folders leaves {folder}/ out")
    for folder in sorted({path.split("/")[1] for path in house.paths if re.match(r"tests/\w+/", path)}):
        if f"`{folder}/`" not in rows.get("tests", ""):
            find("README.md", 1, f"the map of the folders leaves tests/{folder}/ out")


def rule_help(house):
    """Every target that has a text is listed, wherever its file is."""
    told = subprocess.run(["make", "-s", "help"], capture_output=True, text=True, check=False).stdout
    for path in house.paths:
        if path == "Makefile" or path.endswith(".mk"):
            for number, line in enumerate(read(path).splitlines(), 1):
                if (match := re.match(r"([a-z-]+):.*##", line)) and f"make {match.group(1)} " not in told:
                    find(path, number, f"make help leaves the target {match.group(1)} out")


def rule_sorted_out(house):
    for path in house.paths:
        if path.endswith((".o", ".a", ".pyc", ".db", ".sqlite", ".orig", ".rej", "~")) or "/__pycache__/" in path:
            find(path, 1, "what a build or an editor makes is not committed")


class House:
    def __init__(self):
        self.paths = tracked()
        self.texts = [path for path in self.paths
                      if path != "LICENSE" and b"\0" not in open(path, "rb").read(4096)]
        self.sources = [Source(path) for path in self.paths if path.endswith((".c", ".h"))]
        self.own = [source for source in self.sources if source.folder in FOLDERS]


def main():
    house = House()
    rules = [(name, rule) for name, rule in globals().items() if name.startswith("rule_")]
    failed = 0
    for name, rule in rules:
        before = len(findings)
        rule(house)
        for finding in findings[before:]:
            print(finding)
        failed += len(findings) > before
        print(f"  lint {name[5:].replace('_', ' '):<18} {'ok' if len(findings) == before else f'{len(findings) - before} found'}")
    print(f"{len(rules) - failed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
