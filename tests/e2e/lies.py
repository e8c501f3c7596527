"""SNMP devices whose answers are whole and authentic, and wrong."""
import re
import time

from common import seconds, wait_for
from oracle import check_truth

LIARS = ("env1", "tape1", "pdu1")  # versions 1, 2c and 3
# "window" comes first: the first authentic reply of an engine whose clock is not known is believed (RFC 3414, 3.2).
LIES = {"window": ("pdu1",), **{lie: LIARS for lie in ("oid", "type", "short", "order", "request-id")}}


def good_points(room):
    return {d: room.devices()[d]["points_good"] for d in LIARS}


def asked(room, device):
    """How many messages the device was sent so far."""
    return int(re.search(rf"^{device} .* udp \d+ +(\d+)", room.plantctl("status"), re.M)[1])


@seconds(60)
def test_lies_are_never_good_values(room):
    room.start_plant()
    room.start_broker()
    room.subscribe("point/#")
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    wait_for("values", 15, lambda: all(good_points(room).values()))
    for lie, liars in LIES.items():
        began, before = time.monotonic(), {d: asked(room, d) for d in liars}
        for d in liars:
            room.plantctl(d, "lie", lie)
        for n in range(6):  # the room moves on, so that a value taken from elsewhere would show
            room.plantctl("env1", "set", "temperature", f"{20 + n * 1.3:.1f}")
            room.plantctl("env1", "set", "humidity", f"{40 + n * 2.1:.1f}")
            room.plantctl("pdu1", "outlet", str(1 + n), "off")
            room.plantctl("tape1", "io-open" if n % 2 else "io-close")
            time.sleep(0.5)
        untouched = {"ats1", "ups1", "crac1"} | ({"pdu1"} if lie == "window" else set())  # each second reply is a good one
        assert {d for d, x in room.devices().items() if x["state"] == "online"} >= untouched, lie
        rate = max(asked(room, d) - before[d] for d in liars) / (time.monotonic() - began)
        assert rate < 12, f"{lie}: {rate:.1f} messages a second"
        for d in liars:
            room.plantctl("restore", d)
    wait_for("all devices online again", 70, room.all_online)
    wait_for("values again", 40, lambda: all(good_points(room).values()))
    seen = check_truth(room)
    assert seen > 60, seen
    return f"{seen} good values checked"
