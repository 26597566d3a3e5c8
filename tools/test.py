"""Runs the tests and counts them.

tools/test.py --build DIR [--variant NAME] [--marker M] [--seconds N] SUITE...

A SUITE is a unit test's binary (cmocka, TAP) or a folder or file of pytest's; each file runs in
a process group of its own with a time limit, the longest first, as far as an earlier run has told. The output ends with two lines: what was
skipped, and `N passed, N failed`. Standard library only.
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
import time
import xml.etree.ElementTree

UNIT_SECONDS = 120
SLOW = ("test_soak", "test_tamper", "test_jobs", "test_kill", "test_tls", "test_kde_oracle", "test_model")  # first, where no earlier run has told
SLOWER = {"asan": 4, "tsan": 10}  # how much longer the instrumented variants may take


class Result:
    def __init__(self, name):
        self.name = name
        self.passed = 0
        self.failed = []  # (case, text)
        self.skipped = []  # (case, reason)
        self.seconds = 0.0
        self.output = ""

    def fail(self, case, text=""):
        self.failed.append((case, text))


def run_group(command, seconds, environment):
    """Runs a command in its own process group: (exit code or None at the limit, output)."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, env=environment, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=seconds)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        code = None
    else:
        try:  # what the suite left running ends with it
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return code, output.decode("utf-8", "replace")


def read_tap(result, output):
    """Counts the cases of cmocka's TAP; returns how many were announced and never told."""
    untold = 0
    case = None
    for line in output.splitlines():
        plan = re.fullmatch(r"1\.\.(\d+)", line)
        if plan:
            untold += int(plan.group(1))
            continue
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
    result = Result(os.path.relpath(path, options.build))
    started = time.monotonic()
    seconds = UNIT_SECONDS * SLOWER.get(options.variant, 1)
    environment = dict(options.environment, CMOCKA_MESSAGE_OUTPUT="TAP")
    code, output = run_group(options.wrap + [path], seconds, environment)
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


def run_pytest(path, options):
    result = Result(path)
    started = time.monotonic()
    report = os.path.join(options.logs, path.replace("/", "-") + ".xml")
    if os.path.exists(report):
        os.unlink(report)
    command = [sys.executable, "-s", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-ra", "--color=no",
               "-o", "faulthandler_timeout=120",
               f"--junitxml={report}", path]
    if options.marker:
        command[-1:-1] = ["-m", options.marker]
    seconds = options.seconds * SLOWER.get(options.variant, 1)
    code, output = run_group(options.wrap + command, seconds, options.environment)
    result.output = output
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
    return run_pytest(path, options)


def files_of(suites):
    """The files of folders, and what else is named."""
    for path in suites:
        if os.path.isdir(path):
            yield from sorted(glob.glob(os.path.join(path, "**", "test_*.py"), recursive=True))
        else:
            yield path


def read_times(options):
    """{suite: seconds} of the last run."""
    try:
        with open(os.path.join(options.build, "test-times.json"), encoding="utf-8") as times:
            return json.load(times)
    except (OSError, ValueError):
        return {}


def write_times(options, times, results):
    times.update({result.name: round(result.seconds, 1) for result in results})
    with open(os.path.join(options.build, "test-times.json"), "w", encoding="utf-8") as file:
        json.dump(times, file, indent=0, sort_keys=True)


def run_files(paths, options, times):
    """Yields the results as they come. One more beside each other than there are processors: much of a test is waiting
    for deadlines, and the servers and clients of more would be in each other's way."""
    def length(path):
        name, _ = os.path.splitext(os.path.basename(path))
        return times.get(path, 1000 if name in SLOW else os.path.getsize(path) / 1000 if os.path.exists(path) else 0)
    with concurrent.futures.ThreadPoolExecutor((os.cpu_count() or 1) + 1) as pool:
        waiting = [pool.submit(run_suite, path, options) for path in sorted(paths, key=length, reverse=True)]
        for future in concurrent.futures.as_completed(waiting):
            yield future.result()


def collect_reports(options):
    """What the sanitizers wrote about any process of the run, servers included."""
    result = Result("sanitizer reports")
    for path in sorted(glob.glob(os.path.join(options.logs, "sanitizer.*"))):
        with open(path, encoding="utf-8", errors="replace") as report:
            text = report.read()
        result.output += text
        result.fail(os.path.basename(path), (text.strip().splitlines() or [""])[0])
    return result


def show(result, logs):
    parts = [f"{result.passed} passed"]
    if result.failed:
        parts.append(f"{len(result.failed)} FAILED")
    if result.skipped:
        parts.append(f"{len(result.skipped)} skipped")
    print(f"  {result.name:<40} {', '.join(parts)} ({result.seconds:.1f} s)", flush=True)
    with open(os.path.join(logs, result.name.replace("/", "-") + ".log"), "w", encoding="utf-8") as log:
        log.write(result.output)
    if result.failed:
        for line in result.output.splitlines()[-150:]:
            print("    | " + line)
        for case, text in result.failed:
            print(f"    failed: {case} {text}".rstrip(), flush=True)


def environment_of(options):
    environment = dict(os.environ)
    report = os.path.join(options.logs, "sanitizer")
    environment.update({
        "TALLYSTICK_BUILD": os.path.abspath(options.build),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "ASAN_OPTIONS": f"log_path={report}:detect_stack_use_after_return=1:strict_string_checks=1",
        "UBSAN_OPTIONS": f"log_path={report}:print_stacktrace=1",
        "TSAN_OPTIONS": f"log_path={report}:second_deadlock_stack=1:exitcode=66",
    })
    return environment


def wrap_of(variant):
    # gcc 12's thread sanitizer cannot place its shadow where addresses are randomised widely.
    if variant == "tsan" and shutil.which("setarch"):
        wrap = ["setarch", platform.machine(), "-R"]
        if subprocess.run(wrap + ["true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return wrap
    return []


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--variant", default="release")
    parser.add_argument("--marker", help="run only pytest's tests with this marker")
    parser.add_argument("--seconds", type=int, default=600, help="limit of one pytest suite")
    parser.add_argument("suites", nargs="*")
    options = parser.parse_args()
    options.logs = os.path.abspath(os.path.join(options.build, "test-logs"))
    shutil.rmtree(options.logs, ignore_errors=True)
    os.makedirs(options.logs)
    options.environment = environment_of(options)
    options.wrap = wrap_of(options.variant)

    units = [path for path in options.suites if os.access(path, os.X_OK) and os.path.isfile(path)]
    results = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for result in pool.map(lambda path: run_unit(path, options), units):
            show(result, options.logs)
            results.append(result)
    times = read_times(options)
    for result in run_files([path for path in files_of(options.suites) if path not in units], options, times):
        if result.passed or result.failed or result.skipped:  # none has the marker
            show(result, options.logs)
            results.append(result)
    write_times(options, times, results)
    reports = collect_reports(options)
    if reports.failed:
        show(reports, options.logs)
        results.append(reports)

    passed = sum(result.passed for result in results)
    failed = sum(len(result.failed) for result in results)
    skipped = collections.Counter(reason for result in results for _, reason in result.skipped)
    for reason, count in sorted(skipped.items()):
        print(f"  skipped {count}: {reason}")
    print(f"{sum(skipped.values())} skipped")
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
