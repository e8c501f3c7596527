#!/usr/bin/env python3
"""The demo room measured, for `make bench`: one table. Single run on loopback; compare runs of one machine."""
import os
import random
import statistics
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from room import Room, arrival_us, wait_for  # noqa: E402

IDLE_S = float(os.environ.get("BENCH_IDLE_S", "30"))
CHANGES = int(os.environ.get("BENCH_CHANGES", "60"))


def cpu_s(pid):
    """CPU seconds of all threads, in nanosecond steps where the kernel has them."""
    total = 0
    for t in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{t}/schedstat") as f:
                total += int(f.read().split()[0])
        except FileNotFoundError:
            pass
    return total / 1e9


def rss_kb(pid):
    with open(f"/proc/{pid}/status") as f:
        return int([x for x in f if x.startswith("VmRSS")][0].split()[1])


def quantiles(values):
    values = sorted(values)
    return statistics.median(values), values[min(len(values) - 1, int(len(values) * 0.99))]


def changes(room):
    """Milliseconds from each change of door1 (200 ms class) in the device to its message at the subscriber."""
    random.seed(1)
    for i in range(CHANGES):
        room.plantctl("set", "door1", "door_open", "1" if i % 2 == 0 else "0")
        time.sleep(0.4 + random.random() * 0.4)
    time.sleep(1)
    truth = [(r["wall_us"], r["value"]) for r in room.truth()
             if (r.get("device"), r.get("point")) == ("door1", "door_open")][1:]
    seen = [(arrival_us(m), p["value"]) for t, p, m in room.messages() if t == "point/door1/door_open" and p]
    delays = []
    for at, value in truth:
        later = [s for s, v in seen if s >= at and v == value]
        if later:
            delays.append((later[0] - at) / 1000)
    return delays, len(truth)


def main():
    rows = []
    with tempfile.TemporaryDirectory(prefix="facilityd-bench-") as path, Room(path) as room:
        room.start_plant()
        room.start_broker()
        room.start_noc()
        room.subscribe()
        time.sleep(0.5)
        began_us = time.time_ns() // 1000
        room.start_agent(wait=False)
        pid = room.processes["facilityd"].pid
        wait_for("the first value", 20, lambda: any(t.startswith("point/") for t, _, _ in room.messages()))
        first = min(arrival_us(m) for t, _, m in room.messages() if t.startswith("point/"))
        rows.append(("start to first value at the subscriber", f"{(first - began_us) / 1000:.0f} ms"))
        wait_for("all devices online", 20, room.all_online)
        time.sleep(5)
        cpu, began, points = cpu_s(pid), time.monotonic(), len(room.messages())
        time.sleep(IDLE_S)
        took = time.monotonic() - began
        rows.append(("demo room, quiet: CPU of one core", f"{100 * (cpu_s(pid) - cpu) / took:.2f} %"))
        rows.append(("demo room: RSS", f"{rss_kb(pid) / 1024:.1f} MB"))
        rows.append(("messages at the subscriber", f"{(len(room.messages()) - points) / took:.1f} /s"))
        delays, made = changes(room)
        if delays:
            p50, p99 = quantiles(delays)
            rows.append((f"door contact (200 ms class) to subscriber, {len(delays)} of {made} changes",
                         f"p50 {p50:.0f} ms, p99 {p99:.0f} ms"))
        store = [p for p in room.ask("status")["parts"] if p["part"] == "store"][0]
        rows.append(("store", store["text"]))
    width = max(len(r[0]) for r in rows)
    for name, value in rows:
        print(f"{name:{width}}  {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
