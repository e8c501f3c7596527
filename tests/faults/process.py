"""The process is killed at a chosen write, stopped, starts again and again, or hangs: what it told stays, and systemd notices."""
import os
import random
import shutil
import signal
import socket
import threading
import time

from common import alarm, long, seconds, until_alarm, wait_for
from ends import run, seed
from oracle import check_sequence, check_told
from room import SITE
from trouble import Faults, can_skip, quick_start

FAULT = "door1/door_fault"


# ---- P1: killed at each write and sync

def killed_at(room, ns):
    """Each time before or behind the nth write or sync of its files, in the start as well."""
    faults = Faults(room)
    left, by_itself = iter(ns), []

    def arm():
        n = next(left, 0)
        faults["disk_kills"], faults["disk_left"] = 1 + n % 2, n // 2

    def until_dead():
        p = room.processes["facilityd"]
        end = time.monotonic() + 2
        while p.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        by_itself.append(p.poll() == -signal.SIGKILL)
        room.end("facilityd", signal.SIGKILL)
        faults["disk_left"] = -1

    text = run(room, until_dead, len(ns), seed(), env=faults.env(), before=arm)
    # A room may be too quiet for so many writes in 2 s.
    assert sum(by_itself) > len(ns) // 2, f"{sum(by_itself)} of {len(by_itself)} died at a write"
    return f"{sum(by_itself)} of {len(by_itself)} died at a write; {text}"


@seconds(35)
@can_skip
def test_killed_at_a_write(room):
    rng = random.Random(seed())
    return killed_at(room, [rng.randrange(0, 60) for _ in range(7)])


@long
@seconds(600)
@can_skip
def test_killed_at_each_write(room):
    return killed_at(room, range(0, 120))


# ---- P2, P3: systemd

class Systemd:
    """Listens as systemd does; what it was told, with the time."""

    def __init__(self, room, watchdog_ms):
        self.path = room.path("notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.env = {"NOTIFY_SOCKET": self.path, "WATCHDOG_USEC": str(watchdog_ms * 1000)}
        self.told, self.ended = [], False
        self.thread = threading.Thread(target=self.listen)
        self.thread.start()

    def listen(self):
        self.socket.settimeout(0.1)
        while not self.ended:
            try:
                text = self.socket.recv(4096).decode()
            except TimeoutError:
                continue
            self.told.append((time.monotonic(), text))

    def pings(self):
        return [t for t, text in self.told if "WATCHDOG=1" in text]

    def silence(self):
        return time.monotonic() - max(self.pings())

    def close(self):
        self.ended = True
        self.thread.join()
        self.socket.close()


@seconds(25)
def test_watchdog_of_systemd(room):
    """It says when it is ready and that it lives; stopped, it says nothing, is killed, and goes on where it was."""
    systemd = Systemd(room, 1000)
    try:
        room.start_plant()
        room.start_broker()
        room.subscribe("event", "sub", "-c", "-i", "historian")
        env = {**os.environ, **systemd.env}
        room.start_agent(env=env)
        wait_for("READY=1", 5, lambda: [1 for _, x in systemd.told if "READY=1" in x and "STATUS=site annex-2f" in x])
        wait_for("all devices online", 30, room.all_online)
        room.plantctl("door1", "fault")
        until_alarm(room, FAULT, "unacknowledged")
        time.sleep(2)
        pings = systemd.pings()
        gaps = [b - a for a, b in zip(pings, pings[1:])]
        assert len(pings) >= 4 and sorted(gaps)[len(gaps) // 2] < 0.7, gaps
        room.processes["facilityd"].send_signal(signal.SIGSTOP)
        wait_for("silence", 5, lambda: systemd.silence() > 1.2)
        room.end("facilityd", signal.SIGKILL)  # what systemd does then, and starts it again
        quick_start(room, env=env)
        assert alarm(room, FAULT)["state"] == "unacknowledged"
        wait_for("the next sign of life", 3, lambda: systemd.silence() < 0.7)
        room.end("facilityd")
        assert "STOPPING=1" in [x for _, x in systemd.told], systemd.told[-3:]
        return f"{len(pings)} signs of life, {sorted(gaps)[len(gaps) // 2]:.2f} s apart; {check_sequence(room.events())} events"
    finally:
        systemd.close()


@long
@seconds(200)
@can_skip
def test_thread_that_hangs(room):
    """A sync that never ends: it is said after two minutes, and everything live goes on: to begin anew would mend no disk."""
    faults = Faults(room)
    systemd = Systemd(room, 2000)
    try:
        room.start_plant()
        room.start_agent(env={**faults.env(), **systemd.env})
        wait_for("all devices online", 30, room.all_online)
        faults["sync_delay_ms"] = 400_000
        room.plantctl("door1", "fault")
        until_alarm(room, FAULT, "unacknowledged")
        began = time.monotonic()
        while time.monotonic() - began < 140:
            assert systemd.silence() < 5 and room.all_online()
            time.sleep(2)
        line = [x for x in room.log("facilityd.log").splitlines() if "has not come on" in x]
        assert len(line) == 1 and '"store"' in line[0], line
        room.end("facilityd", signal.SIGKILL)
        return line[0][25:]
    finally:
        systemd.close()


# ---- P4, P5: boots without end

def size(room):
    return sum(os.path.getsize(room.path("state", x)) for x in os.listdir(room.path("state")))


def boots(room, times):
    """Killed as soon as it is up, or before: no growth, and each boot is counted; a look at it finds all well."""
    rng = random.Random(seed())
    room.start_plant()
    room.start_broker()
    room.subscribe("event", "sub", "-c", "-i", "historian")
    quick_start(room)
    wait_for("all devices online", 30, room.all_online)
    room.plantctl("door1", "fault")
    until_alarm(room, FAULT, "unacknowledged")
    sizes, began = [], time.monotonic()
    for i in range(times):
        room.end("facilityd", signal.SIGKILL)
        room.start_agent(wait=False)
        time.sleep(rng.random() * 0.5)
        sizes.append(size(room))
    took = time.monotonic() - began
    room.end("facilityd", signal.SIGKILL)
    start = quick_start(room)
    assert alarm(room, FAULT)["state"] == "unacknowledged"
    wait_for("all devices online", 30, room.all_online)
    last = room.ask("events", "-n", "1")["events"][-1]["seq"]
    wait_for("the newest event", 20, lambda: any(e["seq"] >= last for e in room.events()))
    n = check_sequence(room.events())
    grown = (sizes[-1] - sizes[len(sizes) // 2]) / (len(sizes) / 2)
    assert grown < 40_000 and sizes[-1] < 8_000_000, (grown, sizes[-1])
    assert start < 5
    return f"{times} boots in {took:.0f} s, {n} events, {grown / 1000:.1f} kB a boot, start {start:.2f} s"


@seconds(25)
def test_boots_without_end(room):
    return boots(room, 20)


@long
@seconds(150)
def test_hundred_boots(room):
    return boots(room, 100)


# ---- P6: killed while a configuration is put in place

@seconds(30)
def test_killed_while_it_reloads(room):
    """
    Killed at any moment of it: the site as the file says it, never a mixture and never none; what stood stands, with who
    has seen it and since when; each event is told once, in order.
    """
    rng = random.Random(seed())
    room.site = room.path("site.yaml")
    shutil.copy(SITE, room.site)
    room.start_plant()
    room.start_broker()
    room.subscribe("event", "sub", "-c", "-i", "historian")
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    room.plantctl("door1", "fault")
    until_alarm(room, FAULT, "unacknowledged")
    assert room.ctl("ack", FAULT, "--as", "Tanaka").returncode == 0
    stands = {k: until_alarm(room, FAULT, "acknowledged")[k] for k in ("state", "since", "who")}
    wait_for("it to be on disk", 5, lambda: [e for e in room.ask("events")["events"] if e.get("to") == "acknowledged"])
    with open(room.site, encoding="utf-8") as f:
        text = f.read()
    title = "Computer room door"
    assert text.count(title) == 1
    for i in range(6):
        with open(room.path("site.new"), "w", encoding="utf-8") as f:
            f.write(text.replace(title, f"Door {i}"))
        os.rename(room.path("site.new"), room.site)
        os.kill(room.processes["facilityd"].pid, signal.SIGHUP)
        time.sleep(rng.random() * 0.8)
        room.end("facilityd", signal.SIGKILL)
        quick_start(room)
        assert room.devices()["door1"]["title"] == f"Door {i}"
        now = alarm(room, FAULT)
        assert {k: now[k] for k in stands} == stands and f"Door {i}" in now["text"], (now, stands)
    wait_for("all devices online", 30, room.all_online)
    last = room.ask("events", "-n", "1")["events"][-1]["seq"]
    wait_for("the newest event", 20, lambda: any(e["seq"] >= last for e in room.events()))
    told, lost = check_told(room.events(), last)
    starts = {e["seq"] for e in room.events() if e["to"] == "running" and e["type"] == "system"}
    assert lost == 0 and len(starts) >= 7, starts
    return f"{told} events, {len(starts)} starts"
