"""Lines about a serial bus: 9600 8N1, 5 units with 20 registers each."""
import time

import agent
import bare
import collectd
from rig import Load, Rig
from table import Row

UNITS, REGISTERS = 5, 20


def measure(kind, period_s, warm_s, window_s, dead=False):
    with Rig() as rig:
        rig.start_broker()
        bus = rig.bus(UNITS)
        if dead:
            bus.ask(f"silent {UNITS}")
        rig.start_subject(kind, Load(rtu=bus.port, units=UNITS, points=REGISTERS, period_s=period_s, by_device=True))
        time.sleep(warm_s)
        bus.figures()
        time.sleep(window_s)
        rig.check_alive()
        return bus.figures()


def shown(f):
    return f"{f['mean_ms']:.0f} ms" if f["rounds"] else "none in its window"


def flat_out():
    peer = measure(collectd, 0.1, 8, 15)
    # A tenth of a second is less than the bus can do, so it never waits for a poll to become due.
    limit, own = measure(bare, 0, 2, 8), measure(agent, 0.1, 8, 15)
    early = [f"{f['early']} of {f['requests']} early" for f in (peer, limit, own)]
    return [Row("RTU 9600 8N1, 5 units x 20 registers, flat out: period", shown(peer), shown(limit), shown(own),
                "<= 332 ms", 0 < own["mean_ms"] <= 332),
            Row("same: requests before 3.5 characters of silence", *early, "none", own["early"] == 0 and own["bad"] == 0)]


def one_dead():
    peer, limit, own = measure(collectd, 1, 3, 27, True), measure(bare, 1, 3, 8, True), measure(agent, 1, 10, 30, True)
    return [Row("same at 1 s, one unit dead: period of the live ones", shown(peer), shown(limit),
                f"{shown(own)} (worst {own['longest_ms']:.0f})", "<= 1050 ms", 0 < own["mean_ms"] <= 1050)]
