"""Devices that answer, with values that are none."""
import time

from common import alarm, point, seconds, until_alarm, wait_for

AIR = "crac1/return_air_temperature"
UNKNOWN = "crac1/return_air_unknown"


@seconds(40)
def test_broken_sensor_is_said(room):
    """A placeholder instead of a value: never good, said as an alarm, gone with the repair."""
    room.extra_overlay = "devices: {crac1: {alarms: {return_air_unknown: {on_delay: 2s, off_delay: 1s}}}}\n"
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    wait_for("a good value", 10, lambda: point(room, AIR)["quality"] == "good")
    assert alarm(room, UNKNOWN) is None

    room.plantctl("set", "crac1", "return_air_temperature", "-3276.8")  # raw -32768: no sensor
    bad = wait_for("the value to be bad", 10, lambda: [
        p for p in [point(room, AIR)] if p["quality"] != "good"])[0]
    assert (bad["quality"], bad["reason"], bad["value"]) == ("bad", "sentinel", None), bad
    a = until_alarm(room, UNKNOWN, "unacknowledged")
    assert a["priority"] == "medium" and "no good value" in a["text"] and a["remedy"], a
    assert "no sensor" in a["text"], a
    still = point(room, AIR)
    assert (still["quality"], still["value"]) == ("bad", None), still
    assert room.ask("status")["panel"]["green"] != "steady"
    others = [f"{x['device']}/{x['alarm']}" for x in room.ask("alarms")["alarms"]]
    assert others == [UNKNOWN], others

    room.plantctl("restore", "all")
    wait_for("a good value again", 10, lambda: point(room, AIR)["quality"] == "good")
    until_alarm(room, UNKNOWN, "returned_unacknowledged")  # nobody has seen it yet: it waits for that
    assert room.ctl("ack", UNKNOWN).returncode == 0
    until_alarm(room, UNKNOWN, "normal")


@seconds(40)
def test_lost_device_says_one_thing(room):
    """A device that is silent as a whole has comm_lost: nothing is said of each of its points."""
    room.extra_overlay = """\
devices:
  crac1:
    alarms:
      return_air_unknown: {on_delay: 1s}
      common_alarm_unknown: {on_delay: 1s}
      fan_unknown: {on_delay: 1s}
"""
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    wait_for("a good value", 10, lambda: point(room, AIR)["quality"] == "good")
    room.plantctl("hang", "crac1")
    until_alarm(room, "crac1/comm_lost", "unacknowledged", 30)
    time.sleep(5)
    said = {e["alarm"] for e in room.ask("events")["events"]
            if e.get("device") == "crac1" and e["type"] == "alarm"}
    assert said == {"comm_lost"}, said


@seconds(40)
def test_abnormal_unit_is_said(room):
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    room.plantctl("set", "crac2", "unit_status", "32")
    a = until_alarm(room, "crac2/unit_abnormal", "unacknowledged")
    assert a["priority"] == "high", a
