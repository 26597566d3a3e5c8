"""What a run of hours tells while it lasts, leaves behind for another one to go on from, and sums up at its end. Standard library only."""

import hashlib
import json
import os
import time

TOLD_EVERY = 60  # seconds


def digest_of(*paths):
    """Of the content of files; what is not there counts as empty."""
    made = hashlib.sha256()
    for path in paths:
        try:
            with open(path, "rb") as file:
                made.update(hashlib.file_digest(file, "sha256").digest())
        except OSError:
            made.update(b"none")
    return made.hexdigest()


class Journal:
    """A file that says which suites have passed, with which program and by which text of their own. It is written as each ends, so that
    a run that was broken off has it too."""

    def __init__(self, path, program, is_resumed):
        self.path, self.program, self.passed = path, program, {}
        if is_resumed:
            try:
                with open(path, encoding="utf-8") as file:
                    self.passed = json.load(file)
            except (OSError, ValueError):
                pass

    def earlier(self, suite):
        """(cases passed, seconds) of a suite that need not run again; None where it must: it failed, skipped all, was never run, or
        something has changed since."""
        known = self.passed.get(suite)
        if known is None or known["digest"] != digest_of(self.program, suite):
            return None
        return known["passed"], known["seconds"]

    def keep(self, suite, result):
        self.passed.pop(suite, None)
        if result.passed and not result.failed:
            self.passed[suite] = {"digest": digest_of(self.program, suite), "passed": result.passed, "seconds": round(result.seconds, 1)}
        unfinished = self.path + ".unfinished"
        with open(unfinished, "w", encoding="utf-8") as file:
            json.dump(self.passed, file, indent=0, sort_keys=True)
        os.replace(unfinished, self.path)


class Watch:
    """Says each minute what runs and for how long."""

    def __init__(self):
        self.began, self.told = {}, time.monotonic()

    def begin(self, suite):
        self.began[suite] = time.monotonic()

    def end(self, suite):
        self.began.pop(suite, None)

    def look(self, waiting):
        now = time.monotonic()
        if now - self.told >= TOLD_EVERY:
            self.told = now
            running = ", ".join(f"{os.path.basename(suite)} {now - began:.0f} s" for suite, began in self.began.items())
            print(f"  running: {running}; {waiting} to come", flush=True)


def outcome_of(result):
    """In the words of the table."""
    count = result.passed + len(result.failed)
    if result.failed:
        return f"FAILED {len(result.failed)} of {count}"
    if result.passed:
        return f"passed {result.passed}" + (f", skipped {len(result.skipped)}" if result.skipped else "")
    return f"skipped {len(result.skipped)}" if result.skipped else "had no test"


def show_table(suites, results, earlier):
    """A line for each suite that was asked for, whatever became of it."""
    print(f"  {'piece':<44} {'outcome':<24} {'seconds':>8} {'of processors':>14}")
    for suite in suites:
        if suite in results:
            result = results[suite]
            print(f"  {suite:<44} {outcome_of(result):<24} {result.seconds:8.1f} {result.processors:14.1f}")
        elif suite in earlier:
            passed, seconds = earlier[suite]
            print(f"  {suite:<44} {f'passed {passed} before':<24} {seconds:8.1f} {'':>14}")
        else:
            print(f"  {suite:<44} {'DID NOT RUN TO ITS END':<24}")
