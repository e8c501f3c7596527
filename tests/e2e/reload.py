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


def mistakes(room):
    """Files that only the SNMP library, or a buffer, does not like: (what is wrong, overlay)."""
    def secrets(name, phrase):
        return room.write(name, f"auth_protocol: SHA\nauth_passphrase: {phrase}\n"
                          "priv_protocol: AES\npriv_passphrase: another-phrase\n", 0o600)

    def noc(*lines):
        return "noc:\n  receivers:\n" + "".join(f"    - {{address: 127.0.0.1, {x}}}\n" for x in lines)

    v3, one, two = "version: 3, user: duty", secrets("one.secret", "first-phrase"), secrets("two.secret", "second-phrase")
    community = room.write("noc.community", "community: public\n", 0o600)
    return [
        ("beginning of a topic", f"mqtt: {{base: {'b' * 181}}}\n"),
        ("with other passphrases", noc(f"name: a, port: 9911, {v3}, kind: trap, secrets: {one}",
                                       f"name: b, port: 9912, {v3}, kind: trap, secrets: {two}")),
        ("version 1 is not sent", noc(f"name: a, port: 9911, version: 1, kind: trap, secrets: {community}")),
        ("user is too long", noc(f"name: a, port: 9911, version: 3, user: {'u' * 33}, secrets: {one}")),
        ("is too long", noc(f"name: a, port: 9911, {v3}, secrets: {secrets('long.secret', 'p' * 256)}")),
    ]


@seconds(20)
def test_what_cannot_start_is_not_taken(room):
    """What the check takes must be able to start: each mistake is refused by the check, and the agent goes on."""
    nothing = "history: {disk: 64MB}\n"
    room.extra_overlay = nothing
    room.start_plant()
    room.start_agent()
    since = started(room)
    for what, overlay in mistakes(room):
        room.write("extra.yaml", overlay)
        r = room.ctl("reload")
        assert r.returncode != 0 and what in r.stdout + r.stderr, (what, r.stdout, r.stderr)
        assert room.alive("facilityd") and started(room) == since, (what, room.log("facilityd.log")[-500:])
    room.write("extra.yaml", nothing)
    assert room.ctl("reload").returncode == 0
    wait_for("the agent to be back", 10, lambda: started_anew(room, since))
