"""The rack: what its devices say becomes an alarm, and what hangs on a source that is lost goes on."""
import time

from common import point, seconds, until_alarm, wait_for

QUICK = """\
devices:
  ats1: {alarms: {redundancy_lost: {on_delay: 1s, off_delay: 1s}, source_a_failed: {on_delay: 1s, off_delay: 1s}}}
  pdu1: {alarms: {outlet_1_off: {on_delay: 1s}, inlet_overload: {on_delay: 1s, off_delay: 1s}}}
  handles1: {alarms: {front_door_open_long: {on_delay: 1s}, front_unlocked_long: {on_delay: 1s}}}
  nvr1: {alarms: {recorder_bad: {on_delay: 1s}}}
  server1: {alarms: {supply_1_failed: {on_delay: 1s}, supply_2_failed: {on_delay: 1s}, lamp_amber: {on_delay: 1s}}}
"""


def alarms(room):
    return {f"{a['device']}/{a['alarm']}" for a in room.ask("alarms")["alarms"]}


@seconds(28)
def test_rack_speaks(room):
    room.extra_overlay = QUICK
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    assert not alarms(room), alarms(room)

    room.plantctl("ats1", "lose", "A")
    until_alarm(room, "ats1/redundancy_lost", "unacknowledged")
    until_alarm(room, "ats1/source_a_failed", "unacknowledged")
    assert point(room, "ats1/selected_source")["value"] == 2, point(room, "ats1/selected_source")
    assert point(room, "pdu1/inlet_voltage")["value"] > 200  # the strip goes on from the other source

    room.plantctl("pdu1", "outlet", "1", "off")  # supply 1 of the server hangs on it
    until_alarm(room, "pdu1/outlet_1_off", "unacknowledged")
    until_alarm(room, "server1/supply_1_failed", "unacknowledged")
    assert point(room, "pdu1/outlet_2_state")["value"] == 7
    room.plantctl("pdu1", "overload")
    until_alarm(room, "pdu1/inlet_overload", "unacknowledged")
    room.plantctl("handles1", "open", "1")
    until_alarm(room, "handles1/front_door_open_long", "unacknowledged")
    until_alarm(room, "handles1/front_unlocked_long", "unacknowledged")
    assert point(room, "handles1/back_door")["value"] == 1
    room.plantctl("nvr1", "disk-fail")
    until_alarm(room, "nvr1/recorder_bad", "unacknowledged")
    room.plantctl("switch1", "port", "2", "down")
    until_alarm(room, "switch1/port_2_down", "unacknowledged")
    raised = alarms(room)
    room.plantctl("restore", "all")
    until_alarm(room, "ats1/redundancy_lost", "returned_unacknowledged")
    until_alarm(room, "pdu1/inlet_overload", "returned_unacknowledged")
    room.plantctl("server1", "lamp", "on")
    until_alarm(room, "server1/lamp_amber", "unacknowledged")
    return f"{len(raised)} alarms: {' '.join(sorted(raised))}"


@seconds(25)
def test_dead_feed_is_one_cause(room):
    """Both sources of the rack are gone: five devices fall silent, and people hear of the first of them."""
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    room.plantctl("ats1", "lose", "A")
    room.plantctl("ats1", "lose", "B")
    dark = {"ats1", "pdu1", "handles1", "switch1", "nvr1"}
    wait_for("the losses", 30, lambda: {
        d for d, x in room.devices().items() if x["state"] != "online"} == dark)
    until_alarm(room, "ats1/comm_lost", "unacknowledged")
    time.sleep(5)
    raised = alarms(room)  # server1 goes on with its other supply, and says what it misses
    assert {a for a in raised if not a.startswith("server1/")} == {"ats1/comm_lost"}, raised
    room.plantctl("restore", "ats1")
    wait_for("all devices back", 70, room.all_online)


@seconds(15)
def test_gone_sensor_is_no_value(room):
    """A PX3 gives a sensor that is gone the state -1 and the reading 0: neither is a value."""
    room.extra_overlay = "devices: {handles1: {poll: {slow: 1s}}, pdu1: {poll: {slow: 1s}}}\n"
    gone = {("handles1", "front_door"): "-1", ("handles1", "rack_inlet_sensor"): "-1",
            ("pdu1", "outlet_3_state"): "-1", ("pdu1", "inlet_voltage"): "0", ("pdu1", "inlet_state"): "-1"}
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    for (device, name), raw in gone.items():
        wait_for(f"{name}", 10, lambda: point(room, f"{device}/{name}")["quality"] == "good")
        room.plantctl("set", device, name, raw)
    for device, name in gone:
        bad = wait_for(f"{name} to be bad", 10, lambda: [
            p for p in [point(room, f"{device}/{name}")] if p["quality"] == "bad"])[0]
        assert (bad["value"], bad["reason"]) == (None, "sentinel"), bad
    for path in ("handles1/rack_inlet_temperature", "pdu1/inlet_current", "pdu1/inlet_power"):
        bad = wait_for(f"{path} not to be believed", 10, lambda: [
            p for p in [point(room, path)] if p["quality"] == "bad"])[0]
        assert (bad["value"], bad["reason"]) == (None, "not_valid"), bad
    why = room.ask("explain", "handles1/rack_inlet_temperature")
    assert any("valid only when good(rack_inlet_sensor)" in line for line in str(why).split("\\n")), why
    assert point(room, "handles1/rack_outlet_temperature")["quality"] == "good"
    assert point(room, "handles1/back_door")["quality"] == "good"
