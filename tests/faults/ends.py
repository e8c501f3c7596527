"""
The agent ends at any instant, by kill -9 or by a power cut of the disk below it, again and again, while things happen
in the room: no event is lost, none comes twice as another, and each change of the room has its event.

Seen to fail with PRAGMA synchronous = OFF (power cuts) and with two of three COMMITs left out (kills).
"""
import json
import os
import random
import signal
import sqlite3
import subprocess
import time

from common import long, seconds, wait_for
from noc import ALARM, BEGIN, DEVICE, END, LISTED_ALARM, SEQ, TEST, TEXT, TO, told
from oracle import hold
from room import BASE
from trouble import Disk, own_mounts, quick_start

# What is switched, and the alarm that follows it at once.
SWITCHES = {("door1", "door_fault"): "door1/door_fault", ("door2", "door_fault"): "door2/door_fault",
            ("door1", "fire_release"): "door1/fire_release", ("door2", "fire_release"): "door2/fire_release",
            ("leak1", "leak_state"): "leak1/leak_detected"}
OVERLAY = """\
devices:
  door1: {alarms: {door_fault: {on_delay: 0s, off_delay: 0s}, fire_release: {on_delay: 0s, off_delay: 0s}}}
  door2: {alarms: {door_fault: {on_delay: 0s, off_delay: 0s}, fire_release: {on_delay: 0s, off_delay: 0s}}}
  leak1: {alarms: {leak_detected: {off_delay: 0s}}}
mqtt: {consumers: [historian]}
"""
NO_EVENTS = {TEST, BEGIN, LISTED_ALARM, END}
STANDS = {"unacknowledged", "acknowledged"}
SAME = ["time", "type", "device", "alarm", "from", "to", "text", "value"]  # of one event, wherever it is seen


class Table:
    """The consumer: a subscriber that the broker remembers; one row for each (epoch, seq)."""

    def __init__(self, room, name="historian"):
        self.room, self.name, self.rows, self.taken, self.twice = room, name, {}, 0, 0

    def update(self):
        events = self.room.events(self.name)
        for e in events[self.taken:]:
            key = (e["epoch"], e["seq"])
            if e["type"] == "gap" and key in self.rows:
                continue  # lost at the agent, not here
            old = self.rows.setdefault(key, e)
            different = [k for k in SAME if old.get(k) != e.get(k)]
            hold(not different, f"{key} came as two events, which differ in {different}: {old} {e}")
            self.twice += old is not e
        self.taken = len(events)
        return self.rows

    def acknowledge(self):
        """What the agent need not keep for this consumer any more."""
        epoch, upto = max(self.rows, key=lambda k: k[1])
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.room.broker_port), "-q", "1",
                        "-t", f"{BASE}/consumer/historian/ack", "-m", json.dumps({"epoch": epoch, "upto": upto})], check=True)

    def of_alarm(self, name):
        """Its states in their order."""
        return [e["to"] for _, e in sorted(self.update().items(), key=lambda x: x[0][1])
                if e["type"] == "alarm" and f"{e['device']}/{e['alarm']}" == name]

    def stands(self, name):
        states = self.of_alarm(name)
        return bool(states) and states[-1] in STANDS


def follow(room, table, wanted):
    def all_told():
        return all(table.stands(SWITCHES[k]) == on for k, on in wanted.items())
    wait_for(f"the events of {wanted}", 20, all_told, 0.02)


def stored(room):
    db = sqlite3.connect(f"file:{room.path('state', 'events.db')}?mode=ro", uri=True)
    try:
        epoch = db.execute("SELECT epoch FROM meta").fetchone()[0]
        gaps = db.execute("SELECT first, last FROM gap").fetchall()
        return {(epoch, r[0]): r[1] for r in db.execute("SELECT seq, text FROM event")}, gaps
    finally:
        db.close()


def judge(room, table, switched):
    """Consumer, NOC and store agree; every change of the room has its event, and there is no other."""
    last = room.ask("events", "-n", "1")["events"][-1]
    wait_for("the newest event", 20, lambda: (last["epoch"], last["seq"]) in table.update())
    wait_for("the newest inform", 60, lambda: str(last["seq"]) in {v.get(SEQ) for _, v in told(room)})
    hold({e for e, _ in table.rows} == {last["epoch"]}, "the epoch changed")
    seqs = sorted(s for _, s in table.rows)
    hold(seqs == list(range(1, seqs[-1] + 1)), f"a hole: {set(range(1, seqs[-1])) - set(seqs)}")
    informed = {}
    for kind, v in told(room):
        if kind in NO_EVENTS:
            continue
        said = (v.get(DEVICE), v.get(ALARM), v.get(TO), v.get(TEXT))
        hold(informed.setdefault(v[SEQ], said) == said, f"number {v[SEQ]} is two events: {informed[v[SEQ]]} {said}")
    missing = set(range(1, last["seq"])) - {int(s) for s in informed}
    hold(not missing, f"the NOC lacks {missing}")
    for alarm, n in switched.items():
        states = [s in STANDS for s in table.of_alarm(alarm)]
        hold(len(states) == n, f"{alarm}: {n} changes in the room, {len(states)} events: {table.of_alarm(alarm)}")
        hold(states == [i % 2 == 0 for i in range(n)], f"{alarm}: {table.of_alarm(alarm)}")
    room.end("facilityd")
    rows, gaps = stored(room)
    hold(not gaps, gaps)
    table.update()
    for key, text in rows.items():
        hold(key in table.rows or key[1] > last["seq"], f"{key} is in the store and not at the consumer")
        hold(key not in table.rows or table.rows[key].get("text", "") == text, f"the store has {key} as {text}: {table.rows.get(key)}")
    assert len(rows) >= min(last["seq"], 900), len(rows)
    return len(table.rows)


def run(room, how, times, seed, env=None, before=lambda: None):
    """how(): ends the agent; before(): at the beginning of each turn; env: of the agent."""
    rng = random.Random(seed)
    room.extra_overlay = OVERLAY
    room.start_plant()
    room.start_broker()
    room.start_noc()
    room.subscribe("event", "historian", "-c", "-i", "historian")
    starts = [quick_start(room, env=env)]
    wait_for("all devices online", 20, room.all_online)
    table, wanted = Table(room), {k: False for k in SWITCHES}
    switched = {a: 0 for a in SWITCHES.values()}
    for i in range(times):
        chosen = rng.sample(sorted(SWITCHES), rng.randint(1, 3))
        cut_after = rng.random() * 0.6
        began = time.monotonic()
        before()
        for k in chosen:
            wanted[k] = not wanted[k]
            switched[SWITCHES[k]] += 1
            room.plantctl("set", *k, str(int(wanted[k])))
            if rng.random() < 0.3:
                time.sleep(rng.random() * 0.2)
        time.sleep(max(0, cut_after - (time.monotonic() - began)))
        if i % 10 == 9:  # in the midst of a start, too
            how()
            before()
            room.start_agent(wait=False, env=env)
            time.sleep(rng.random() * 0.4)
        how()
        starts.append(quick_start(room, env=env))
        follow(room, table, wanted)
        if rng.random() < 0.7:
            table.acknowledge()
    events = judge(room, table, switched)
    assert max(starts) < 5, f"a start took {max(starts):.1f} s"
    return (f"{times} ends, {events} events, {sum(switched.values())} changes of the room, none lost, {table.twice} came twice, "
            f"start {sum(starts) / len(starts):.2f} s, at most {max(starts):.2f} s, seed {seed}")


def seed():
    return int(os.environ.get("SEED", time.time_ns() % 1_000_000))


def kills(room, times):
    s = seed()
    print(f"kill -9: seed {s}", flush=True)
    return run(room, lambda: room.end("facilityd", signal.SIGKILL), times, s)


def cuts(room, times):
    s = seed()
    print(f"power cuts: seed {s}", flush=True)
    disk = Disk(room, "ext4")
    return run(room, lambda: disk.cut_power(room), times, s)


@seconds(40)
def test_kill_at_any_instant(room):
    return kills(room, 8)


@seconds(40)
@own_mounts
def test_power_cut_at_any_instant(room):
    return cuts(room, 8)


@long
@seconds(900)
def test_two_hundred_kills(room):
    return kills(room, 200)


@long
@seconds(1000)
@own_mounts
def test_two_hundred_power_cuts(room):
    return cuts(room, 200)
