"""Lines about many devices: what a point costs, memory, the start, requests, and whether the period is kept."""
import time
from dataclasses import dataclass

import agent
import bare
import collectd
from rig import Load, Rig, cpu_s, rss_mb
from room import wait_for
from table import Row


@dataclass
class Cost:
    """What one subject needed in one window."""
    per_million: float  # CPU s for a million points that arrived
    core: float         # % of a core
    points: float       # points a second that were read and arrived
    expected: float
    rss_mb: float
    first_s: float      # from the start to the first message with a value
    modbus: dict        # figures of the farms, {} without
    snmp: dict

    def period(self):
        """Mean and worst period over all devices, ms."""
        farms = [f for f in (self.modbus, self.snmp) if f]
        rounds = sum(f["rounds"] for f in farms) or 1
        return sum(f["mean_ms"] * f["rounds"] for f in farms) / rounds, max(f["longest_ms"] for f in farms)


def measure(kind, modbus, snmp, by_device, warm_s=5, window_s=10, registers=(), delay_ms=0, silent=0):
    with Rig() as rig:
        rig.start_broker()
        farms = {}
        load = Load(by_device=by_device, registers=registers, community=rig.community)
        if modbus:
            farms["modbus"] = rig.modbus_farm(modbus, delay_ms)
            load.modbus = farms["modbus"].ports
            for i in range(silent):
                farms["modbus"].ask(f"silent {i}")
        if snmp:
            farms["snmp"] = rig.snmp_farm(snmp)
            load.snmp = farms["snmp"].ports
        sub = rig.subscriber(kind.topics(load), kind.key(load))
        began_us = rig.start_subject(kind, load)
        first_us = wait_for("the first value", 60, lambda: rig.check_alive() or sub.figures()["first_us"])
        time.sleep(warm_s)
        pid, all_of_them = rig.subject.pid, [sub, *farms.values()]
        before, cpu, cpu_at = [f.figures() for f in all_of_them], cpu_s(pid), time.monotonic()
        time.sleep(window_s)
        core = (cpu_s(pid) - cpu) / (time.monotonic() - cpu_at)
        after = [f.figures() for f in all_of_them]
        rig.check_alive()
        # Each has a window of its own: on a busy machine an answer may take its time.
        spans = [(a["at_us"] - b["at_us"]) / 1e6 for a, b in zip(after, before)]
        # What is told twice counts once.
        polled = sum(f["rounds"] for f in after[1:]) * load.points / spans[1]
        points = min(polled, kind.points_of(load, after[0]) / spans[0])
        figures = dict(zip(farms, after[1:]))
        return Cost(1e6 * core / max(1, points), 100 * core, points, (load.devices - silent) * load.points, rss_mb(pid),
                    (first_us - began_us) / 1e6, figures.get("modbus", {}), figures.get("snmp", {}))


def share_ok(cost, peer, part, limit, times):
    """At most 1/part of the peer and `times` the limit, and nothing left out."""
    return cost.per_million <= peer.per_million / part and cost.per_million <= times * limit.per_million \
        and cost.points >= 0.97 * cost.expected


def cost_row(work, peer, limit, cost, part):
    return Row(f"200 + 200 devices x 50, 1 s, {work}: CPU s per million points", f"{peer.per_million:.1f}",
               f"{limit.per_million:.2f}",
               f"{cost.per_million:.2f} (1/{peer.per_million / cost.per_million:.0f}; {cost.per_million / limit.per_million:.1f} x)",
               f"<= 1/{part} of collectd, <= 2 x limit", share_ok(cost, peer, part, limit, 2))


def two_hundred():
    peer = measure(collectd, 200, 200, False)
    limit, cost = measure(bare, 200, 200, True), measure(agent, 200, 200, True)
    limit_point, cost_point = measure(bare, 200, 200, False), measure(agent, 200, 200, False)
    worst_rss, worst_first = max(cost.rss_mb, cost_point.rss_mb), max(cost.first_s, cost_point.first_s)
    devices = 400
    return [cost_row("a message for each device", peer, limit, cost, 20),
            cost_row("a message for each point", peer, limit_point, cost_point, 10),
            Row("same: RSS", f"{peer.rss_mb:.0f} MB", f"{limit.rss_mb:.0f} MB", f"{worst_rss:.1f} MB", "<= 22 MB",
                worst_rss <= 22),
            Row("same: start to first message", f"{peer.first_s:.2f} s", f"{limit.first_s:.2f} s", f"{worst_first:.2f} s",
                "<= 0.3 s", worst_first <= 0.3),
            Row("same: points that arrived", f"{peer.points:.0f} /s", f"{limit.points:.0f} /s",
                f"{cost.points:.0f} and {cost_point.points:.0f} /s", f"{devices * 50} /s",
                min(cost.points, cost_point.points) >= 0.97 * cost.expected)]


def requests():
    """Also where the registers have small holes: 50 points of 62 registers, every fifth is none."""
    holes = tuple(r for r in range(62) if r % 5 != 4)[:50]
    row, text, met = Row("requests per device and cycle, 50 points", goal="1, also over small holes"), [], True
    peer, limit = measure(collectd, 10, 10, False, window_s=5), measure(bare, 10, 10, True, 2, 5)
    for registers in ((), holes):
        cost = measure(agent, 10, 10, True, 3, 5, registers)
        each = [f["requests"] / max(1, f["rounds"]) for f in (cost.modbus, cost.snmp)]
        met = met and max(each) <= 1.02 and cost.modbus["bad"] == 0
        text.append(f"{each[0]:.2f} Modbus, {each[1]:.2f} SNMP")
    row.collectd, row.limit = (f"{c.modbus['requests'] / max(1, c.modbus['rounds']):.0f}" for c in (peer, limit))
    row.facilityd, row.met = f"{text[0]}; with holes {text[1].split(',')[0]}", met
    return [row]


def thousand():
    subjects = measure(collectd, 1000, 1000, False), measure(bare, 1000, 1000, True), measure(agent, 1000, 1000, True)
    peer, limit, cost = subjects
    periods = [f"{c.period()[0] / 1000:.3f} (worst {c.period()[1] / 1000:.2f}) s, {100 * c.points / c.expected:.0f} % of the points"
               for c in subjects]
    mean, worst = cost.period()
    return [Row("1000 + 1000 devices x 50, 1 s, a message for each device: period", *periods, "mean <= 1.01, worst <= 1.1 s, all of them",
                mean <= 1010 and worst <= 1100 and cost.points >= 0.97 * cost.expected),
            Row("same: CPU of a core", *(f"{c.core:.1f} %" for c in subjects), "<= 12 %", cost.core <= 12),
            Row("same: RSS", *(f"{c.rss_mb:.0f} MB" for c in subjects), "<= 80 MB", cost.rss_mb <= 80)]


def silent():
    """The bare loop has no time-outs: it shows what the devices and the wire allow."""
    peer = measure(collectd, 100, 0, False, 1, 60, delay_ms=5, silent=10)
    limit, cost = (measure(k, 100, 0, True, 5, 10, delay_ms=5, silent=10) for k in (bare, agent))
    mean, worst = cost.period()
    return [Row("100 devices, 5 ms reply, 10 silent: period of the live ones",
                *(f"{c.period()[0] / 1000:.3f} s" for c in (peer, limit)), f"{mean / 1000:.3f} (worst {worst / 1000:.2f}) s",
                "<= 1.01 s", 0 < mean <= 1010)]
