"""A new configuration is checked, then taken in place; a bad one changes nothing."""
import json
import os
import shutil
import signal
import time

from common import alarm, seconds, until_alarm, wait_for
from oracle import check_sequence
from room import SITE


def own_site(room):
    """A copy of the site that the test may spoil."""
    room.site = room.path("site.yaml")
    shutil.copy(SITE, room.site)


def started(room):
    return room.ask("status")["agent"]["started"]


def started_anew(room, since):
    """The agent answers, and is another one than at `since`; it may go away between two questions."""
    r = room.ctl("--json", "status")
    return r.returncode == 0 and json.loads(r.stdout)["agent"]["started"] != since


def descriptors(room):
    return len(os.listdir(f"/proc/{room.processes['facilityd'].pid}/fd"))


@seconds(40)
def test_reload_in_place(room):
    """Same process, new configuration; alarms and who acknowledged them stay; no event is lost."""
    own_site(room)
    room.start_plant()
    room.start_broker()
    room.start_agent()
    room.subscribe("#", "sub", "-c", "-i", "keeper")
    wait_for("all devices online", 30, room.all_online)
    room.plantctl("leak1", "wet", "12.5")
    until_alarm(room, "leak1/leak_detected", "unacknowledged")
    assert room.ctl("ack", "leak1/leak_detected", "--as", "Tanaka").returncode == 0
    before, pid = alarm(room, "leak1/leak_detected"), room.processes["facilityd"].pid
    since, open_before = started(room), descriptors(room)

    with open(room.site) as f:
        text = f.read()
    with open(room.site, "w") as f:
        f.write(text.replace("Computer room door", "Front door"))
    began = time.monotonic()
    r = room.ctl("reload", "--as", "Sato")
    assert r.returncode == 0 and "is good" in r.stdout, (r.stdout, r.stderr)
    wait_for("the agent to be back", 10, lambda: started_anew(room, since))
    away = time.monotonic() - began
    assert room.processes["facilityd"].pid == pid and room.alive("facilityd")
    assert room.devices()["door1"]["title"] == "Front door"
    after = alarm(room, "leak1/leak_detected")
    assert (after["state"], after["since"], after["who"]) == ("acknowledged", before["since"], before["who"])
    wait_for("all devices online again", 30, room.all_online)
    assert abs(descriptors(room) - open_before) <= 2, (descriptors(room), open_before)
    for _ in range(3):  # again and again, by signal
        since = started(room)
        os.kill(pid, signal.SIGHUP)
        wait_for("another start", 15, lambda: started_anew(room, since))
    wait_for("all devices online again", 30, room.all_online)
    assert abs(descriptors(room) - open_before) <= 2, (descriptors(room), open_before)
    last = room.ask("events")["events"][-1]["seq"]
    wait_for("all events at the subscriber", 20, lambda: any(e["seq"] >= last for e in room.events()))
    check_sequence(room.events())
    assert any(e.get("who", "").startswith("Sato") for e in room.events())
    return f"away for {away:.2f} s"


@seconds(60)
def test_signals_while_it_reloads(room):
    """A reload asked for again before the last one is over ends nobody; a stop is a stop, in order, at any moment of it."""
    room.start_plant()
    room.start_broker()
    room.start_agent()
    agent = room.processes["facilityd"]
    for _ in range(80):
        assert agent.poll() is None, f"ended by a signal: {agent.poll()}"
        os.kill(agent.pid, signal.SIGHUP)
        time.sleep(0.02)
    wait_for("the agent to answer", 15, room.agent_answers)
    for ms in (20, 60, 100, 150):
        os.kill(room.processes["facilityd"].pid, signal.SIGHUP)
        time.sleep(ms / 1000)
        code = room.end("facilityd")
        assert code == 0, f"stopped {ms} ms after a reload was asked for: exit code {code}"
        room.start_agent()
    events = room.ask("events", "-n", "200")["events"]
    check_sequence(events)
    assert any(e.get("to") == "reloading" for e in events)
