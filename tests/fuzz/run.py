#!/usr/bin/env python3
"""Runs the fuzz targets, two at once, and ends with the line `N passed, N failed`.

	tests/fuzz/run.py [NAME ...]		SECONDS=60: for each

A target begins with the inputs in seeds/NAME and what earlier runs found in build-fuzz/corpus/NAME. An input
that breaks something is kept and named; put it into seeds/NAME once it is mended, so that it is tried for ever.
"""
import concurrent.futures
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(TOP, "build-fuzz")
# What the tree has anyway.
SEEDS = {"site": [f"{TOP}/tests/golden/site", f"{TOP}/firmware-config/sites"],
         "profile": [f"{TOP}/firmware-config/profiles", f"{TOP}/tests/golden/site/config/profiles"]}
SECONDS = int(os.environ.get("SECONDS") or "60")


def run(name):
    """(name, good, what to say)"""
    corpus = os.path.join(BUILD, "corpus", name)
    found = os.path.join(BUILD, "found", name) + "-"
    for d in (corpus, os.path.dirname(found)):
        os.makedirs(d, exist_ok=True)
    argv = [f"{BUILD}/fuzz/{name}", f"-max_total_time={SECONDS}", "-timeout=10", "-rss_limit_mb=1024",
            "-print_final_stats=1", f"-artifact_prefix={found}", corpus]
    argv += [d for d in [f"{HERE}/seeds/{name}", *SEEDS.get(name, [])] if os.path.isdir(d)]
    if os.path.exists(f"{HERE}/{name}.dict"):
        argv.insert(1, f"-dict={HERE}/{name}.dict")
    r = subprocess.run(argv, capture_output=True, text=True, errors="replace", cwd=TOP,
                       timeout=SECONDS + 300)
    tries = re.search(r"stat::number_of_executed_units:\s*(\d+)", r.stderr)
    cover = re.findall(r"cov: (\d+)", r.stderr)
    text = f"{tries[1] if tries else '?'} inputs, {cover[-1] if cover else '?'} edges"
    if r.returncode != 0:
        text += "\n" + r.stderr[-4000:]
    return name, r.returncode == 0, text


def main():
    words = sys.argv[1:]
    names = sorted(n for n in os.listdir(f"{BUILD}/fuzz") if "." not in n and (not words or n in words))
    good = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, ok, text in pool.map(run, names):
            print(f"{'ok' if ok else 'FAIL':5}fuzz {name}: {text}", flush=True)
            good += ok
    print(f"{good} passed, {len(names) - good} failed")
    return 0 if names and good == len(names) else 1


if __name__ == "__main__":
    sys.exit(main())
