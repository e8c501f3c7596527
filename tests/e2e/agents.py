"""SNMP agents of devices that are slow, start anew, or are not there at first."""
import time

from common import point, seconds, wait_for
from device import rates
from oracle import check_truth


def good(room, device):
    return all(p["quality"] == "good" for p in room.ask("points", device)["points"])


@seconds(60)
def test_slow_agents_are_asked_for_less(room):
    """70 ms a variable: a full GET is too much for the time that it has; smaller ones are answered."""
    room.extra_overlay = "devices: {ups1: {poll: {normal: 2s, slow: 4s}}, tape1: {poll: {normal: 2s, slow: 4s}}}\n"
    room.start_plant()
    room.start_broker()
    room.subscribe("point/#")
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    before = rates(room, 5)
    for d in ("ups1", "tape1"):
        room.plantctl("slow", d, "70")
    began = time.monotonic()
    during = rates(room, 8)
    for d in ("door1", "door2", "access1", "keycab1"):  # often enough to be counted in seconds
        assert during[d] >= 0.8 * before[d], f"{d}: {before[d]:.2f} -> {during[d]:.2f} polls/s"
    wait_for("all values in spite of it", 40, lambda: good(room, "ups1") and good(room, "tape1") and room.all_online())
    took = time.monotonic() - began
    time.sleep(5)
    assert good(room, "ups1") and good(room, "tape1"), "it does not last"
    room.plantctl("restore", "all")
    return f"{check_truth(room, 6_000_000)} good values checked, all there {took:.0f} s after they became slow"


@seconds(60)
def test_agents_that_start_anew(room):
    """One boot more, time and counters from 0: a spell of silence, then good values; nothing to be mended by hand."""
    room.extra_overlay = "devices: {switch1: {poll: {normal: 1s, slow: 2s}}}\n"
    room.start_plant()
    room.start_broker()
    room.subscribe("#")
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    room.plantctl("switch1", "noise", "1")
    wait_for("errors on port 1", 20, lambda: (point(room, "switch1/port_1_in_errors")["value"] or 0) > 3)
    devices = ("ups1", "pdu1", "switch1", "env1")  # versions 3 with SHA and SHA-256, 2c, 1
    room.plantctl("switch1", "restore")
    wait_for("a rate", 20, lambda: [1 for t, p, _ in room.messages() if t == "point/switch1/port_1_in_rate" and p and p["value"]])
    for d in devices:
        room.plantctl("reboot", d, "3")
    began = time.monotonic()
    rates_before = [p["value"] for t, p, _ in room.messages() if t == "point/switch1/port_1_in_rate" and p and p["value"]]
    wait_for("the counter from 0", 30, lambda: point(room, "switch1/port_1_in_errors")["value"] == 0)
    wait_for("good values again", 60, lambda: room.all_online() and all(good(room, d) for d in devices))
    took = time.monotonic() - began
    time.sleep(5)
    seen = [p["value"] for t, p, _ in room.messages() if t == "point/switch1/port_1_in_rate" and p and p["value"] is not None]
    assert rates_before and 0 <= min(seen) and max(seen) < 10 * max(rates_before), (rates_before, seen)
    # a second time, at once: boots go up by one more
    room.plantctl("reboot", "ups1", "0")
    time.sleep(6)
    wait_for("ups1 after a boot without silence", 30, lambda: room.all_online() and good(room, "ups1"))
    changed = [e for e in room.events() if e.get("to") == "identity_changed"]
    assert not changed, changed  # it is the same device
    return f"{check_truth(room, 3_000_000)} good values checked, back after {took:.1f} s"


@seconds(60)
def test_agents_that_come_later(room):
    """Not there at the start: told as lost, and read as soon as they come."""
    room.plant_args = ("--absent", "ups1,env1,tape1")
    room.start_plant()
    room.start_agent()
    absent = ("ups1", "env1", "tape1")
    wait_for("the others", 20, lambda: all(
        x["state"] == "online" for d, x in room.devices().items() if d not in absent))
    wait_for("the losses", 30, lambda: all(room.devices()[d]["state"] == "lost" for d in absent))
    room.plantctl("restore", "all")
    wait_for("all online", 70, room.all_online)
    wait_for("all values", 30, lambda: all(good(room, d) for d in absent))
