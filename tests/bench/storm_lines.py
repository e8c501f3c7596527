"""5,000 alarms within 10 s: what reaches the broker and the NOC, and what the red lamp does meanwhile."""
import re
import time

import agent
from rig import Load, Rig
from room import wait_for
from table import Row

DEVICES, POINTS, SPAN_S = 100, 50, 10
ALARMS = DEVICES * POINTS
BLINK_US = 125000  # red blinks at 4 Hz: an edge so often


def start(rig):
    rig.start_broker()
    rig.start_noc()
    rig.subscribe("event")
    farm = rig.modbus_farm(DEVICES)
    load = Load(modbus=farm.ports, points=POINTS, by_device=True)
    agent.configure(rig, load, POINTS, f"""\
noc:
  receivers:
    - {{name: noc, address: 127.0.0.1, port: {rig.noc_port}, version: 3, user: noc, secrets: {rig.path('noc.secret')},
       kind: inform}}
""")
    agent.run(rig)
    wait_for("all devices online", 30, lambda: rig.agent_answers() and rig.all_online())
    time.sleep(3)
    return farm


def raised(rig):
    return [e for e in rig.events() if e["type"] == "alarm" and e["to"] == "unacknowledged"]


def at_noc(rig):
    """Alarm events that the NOC has: (device, alarm) of each line."""
    return re.findall(r'"(m\d+)".*?"(reading_\d+_high)"', rig.noc_log())


def edges(rig):
    """When the red lamp changed, by the monotonic clock in us."""
    with open(rig.path("board", "journal")) as f:
        return [int(line.split()[0]) for line in f if line.split()[2] == "red"]


def storm():
    with Rig() as rig:
        farm = start(rig)
        quiet_until = time.monotonic_ns() // 1000
        for i in range(DEVICES):
            farm.ask(f"level {i} {25000}")
            time.sleep(SPAN_S / DEVICES)
        end = time.monotonic() + 90
        while time.monotonic() < end and (len(raised(rig)) < ALARMS or len(set(at_noc(rig))) < ALARMS):
            time.sleep(0.5)
        time.sleep(2)
        events, noc, red = raised(rig), at_noc(rig), [us for us in edges(rig) if us > quiet_until]
        seqs = {(e["epoch"], e["seq"]) for e in events}
        alarms = {(e["device"], e["alarm"]) for e in events}
        last_s = (max(e["mono_us"] for e in events) - min(e["mono_us"] for e in events)) / 1e6 if events else 0
        first_ms = (red[0] - min(e["mono_us"] for e in events)) / 1000 if red and events else None
        late_ms = max(abs(b - a - BLINK_US) for a, b in zip(red, red[1:])) / 1000 if len(red) > 1 else None
        rig.end("facilityd")
    lamp = f"{first_ms:.0f} ms, then edges at most {late_ms:.0f} ms off" if late_ms is not None else "did not blink"
    return [Row("5,000 alarms in 10 s: events at the broker", facilityd=f"{len(seqs)}, {len(events) - len(seqs)} twice, in {last_s:.1f} s",
                goal=f"{ALARMS}, each once", met=len(alarms) == ALARMS == len(seqs) == len(events)),
            Row("same: at the NOC", facilityd=f"{len(set(noc))}, {len(noc) - len(set(noc))} twice", goal=f"{ALARMS}, each once",
                met=len(set(noc)) == ALARMS == len(noc)),
            Row("same: red lamp", facilityd=lamp, goal="<= 50 ms", met=late_ms is not None and first_ms <= 50 and late_ms <= 50)]
