"""Memory, descriptors and processor time run out: a clear end at worst, a start that finds all, never a wrong value."""
import contextlib
import os
import random
import resource
import signal
import socket
import threading
import time

from common import alarm, long, seconds, until_alarm, wait_for
from crowd import make_events, proc
from oracle import check_sequence, check_truth
from room import SANITIZED
from trouble import Faults, Skip, can_skip, quick_start

FAULT = "door1/door_fault"
OVERLAY = "devices: {door1: {alarms: {door_fault: {on_delay: 0s, off_delay: 0s}}}}\n"


def begin(room):
    room.extra_overlay = OVERLAY
    room.start_plant()
    room.start_broker()
    room.subscribe("#", "sub", "-c", "-i", "historian")


def all_is_there(room):
    """After a start without the fault: what was told is kept, and nothing is missing."""
    wait_for("all devices online", 30, room.all_online)
    last = room.ask("events", "-n", "1")["events"][-1]["seq"]
    wait_for("the newest event", 20, lambda: any(e["seq"] >= last for e in room.events()))
    assert not [x for x in os.listdir(room.path("state")) if "damaged" in x], os.listdir(room.path("state"))
    return check_sequence(room.events())


def short_of_memory(room, ns):
    """The nth allocation fails, once: it goes on without, or ends with a word; it does not crash, and nothing is damaged."""
    faults = Faults(room)
    begin(room)
    ends, failed = {"went on": 0, "ended": 0}, 0
    for n in ns:
        faults["malloc_left"] = n
        room.start_agent(wait=False, env=faults.env())
        p = room.processes["facilityd"]
        end = time.monotonic() + 1.2
        while p.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        code = p.poll()
        failed += faults["malloc_left"] < 0
        faults["malloc_left"] = -1
        assert code is None or code in (0, 1), f"malloc {n}: ended with {code}: {room.log('facilityd.log')[-600:]}"
        ends["ended" if code is not None else "went on"] += 1
        room.end("facilityd", signal.SIGKILL)
    assert failed > len(ns) // 3, f"{failed} of {len(ns)} allocations failed: the others were never reached"
    quick_start(room)
    return f"{failed} of {len(ns)} allocations failed; {ends['went on']} times it went on, {ends['ended']} times it ended; {all_is_there(room)} events"


@seconds(35)
@can_skip
def test_nth_allocation_fails(room):
    return short_of_memory(room, [int(1.6 ** i) + i for i in range(5, 22)])


@long
@seconds(900)
@can_skip
def test_each_allocation_fails(room):
    rng = random.Random(int(os.environ.get("SEED", 1)))
    return short_of_memory(room, [*range(0, 300, 7), *(rng.randrange(300, 60_000) for _ in range(250))])


@seconds(30)
@can_skip
def test_address_space_ends(room):
    """RLIMIT_AS: too little for a start is said; while it runs, an end at worst, and the next start finds all."""
    if SANITIZED:
        raise Skip("a sanitizer reserves terabytes")
    begin(room)
    ended = 0
    for mb in (12, 24, 40, 60):
        room.start_agent(wait=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (mb << 20, mb << 20)))
        with contextlib.suppress(Exception):
            room.processes["facilityd"].wait(1.5)
        code = room.processes["facilityd"].poll()
        said = room.log("facilityd.log").strip().splitlines()[-1]
        assert code in (None, 1, 127), f"{mb} MB: ended with {code}: {said}"
        assert code != 1 or " error: " in said, f"{mb} MB: it ends and does not say why: {said}"
        ended += code is not None
        room.end("facilityd", signal.SIGKILL)
    assert ended > 1, "it was enough for a start: this tests nothing"
    quick_start(room)
    wait_for("all devices online", 30, room.all_online)
    pid = room.processes["facilityd"].pid
    with open(f"/proc/{pid}/statm") as f:
        now = int(f.read().split()[0]) * 4096
    resource.prlimit(pid, resource.RLIMIT_AS, (now, now))
    for on in (1, 0, 1):
        room.plantctl("set", "door1", "door_fault", str(on))
        time.sleep(1)
        room.ctl("points")
    code = room.processes["facilityd"].poll()
    assert code in (None, 1), f"ended with {code}"
    room.end("facilityd", signal.SIGKILL)
    quick_start(room)
    until_alarm(room, FAULT, "unacknowledged")
    return f"{'it went on' if code is None else 'it ended'}; {all_is_there(room)} events"


@seconds(20)
@can_skip
def test_killed_for_its_memory(room):
    """The kernel ends it for its memory (a group of processes with a limit): the next start finds all."""
    group = f"/sys/fs/cgroup/memory/facilityd-{os.getpid()}"
    try:
        os.mkdir(group)
        with open(f"{group}/memory.limit_in_bytes", "w") as f:
            f.write(str(3 << 20))
    except OSError as e:
        raise Skip(f"no cgroup for memory here: {e.strerror}") from None
    try:
        begin(room)
        quick_start(room)
        wait_for("all devices online", 30, room.all_online)
        room.end("facilityd")

        def enter():
            with open(f"{group}/tasks", "w") as f:
                f.write(str(os.getpid()))
        room.start_agent(wait=False, preexec_fn=enter)
        code = room.processes["facilityd"].wait(20)
        assert code == -signal.SIGKILL, code
        room.end("facilityd")
        quick_start(room)
        return f"{all_is_there(room)} events"
    finally:
        room.end("facilityd")
        os.rmdir(group)


@seconds(25)
def test_few_descriptors(room):
    """64 are enough for the room; with 24 it says what it lacks and loses nothing; people who connect do no harm."""
    def limit(n):
        return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))
    begin(room)
    room.start_agent(preexec_fn=limit(64))
    n = all_is_there(room)
    pid = room.processes["facilityd"].pid
    used = len(os.listdir(f"/proc/{pid}/fd"))
    callers = []
    for _ in range(64):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(1)
        with contextlib.suppress(OSError):
            s.connect(room.path("control.sock"))
        callers.append(s)
    room.plantctl("door1", "fault")
    wait_for("the event all the same", 10, lambda: [e for e in room.events() if e.get("alarm") == "door_fault"])
    for s in callers:
        s.close()
    wait_for("the console again", 10, lambda: room.ctl("status").returncode == 0)
    assert room.all_online()
    room.end("facilityd")
    room.start_agent(wait=False, preexec_fn=limit(24))
    time.sleep(4)
    code = room.processes["facilityd"].poll()
    assert code in (None, 0, 1), code
    log = room.log("facilityd.log")
    assert "Too many open files" in log or "descriptor" in log, log[-600:]
    room.end("facilityd", signal.SIGKILL)
    quick_start(room)
    all_is_there(room)
    return f"{used} of 64 in use, {n} events; with 24 it {'ended' if code is not None else 'went on'}"


class Throttle:
    """A share of a processor, as a quota gives it: so many ms of 100."""

    def __init__(self, pid, ms):
        self.pid, self.ms, self.ended = pid, ms, False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        with contextlib.suppress(ProcessLookupError):
            while not self.ended:
                os.kill(self.pid, signal.SIGSTOP)
                time.sleep((100 - self.ms) / 1000)
                os.kill(self.pid, signal.SIGCONT)
                time.sleep(self.ms / 1000)
            os.kill(self.pid, signal.SIGCONT)

    def close(self):
        self.ended = True
        self.thread.join()


@seconds(35)
def test_five_percent_of_a_processor(room):
    """5 ms of 100: later, and never wrong; alarms come, and it is as before when the time is back."""
    begin(room)
    quick_start(room)
    wait_for("all devices online", 30, room.all_online)
    throttle = Throttle(room.processes["facilityd"].pid, 5)
    try:
        began = time.monotonic()
        room.plantctl("door1", "fault")
        wait_for("the event", 10, lambda: [e for e in room.events() if e.get("alarm") == "door_fault"])
        took = time.monotonic() - began
        for n in range(16):
            room.plantctl("set", "crac1", "return_air_temperature", f"{20 + n / 10:.1f}")
            room.plantctl("set", "crac2", "control_air_temperature", f"{21 + n / 10:.1f}")
            time.sleep(0.5)
        online = sum(d["state"] == "online" for d in room.devices().values())
    finally:
        throttle.close()
    wait_for("all devices online", 30, room.all_online)
    n = check_truth(room, 3_000_000)
    all_is_there(room)
    return f"{n} good values checked, the event after {took:.1f} s, {online} devices online meanwhile"


def soak(room, for_s):
    """Things happen, people look, devices come and go: memory and descriptors stay as they are."""
    begin(room)
    room.extra_overlay += "history: {ram: 64kB}\n"  # full soon: 4 MB that fill for hours would hide what grows
    room.start_noc()
    quick_start(room)
    wait_for("all devices online", 30, room.all_online)
    make_events(room, 600)  # so are the newest 256 events and SQLite's pages
    seen, i = [], 0
    began = time.monotonic()
    while time.monotonic() - began < for_s:
        room.plantctl("set", "door1", "door_fault", str(i % 2))
        for what in ("status", "points", "alarms", "bus", "events"):
            room.ctl(what)
        if i % 4 == 3:
            room.plantctl("hang" if i % 8 == 3 else "restore", "door2")
        alarm(room, FAULT)
        seen.append((time.monotonic() - began, *proc(room)[:2]))
        i += 1
    room.plantctl("restore", "all")
    half = [kb for t, kb, _ in seen if t > for_s / 2]
    slope = (sum(half[len(half) // 2:]) / (len(half) - len(half) // 2) - sum(half[:len(half) // 2]) / (len(half) // 2)) / (for_s / 4)
    fds = [n for _, _, n in seen]
    assert max(fds[len(fds) // 2:]) <= max(fds[:len(fds) // 2]) + 2, fds
    return slope, f"{seen[0][1]} -> {seen[-1][1]} kB, {slope * 3600:.0f} kB/h in the second half, {min(fds)} to {max(fds)} descriptors, {i} rounds"


@seconds(40)
def test_memory_is_flat(room):
    slope, text = soak(room, 25)
    assert slope < 30, text  # kB/s: in such a short time only a leak at each question shows
    return text


@long
@seconds(1000)
def test_memory_is_flat_for_long(room):
    slope, text = soak(room, 900)
    assert slope * 3600 < 400, text
    return text
