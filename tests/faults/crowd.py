"""Events by the thousand: what people could do at consoles, faster than people. Not a test."""
import json
import os
import signal
import socket

from common import wait_for

RULE = "crac1/return_air_high"


class Console:
    """A connection to the control socket that stays."""

    def __init__(self, room):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(room.path("control.sock"))
        self.lines = self.socket.makefile("rb")

    def ask(self, **request):
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        return json.loads(self.lines.readline())

    def close(self):
        self.lines.close()
        self.socket.close()


def make_events(room, n):
    """n events (an even number) in the order of the store: an alarm shelved and taken back. They are on disk, if it is well."""
    before = newest(room)
    console = Console(room)
    try:
        for _ in range(n // 2):
            for request in ({"cmd": "shelve", "alarm": RULE, "for": "5min", "reason": "trial"},
                            {"cmd": "unshelve", "alarm": RULE}):
                answer = console.ask(**request)
                assert answer["ok"], answer
    finally:
        console.close()
    wait_for("them on disk", 20, lambda: newest(room) >= before + n // 2 * 2 or not part(room, "store")["ok"], 0.005)


def newest(room):
    """seq of the newest event on disk."""
    return room.ask("events", "-n", "1")["events"][-1]["seq"]


def proc(room, name="facilityd"):
    """(RSS in kB, open files, threads) of a process."""
    pid = room.processes[name].pid
    with open(f"/proc/{pid}/status") as f:
        status = dict(line.split(":", 1) for line in f)
    return int(status["VmRSS"].split()[0]), len(os.listdir(f"/proc/{pid}/fd")), int(status["Threads"])


def part(room, name):
    return [p for p in room.ask("status")["parts"] if p["part"] == name][0]


def freeze(room, name):
    room.processes[name].send_signal(signal.SIGSTOP)


def thaw(room, name):
    room.processes[name].send_signal(signal.SIGCONT)
