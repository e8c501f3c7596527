"""
Sixteen rules drawn from the bugs of comparable systems: a test named after each rule.

Each test's comment says the rule, where it came from, and how the product is broken on purpose to see that the test
fails; broken.py holds those breaks and `make broken` does them all again.
"""
import concurrent.futures
import contextlib
import json
import os
import re
import signal
import socket
import threading
import time

import mqtt
import stall
from common import alarm, retained, seconds, until_alarm, wait_for
from crowd import make_events, newest, part, proc
from device import polls
from oracle import check_sequence, hold
from room import free_port
from slaves import COUNTERS, REMEDY, PtySlaves, Relay, Snmpd, TcpSlaves, objects, registers, write_site
from trouble import Faults, can_skip


class Wires(list):
    """Slaves and relays of a test; `with` ends them."""

    def add(self, wire):
        self.append(wire)
        return wire

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for wire in self:
            wire.close()


def modbus(name, link, unit=1, profile="box", more="poll: {normal: 200ms}"):
    return f"{name}: {{profile: {profile}, zone: room, link: {link}, unit: {unit}, {more}}}"


def state(room, device):
    return room.devices()[device]["state"]


def until_state(room, device, word, within=20):
    wait_for(f"{device} to be {word}", within, lambda: state(room, device) == word, 0.02)


def good_values(room, point):
    """Every good value that was published for a point."""
    return [p["value"] for t, p, _ in room.messages() if t == f"point/{point}" and p and p["quality"] == "good"]


def with_broker(room):
    room.start_broker()
    room.subscribe()
    room.start_agent()


def wire(room, name):
    return next(x for x in room.ask("bus")["links"] if x["link"] == name)


@seconds(8)
def test_rule_01_late_tcp_reply_is_not_taken(room):
    """
    A reply to the transaction before, arriving during this one, is not taken, and this one is still answered
    (libmodbus 255, NUT 139). Broken: the transaction of a reply is not looked at.
    """
    with Wires() as wires:
        box = wires.add(TcpSlaves())
        count = [100]
        box.holds[1] = {0: lambda: count[0], 100: 5}

        def stale_first(ask):
            count[0] += 1
            stale = bytes([3, 2, 0xff, 0xff])  # 65535 was never the value
            return [(0, stale, ask.tid - 1), (0.05, box.pdu(ask), ask.tid)]
        write_site(room, {"box": registers([0, 100])}, [box.link("tcp")], [modbus("box", "tcp")])
        with_broker(room)
        until_state(room, "box", "online")
        wait_for("values", 5, lambda: good_values(room, "box/reading_0"))
        box.answer = stale_first
        before, began = count[0], time.monotonic()
        wait_for("thirty questions with a stale reply first", 10, lambda: count[0] > before + 30)
        assert state(room, "box") == "online", room.devices()["box"]
        seen = good_values(room, "box/reading_0") + good_values(room, "box/reading_1")
        hold(65535 not in seen, "a late reply was taken")
        assert [v for v in seen if v > 110], f"nothing was read beside late replies: {seen}"
        asked = box.of(1, began)
        assert asked[-1].connection == asked[0].connection, "it hung up instead of waiting for its reply"
        return f"{len(seen)} values beside {count[0] - before} late replies"


@seconds(12)
def test_rule_02_late_rtu_reply_is_never_good(room):
    """
    A reply that comes after its timeout, with unit, function and length of the question that is out then, is never
    published as good (pymodbus 2636). Broken: no fence goes up after a timeout.
    """
    with Wires() as wires:
        bus = wires.add(PtySlaves(room.path("bus")))
        bus.holds = {1: {0: 1111, 100: 2222}, 2: {**{a: 9000 + a for a in range(140)}, 0: 1111, 100: 2222}}
        late = {1: 0, 2: 0}

        def behind(ask):
            """In the place of the next answer, and of the one after it."""
            late[ask.unit] += 1
            return [({1: 0.21, 2: 0.45}[ask.unit], bus.pdu(ask))]
        write_site(room, {"box": registers([0, 100], timeout="200ms")}, [bus.link("rtu")],
                   [modbus(f"box{u}", "rtu", u, more="poll: {normal: 200ms}, lost_after: 100") for u in (1, 2)])
        with_broker(room)
        wait_for("both online", 10, room.all_online)
        wait_for("values", 5, lambda: good_values(room, "box1/reading_1") and good_values(room, "box2/reading_1"))
        bus.answer = behind
        wait_for("late replies", 30, lambda: min(late.values()) >= 8)
        bus.answer = bus.honest
        wait_for("values again", 65, lambda: all(p["quality"] == "good" for p in room.ask("points")["points"]))
        for device in ("box1", "box2"):
            seen = [good_values(room, f"{device}/reading_{n}") for n in (0, 1)]
            hold(set(seen[0]) == {1111} and set(seen[1]) == {2222}, f"{device}: late replies were published: {seen}")
        return f"late replies {late}, {wire(room, 'rtu')['fences']} fence reads"


def keeps_beat(bus, unit, beat, over_s, what):
    """The mean period of a unit's answered polls over the next seconds is its beat. A second read at once is the same poll."""
    began = time.monotonic()
    time.sleep(over_s)
    at = [a.at for a in bus.of(unit, began) if a.answer]
    starts = [b for a, b in zip([0, *at], at) if b - a > 0.3 * beat]
    mean = (starts[-1] - starts[0]) / (len(starts) - 1) if len(starts) > 1 else over_s
    assert mean <= beat / 0.9, f"unit {unit} is polled each {mean:.2f} s instead of {beat} s {what}"
    return mean


@seconds(30)
def test_rule_03_dead_units_slow_nobody(room):
    """
    Three of six units of a bus dead: the others keep 90 % of their rate, and the first good answer of a dead one
    restores it at once (Telegraf 11782, Home Assistant 51326, wb-mqtt-serial 989). Broken: a lost unit is asked as
    often as a living one; a unit that answers waits for a second answer.
    """
    with Wires() as wires:
        bus = wires.add(PtySlaves(room.path("bus")))
        for unit in range(1, 7):
            bus.holds[unit] = {0: unit}
        write_site(room, {"box": registers([0], timeout="200ms")}, [bus.link("rtu")],
                   [modbus(f"box{u}", "rtu", u, more="poll: {normal: 1s}") for u in range(1, 7)])
        room.start_agent()
        wait_for("all online", 20, room.all_online)
        bus.silent = {4, 5, 6}
        for unit in (4, 5, 6):
            until_state(room, f"box{unit}", "lost")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            periods = list(pool.map(lambda u: keeps_beat(bus, u, 1, 6, "beside dead ones"), (1, 2, 3)))
        bus.silent = set()
        began = time.monotonic()
        answered = wait_for("an answer of unit 5", 65, lambda: [a.answer for a in bus.of(5, began) if a.answer], 0.01)[0]
        until_state(room, "box5", "online", 1.5)
        took = time.monotonic() - answered
        assert took < 1, f"{took:.1f} s from its first answer"
        assert bus.of(1) and room.ask("points", "box5/reading_0")["points"][0]["quality"] == "good"
        return f"periods {' '.join(f'{p:.2f}' for p in periods)} s beside dead ones; online {took:.2f} s after its first answer"


@seconds(20)
def test_rule_04_what_is_mute_is_one_unit_of_one_bus(room):
    """
    That unit 3 of one bus is mute concerns no other unit 3, and is known after a reload (Neuron's skip[], wb-mqtt-serial
    1253). Nothing here is only written, so nothing can stay mute for want of reads. Broken: the alarm of a lost device
    is not taken up at a start; a device is found by its unit alone.
    """
    with Wires() as wires:
        dead = wires.add(PtySlaves(room.path("bus1")))
        live = wires.add(PtySlaves(room.path("bus2")))
        for bus in (dead, live):
            bus.holds[3] = {0: 33}
        write_site(room, {"box": registers([0])}, [dead.link("rtu1"), live.link("rtu2")],
                   [modbus(d, link, 3, more="poll: {normal: 500ms}") for d, link in (("dead3", "rtu1"), ("live3", "rtu2"))])
        room.start_agent()
        wait_for("both online", 20, room.all_online)
        dead.silent = {3}
        until_alarm(room, "dead3/comm_lost", "unacknowledged")
        keeps_beat(live, 3, 0.5, 3, "beside the dead one")
        since, told = alarm(room, "dead3/comm_lost")["since"], room.ask("events")["events"][-1]["seq"]
        started = room.ask("status")["agent"]["started"]
        began = time.monotonic()
        assert room.ctl("reload").returncode == 0
        wait_for("another start", 10, lambda: room.agent_answers() and room.ask("status")["agent"]["started"] != started)
        assert alarm(room, "dead3/comm_lost")["since"] == since, "it begins anew"
        until_state(room, "live3", "online", 5)
        until_state(room, "dead3", "lost", 10)
        again = [e for e in room.ask("events")["events"] if e["seq"] > told and e.get("alarm") == "comm_lost"]
        assert not again, f"told again: {again}"
        keeps_beat(live, 3, 0.5, 3, "after a reload")
        asked = len(dead.of(3, began))
        assert asked <= 12, f"{asked} questions to a unit that is known to be mute"
        dead.silent = set()
        until_state(room, "dead3", "online", 65)
        return f"{asked} questions to the mute one in {time.monotonic() - began:.0f} s around a reload"


@seconds(8)
def test_rule_08_refused_hole_alone_is_split(room):
    """
    A read over a hole that is refused is split at that hole, other holes stay joined, and it is remembered (wb-mqtt-serial).
    Broken: what was refused is not split; it is split at every hole.
    """
    with Wires() as wires:
        box = wires.add(TcpSlaves())
        points = [*range(0, 5), *range(7, 12), *range(14, 19), *range(21, 26)]
        box.holds[1] = {a: a for a in range(26) if a not in (14 - 1, 14 - 2)}  # the hole before 14 is refused
        write_site(room, {"box": registers(points, max_gap=4)}, [box.link("tcp")], [modbus("box", "tcp")])
        room.start_agent()
        wait_for("all values", 10, lambda: [p["value"] for p in room.ask("points", "box")["points"]] == points)
        time.sleep(1.5)  # cycles in which it learns
        began = time.monotonic()
        time.sleep(1.5)
        asked = {(a.address, a.count) for a in box.of(1, began)}
        refused = [a for a in box.of(1, began) if box.pdu(a)[0] == 0x83]
        assert not refused, f"refused again and again: {asked}"
        assert asked == {(0, 12), (14, 12)}, f"asked for {sorted(asked)}"
        return f"{len([a for a in box.of(1) if box.pdu(a)[0] == 0x83])} refused, then never again"


@seconds(8)
def test_rule_12_alarms_see_what_is_not_published(room):
    """
    An alarm is judged by each sample, before small changes are left out (ZBX-16563); and what drifts by less than the
    deadband each time is published all the same (Neuron's cache.c). Broken: alarms are judged by what was told last;
    the deadband counts from the sample before.
    """
    with Wires() as wires:
        box = wires.add(TcpSlaves())
        value = [100]
        box.holds[1] = {0: lambda: value[0]}
        profile = registers([], "  reading_0: {holding: 0, type: u16, unit: \"1\", deadband: 10, poll: normal}\nalarms:\n"
                            f"  reading_high: {{when: reading_0 > 105, priority: high, {REMEDY}}}\n")
        write_site(room, {"box": profile}, [box.link("tcp")], [modbus("box", "tcp")])
        with_broker(room)
        wait_for("the value", 10, lambda: good_values(room, "box/reading_0") == [100])
        value[0] = 106
        until_alarm(room, "box/reading_high", "unacknowledged", 2)
        assert good_values(room, "box/reading_0") == [100], "inside the deadband"
        value[0] = 100
        until_alarm(room, "box/reading_high", "returned_unacknowledged", 2)
        for step in range(1, 31):  # one each sample
            value[0], asked = 100 + step, len(box.of(1))
            wait_for("the next sample", 2, lambda n=asked: len(box.of(1)) > n, 0.005)
        wait_for("the drift", 5, lambda: good_values(room, "box/reading_0")[-1] >= 122)
        seen = good_values(room, "box/reading_0")
        assert [b for a, b in zip(seen, seen[1:]) if b - a > 12] == [] and len(seen) >= 3, seen
        return f"published {seen}"


@seconds(12)
def test_rule_13_parent_before_child(room):
    """
    The parent is asked before a child is called lost: one alarm, the child a symptom (LibreNMS 8353). An alarm makes no
    value of its device stale, and it ends without a restart (NUT 2488, 2999). Broken: a child's alarm does not wait.
    """
    with Wires() as wires:
        boxes = [wires.add(TcpSlaves()), wires.add(TcpSlaves())]
        for box in boxes:
            box.holds[1] = {0: 200}
        more = f"alarms:\n  reading_high: {{when: reading_0 > 105, priority: high, {REMEDY}}}\n"
        write_site(room, {"box": registers([0], more), "quiet": registers([0])}, [boxes[0].link("tcp1"), boxes[1].link("tcp2")],
                   [modbus("parent", "tcp1", 1, "quiet", "poll: {normal: 1min}"),
                    modbus("child", "tcp2", 1, "box", "parent: parent, poll: {normal: 200ms}")])
        room.start_agent()
        wait_for("all online", 20, room.all_online)
        until_alarm(room, "child/reading_high", "unacknowledged")
        time.sleep(1.5)  # several times as long as it takes to be stale
        assert room.ask("points", "child")["points"][0]["quality"] == "good", "its alarm made it stale"
        boxes[1].holds[1][0] = 100
        until_alarm(room, "child/reading_high", "returned_unacknowledged", 3)
        for box in boxes:
            box.silent = {1}
        until_alarm(room, "parent/comm_lost", "unacknowledged", 10)
        until_state(room, "child", "lost", 5)
        time.sleep(0.5)
        told = [(e["device"], e["to"]) for e in room.ask("events")["events"] if e.get("alarm") == "comm_lost"]
        assert told == [("parent", "unacknowledged"), ("child", "suppressed")], f"called lost: {told}"
        for box in boxes:
            box.silent = set()
        for device in ("parent", "child"):
            until_state(room, device, "online", 65)
        until_alarm(room, "child/comm_lost", "normal", 5)
        until_alarm(room, "parent/comm_lost", "returned_unacknowledged", 5)


@seconds(12)
def test_rule_14_a_lasting_fault_is_two_lines(room):
    """
    A fault that lasts is one line in the log, and its end is another (NUT 704). Broken: a fault is said each time; its
    end is not said.
    """
    with Wires() as wires:
        box = wires.add(TcpSlaves())
        box.holds[1] = {0: 1}
        write_site(room, {"box": registers([0], timeout="100ms")}, [box.link("tcp")], [modbus("box", "tcp")])
        room.start_agent()
        wait_for("online", 10, room.all_online)

        def lines():
            return [x for x in room.log("facilityd.log").splitlines() if re.search(r"\b(box|tcp)\b", x)]
        before = len(lines())
        box.silent = {1}
        until_state(room, "box", "lost")
        asked = len(box.of(1))
        wait_for("some more questions in vain", 30, lambda: len(box.of(1)) >= asked + 3)
        fault = lines()[before:]
        assert 1 <= len(fault) <= 3, f"{len(fault)} lines: {fault}"
        box.silent = set()
        until_state(room, "box", "online", 65)
        end = wait_for("a line of the end", 3, lambda: [x for x in lines()[before:] if "again" in x])
        assert len(lines()) - before <= 6, lines()[before:]
        return f"{len(fault)} line(s) of the fault; {end[0].split(': ', 1)[-1]}"


# ---- SNMP


def snmp(name, at, profile="box", more="poll: {normal: 1s}"):
    return f"{name}: {{profile: {profile}, zone: room, {at}, {more}}}"


@seconds(12)
def test_rule_05_timeout_is_of_the_cycle(room):
    """
    What a silent device costs is one timeout each cycle, not one for each object (Telegraf 3823, NUT 2822, 1211): 27
    objects are nine GETs of a real snmpd, which is stopped. Broken: after a silence the next GET of the cycle goes out.
    """
    with Wires() as wires:
        daemons = [Snmpd(room, name) for name in ("snmpd1", "snmpd2")]
        relay = wires.add(Relay(daemons[0].port))
        write_site(room, {"box": objects(max_varbinds=3)}, [],
                   [snmp("box1", daemons[0].at(port=relay.port)), snmp("box2", daemons[1].at())])
        room.start_agent()
        wait_for("both online", 10, room.all_online)
        wait_for("nine GETs a cycle", 5, lambda: len(relay.since(time.monotonic() - 1)) >= 9)
        before = polls(room)["box2"]
        room.processes["snmpd1"].send_signal(signal.SIGSTOP)
        time.sleep(0.3)
        began = time.monotonic()
        until_state(room, "box1", "lost", 4)
        took = time.monotonic() - began
        asked, cycles = len(relay.since(began)), polls(room)["box1"]
        time.sleep(2)
        rate = (polls(room)["box2"] - before) / (time.monotonic() - began + 0.3)
        room.processes["snmpd1"].send_signal(signal.SIGCONT)
        # Two polls, each with the first try, its repetition, and a smaller GET at most.
        assert asked <= 6, f"{asked} datagrams to a silent device until it was lost"
        assert rate > 0.8, f"the other: {rate:.2f} polls/s"
        until_state(room, "box1", "online", 65)
        return f"lost after {took:.1f} s and {asked} datagrams ({cycles} polls in all)"


@seconds(12)
def test_rule_06_discovery_holds_up_nobody(room):
    """
    The search for the engine of a silent SNMPv3 device holds up neither the loop nor the other devices, and the second
    and third device of version 3 work beside the first (net-snmp 124, 120; collectd 3467). Broken: the library searches.
    """
    with Wires():
        silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        silent.bind(("127.0.0.1", 0))
        daemons = [Snmpd(room, f"snmpd{n}") for n in (1, 2, 3)]
        at = daemons[0].at(3, silent.getsockname()[1])
        write_site(room, {"box": objects(timeout="1s")}, [], [snmp("mute", at)] +
                   [snmp(f"box{n}", d.at(3)) for n, d in enumerate(daemons, 1)])
        room.start_agent(wait=False)
        wait_for("the control socket", 10, lambda: os.path.exists(room.path("control.sock")))
        slowest, end = 0, time.monotonic() + 6
        while time.monotonic() < end:
            began = time.monotonic()
            room.ask("status")
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.05)
        held = [int(x) for x in re.findall(r"held the loop for (\d+) ms", room.log("facilityd.log"))]
        assert max(held, default=0) < 700, f"the loop was held for {max(held)} ms"
        for n in (1, 2, 3):
            assert state(room, f"box{n}") == "online", room.devices()[f"box{n}"]
            assert polls(room)[f"box{n}"] >= 4, polls(room)
        until_state(room, "mute", "lost", 10)
        silent.close()
        assert slowest < 0.9, f"a question to the agent took {slowest:.2f} s"
        return f"slowest answer {slowest * 1000:.0f} ms"


@seconds(12)
def test_rule_07_size_of_a_get_is_learned(room):
    """
    A GET that is too big, said by tooBig or by silence, is halved, and the device's size is remembered (Zabbix). That it
    grows again after a day is unit test_rule_07_size_grows_daily. Broken: it is not halved; it is not remembered.
    """
    with Wires() as wires:
        daemons = [Snmpd(room, name) for name in ("snmpd1", "snmpd2")]
        relays = [wires.add(Relay(d.port)) for d in daemons]
        most = 210  # octets: eight variables and a little
        relays[0].mode = lambda d: "pass" if len(d) < most else "too big"
        relays[1].mode = lambda d: "pass" if len(d) < most else "silence"
        write_site(room, {"box": objects()}, [], [snmp(f"box{n}", d.at(port=r.port), more="poll: {normal: 500ms}")
                                                  for n, (d, r) in enumerate(zip(daemons, relays), 1)])
        room.start_agent()
        wait_for("all values", 15, lambda: all(p["quality"] == "good" for p in room.ask("points")["points"]))
        time.sleep(1)
        began = time.monotonic()
        time.sleep(2)
        for relay, word in zip(relays, ("too big", "silence")):
            again = [x for x in relay.since(began) if x[2] != "pass"]
            assert not again, f"{word} again: {again}"
            sizes = [x[1] for x in relay.asked if x[2] != "pass"]
            assert sizes and sizes[0] > sizes[-1] or len(sizes) == 1, f"{word}: {sizes}"
            a_cycle = len(relay.since(began)) / 4
            assert a_cycle < 10, f"{word}: {a_cycle} GETs a cycle for {len(COUNTERS)} objects"
        return f"too big: {[x[1] for x in relays[0].asked][:6]}, silence: {[x[1] for x in relays[1].asked][:8]}"


# ---- broker


class Wall(stall.Proxy):
    """
    The proxy of stall.py; "mute": what the broker says is swallowed; "closed": whoever comes is sent away. Counts pings
    and connections.
    """

    def __init__(self, port):
        self.pings, self.callers = 0, set()
        super().__init__(port)

    @property
    def made(self):
        return len(self.callers)

    def move(self, pair, s):
        if self.mode == "closed":
            self.close_pair(pair)
            return
        if self.mode == "mute" and s is pair[1]:
            if not s.recv(65536):
                self.close_pair(pair)
            return
        if s is pair[0]:
            with contextlib.suppress(OSError):
                self.callers.add(s.getpeername())
                self.pings += s.recv(2, socket.MSG_PEEK) == b"\xc0\x00"
        super().move(pair, s)


def quiet_box(room, wires, more="mqtt: {{port: {}}}\n"):
    """A site of one device that never changes, with its broker behind a wall. Its alarm can be shelved: an event."""
    box = wires.add(TcpSlaves())
    box.holds[1] = {0: 7}
    write_site(room, {"box": registers([0], f"alarms:\n  reading_high: {{when: reading_0 > 105, priority: high, {REMEDY}}}\n")},
               [box.link("tcp")], [modbus("box", "tcp")])
    wall = wires.add(Wall(room.broker_port))
    room.extra_overlay = more.format(wall.listens)
    return wall


def stir(room, n):
    """n events by what a person does; returns the newest."""
    for _ in range(n // 2):
        room.ctl("shelve", "box/reading_high", "5min", "trial", "--as", "Sato")
        room.ctl("unshelve", "box/reading_high", "--as", "Sato")
    return newest(room)


def waiting(room):
    return part(room, "mqtt")["waiting"]


@seconds(15)
def test_rule_09_nothing_after_the_last_acked_is_lost(room):
    """
    The broker takes events without saying so, is killed and forgets them: all after the last acknowledged one come again
    (ThingsBoard 2157, Telegraf 14750, collectd 2724). Broken: an event has arrived when it was sent.
    """
    with Wires() as wires:
        wall = quiet_box(room, wires)
        room.start_broker()
        room.subscribe("event", "before")
        room.start_agent()
        wait_for("online", 10, room.all_online)
        wait_for("no event to wait", 10, lambda: waiting(room) == 0)
        acked = max(e["seq"] for e in room.events("before"))
        wall.mode = "mute"
        unsure = stir(room, 10)
        wait_for("all at the broker, without its word", 10, lambda: max(e["seq"] for e in room.events("before")) >= unsure)
        room.end("broker", signal.SIGKILL)
        room.end("before")
        wall.mode = "closed"  # a login that nobody answers would take ten seconds
        wall.cut()
        last = stir(room, 10)
        with contextlib.suppress(FileNotFoundError):
            os.remove(room.path("mosquitto.db"))
        room.start_broker()
        room.subscribe("event", "after")
        time.sleep(0.5)
        wall.mode = "pass"
        wait_for("the newest event", 30, lambda: any(e["seq"] >= last for e in room.events("after")))
        check_sequence(room.events("after"))
        first = min(e["seq"] for e in room.events("after"))
        hold(first <= acked + 1, f"acknowledged up to {acked}, sent again from {first}")
        return f"acknowledged up to {acked}, sent again from {first} to {last}"


@seconds(12)
def test_rule_09_queue_is_bounded(room):
    """
    With the broker stopped the store overflows: memory stays, what is held comes in order, and a gap says what is not
    (ThingsBoard 2157). Broken: what overflows leaves no gap.
    """
    room.extra_overlay = "store: {max_events: 100}\nmqtt: {keepalive: 60s}\n"
    room.start_plant()
    room.start_broker()
    room.subscribe("event")
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    wait_for("no event to wait", 10, lambda: part(room, "mqtt")["waiting"] == 0)
    before = proc(room)[0]
    room.processes["broker"].send_signal(signal.SIGSTOP)
    make_events(room, 600)  # the newest 256 are in memory as well
    grown = stall.flat(room, before)
    last = newest(room)
    room.processes["broker"].send_signal(signal.SIGCONT)
    wait_for("the newest event", 20, lambda: any(e["seq"] >= last for e in room.events()))
    events = room.events()
    seqs = [e["seq"] for e in events if e["type"] != "gap"]
    hold(seqs == sorted(seqs), "out of order")
    told = set(seqs)
    gaps = [e for e in events if e["type"] == "gap"]
    for g in gaps:
        told |= set(range(int(g["from"]), int(g["to"]) + 1))
        assert g["value"] == int(g["to"]) - int(g["from"]) + 1, g
    hold(gaps and set(range(1, last + 1)) <= told, f"no gap tells of {sorted(set(range(1, last + 1)) - told)}")
    return f"{len(gaps)} gaps, {int(sum(g['value'] for g in gaps))} of {last} events lost and told, {grown} kB"


@seconds(15)
def test_rule_09_reload_and_reconnect_clear_nothing(room):
    """
    Events that wait are there after a reload, and after a connection that ends as soon as it is used (ThingsBoard 2124,
    Telegraf 69). Broken: a start begins behind the newest event.
    """
    with Wires() as wires:
        wall = quiet_box(room, wires)
        wall.mode = "hang up"
        room.start_agent()
        wait_for("online", 10, room.all_online)
        stir(room, 10)
        started = room.ask("status")["agent"]["started"]
        assert room.ctl("reload").returncode == 0
        wait_for("another start", 10, lambda: room.agent_answers() and room.ask("status")["agent"]["started"] != started)
        last = stir(room, 10)
        room.start_broker()
        room.subscribe("event")
        wait_for("a connection that ends", 30, lambda: wall.hung_up >= 2)
        assert not room.events()
        hold(waiting(room) >= 20, f"{waiting(room)} events wait, and 20 have happened")
        wall.mode = "pass"
        wait_for("the newest event", 30, lambda: any(e["seq"] >= last for e in room.events()))
        check_sequence(room.events())
        hold(min(e["seq"] for e in room.events()) == 1, "the first ones are lost")
        return f"{last} events, none before a reload and {wall.hung_up} short connections was lost"


@seconds(10)
def test_rule_09_corrupt_tail_is_cut(room):
    """
    A store whose end was torn at a crash starts with all that was whole before it (Telegraf's buffer_disk). Broken:
    what does not look as it was left is put aside.
    """
    with Wires() as wires:
        quiet_box(room, wires)
        room.start_agent()
        wait_for("online", 10, room.all_online)
        last = stir(room, 10)
        epoch = room.ask("events")["events"][-1]["epoch"]
        time.sleep(0.5)  # on disk
        log = next(p for p in (room.path("state", n) for n in os.listdir(room.path("state")))
                   if p.endswith("-wal") and "events" in p)
        whole = os.path.getsize(log)
        stir(room, 2)
        room.end("facilityd", signal.SIGKILL)
        with open(log, "r+b") as f:  # what came last is torn, and noise follows
            f.truncate(max(whole, os.path.getsize(log) - 1000))
            f.seek(0, os.SEEK_END)
            f.write(os.urandom(5000))
        room.start_agent()
        events = wait_for("the events", 5, lambda: room.ask("events", "-n", "100")["events"])
        seqs = [e["seq"] for e in events if e["epoch"] == epoch]
        hold(set(range(1, last + 1)) <= set(seqs), f"lost: {set(range(1, last + 1)) - set(seqs)}")
        assert stir(room, 2) > last
        return f"{last} events kept, {len(events)} now"


@seconds(12)
def test_rule_10_idle_connection_is_kept(room):
    """
    Between messages the connection is looked after: with nothing to say for longer than the broker waits it is still the
    same (collectd 4393). Broken: no ping is sent.
    """
    with Wires() as wires:
        wall = quiet_box(room, wires, "mqtt: {{port: {}, keepalive: 5s}}\n")
        room.start_broker()
        room.start_agent()
        wait_for("a connection in order", 10, lambda: room.all_online() and part(room, "mqtt")["ok"])
        pings = wall.pings
        time.sleep(10)
        assert wall.made == 1, f"{wall.made} connections"
        assert wall.pings > pings, "no ping"
        return f"{wall.pings} pings"


@seconds(12)
def test_rule_10_subscriptions_come_again(room):
    """
    After a reconnect commands are heard as before (collectd 3442). Broken: it subscribes at the first connection alone.
    """
    with Wires() as wires:
        wall = quiet_box(room, wires, 'mqtt: {{port: {}, version: "5", consumers: [historian]}}\n')
        room.start_broker()
        room.subscribe("event")
        room.start_agent()
        events = wait_for("some events", 10, lambda: room.events())
        ack = json.dumps({"epoch": events[0]["epoch"], "upto": 1})
        assert mqtt.ask(room, "ack", ack), "no answer at first"
        wall.cut()
        wait_for("another connection", 10, lambda: wall.made == 2 and part(room, "mqtt")["ok"])
        assert mqtt.ask(room, "ack", ack), "no answer after a reconnect"


@seconds(13)
def test_rule_10_pauses_grow_at_random(room):
    """
    A broker that hangs up is tried again after ever longer pauses, each at random below its bound, so that a hundred
    agents do not come together (collectd 4393). Broken: no pause; no growth; no chance in it.
    """
    tries, stop = [], []
    server = socket.create_server(("127.0.0.1", room.broker_port))
    server.settimeout(0.1)

    def hang_up():
        while not stop:
            with contextlib.suppress(TimeoutError):
                server.accept()[0].close()
                tries.append(time.monotonic())
        server.close()
    thread = threading.Thread(target=hang_up)
    thread.start()
    try:
        with Wires() as wires:
            wires.add(quiet := TcpSlaves()).holds[1] = {0: 7}
            write_site(room, {"box": registers([0])}, [quiet.link("tcp")], [modbus("box", "tcp")])
            room.start_agent()
            time.sleep(10)
    finally:
        stop.append(True)
        thread.join()
    pauses = [b - a for a, b in zip(tries, tries[1:])]
    assert 3 <= len(tries) <= 9, f"{len(tries)} tries in 10 s"
    assert min(pauses) > 0.15, f"hammers: {pauses}"
    beats = [p for p in pauses if min(abs(p - b) for b in (1, 2, 4, 8)) < 0.05]
    assert len(beats) < len(pauses), f"no chance in it: {pauses}"
    return "pauses " + " ".join(f"{p:.2f}" for p in pauses)


# ---- clock, start, configuration


@seconds(20)
@can_skip
def test_rule_11_clock_steps_by_a_year(room):
    """
    The wall clock goes a year forward and two back under the running agent: no burst of polls, none late, an alarm's
    delay is its delay, order is kept (collectd's plugin.c, NUT 3405). Broken: what is timed is timed by the wall clock.
    """
    with Wires() as wires:
        box = wires.add(TcpSlaves())
        value = [7]
        box.holds[1] = {0: lambda: value[0]}
        write_site(room, {"box": registers([0], "alarms:\n  reading_high: {when: reading_0 > 105, on_delay: 2s, off_delay: "
                                           f"1s, priority: high, {REMEDY}}}\n")}, [box.link("tcp")], [modbus("box", "tcp")])
        faults = Faults(room)
        room.start_broker()
        room.subscribe()
        room.start_agent(env=faults.env())
        wait_for("online", 10, room.all_online)
        seen = []
        for offset in (365, -365, 0):
            value[0] = 200
            time.sleep(1)  # the delay runs
            faults["wall_us"] = offset * 86_400_000_000
            stepped = time.monotonic()
            assert alarm(room, "box/reading_high") is None or seen, "before its delay"
            until_alarm(room, "box/reading_high", "unacknowledged", 3)
            took = time.monotonic() - stepped
            assert took > 0.4, f"{offset}: the rest of a delay of 2 s took {took:.2f} s"
            value[0] = 7
            until_alarm(room, "box/reading_high", "returned_unacknowledged", 3)
            asked, span = len(box.of(1, stepped)), time.monotonic() - stepped
            gaps = [b.at - a.at for a, b in zip(box.of(1, stepped), box.of(1, stepped)[1:])]
            assert asked <= span * 5 + 3, f"{offset}: a burst, {asked} polls in {span:.1f} s"
            assert max(gaps) < 1, f"{offset}: no poll for {max(gaps):.1f} s"
            began = time.monotonic()
            year = room.ask("events")["events"][-1]["time"][:4]
            assert time.monotonic() - began < 1
            seen.append(year)
            assert room.ctl("ack", "box/reading_high", "--as", "Sato").returncode == 0
        assert len(set(seen)) == 3, f"the clock did not step: {seen}"
        last = newest(room)
        wait_for("every event", 10, lambda: any(e["seq"] >= last for e in room.events()))
        check_sequence(room.events())
        return f"years {' '.join(seen)}"


@seconds(65)
def test_rule_15_absent_at_start_is_normal(room):
    """
    With no serial port, no device, no broker and no NOC the agent starts, and each is found when it comes (NUT's fatalx,
    collectd). Broken: a port that cannot be opened ends the start.
    """
    port = free_port()
    write_site(room, {"box": registers([0])},
               [f"tcp: {{kind: modbus-tcp, address: 127.0.0.1, port: {port}}}",
                f"rtu: {{kind: modbus-rtu, port: {room.path('bus')}, baud: 19200, parity: none}}"],
               [modbus("box1", "tcp"), modbus("box2", "rtu")])
    room.start_agent()
    for device in ("box1", "box2"):
        until_state(room, device, "lost", 10)
    with Wires() as wires:
        boxes = [wires.add(TcpSlaves(port)), wires.add(PtySlaves(room.path("bus")))]
        for box in boxes:
            box.holds[1] = {0: 7}
        began = time.monotonic()
        room.start_broker()
        room.subscribe()
        for device in ("box1", "box2"):
            until_state(room, device, "online", 65)
        wait_for("values at the broker", 65, lambda: all(
            (retained(room, f"point/{d}/reading_0", "sub") or {}).get("value") == 7 for d in ("box1", "box2")))
        return f"all there after {time.monotonic() - began:.1f} s"


@seconds(10)
def test_rule_16_bad_config_on_reload(room):
    """
    A reload with a bad file changes nothing, and says file, line, key and the nearest one that exists; by command and by
    signal. Broken: it is taken all the same; no key is suggested.
    """
    with Wires() as wires:
        quiet_box(room, wires)
        room.start_agent()
        wait_for("online", 10, room.all_online)
        since, pid = room.ask("status")["agent"]["started"], room.processes["facilityd"].pid
        with open(room.site, "a") as f:
            f.write("zoness: {}\n")
        with open(room.site) as f:
            line = len(f.readlines())
        r = room.ctl("reload")
        assert r.returncode == 1 and "was not taken" in r.stderr, r
        for words in (f"site.yaml:{line}:", 'unknown key "zoness"', 'did you mean "zones"?'):
            assert words in r.stderr, f"no {words!r} in: {r.stderr}"
        os.kill(pid, signal.SIGHUP)
        wait_for("both in the events", 10, lambda: [
            e["who"] for e in room.ask("events")["events"] if "was not taken" in e.get("text", "")][-1:] == ["SIGHUP"])
        assert room.ask("status")["agent"]["started"] == since and room.all_online()
