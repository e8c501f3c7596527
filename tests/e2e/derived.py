"""Values worked out from others, and alarms over several points."""
from common import alarm, point, seconds, until_alarm, wait_for

DEW = "site/room_dew_point"


def dew_now(room):
    p = point(room, DEW)
    return p["value"] if p["quality"] == "good" else None


@seconds(25)
def test_derived_follow_and_warn(room):
    """The dew point follows the sensor, is never good without it, and its alarm comes and goes."""
    room.extra_overlay = """\
devices: {env1: {poll: {normal: 500ms, slow: 500ms}}, crac1: {poll: {normal: 500ms, slow: 500ms}}}
alarms: {condensation_risk: {on_delay: 1s, off_delay: 1s}}
"""
    room.start_plant()
    room.start_broker()
    room.start_agent()
    room.subscribe("point/site/#")
    wait_for("all devices online", 30, room.all_online)
    first = wait_for("a dew point", 10, lambda: dew_now(room))
    assert 8 < first < 15, first  # 24 Cel and 45 %RH
    room.plantctl("set", "env1", "temperature", "26.0")
    room.plantctl("set", "env1", "humidity", "70.0")
    # Magnus: 26 Cel, 70 %RH -> 20.1 Cel; the supply air has 16
    wait_for("the dew point to follow", 10, lambda: abs((dew_now(room) or 0) - 20.1) < 0.2)
    a = until_alarm(room, "site/condensation_risk", "unacknowledged")
    assert a["priority"] == "medium" and a["remedy"] and "Annex 2F" in a["text"], a
    room.plantctl("hang", "env1")
    wait_for("the dew point to be unknown", 15, lambda: point(room, DEW)["quality"] == "comm_lost")
    assert alarm(room, "site/condensation_risk")["state"] == "unacknowledged"
    room.plantctl("restore", "all")
    until_alarm(room, "site/condensation_risk", "returned_unacknowledged", 20)
    told = [p for t, p, _ in room.messages() if t == "point/site/room_dew_point"]
    assert told and all(p["unit"] == "Cel" for p in told), told
    assert "env1.humidity" in room.ctl("explain", DEW).stdout


@seconds(15)
def test_forced_door_is_told(room):
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    room.plantctl("set", "door1", "door_open", "1")
    room.plantctl("set", "door1", "door_locked", "1")
    a = until_alarm(room, "door1/door_forced", "unacknowledged")
    assert a["priority"] == "high" and a["remedy"], a
