"""Devices that people work on: values are shown, alarms call nobody, and nothing is hidden afterwards."""
import datetime
import signal
import time

from common import retained, seconds, until_alarm, wait_for
from oracle import check_sequence

DOOR = "door1/door_open_long"
OVERLAY = "devices: {door1: {alarms: {door_open_long: {on_delay: 1s}}}}\n"


def device(room, name):
    return [d for d in room.ask("devices", name)["devices"]][0]


def said(room, **wanted):
    return [e for e in room.ask("events", "-n", "100")["events"] if all(e.get(k) == v for k, v in wanted.items())]


@seconds(40)
def test_maintenance_over_a_kill(room):
    room.extra_overlay = OVERLAY
    room.start()
    room.subscribe("#")
    wait_for("all devices online", 30, room.all_online)
    for wrong, code in [(("begin", "door1", "10s", "why"), 1), (("begin", "door1", "8d", "why"), 1),
                        (("begin", "door1", "2h"), 2), (("begin", "dor1", "2h", "why"), 1), (("start", "door1"), 2),
                        (("end", "door1"), 1), (("end", "door1", "crac1"), 2), (("list", "door1"), 2)]:
        r = room.ctl("maintenance", *wrong)
        assert r.returncode == code, (wrong, r)
    r = room.ctl("maintenance", "begin", "door1", "2h", "the", "drive", "is", "replaced", "--as", "Tanaka")
    assert r.returncode == 0 and "raised all the same: door1/fire_release" in r.stdout, (r.stdout, r.stderr)
    room.plantctl("door1", "open")
    a = until_alarm(room, DOOR, "out_of_service")
    assert "Tanaka" in a["reason"] and "the drive is replaced" in a["reason"] and a["until"], a
    assert "calls nobody" in a["text"], a

    # Shown everywhere, with the flag.
    d = device(room, "door1")
    assert d["state"] == "online" and d["maintenance"]["who"].startswith("Tanaka"), d
    p = room.ask("points", "door1/door_open")["points"][0]
    assert (p["value"], p["quality"], p["maintenance"]) == (1, "good", True), p
    wait_for("the topics", 5, lambda: (retained(room, f"alarm/{DOOR}", "sub") or {}).get("state") == "out_of_service"
             and (retained(room, "device/door1", "sub") or {}).get("maintenance")
             and (retained(room, "point/door1/door_open", "sub") or {}).get("maintenance"))
    status = room.ask("status")
    assert status["devices"]["maintenance"] == 1 and status["alarms"]["out_of_service"] == 1, status
    assert sum(status["alarms"]["active"].values()) == 0 and status["panel"]["green"] != "off", status
    assert "in maintenance" in room.ctl("points", "door1").stdout and "Tanaka" in room.ctl("maintenance", "list").stdout

    # The fire is called out, whoever works there.
    room.plantctl("door1", "fire")
    until_alarm(room, "door1/fire_release", "unacknowledged")
    room.plantctl("door1", "restore")
    room.plantctl("door1", "open")

    room.end("facilityd", signal.SIGKILL)
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    b = until_alarm(room, DOOR, "out_of_service")
    assert (b["reason"], b["until"][:19]) == (a["reason"], a["until"][:19]), (a, b)
    assert room.ctl("maintenance", "end", "door1", "--as", "Sato").returncode == 0
    assert until_alarm(room, DOOR, "unacknowledged", 5)["remedy"]
    assert "maintenance" not in device(room, "door1")
    wait_for("the flag to go", 5, lambda: "maintenance" not in (retained(room, "point/door1/door_open", "sub") or
                                                                 {"maintenance": 1}))
    wait_for("the alarm at the NOC", 20, lambda: "The maintenance is over" in room.noc_log())
    assert "is in maintenance until" in room.noc_log() and "calls nobody:" not in room.noc_log(), room.noc_log()[-4000:]
    who = [e["who"].split()[0] for e in said(room, type="operator", device="door1") if "maintenance" in e["text"]]
    assert who == ["Tanaka", "Sato"], who
    check_sequence(room.events())


@seconds(40)
def test_a_zone_and_a_planned_window(room):
    """All of rack A1 by one command; a window of the site file, which a reload brings and takes."""
    room.extra_overlay = OVERLAY
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    r = room.ctl("maintenance", "begin", "rack_a1", "1.5h", "recabling")
    assert r.returncode == 0 and "7 devices of zone rack_a1" in r.stdout, (r.stdout, r.stderr)
    assert room.ask("status")["devices"]["maintenance"] == 7
    assert room.ctl("maintenance", "end", "rack_a1").returncode == 0
    assert room.ask("status")["devices"]["maintenance"] == 0

    room.plantctl("door1", "open")
    until_alarm(room, DOOR, "unacknowledged")
    now = datetime.datetime.now(datetime.timezone.utc)
    at = [(now + datetime.timedelta(seconds=s)).strftime("%Y-%m-%dT%H:%M:%S+00:00") for s in (6, 90)]
    room.write("extra.yaml", OVERLAY + f"maintenance: [{{devices: [door1], from: {at[0]}, to: {at[1]}, by: Sato, "
               "reason: yearly inspection}]\n")
    r = room.ctl("reload")
    assert r.returncode == 0, (r.stdout, r.stderr)
    wait_for("the agent", 10, lambda: room.ctl("status").returncode == 0)
    a = until_alarm(room, DOOR, "out_of_service", 30)
    assert a["reason"] == "Sato: yearly inspection", a
    assert device(room, "door1")["maintenance"]["until"][:19] == at[1][:19]
    time.sleep(1)
    assert said(room, type="system", device="door1", to="maintenance"), room.ask("events")

    room.write("extra.yaml", OVERLAY)
    r = room.ctl("reload")
    assert r.returncode == 0, (r.stdout, r.stderr)
    wait_for("the agent", 10, lambda: room.ctl("status").returncode == 0)
    until_alarm(room, DOOR, "unacknowledged", 20)
    assert "maintenance" not in device(room, "door1")
