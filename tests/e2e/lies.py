"""SNMP devices whose answers are whole and authentic, and wrong."""
import time

from common import seconds, wait_for
from oracle import check_truth

LIARS = ("env1", "tape1", "pdu1")  # versions 1, 2c and 3


def good_points(room):
    return {d: room.devices()[d]["points_good"] for d in LIARS}


@seconds(60)
def test_lies_are_never_good_values(room):
    room.start_plant()
    room.start_broker()
    room.subscribe("point/#")
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    wait_for("values", 15, lambda: all(good_points(room).values()))
    seen = 0
    for lie in ("oid", "type", "short", "order", "request-id"):
        for d in LIARS:
            room.plantctl(d, "lie", lie)
        for n in range(6):  # the room moves on, so that a value taken from elsewhere would show
            room.plantctl("env1", "set", "temperature", f"{20 + n * 1.3:.1f}")
            room.plantctl("env1", "set", "humidity", f"{40 + n * 2.1:.1f}")
            room.plantctl("pdu1", "outlet", str(1 + n), "off")
            room.plantctl("tape1", "io-open" if n % 2 else "io-close")
            time.sleep(0.5)
        assert {d for d, x in room.devices().items() if x["state"] == "online"} >= {"ats1", "ups1", "crac1"}
        for d in LIARS:
            room.plantctl("restore", d)
    wait_for("all devices online again", 70, room.all_online)
    wait_for("values again", 40, lambda: all(good_points(room).values()))
    seen = check_truth(room)
    assert seen > 60, seen
    return f"{seen} good values checked"
