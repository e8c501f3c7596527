"""Dry contacts at the terminals of the board, from the terminal to the alarm."""
import time

from common import seconds, until_alarm, wait_for


def set_contact(room, terminal, level):
    with open(room.path("board", terminal), "w") as f:
        f.write(f"{level}\n")


def relay(room):
    with open(room.path("board/lines")) as f:
        return "relay 1" in f.read()


@seconds(25)
def test_contact_to_alarm(room):
    """A contact closes: topic, alarm, LED within a moment, not within a period; the fault relay falls."""
    room.start()
    room.subscribe()
    wait_for("all devices", 20, room.all_online)
    wait_for("an acknowledged start", 10, lambda: relay(room))

    def told(value):
        return [m for t, m, _ in room.messages()
                if t == "point/building1/smoke_detected" and m and m["value"] == value]
    wait_for("the contact as it stands", 5, lambda: told(0))
    before = time.monotonic()
    set_contact(room, "di2", 1)
    wait_for("the topic", 5, lambda: told(1), pause=0.01)
    took = time.monotonic() - before
    assert told(1)[-1]["quality"] == "good" and told(1)[-1]["text"] == "alarm", told(1)
    assert took < 0.5, f"{took:.3f} s from the contact to the topic"
    until_alarm(room, "building1/smoke_detected", "unacknowledged")
    wait_for("the relay to fall", 2, lambda: not relay(room))
    text = room.ctl("explain", "building1/smoke_detected").stdout
    assert "contact smoke at terminal di2" in text, text
    room.ctl("ack", "building1/smoke_detected")
    set_contact(room, "di2", 0)
    until_alarm(room, "building1/smoke_detected", "normal")
    wait_for("the relay to be drawn", 2, lambda: relay(room))
    room.end("facilityd")
    assert not relay(room), "the relay must fall when the agent ends"
    return f"contact to topic {took * 1000:.0f} ms"
