"""Runs a file of pytest's in a process of its own that need not start Python and import pytest and requests first.

A process of multiprocessing's ("forkserver") has imported what every file wants, and is forked for each.
"""

import atexit
import contextlib
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time

PRELOADED = ["pytest", "requests", "json", "sqlite3", "concurrent.futures", "xml.etree.ElementTree"]
CODE_LOST = -1  # of a process that ended well without a word, in the middle of a test


def forker():
    """What starts the processes, with the environment that there is at the first start."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def kill_group(group):
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Groups:
    """The process groups that run, so that all can be ended where the run itself is."""
    lock, running, is_over = threading.Lock(), set(), False


def begin_group(group):
    with Groups.lock:
        Groups.running.add(group)
        if Groups.is_over:
            with contextlib.suppress(ProcessLookupError):
                os.kill(group, signal.SIGKILL)  # it may have no group yet


def end_group(group):
    with Groups.lock:
        Groups.running.discard(group)
    kill_group(group)


@contextlib.contextmanager
def all_end():
    """Where what is inside is broken off, the groups that run end with it; they are not the terminal's, which would have told them."""
    try:
        yield
    except BaseException:
        with Groups.lock:
            Groups.is_over = True
            for group in Groups.running:
                kill_group(group)
        raise


def spent(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def work(arguments, output, pipe):
    """In the new process."""
    os.setsid()
    log = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(log)
    os.close(nothing)
    sys.path[:] = [os.getcwd(), *(path for path in sys.path if path != os.path.dirname(os.path.abspath(__file__)))]
    import pytest
    code = int(pytest.main(arguments))
    atexit._run_exitfuncs()  # multiprocessing leaves without
    sys.stdout.flush()
    pipe.send((code, spent(resource.RUSAGE_SELF) + spent(resource.RUSAGE_CHILDREN)))


def run(context, arguments, output, seconds):
    """(exit code, None at the limit; seconds of processors, its children's too). The file of that name gets all that it prints."""
    reading, writing = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(arguments, output, writing))
    limit = time.monotonic() + seconds
    process.start()
    begin_group(process.pid)
    writing.close()
    code, used = None, 0.0
    with contextlib.suppress(EOFError), reading:
        if reading.poll(seconds):  # its end wakes it too
            code, used = reading.recv()
    process.join(max(0, limit - time.monotonic()))
    is_late = process.is_alive()
    end_group(process.pid)  # and what it has left running
    process.join()
    if code is None:
        code = process.exitcode or CODE_LOST
    return None if is_late else code, used
