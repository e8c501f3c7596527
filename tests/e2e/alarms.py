"""One alarm followed all the way, and what people do about it."""
import re
import threading
import time

from common import alarm, arrival_us, retained, seconds, until_alarm, wait_for
from oracle import check_sequence, hold

LEAK = "leak1/leak_detected"


def journal(room, line):
    """[(wall_us, level)] of one LED or the buzzer."""
    with open(room.path("board/journal")) as f:
        rows = [r.split() for r in f]
    return [(int(r[1]), int(r[3])) for r in rows if len(r) == 4 and r[2] == line]


def lit(room, line):
    rows = journal(room, line)
    return bool(rows and rows[-1][1])


def wall_us():
    return time.time_ns() // 1000


def watch_for(test, times, name):
    """Notes in times[name] when test() became true, from a thread of its own."""
    def look():
        end = time.monotonic() + 15
        while time.monotonic() < end:
            if test():
                times[name] = wall_us()
                return
            time.sleep(0.01)
    thread = threading.Thread(target=look)
    thread.start()
    return thread


@seconds(40)
def test_alarm_goes_everywhere(room):
    """Wet leak cable -> LED, buzzer, console, topic, event, inform, store; then acknowledge and dry."""
    room.start()
    room.subscribe()
    wait_for("all devices online", 20, room.all_online)
    time.sleep(2)  # the lamp test of the start is over
    began_us, at = wall_us(), {}
    threads = [watch_for(lambda: alarm(room, LEAK), at, "console"),
               watch_for(lambda: "leak_detected" in room.noc_log(), at, "inform")]
    room.plantctl("leak1", "wet", "12.5")
    a = until_alarm(room, LEAK, "unacknowledged")
    assert a["priority"] == "critical" and a["text"] and a["remedy"] and a["impact"], a
    for thread in threads:
        thread.join()
    assert {"console", "inform"} <= set(at), at

    wait_for("the buzzer", 5, lambda: lit(room, "buzzer"))
    at["LED"] = wait_for("the red LED", 5, lambda: [
        t for t, on in journal(room, "red") if on and t > began_us])[0]
    at["topic"] = arrival_us(wait_for("the alarm's topic", 5, lambda: [
        m for t, p, m in room.messages() if t == f"alarm/{LEAK}" and p and p["state"] == "unacknowledged"])[0])
    event, message = wait_for("the event", 5, lambda: [
        (p, m) for t, p, m in room.messages() if t == "event" and p.get("alarm") == "leak_detected"])[0]
    at["event"] = arrival_us(message)
    assert event["to"] == "unacknowledged" and event["type"] == "alarm", event
    stored = room.ask("events")["events"]
    assert [e for e in stored if e["seq"] == event["seq"] and e["to"] == "unacknowledged"], stored
    distance = retained(room, "point/leak1/leak_distance", "sub")
    assert distance and abs(distance["value"] - 12.5) < 0.05 and distance["unit"] == "m", distance
    wet_us = [r["wall_us"] for r in room.truth() if r.get("point") == "leak_state" and r["value"] == 1][0]

    r = room.ctl("ack", LEAK, "--as", "Tanaka")
    assert r.returncode == 0, r.stderr
    until_alarm(room, LEAK, "acknowledged")
    wait_for("the buzzer to stop", 3, lambda: not lit(room, "buzzer"))
    wait_for("red steady", 3, lambda: room.ask("status")["panel"]["red"] == "steady")
    room.plantctl("leak1", "dry")
    until_alarm(room, LEAK, "normal", 60)
    wait_for("the topic to be cleared", 5, lambda: [
        1 for t, p, _ in room.messages() if t == f"alarm/{LEAK}" and p is None])
    assert any("Tanaka" in e.get("who", "") for e in room.events()), room.events()
    check_sequence(room.events())
    return "after the cable was wet: " + ", ".join(
        f"{name} {(t - wet_us) / 1000:.0f} ms" for name, t in sorted(at.items(), key=lambda x: x[1]))


@seconds(30)
def test_ack_button_and_lamp_test(room):
    room.start()
    wait_for("all devices online", 20, room.all_online)
    room.plantctl("ups1", "on-battery")
    until_alarm(room, "ups1/on_battery", "unacknowledged", 30)
    with open(room.path("board/press"), "w") as f:
        f.write("ack\n")
    a = until_alarm(room, "ups1/on_battery", "acknowledged")
    assert a["who"] == "panel", a
    lamps = len(journal(room, "amber"))
    with open(room.path("board/press"), "w") as f:
        f.write("lamp_test\n")
    wait_for("the lamp test to light amber", 3, lambda: len(journal(room, "amber")) > lamps)


@seconds(20)
def test_noc_away_then_back(room):
    """A receiver that is not there loses nothing and hears everything in order, once it is."""
    room.start_plant()
    room.start_broker()
    room.make_noc_files()
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    room.plantctl("door1", "fault")
    until_alarm(room, "door1/door_fault", "unacknowledged")
    room.plantctl("door1", "restore")
    time.sleep(3)
    room.start_noc()
    newest = room.ask("events", "-n", "1")["events"][-1]["seq"]
    wait_for("all informs", 40, lambda: len(set(noc_seqs(room))) >= newest)
    seqs = list(dict.fromkeys(noc_seqs(room)))
    hold(seqs == list(range(1, len(seqs) + 1)), seqs)
    return f"{len(seqs)} informs"


def noc_seqs(room):
    """The sequence numbers in snmptrapd's output, in order of arrival."""
    found = []
    for line in room.noc_log().split("\n"):
        m = re.search(r"Counter64: (\d+)", line)
        if m:
            found.append(int(m.group(1)))
    return found


@seconds(40)
def test_kill_and_restart_keeps_alarms(room):
    """kill -9: alarms as they were, sequence goes on, the NOC still believes our informs."""
    room.start()
    room.subscribe()
    wait_for("all devices online", 20, room.all_online)
    room.plantctl("leak1", "wet", "3")
    room.plantctl("ups1", "on-battery")
    until_alarm(room, LEAK, "unacknowledged")
    until_alarm(room, "ups1/on_battery", "unacknowledged", 30)
    assert room.ctl("ack", LEAK).returncode == 0
    before = {k: alarm(room, k) for k in (LEAK, "ups1/on_battery")}
    informs = len(noc_seqs(room))
    room.end("facilityd", signum=9)
    room.start_agent()
    for name, a in before.items():
        b = alarm(room, name)
        assert b and (b["state"], b["since"]) == (a["state"], a["since"]), (a, b)
    wait_for("all devices online again", 20, room.all_online)
    time.sleep(2)
    for name, a in before.items():
        b = alarm(room, name)
        assert b and b["state"] == a["state"], (a, b)
    count = check_sequence(room.events())
    wait_for("informs after the restart", 20, lambda: len(noc_seqs(room)) > informs)
    return f"{count} events, epoch {room.events()[0]['epoch']}"
