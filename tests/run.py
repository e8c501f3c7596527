#!/usr/bin/env python3
"""Runs all tests and ends with the line `N passed, N failed`, and `, N skipped` where some could not run here.

	tests/run.py [unit] [e2e] [faults] [NAME ...]	no word: everything; NAME: only tests with that in the name;
							e2e:NAME, unit:NAME: the same for one kind, all of the other

Unit tests are cmocka programs. End-to-end tests are functions test_*(room) in tests/e2e/*.py and
tests/faults/*.py, each with a room of its own; they mostly wait, so several run at once. Those marked @long
run only with LONG=1 (`make faults`), and so do the unit tests test_fault_* at full length. A test that cannot run
here says "SKIPPED: why" (faults/trouble.py, cmocka's skip()): it has neither passed nor failed.
"""
import concurrent.futures
import functools
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
sys.path[:0] = [HERE, os.path.join(HERE, "e2e"), os.path.join(HERE, "faults")]
from room import BUILD, Room  # noqa: E402
from trouble import SKIPPED  # noqa: E402

# Recordings of real devices, for the tests that can use them; they skip, aloud, where there are none.
REFERENCE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "shared")
if os.path.isdir(os.path.join(REFERENCE, "recordings")):
    os.environ.setdefault("FACILITY_REFERENCE", REFERENCE)

GRAVE = ("oracle.VerdictError", "does not hold", "Sanitizer", "runtime error:", "SIGSEGV", "SIGABRT", "Test failed with exception",
         "did not end in order", "ended with -11", "ended with -6")

AT_ONCE = int(os.environ.get("TESTS_AT_ONCE", "4" if "san" in os.path.basename(BUILD) else "6"))
UNITS_AT_ONCE = AT_ONCE // 2
KINDS = ["unit", "e2e", "faults"]
LONG = os.environ.get("LONG") == "1"
AGAIN = []  # names of tests that failed in company and passed alone


def run_unit(path):
    """(passed, failed, skipped, output) of one cmocka program; one that crashes counts as a failure."""
    try:
        r = subprocess.run([path], capture_output=True, text=True, errors="replace", timeout=7200 if LONG else 240)
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


def find_rooms(kind, words):
    """Tests of tests/e2e or tests/faults: (name, function)."""
    found = []
    for name in sorted(os.listdir(f"{HERE}/{kind}")):
        if not name.endswith(".py"):
            continue
        module = load(f"{HERE}/{kind}/{name}")
        for function, f in inspect.getmembers(module, inspect.isfunction):
            if not function.startswith("test_") or (getattr(f, "long", False) and not LONG):
                continue
            full = f"{'faults/' if kind == 'faults' else ''}{name[:-3]}.{function}"
            if not words or any(w in full for w in words):
                found.append((full, f))
    return found


def check_logs(path):
    """No program of the room may have been caught by a sanitizer, leaks at its end included."""
    for name in os.listdir(path):
        if name.endswith(".log"):
            with open(os.path.join(path, name), errors="replace") as f:
                text = f.read()
            at = [m.start() for m in re.finditer(r"(Address|Thread|Leak)Sanitizer|runtime error:", text)]
            assert not at, f"{name}: {text[at[0] - 50:at[0] + 2500]}"


def e2e_job(name, f):
    """As unit_job: one test in a directory that is kept if it fails."""
    path = tempfile.mkdtemp(prefix=f"facilityd-{f.__name__}-")
    began = time.monotonic()
    try:
        with Room(path) as room:
            note = str(f(room) or "")
        check_logs(path)
        assert not room.bad_ends, room.bad_ends
        shutil.rmtree(path)
        skipped = int(note.startswith(SKIPPED))
        return name, 1 - skipped, 0, skipped, time.monotonic() - began, note
    except Exception as e:  # noqa: BLE001 - whatever goes wrong in a test is its failure
        text = "".join(traceback.format_exception(e))
        log = os.path.join(path, "facilityd.log")
        if os.path.exists(log):
            with open(log, errors="replace") as file:
                text += "facilityd.log ends:\n" + "".join(file.readlines()[-25:])
        return name, 0, 1, 0, time.monotonic() - began, f"{text[-8000:]}(left in {path})"


def unit_programs(words):
    names = sorted(p for p in os.listdir(f"{BUILD}/unit") if re.fullmatch(r"test_\w+", p))
    return [p for p in names if not words or any(w in p for w in words)]


def unit_job(name):
    """(name, passed, failed, skipped, seconds, text)"""
    began = time.monotonic()
    passed, failed, skipped, out = run_unit(f"{BUILD}/unit/{name}")
    took = time.monotonic() - began
    if failed:
        text = "\n" + out[-6000:]
    else:
        told = rf"\s*{SKIPPED}" + (r"|\[ +INFO" if name.startswith("test_fault_") else "")
        text = "".join(f"\n     {x}" for x in out.split("\n") if re.match(told, x))
    return name, passed, failed, skipped, took, text


def report(result):
    name, passed, failed, skipped, took, text = result
    word = "FAIL" if failed else "ok" if passed else "SKIP"
    counts = f": {passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")
    print(f"{word:5}{name}{counts if passed + failed + skipped > 1 else ''} ({took:.1f} s) {text}", flush=True)


def run_all(jobs, at_once):
    """
    Runs jobs (functions that give a result) side by side. Many tests measure time, and this machine may be
    busy with their neighbours: what fails in company is run once more alone, and that result counts. It is
    said. What cannot come from a busy machine (see GRAVE) is not run again.
    """
    results, again = [], []
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        running = {pool.submit(job): job for job in jobs}
        for done in concurrent.futures.as_completed(running):
            result = done.result()
            report(result)
            if result[2] and at_once > 1 and not any(g in result[5] for g in GRAVE):
                again.append(running[done])
            else:
                results.append(result)
    for job in again:
        print("once more, alone:", flush=True)
        result = job()
        report(result)
        results.append(result)
        if not result[2]:
            AGAIN.append(result[0])
    return results


def names_of(kind, words):
    """The names that this kind is restricted to; none: all of it."""
    return [w.removeprefix(f"{kind}:") for w in words if w.startswith(f"{kind}:") or ":" not in w]


def main():
    words = sys.argv[1:]
    kinds = [w for w in words if w in KINDS] or KINDS
    words = [w for w in words if w not in KINDS]
    results = []
    if "faults" in kinds and LONG:
        programs = [p for p in unit_programs(names_of("faults", words)) if p.startswith("test_fault_")]
        results += run_all([functools.partial(unit_job, p) for p in programs], 1)
    if "unit" in kinds:
        results += run_all([functools.partial(unit_job, p) for p in unit_programs(names_of("unit", words))],
                           UNITS_AT_ONCE)
    rooms = [r for kind in ("e2e", "faults") if kind in kinds for r in find_rooms(kind, names_of(kind, words))]
    # long ones first, so that they do not end up alone at the end
    rooms.sort(key=lambda t: -getattr(t[1], "seconds", 10))
    results += run_all([functools.partial(e2e_job, n, f) for n, f in rooms], AT_ONCE)
    passed, failed, skipped = (sum(r[i] for r in results) for i in (1, 2, 3))
    if AGAIN:
        print(f"failed in company, passed alone: {', '.join(AGAIN)}")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
