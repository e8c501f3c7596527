"""What several end-to-end tests need. Not a test: it has no function test_*."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from room import arrival_us, wait_for  # noqa: E402, F401


def seconds(n):
    """Says how long a test takes, so that long ones are started first."""
    def mark(f):
        f.seconds = n
        return f
    return mark


def long(f):
    """A test of minutes or hours: it runs with `make faults` alone."""
    f.long = True
    return f


def alarm(room, name):
    """The alarm `device/rule` as the console gives it, or None while it is normal."""
    for a in room.ask("alarms")["alarms"]:
        if f"{a['device']}/{a['alarm']}" == name:
            return a
    return None


def point(room, path):
    """A point `device/name` as the console gives it."""
    found = [p for p in room.ask("points", path)["points"] if f"{p['device']}/{p['point']}" == path]
    assert found, f"no point {path}"
    return found[0]


def until_alarm(room, name, state, within=20):
    def look():
        a = alarm(room, name)
        return a if (a["state"] if a else "normal") == state else None
    if state == "normal":
        return wait_for(f"{name} to be normal", within, lambda: alarm(room, name) is None)
    return wait_for(f"{name} to be {state}", within, look)


def retained(room, topic, name):
    """The last payload on a topic in the subscriber's file, None where there is none."""
    last = None
    for t, payload, _ in room.messages(name):
        if t == topic:
            last = payload
    return last
