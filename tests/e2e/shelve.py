"""Alarms put aside by a person: who, why, until when; never for good, never silently."""
import signal

from common import alarm, retained, seconds, until_alarm, wait_for

LEAK = "door1/door_open_long"


@seconds(30)
def test_shelf_over_a_kill(room):
    room.extra_overlay = "devices: {door1: {alarms: {door_open_long: {on_delay: 1s}}}}\n"
    room.start_plant()
    room.start_broker()
    room.start_agent()
    room.subscribe("#")
    wait_for("all devices online", 30, room.all_online)
    room.plantctl("door1", "open")
    until_alarm(room, LEAK, "unacknowledged")
    for wrong in [("10s", "too short"), ("9h", "too long"), ("soon", "no time")]:
        assert room.ctl("shelve", LEAK, *wrong).returncode != 0, wrong
    assert room.ctl("shelve", LEAK, "2h").returncode == 2  # no reason
    r = room.ctl("shelve", LEAK, "2h", "the", "door", "company", "works", "on", "it", "--as", "Tanaka")
    assert r.returncode == 0, r.stderr
    a = alarm(room, LEAK)
    assert a["state"] == "shelved" and "Tanaka" in a["reason"] and "door company works on it" in a["reason"], a
    wait_for("the topic", 5, lambda: (retained(room, f"alarm/{LEAK}", "sub") or {}).get("state") == "shelved")
    status = room.ask("status")
    assert status["alarms"]["shelved"] == 1 and sum(status["alarms"]["active"].values()) == 0, status["alarms"]
    assert "shelved" in room.ctl("alarms").stdout

    room.end("facilityd", signal.SIGKILL)
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    b = alarm(room, LEAK)
    assert (b["state"], b["reason"], b["until"]) == ("shelved", a["reason"], a["until"]), (a, b)
    assert room.ctl("unshelve", LEAK, "--as", "Sato").returncode == 0
    assert until_alarm(room, LEAK, "unacknowledged", 5)["remedy"]
    assert room.ctl("unshelve", LEAK).returncode == 1  # it is not shelved
    who = [e["who"] for e in room.ask("events")["events"] if e["type"] == "operator" and e.get("alarm") == "door_open_long"]
    assert [w.split()[0] for w in who] == ["Tanaka", "Sato"], who
