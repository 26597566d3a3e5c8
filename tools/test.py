"""Runs the tests and counts them.

tools/test.py --build DIR [--variant NAME] [--marker M] [--seconds N] [--unit-seconds N] [--journal FILE [--resume]] SUITE...

A SUITE is a unit test's binary (cmocka, TAP) or a folder or file of pytest's; each file runs in
a process group of its own with a time limit, the longest first, as far as an earlier run has told. A file that names another limit has it:
LIMIT_SECONDS = 900. The output ends with two lines: what was skipped, and `N passed, N failed`. Standard library only.

With a journal it says each minute what runs, and at the end what became of each suite, even if it is broken off; --resume then runs what
has not passed since it or the program changed.
"""

import argparse
import collections
import concurrent.futures
import glob
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree

import progress
import suite

UNIT_SECONDS = 120
SLOW = ("test_soak", "test_sweep", "test_tamper", "test_rotate", "test_jobs", "test_kill", "test_keys", "test_tls", "test_kde_oracle",
        "test_model")  # first, where no earlier run has told
SUITES_MAX = 3  # beside each other for each processor
IDLE_SHARE = 0.1  # of the processors' time: more than that and there is room for another
SLOWER = {"asan": 4, "tsan": 10}  # how much longer the instrumented variants may take


class Result:
    def __init__(self, name):
        self.name = name
        self.passed = 0
        self.failed = []  # (case, text)
        self.skipped = []  # (case, reason)
        self.seconds = 0.0
        self.processors = 0.0  # seconds of them
        self.output = ""

    def fail(self, case, text=""):
        self.failed.append((case, text))


def run_group(command, seconds, environment):
    """Runs a command in its own process group: (exit code or None at the limit, output, seconds of processors, its children's too)."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, env=environment, start_new_session=True)
        suite.begin_group(process.pid)
        is_late = threading.Event()
        limit = threading.Timer(seconds, lambda: (is_late.set(), suite.kill_group(process.pid)))
        limit.daemon = True
        limit.start()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it keeps its number until the limit is off
        limit.cancel()
        limit.join()
        suite.end_group(process.pid)  # what the suite left running ends with it
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    return None if is_late.is_set() else process.returncode, text, usage.ru_utime + usage.ru_stime


def read_tap(result, output):
    """Counts the cases of cmocka's TAP; returns how many were announced and never told."""
    untold = 0
    case = None
    for line in output.splitlines():
        plan = re.fullmatch(r"1\.\.(\d+)", line)
        if plan:
            untold += int(plan.group(1))
            continue
        if line.startswith("# ") and result.failed and result.failed[-1][0] == case:
            result.failed[-1] = (case, f"{result.failed[-1][1]} {line[2:].strip()}".strip()[:300])
        told = re.fullmatch(r"(not )?ok (\d+)(?: - (.*)| # SKIP (.*))", line)
        if told:
            untold -= 1
            case = told.group(3) or told.group(4)
            if told.group(4) is not None:
                result.skipped.append((case, f"{result.name}: what {case} needs is not here"))
            elif told.group(1):
                result.fail(case)
            else:
                result.passed += 1
    return untold


def run_unit(path, options):
    result = Result(name_of(path, options))
    started = time.monotonic()
    seconds = options.unit_seconds * SLOWER.get(options.variant, 1)
    code, output, result.processors = run_group([path], seconds, {**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"})
    result.output = output
    untold = read_tap(result, output)
    told = result.passed + len(result.failed) + len(result.skipped)
    if code is None:
        result.fail("(the program)", f"did not end within {seconds} s")
    elif untold > 0:
        result.fail("(the program)", f"ended with {code} before {untold} cases had run")
    elif code != 0 and not result.failed:
        result.fail("(the program)", f"ended with {code}")
    elif told == 0 and untold == 0:
        if code == 0:
            result.passed = 1  # a program without cases is one test
    result.seconds = time.monotonic() - started
    return result


def read_junit(result, path):
    for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname', '')}.{case.get('name', '')}"
        kinds = {child.tag: child for child in case}
        trouble = kinds.get("failure", kinds.get("error"))
        if trouble is not None:
            result.fail(name, (trouble.get("message") or "").split("\n")[0][:200])
        elif "skipped" in kinds:
            result.skipped.append((name, kinds["skipped"].get("message") or ""))
        else:
            result.passed += 1


def limit_of(path, usual):
    """Of a file of pytest's, which may know it better."""
    with open(path, encoding="utf-8") as source:
        own = re.search(r"^LIMIT_SECONDS = (\d+)", source.read(), re.MULTILINE)
    return int(own.group(1)) if own else usual


def run_pytest(path, options):
    result = Result(path)
    started = time.monotonic()
    report = os.path.join(options.logs, path.replace("/", "-") + ".xml")
    if os.path.exists(report):
        os.unlink(report)
    arguments = ["-q", "-p", "no:cacheprovider", "-ra", "--color=no", "-o", "faulthandler_timeout=120", f"--junitxml={report}", path]
    if options.marker:
        arguments[-1:-1] = ["-m", options.marker]
    seconds = limit_of(path, options.seconds) * SLOWER.get(options.variant, 1)
    log = log_of(result, options.logs)
    code, result.processors = suite.run(options.context, arguments, log, seconds)
    with open(log, encoding="utf-8", errors="replace") as told:
        result.output = told.read()
    if os.path.exists(report):
        read_junit(result, report)
    if code is None:
        result.fail("(the suite)", f"did not end within {seconds} s")
    elif code not in (0, 5) and not result.failed:  # 5: there is no test to run
        result.fail("(the suite)", f"pytest ended with {code}")
    result.seconds = time.monotonic() - started
    return result


def run_suite(path, options):
    """The result of one file."""
    if not os.path.exists(path):
        result = Result(path)
        result.fail("(the suite)", "is not there")
        return result
    return run_unit(path, options) if is_program(path) else run_pytest(path, options)


def files_of(suites, marker):
    """The files of folders, those that may have a marked test if a marker is asked for; and what else is named."""
    for path in suites:
        if os.path.isdir(path):
            for file in sorted(glob.glob(os.path.join(path, "**", "test_*.py"), recursive=True)):
                with open(file, encoding="utf-8") as source:
                    if marker is None or marker in source.read():
                        yield file
        else:
            yield path


def times_file(build, is_long=False):
    """Apart for long runs, in which the same file takes more cases."""
    return os.path.join(build, "long-times.json" if is_long else "test-times.json")


def read_times(path):
    """{suite: seconds} of a run."""
    try:
        with open(path, encoding="utf-8") as times:
            return json.load(times)
    except (OSError, ValueError):
        return {}


def known_times(options):
    """Of this variant's last run, and of the others' where this one has not run yet."""
    builds = os.path.join(os.path.dirname(os.path.abspath(options.build)), "*")
    known, is_long = {}, options.journal is not None
    for path in [*sorted(glob.glob(times_file(builds, is_long))), times_file(options.build, is_long)]:
        known.update(read_times(path))
    return known


def write_times(options, results):
    path = times_file(options.build, options.journal is not None)
    times = read_times(path)
    times.update({result.name: round(result.seconds, 1) for result in results})
    with open(path, "w", encoding="utf-8") as file:
        json.dump(times, file, indent=0, sort_keys=True)


def is_program(path):
    return os.access(path, os.X_OK) and os.path.isfile(path)


def name_of(path, options):
    return os.path.relpath(path, options.build) if is_program(path) else path


class Idle:
    """The share of the processors' time since the last call that nobody used."""

    def __init__(self):
        self.last = self.read()

    @staticmethod
    def read():
        """(idle, all) in the kernel's ticks."""
        try:
            with open("/proc/stat", encoding="ascii") as stat:
                ticks = [int(word) for word in stat.readline().split()[1:9]]
        except (OSError, ValueError):
            return 0, 0
        return sum(ticks[3:5]), sum(ticks)

    def share(self):
        idle, everything = self.read()
        before, self.last = self.last, (idle, everything)
        return (idle - before[0]) / max(1, everything - before[1])


def in_order(paths, options):
    """The longest first: what is long and comes last runs alone."""
    times = known_times(options)

    def length(path):
        if is_program(path):
            return times.get(name_of(path, options), 1)
        name, _ = os.path.splitext(os.path.basename(path))
        return times.get(path, 1000 if name in SLOW else os.path.getsize(path) / 1000 if os.path.exists(path) else 0)
    return sorted(paths, key=length, reverse=True)


def run_suites(paths, options):
    """Yields the results as they come. One more beside each other than there are processors, and while these are not busy, since
    much of a test is waiting for deadlines and disks, one more each second."""
    processors = os.cpu_count() or 1
    waiting = collections.deque(in_order(paths, options))
    running, idle, watch = {}, Idle(), progress.Watch()
    with concurrent.futures.ThreadPoolExecutor(SUITES_MAX * processors) as pool, suite.all_end():
        while waiting or running:
            count = processors + 1 if len(running) <= processors else len(running) + (idle.share() > IDLE_SHARE)
            while waiting and len(running) < min(count, SUITES_MAX * processors):
                path = waiting.popleft()
                running[pool.submit(run_suite, path, options)] = path
                watch.begin(path)
            done, _ = concurrent.futures.wait(running, 1, concurrent.futures.FIRST_COMPLETED)
            for future in done:
                watch.end(running.pop(future))
                yield future.result()
            if options.journal is not None:
                watch.look(len(waiting))


# The leak checker of a process that a test kills while it looks says so; of leaks it says nothing.
KILLED = re.compile(r"==\d+==Unable to get registers from thread \d+\.\n")


def collect_reports(options):
    """What the sanitizers wrote about any process of the run, servers included."""
    result = Result("sanitizer reports")
    for path in sorted(glob.glob(os.path.join(options.logs, "sanitizer.*"))):
        with open(path, encoding="utf-8", errors="replace") as report:
            text = KILLED.sub("", report.read())
        if not text.strip():
            continue
        result.output += text
        result.fail(os.path.basename(path), (text.strip().splitlines() or [""])[0])
    return result


def log_of(result, logs):
    return os.path.join(logs, result.name.replace("/", "-") + ".log")


def show(result, logs):
    parts = [f"{result.passed} passed"]
    if result.failed:
        parts.append(f"{len(result.failed)} FAILED")
    if result.skipped:
        parts.append(f"{len(result.skipped)} skipped")
    print(f"  {result.name:<40} {', '.join(parts)} ({result.seconds:.1f} s, {result.processors:.1f} of processors)", flush=True)
    with open(log_of(result, logs), "w", encoding="utf-8") as log:
        log.write(result.output)
    if result.failed:
        for line in result.output.splitlines()[-150:]:
            print("    | " + line)
        for case, text in result.failed:
            print(f"    failed: {case} {text}".rstrip(), flush=True)


def set_environment(options):
    """Of all that is started from here on."""
    report = os.path.join(options.logs, "sanitizer")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.update({
        "TALLYSTICK_BUILD": os.path.abspath(options.build),
        "PYTHONPYCACHEPREFIX": os.path.join(os.path.dirname(os.path.abspath(options.build)), "pycache"),  # all variants run the same files
        "TALLYSTICK_KEPT": os.path.join(os.path.dirname(os.path.abspath(options.build)), "kept"),  # they ask the same (tests/oracle/kept.py)
        "PYTHONNOUSERSITE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "ASAN_OPTIONS": f"log_path={report}:detect_stack_use_after_return=1:strict_string_checks=1",
        "UBSAN_OPTIONS": f"log_path={report}:print_stacktrace=1",
        "TSAN_OPTIONS": f"log_path={report}:second_deadlock_stack=1:exitcode=66",
    })


def begin_once(options):
    """A data directory that a first start has made, for tests to which a start is only the beginning (tests/http/conftest.py). Where it
    cannot be made they make their own, and tell why."""
    program, path = os.path.join(options.build, "tallystick"), os.path.join(options.logs, "begun")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TALLYSTICK_")}
    if os.path.exists(program) and subprocess.run([program, "init", "--data-dir", path], env=clean, stdin=subprocess.DEVNULL,
                                                  capture_output=True, timeout=60, check=False).returncode == 0:
        os.environ["TALLYSTICK_BEGUN"] = path


def place_plainly(variant):
    """gcc 12's thread sanitizer cannot place its shadow where addresses are randomised widely: runs this anew where they are not."""
    if variant == "tsan" and shutil.which("setarch") and os.environ.pop("TALLYSTICK_PLACED", None) is None:
        wrap = ["setarch", platform.machine(), "-R"]
        if subprocess.run(wrap + ["true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            os.environ["TALLYSTICK_PLACED"] = "1"
            os.execvp(wrap[0], [*wrap, sys.executable, *sys.argv])


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--variant", default="release")
    parser.add_argument("--marker", help="run only pytest's tests with this marker")
    parser.add_argument("--seconds", type=int, default=600, help="limit of one pytest suite that names none")
    parser.add_argument("--unit-seconds", type=int, default=UNIT_SECONDS, help="limit of one program")
    parser.add_argument("--journal", help="keep there what has passed, tell what runs, end with a table")
    parser.add_argument("--resume", action="store_true", help="only what has not passed by the journal")
    parser.add_argument("suites", nargs="*")
    return parser.parse_args()


def run_all(options):
    """(results of this run; {name: cases and seconds} of what had passed before; whether all came to its end), the journal kept."""
    paths = {name_of(path, options): path for path in files_of(options.suites, options.marker)}
    journal, earlier, results, is_whole = None, {}, [], True
    if options.journal is not None:
        journal = progress.Journal(options.journal, os.path.join(options.build, "tallystick"), options.resume)
        earlier = {name: told for name, path in paths.items() if (told := journal.earlier(path)) is not None}
    try:
        for result in run_suites([path for name, path in paths.items() if name not in earlier], options):
            if journal is not None:
                journal.keep(paths[result.name], result)
            if result.passed or result.failed or result.skipped:  # none has the marker
                show(result, options.logs)
                results.append(result)
    except KeyboardInterrupt:
        is_whole = False
    if journal is not None:
        progress.show_table(paths, {result.name: result for result in results}, earlier)
    return results, earlier, is_whole


def main():
    options = arguments()
    place_plainly(options.variant)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    options.logs = os.path.abspath(os.path.join(options.build, "test-logs"))
    shutil.rmtree(options.logs, ignore_errors=True)
    os.makedirs(options.logs)
    set_environment(options)
    begin_once(options)
    options.context = suite.forker()

    results, earlier, is_whole = run_all(options)
    write_times(options, results)
    reports = collect_reports(options)
    if reports.failed:
        show(reports, options.logs)
        results.append(reports)

    for result in results:
        for case, text in result.failed:  # once more, where a reader of the end finds it
            print(f"  failed: {result.name}: {case} {text}".rstrip())
    print(f"  {sum(result.processors for result in results):.0f} s of processors in {time.monotonic() - began:.0f} s")
    passed = sum(result.passed for result in results) + sum(count for count, _ in earlier.values())
    failed = sum(len(result.failed) for result in results)
    skipped = collections.Counter(reason for result in results for _, reason in result.skipped)
    for reason, count in sorted(skipped.items()):
        print(f"  skipped {count}: {reason}")
    print(f"{sum(skipped.values())} skipped")
    if not is_whole:
        print("broken off")
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed or not is_whole else 0


if __name__ == "__main__":
    sys.exit(main())
