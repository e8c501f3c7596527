"""Lines about delays: a change, a device that is lost, one that comes back."""
import random
import time

import agent
import collectd
from rig import Load, Rig
from room import arrival_us, wait_for
from table import Row, middle, text_of

DEVICES, POINTS, ROUNDS = 10, 10, 24
MARKS = DEVICES * ROUNDS


# ---- a change at the device to the subscriber

def changes(kind, period_s):
    """
    Delays in ms of MARKS changes; each has a value of its own. Every device is changed at ROUNDS moments that are
    spread evenly over its period, whatever its beat: random moments would move the middle by 5 % of it.
    """
    with Rig() as rig:
        rig.start_broker()
        farm = rig.modbus_farm(DEVICES)
        load = Load(modbus=farm.ports, points=POINTS, period_s=period_s)
        sub = rig.subscriber(kind.topics(load), kind.key(load))
        rig.start_subject(kind, load)
        wait_for("the first value", 30, lambda: sub.figures()["first_us"])
        time.sleep(4)
        made, begin = {}, time.monotonic()
        for n in range(MARKS):
            turn, device = divmod(n, DEVICES)
            # Whole periods and a bit: the last one was told, also where the subject is late.
            time.sleep(max(0, begin + turn * period_s * (max(2, round(0.4 / period_s)) + 1 / ROUNDS) - time.monotonic()))
            made[30000 + n] = farm.ask(f"set {device} {turn % POINTS} {30000 + n}")["at_us"]
        time.sleep(2 * period_s + 1)
        sub.figures()
        rig.check_alive()
        return [(sub.marks[m] - at) / 1000 for m, at in made.items() if m in sub.marks]


def change():
    rows = []
    for period_s, p50_ms, p99_ms in ((1, 510, 1020), (0.2, 110, 220), (0.05, 35, None)):
        peer = text_of(changes(collectd, period_s), MARKS) if p99_ms else "-"
        own = changes(agent, period_s)
        met = len(own) == MARKS and middle(own, 0.5) <= p50_ms and (not p99_ms or middle(own, 0.99) <= p99_ms)
        rows.append(Row(f"change at the device -> subscriber, T = {1000 * period_s:.0f} ms", peer,
                        f"p50 {500 * period_s:.0f}, p99 {1000 * period_s:.0f} ms", text_of(own, MARKS),
                        f"p50 <= {p50_ms}" + (f", p99 <= {p99_ms} ms" if p99_ms else " ms"), met))
    return rows


# ---- lost and back

class Watched:
    """Devices that the agent polls each second, and what the broker heard of them."""

    def __init__(self, rig, modbus, snmp):
        self.rig, self.modbus, self.snmp = rig, rig.modbus_farm(modbus), rig.snmp_farm(snmp)
        rig.start_broker()
        rig.subscribe()
        load = Load(modbus=self.modbus.ports, snmp=self.snmp.ports, community=rig.community, points=5, by_device=True)
        rig.start_subject(agent, load)
        names = {f"m{i}" for i in range(modbus)} | {f"s{i}" for i in range(snmp)}
        wait_for("all devices online", 30, lambda: names == {
            t.split("/")[1] for t, p, _ in rig.messages() if t.startswith("device/") and p["state"] == "online"})
        time.sleep(3)

    def order(self, word, names):
        """At random moments; returns when, by the wall clock in us."""
        at = {}
        for name in names:
            time.sleep(random.random() * 0.1)
            (self.modbus if name[0] == "m" else self.snmp).ask(f"{word} {name[1:]}")
            at[name] = time.time_ns() // 1000
        return at

    def delays(self, since, told):
        """ms from `since` of each device to the first message after it that told(topic, payload, name) accepts."""
        found = {}
        for topic, payload, m in self.rig.messages():
            name = topic.split("/")[1] if "/" in topic else ""
            if payload and name in since and name not in found and told(topic, payload, name):
                ms = (arrival_us(m) - since[name]) / 1000
                if ms > 0:
                    found[name] = ms
        return [found[n] for n in since if n in found]


def is_lost(topic, payload, name):
    return topic == f"device/{name}" and payload["state"] == "lost"


def is_good(topic, payload, name):
    return topic == f"points/{name}" and any(p["quality"] == "good" for p in payload["points"].values())


def spread(delays, count):
    if not delays:
        return "never"
    missing = "" if len(delays) == count else f", {count - len(delays)} never"
    return f"p50 {middle(delays, 0.5) / 1000:.2f}, worst {max(delays) / 1000:.2f} s{missing}"


SHORT_S, LONG_S = 4, 75
EACH = 10


def lost():
    """Three kinds of loss, ten devices each, for a short time; then the same for a long time."""
    random.seed(3)
    groups = {"Modbus silent": ("silent", [f"m{i}" for i in range(EACH)]),
              "Modbus refused": ("refuse", [f"m{i}" for i in range(EACH, 2 * EACH)]),
              "SNMP silent": ("silent", [f"s{i}" for i in range(EACH)])}
    gone, back = {k: [] for k in groups}, {}
    with Rig() as rig:
        w = Watched(rig, 2 * EACH, EACH)
        for length in (SHORT_S, LONG_S):
            since = {k: w.order(word, names) for k, (word, names) in groups.items()}
            time.sleep(length)
            for k, at in since.items():
                gone[k] += w.delays(at, is_lost)
            since = {k: w.order("answer", names) for k, (_, names) in groups.items()}
            end = time.monotonic() + 70
            while time.monotonic() < end and any(len(w.delays(at, is_good)) < len(at) for at in since.values()):
                time.sleep(1)
            for k, at in since.items():
                back[k, length] = w.delays(at, is_good)
            time.sleep(3)
    silent = gone["Modbus silent"] + gone["SNMP silent"]
    refused = gone["Modbus refused"]
    rows = [Row("device lost -> MQTT message, T = 1 s, silent", "never", "0.5-1.5 s", spread(silent, 4 * EACH),
                "p50 <= 1.0, worst <= 1.6 s",
                len(silent) == 4 * EACH and middle(silent, 0.5) <= 1000 and max(silent) <= 1600),
            Row("same, refused", "never", "-", spread(refused, 2 * EACH), "<= T + 50 ms",
                len(refused) == 2 * EACH and max(refused) <= 1050)]
    for length in (SHORT_S, LONG_S):
        for k in groups:
            d = back[k, length]
            rows.append(Row(f"device back after {length} s -> first good value, {k}", "up to 24 h" if length == LONG_S else "-",
                            "T", spread(d, EACH), "<= 5 s", len(d) == EACH and max(d) <= 5000))
    return rows
