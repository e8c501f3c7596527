"""Lines about the demo room as `make run` starts it: what it costs when nothing happens, and how fast a door is told."""
import tempfile
import time

from rig import cpu_s, rss_mb
from room import Room, arrival_us, wait_for
from table import Row, middle, text_of

IDLE_S = 20
CHANGES = 60
# Of the class that polls the door. Changes are spread evenly over it: chance alone moves the median of so few by tens of milliseconds.
PERIOD_S = 0.2
GOLDEN = 0.618034


def changes(room):
    """Milliseconds from each change of door1 (200 ms class) in the device to its message at the subscriber."""
    due = time.monotonic()
    for i in range(CHANGES):
        room.plantctl("set", "door1", "door_open", "1" if i % 2 == 0 else "0")
        due += 2 * PERIOD_S + PERIOD_S * GOLDEN
        time.sleep(max(0, due - time.monotonic()))
    time.sleep(1)
    truth = [(r["wall_us"], r["value"]) for r in room.truth()
             if (r.get("device"), r.get("point")) == ("door1", "door_open")][1:]
    seen = [(arrival_us(m), p["value"]) for t, p, m in room.messages() if t == "point/door1/door_open" and p]
    firsts = [[s for s, v in seen if s >= at and v == value][:1] for at, value in truth]
    return [(f[0] - at) / 1000 for (at, _), f in zip(truth, firsts) if f], len(truth)


def demo():
    with tempfile.TemporaryDirectory(prefix="facilityd-bench-", ignore_cleanup_errors=True) as path, Room(path) as room:
        room.start_plant()
        room.start_broker()
        room.start_noc()
        room.subscribe()
        time.sleep(0.5)
        began_us = time.time_ns() // 1000
        room.start_agent(wait=False)
        pid = room.processes["facilityd"].pid
        wait_for("the first value", 20, lambda: any(t.startswith("point/") for t, _, _ in room.messages()))
        first_ms = (min(arrival_us(m) for t, _, m in room.messages() if t.startswith("point/")) - began_us) / 1000
        wait_for("all devices online", 20, room.all_online)
        time.sleep(5)
        cpu, began, points = cpu_s(pid), time.monotonic(), len(room.messages())
        time.sleep(IDLE_S)
        took = time.monotonic() - began
        core, rss = 100 * (cpu_s(pid) - cpu) / took, rss_mb(pid)
        rate = (len(room.messages()) - points) / took
        delays, made = changes(room)
    return [Row("demo room idle: CPU of a core", facilityd=f"{core:.2f} %", goal="< 0.3 %", met=core < 0.3),
            Row("demo room idle: RSS", facilityd=f"{rss:.1f} MB", goal="< 16 MB", met=rss < 16),
            Row("demo room idle: messages", facilityd=f"{rate:.1f} /s"),
            Row("demo room: start to first value", facilityd=f"{first_ms:.0f} ms"),
            Row("demo room: door contact (200 ms) to subscriber", facilityd=text_of(delays, made), goal="p50 <= 110, p99 <= 220 ms",
                met=len(delays) == made and middle(delays, 0.5) <= 110 and middle(delays, 0.99) <= 220)]
