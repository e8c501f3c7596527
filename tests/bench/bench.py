#!/usr/bin/env python3
"""facilityd beside collectd and a bare loop on the same libraries: `make bench` prints one table.

	bench.py [NAME...]	only the lines whose name contains one of them

Everything runs on loopback of this machine, in one run: compare columns of one table, not tables.
"""
import os
import sys
import time
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import demo_lines  # noqa: E402
import load_lines  # noqa: E402
import rtu_lines  # noqa: E402
import storm_lines  # noqa: E402
import time_lines  # noqa: E402
from table import Table  # noqa: E402

# What `make bench ONLY=` picks from, in the order of the table.
LINES = {
    "two_hundred": load_lines.two_hundred,
    "requests": load_lines.requests,
    "thousand": load_lines.thousand,
    "silent": load_lines.silent,
    "rtu_flat_out": rtu_lines.flat_out,
    "rtu_one_dead": rtu_lines.one_dead,
    "change": time_lines.change,
    "lost": time_lines.lost,
    "storm": storm_lines.storm,
    "demo": demo_lines.demo,
}


def busy_percent():
    """How busy this machine is without us, over a second."""
    def times():
        with open("/proc/stat") as f:
            return [int(n) for n in f.readline().split()[1:9]]
    before = times()
    time.sleep(1)
    spent = [b - a for a, b in zip(before, times())]
    return 100 * (1 - (spent[3] + spent[4]) / max(1, sum(spent)))


def main(wanted):
    busy = busy_percent()
    table, began, failed = Table(), time.monotonic(), []
    chosen = {n: line for n, line in LINES.items() if not wanted or any(w in n for w in wanted)}
    for name, line in chosen.items():
        print(f"{time.monotonic() - began:5.0f} s  {name} ...", file=sys.stderr, flush=True)
        try:
            table.rows += line()
        except Exception as e:  # noqa: BLE001 - a line that fails takes no other with it
            print("".join(traceback.format_exception(e)), file=sys.stderr, flush=True)
            failed.append(name)
        except KeyboardInterrupt:
            failed += list(chosen)[list(chosen).index(name):]
            break
    print(table.text())
    missed = [r.work for r in table.rows if r.met is False]
    if busy > 20:
        print(f"Others kept this machine {busy:.0f} % busy before the start: periods and delays are theirs as well.")
    print(f"{len(missed)} goal{'' if len(missed) == 1 else 's'} missed; {time.monotonic() - began:.0f} s")
    if failed:
        print(f"Not measured: {', '.join(failed)}")
    return 2 if failed or not table.rows else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
