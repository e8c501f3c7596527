"""What each line of the bench needs: a broker, farms of devices, a counting subscriber, and what a process costs."""
import json
import os
import secrets
import select
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

from room import BUILD, Room

POINTS = 50


# ---- what a process costs, with all its children

def tree(pid):
    """The process and all below it."""
    found, todo = [], [pid]
    while todo:
        p = todo.pop()
        found.append(p)
        try:
            for t in os.listdir(f"/proc/{p}/task"):
                with open(f"/proc/{p}/task/{t}/children") as f:
                    todo += [int(c) for c in f.read().split()]
        except FileNotFoundError:
            pass
    return found


def cpu_s(pid):
    """CPU seconds of all threads, in nanosecond steps."""
    total = 0
    for p in tree(pid):
        for t in os.listdir(f"/proc/{p}/task"):
            try:
                with open(f"/proc/{p}/task/{t}/schedstat") as f:
                    total += int(f.read().split()[0])
            except FileNotFoundError:
                pass
    return total / 1e9


def rss_mb(pid):
    total = 0
    for p in tree(pid):
        with open(f"/proc/{p}/status") as f:
            total += sum(int(line.split()[1]) for line in f if line.startswith("VmRSS"))
    return total / 1024


# ---- our own programs

class Helper:
    """A program of this folder: commands by stdin, a line of JSON for each by stdout."""

    def __init__(self, rig, name, argv):
        self.p = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.rest = b""
        rig.processes[name] = self.p

    def say(self, text):
        self.p.stdin.write(text.encode() + b"\n")
        self.p.stdin.flush()

    def line(self, seconds=10):
        """The next line; None when none comes in time."""
        end = time.monotonic() + seconds
        while b"\n" not in self.rest:
            if not select.select([self.p.stdout], [], [], max(0, end - time.monotonic()))[0]:
                return None
            got = os.read(self.p.stdout.fileno(), 65536)
            if not got:
                raise AssertionError(f"{self.p.args[0]} has ended")
            self.rest += got
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode()

    def ask(self, command):
        self.say(command)
        return json.loads(self.line())

    def figures(self):
        return self.ask("figures")


class Farm(Helper):
    def __init__(self, *args):
        super().__init__(*args)
        self.ports = [int(p) for p in self.line().split()]


class Bus(Helper):
    def __init__(self, *args):
        super().__init__(*args)
        self.port = self.line()


class Subscriber(Helper):
    """mqtt_count. Times are CLOCK_MONOTONIC in microseconds, as time.monotonic_ns() // 1000."""

    def __init__(self, *args):
        super().__init__(*args)
        self.marks = {}  # value -> when it came
        assert self.line() == "ready"

    def figures(self):
        """Marks may come between the question and its answer."""
        self.say("figures")
        while "mark" in (got := json.loads(self.line())):
            self.marks[got["mark"]] = got["at_us"]
        return got


@dataclass
class Load:
    """What is to be polled."""
    modbus: list = field(default_factory=list)  # ports
    snmp: list = field(default_factory=list)    # ports
    community: str = ""
    rtu: str = ""                               # a serial port with units 1..units
    units: int = 0
    points: int = POINTS
    period_s: float = 1.0
    by_device: bool = False                     # one message for each device, else one for each point
    registers: tuple = ()                       # Modbus registers that are points; (): 0..points-1

    @property
    def devices(self):
        return len(self.modbus) + len(self.snmp) + self.units

    def at(self):
        return self.registers or tuple(range(self.points))


class Rig(Room):
    """A room with a broker that anybody may use, farms and one subject."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="facilityd-bench-", ignore_cleanup_errors=True)
        super().__init__(self.folder.name)
        self.write("mosquitto.conf", f"listener {self.broker_port} 127.0.0.1\nallow_anonymous true\n"
                   "persistence false\nmax_queued_messages 0\nlog_type error\n"
                   + ("user root\n" if os.getuid() == 0 else ""))
        self.community = secrets.token_hex(8)
        self.subject = None

    def __exit__(self, *_):
        self.stop()
        self.folder.cleanup()

    def modbus_farm(self, devices, delay_ms=0):
        return Farm(self, "mb_farm", [f"{BUILD}/bench/mb_farm", str(devices), str(delay_ms)])

    def snmp_farm(self, devices, silent=0):
        return Farm(self, "snmp_farm", [f"{BUILD}/snmp_farm", str(devices), str(silent), self.community])

    def bus(self, units):
        return Bus(self, "rtu_farm", [f"{BUILD}/bench/rtu_farm", str(units)])

    def subscriber(self, topics, key, name="mqtt_count"):
        return Subscriber(self, name, [f"{BUILD}/bench/mqtt_count", str(self.broker_port), topics, key])

    def start_subject(self, kind, load):
        """kind: a module with start(rig, load). Says when, by the monotonic clock in us."""
        began = time.monotonic_ns() // 1000
        self.subject = kind.start(self, load)
        return began

    def check_alive(self):
        if self.subject.poll() is not None:
            raise AssertionError("it has ended:\n" + self.log("subject.log")[-2000:])
