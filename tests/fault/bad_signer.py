#!/usr/bin/python3
"""The example's program, which does as the file MODE says: bad_signer.py KEYFILE MODE. Read anew for each line.

well, dies, silent, rubbish, refuses, wrong (a signature of something else), slow (half a second an answer)
"""

import pathlib
import runpy
import sys
import time

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "examples" / "signer.py"


def requests():
    """The lines, as the example sees them; what is to go wrong goes wrong here."""
    for line in lines:
        mode = pathlib.Path(sys.argv[2]).read_text(encoding="ascii").strip()
        if mode == "dies":
            sys.exit(3)
        elif mode == "silent":
            time.sleep(3600)
        elif mode == "rubbish":
            print("good morning", flush=True)
        elif mode == "refuses":
            print("error the card is not there", flush=True)
        elif mode == "wrong" and line != "public\n":
            yield line.split()[0] + " " + "ab" * 32
        else:
            time.sleep(0.5 if mode == "slow" else 0)
            yield line


lines = sys.stdin
sys.stdin = requests()
runpy.run_path(str(EXAMPLE), run_name="__main__")
