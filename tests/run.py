#!/usr/bin/env python3
"""Runs all tests and ends with the line `N passed, N failed`.

	tests/run.py [unit] [e2e] [NAME ...]	no word: everything; NAME: only tests with that in the name

Unit tests are cmocka programs, run one after the other. End-to-end tests are functions test_*(room)
in tests/e2e/*.py, each with a room of its own; they mostly wait, so several run at once.
"""
import concurrent.futures
import importlib.util
import inspect
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "e2e")]
from room import BUILD, Room  # noqa: E402

# Recordings of real devices, for the tests that can use them; they skip, aloud, where there are none.
REFERENCE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "shared")
if os.path.isdir(os.path.join(REFERENCE, "recordings")):
    os.environ.setdefault("FACILITY_REFERENCE", REFERENCE)

AT_ONCE = int(os.environ.get("TESTS_AT_ONCE", "4"))


class Skip(Exception):
    """Raised by a test that cannot run here; the text says why."""


def run_unit(path):
    """(passed, failed, skipped, output) of one cmocka program; one that crashes counts as a failure."""
    try:
        r = subprocess.run([path], capture_output=True, text=True, errors="replace", timeout=240)
        out, code = r.stdout + r.stderr, r.returncode
    except subprocess.TimeoutExpired as e:
        return 0, 1, 0, f"{e}\n{(e.stdout or b'').decode(errors='replace')[-3000:]}"
    count = {k: sum(map(int, re.findall(rf"\[  {k}\s*\] (\d+) test", out)))
             for k in ("PASSED", "FAILED", "SKIPPED")}
    if code != 0 and count["FAILED"] == 0:
        count["FAILED"] = 1
    return count["PASSED"], count["FAILED"], count["SKIPPED"], out


def load(path):
    spec = importlib.util.spec_from_file_location(os.path.basename(path)[:-3], path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def find_e2e(words):
    found = []
    for name in sorted(os.listdir(f"{HERE}/e2e")):
        if not name.endswith(".py"):
            continue
        module = load(f"{HERE}/e2e/{name}")
        for function, f in inspect.getmembers(module, inspect.isfunction):
            full = f"{name[:-3]}.{function}"
            if function.startswith("test_") and (not words or any(w in full for w in words)):
                found.append((full, f))
    # long ones first, so that they do not end up alone at the end
    return sorted(found, key=lambda t: -getattr(t[1], "seconds", 10))


def run_e2e(name, f):
    """One test in a directory that is kept if it fails."""
    path = tempfile.mkdtemp(prefix=f"facilityd-{f.__name__}-")
    began = time.monotonic()
    try:
        with Room(path, speed=getattr(f, "speed", 1)) as room:
            note = f(room)
        shutil.rmtree(path)
        return name, True, time.monotonic() - began, str(note or "")
    except Exception as e:  # noqa: BLE001 - whatever goes wrong in a test is its failure
        if type(e).__name__ == "Skip":
            shutil.rmtree(path)
            return name, None, time.monotonic() - began, str(e)
        text = "".join(traceback.format_exception(e))
        log = os.path.join(path, "facilityd.log")
        if os.path.exists(log):
            with open(log, errors="replace") as file:
                text += "facilityd.log ends:\n" + "".join(file.readlines()[-25:])
        return name, False, time.monotonic() - began, f"{text}(left in {path})"


def main():
    words = sys.argv[1:]
    kinds = [w for w in words if w in ("unit", "e2e")] or ["unit", "e2e"]
    words = [w for w in words if w not in ("unit", "e2e")]
    passed = failed = skipped = 0
    if "unit" in kinds:
        programs = sorted(p for p in os.listdir(f"{BUILD}/unit") if re.fullmatch(r"test_\w+", p))
        for p in programs:
            if words and not any(w in p for w in words):
                continue
            began = time.monotonic()
            ok, bad, skip, out = run_unit(f"{BUILD}/unit/{p}")
            passed, failed, skipped = passed + ok, failed + bad, skipped + skip
            print(f"{'FAIL' if bad else 'ok':5}{p}: {ok} passed, {bad} failed"
                  f"{f', {skip} skipped' if skip else ''} ({time.monotonic() - began:.1f} s)", flush=True)
            if bad:
                print(out[-6000:], flush=True)
            elif skip:
                print("\n".join(x for x in out.split("\n") if "skip" in x.lower())[:1000], flush=True)
    if "e2e" in kinds:
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            jobs = [pool.submit(run_e2e, n, f) for n, f in find_e2e(words)]
            for job in concurrent.futures.as_completed(jobs):
                name, ok, seconds, text = job.result()
                word = {True: "ok", False: "FAIL", None: "SKIP"}[ok]
                print(f"{word:5}{name} ({seconds:.1f} s) {text}", flush=True)
                passed, failed, skipped = passed + (ok is True), failed + (ok is False), skipped + (ok is None)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
