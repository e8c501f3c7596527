"""What reaches which receiver at the NOC."""
from common import seconds, until_alarm, wait_for


@seconds(25)
def test_filter_of_a_receiver(room):
    """Critical alarms of the room reach it, coming and going; lesser ones do not, and hold nothing up."""
    room.start_plant()
    room.start_noc()
    room.extra_overlay = f"""\
noc:
  receivers:
    - {{name: noc, address: 127.0.0.1, port: {room.noc_port}, version: 3, user: noc,
       secrets: {room.path('noc.secret')}, priority: critical, zones: [room]}}
devices: {{door1: {{alarms: {{door_open_long: {{on_delay: 1s}}}}}}}}
"""
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    room.plantctl("door1", "open")
    until_alarm(room, "door1/door_open_long", "unacknowledged")
    room.plantctl("leak1", "wet", "12.5")
    until_alarm(room, "leak1/leak_detected", "unacknowledged")
    wait_for("the leak at the NOC", 10, lambda: "leak_detected" in room.noc_log())
    room.plantctl("restore", "all")
    room.plantctl("leak1", "dry")
    until_alarm(room, "leak1/leak_detected", "returned_unacknowledged")
    wait_for("its end at the NOC", 10, lambda: "returned_unacknowledged" in room.noc_log())
    log = room.noc_log()
    assert "facilityd" in log, "the start of the agent is missing"
    assert "door_open_long" not in log and "answers on" not in log, log[-2000:]

    def all_passed():
        part = [p for p in room.ask("status")["parts"] if p["part"] == "noc/noc"][0]
        return part["ok"] and part["waiting"] == 0
    wait_for("nothing to wait", 10, all_passed)


@seconds(25)
def test_a_test_tells_how_it_went(room):
    """Confirmed, and how fast; with nobody there, what was tried and what to look at."""
    room.start_plant()
    room.start_noc()
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    r = room.ctl("noc", "test", "--as", "Tanaka")
    assert r.returncode == 0 and "noc: confirmed after" in r.stdout, (r.stdout, r.stderr)
    wait_for("the test at the NOC", 5, lambda: "4211.0.8" in room.noc_log() and "Tanaka" in room.noc_log())
    r = room.ctl("noc", "test", "duty")
    assert r.returncode == 1 and 'no receiver "duty"' in r.stderr, r
    room.end("noc")
    r = room.ctl("noc", "test", "noc")
    assert r.returncode == 1 and "noc: " in r.stderr and str(room.noc_port) in r.stderr, r
    room.plantctl("leak1", "wet", "12.5")  # events still wait their turn, and arrive
    until_alarm(room, "leak1/leak_detected", "unacknowledged")
    room.start_noc()
    wait_for("the leak at the NOC", 15, lambda: "leak_detected" in room.noc_log())
    assert any(e["to"] == "noc_test" for e in room.ask("events")["events"] if "to" in e)


@seconds(20)
def test_heartbeat_tells_that_it_lives(room):
    """Signs of life while nothing happens; one without an answer shows in the status, the next mends it."""
    room.start_plant()
    room.start_noc()
    room.extra_overlay = f"""\
noc:
  receivers:
    - {{name: noc, address: 127.0.0.1, port: {room.noc_port}, version: 3, user: noc,
       secrets: {room.path('noc.secret')}, heartbeat: 1s, timeout: 500ms}}
"""
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)

    def beats():
        return room.noc_log().count("4211.0.9")

    def reached():
        return [p for p in room.ask("status")["parts"] if p["part"] == "noc/noc"][0]["ok"]
    wait_for("two heartbeats", 15, lambda: beats() >= 2)
    assert "devices answer" in room.noc_log()
    room.end("noc")
    wait_for("the silence to be noticed", 10, lambda: not reached())
    assert "heartbeat" in room.ctl("status").stdout
    room.start_noc()
    wait_for("it to be over", 10, reached)
