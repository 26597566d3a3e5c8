"""What a compiler makes of the one file that stands before the C library: its memset must not come to call itself. All of the program, built
by each compiler: tests/long/test_builds.py."""

import shutil
import subprocess

import pytest

from conftest import ROOT

SOURCES = ["server/wire/wipe.c", "tests/unit/server/test_wipe.c"]


@pytest.mark.parametrize("optimised", ["-O0", "-O2", "-O3"])
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_memset_before_the_librarys(tmp_path, compiler, optimised):
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler}")
    program = tmp_path / "test_wipe"
    subprocess.run([compiler, "-std=c11", "-D_GNU_SOURCE", optimised, "-I.", "-o", program, *SOURCES, "-lcmocka"], cwd=ROOT, check=True, timeout=120)
    done = subprocess.run([program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
