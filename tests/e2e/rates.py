"""Counters told as rates: what the switch counts, as bits in a second, and nothing over a restart."""
from common import point, seconds, wait_for

POLL = "devices: {switch1: {poll: {slow: 2s}}}\n"


@seconds(30)
def test_counters_become_rates(room):
    room.extra_overlay = POLL
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    rate = wait_for("a rate", 20, lambda: [
        p for p in [point(room, "switch1/port_1_in_rate")] if p["quality"] == "good" and p["value"] > 0])[0]
    assert rate["unit"] == "bit/s" and rate["value"] < 1e9, rate
    assert point(room, "switch1/port_1_in_errors")["value"] == 0
    assert point(room, "switch1/port_1_error_rate")["value"] == 0
    why = str(room.ask("explain", "switch1/port_1_in_rate"))
    for part in (", a count", "the time since the start, uptime", " more in ", "-> x 8 -> per s"):
        assert part in why, (part, why)
    return f"{rate['value'] / 1e6:.1f} Mbit/s in port 1"
