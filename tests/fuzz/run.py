#!/usr/bin/env python3
"""Runs the fuzz targets, several at once and behind everything else, and ends with the line `N passed, N failed`.

	tests/fuzz/run.py [NAME ...]		SECONDS=60: for each; JOBS=2: so many at once
	tests/fuzz/run.py merge [NAME ...]	what earlier runs found and is small goes into seeds/

A target begins with the inputs in seeds/NAME and what earlier runs found in build-fuzz/corpus/NAME, which grows.
An input that breaks something is kept in build-fuzz/found and named; put it into seeds/NAME once it is mended, so
that it is tried for ever.
"""
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(TOP, "build-fuzz")
# What the tree has anyway.
SEEDS = {"site": [f"{TOP}/tests/golden/site", f"{TOP}/firmware-config/sites"],
         "profile": [f"{TOP}/firmware-config/profiles", f"{TOP}/tests/golden/site/config/profiles"]}
SECONDS = int(os.environ.get("SECONDS") or "60")
JOBS = int(os.environ.get("JOBS") or "2")
# Of a merge: no more than this goes into the tree.
SEED_BYTES, SEED_FILES = 512, 12


def start(name, options, directories):
    """Runs one target; (exit code, what it said)."""
    argv = [f"{BUILD}/fuzz/{name}", *options]
    if os.path.exists(f"{HERE}/{name}.dict"):
        argv.append(f"-dict={HERE}/{name}.dict")
    # The time limits are by the clock on the wall, and others may have the processors.
    try:
        r = subprocess.run(argv + directories, capture_output=True, text=True, errors="replace", cwd=TOP,
                           timeout=SECONDS + 600, preexec_fn=lambda: os.nice(19),
                           env={**os.environ, "LSAN_OPTIONS": f"suppressions={HERE}/lsan.supp:print_suppressions=0"})
    except subprocess.TimeoutExpired as e:
        return -1, f"did not end\n{(e.stderr or b'').decode(errors='replace')}"
    return r.returncode, r.stderr


def seeds_of(name):
    return [d for d in [f"{HERE}/seeds/{name}", *SEEDS.get(name, [])] if os.path.isdir(d)]


def run(name):
    """(name, good, what to say)"""
    corpus = os.path.join(BUILD, "corpus", name)
    found = os.path.join(BUILD, "found", name) + "-"
    for d in (corpus, os.path.dirname(found)):
        os.makedirs(d, exist_ok=True)
    began = time.monotonic()
    code, said = start(name, [f"-max_total_time={SECONDS}", "-timeout=60", "-rss_limit_mb=1024",
                              "-print_final_stats=1", f"-artifact_prefix={found}"], [corpus, *seeds_of(name)])
    tries = re.search(r"stat::number_of_executed_units:\s*(\d+)", said)
    cover = re.findall(r"cov: (\d+)", said)
    text = (f"{tries[1] if tries else '?'} inputs, {cover[-1] if cover else '?'} edges, "
            f"{time.monotonic() - began:.0f} s")
    return name, code == 0, text if code == 0 else f"{text}\n{said[-4000:]}"


def merge(name):
    """Adds the smallest inputs that reach what no seed reaches. (name, good, what to say)"""
    corpus, seeds = os.path.join(BUILD, "corpus", name), f"{HERE}/seeds/{name}"
    if not os.path.isdir(corpus):
        return name, True, "nothing was found yet"
    with tempfile.TemporaryDirectory() as new:
        small = os.path.join(new, "small")
        os.makedirs(small)
        os.makedirs(os.path.join(new, "out"))
        for f in os.listdir(corpus):
            if os.path.getsize(f"{corpus}/{f}") <= SEED_BYTES:
                os.link(f"{corpus}/{f}", f"{small}/{f}") if os.stat(corpus).st_dev == os.stat(small).st_dev \
                    else shutil.copy(f"{corpus}/{f}", f"{small}/{f}")
        # What the seeds reach comes first, so that only what is new is taken over.
        code, said = start(name, ["-merge=1", "-timeout=60"], [f"{new}/out", *seeds_of(name), small])
        known = {f for d in seeds_of(name) for _, _, files in os.walk(d) for f in files}
        fresh = sorted((f for f in os.listdir(f"{new}/out") if os.path.exists(f"{small}/{f}") and f not in known),
                       key=lambda f: os.path.getsize(f"{new}/out/{f}"), reverse=True)
        room = max(0, SEED_FILES - (len(os.listdir(seeds)) if os.path.isdir(seeds) else 0))
        os.makedirs(seeds, exist_ok=True)
        for f in fresh[:room]:
            shutil.copy(f"{new}/out/{f}", f"{seeds}/{f[:12]}")
        return name, code == 0, f"{min(room, len(fresh))} of {len(fresh)} new seeds" + ("" if code == 0 else said[-2000:])


def main():
    words = sys.argv[1:]
    work = merge if words[:1] == ["merge"] else run
    words = words[work is merge:]
    names = sorted(n for n in os.listdir(f"{BUILD}/fuzz") if "." not in n and (not words or n in words))
    good = 0
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for name, ok, text in pool.map(work, names):
            print(f"{'ok' if ok else 'FAIL':5}fuzz {name}: {text}", flush=True)
            good += ok
    print(f"{good} passed, {len(names) - good} failed")
    return 0 if names and good == len(names) else 1


if __name__ == "__main__":
    sys.exit(main())
