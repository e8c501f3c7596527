"""Dry contacts at the terminals of the board, from the terminal to the alarm."""
import threading
import time

from common import point, seconds, until_alarm, wait_for


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


class Hum(threading.Thread):
    """Closes and opens a terminal without a pause, until it is stopped."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.stop = path, False

    def run(self):
        with open(self.path, "w", buffering=1) as f:
            while not self.stop:
                f.write("1\n0\n")
                time.sleep(0.005)


@seconds(40)
def test_contact_that_never_stands_still(room):
    """Hum on a loose wire: its value is not good any more, whatever it was, until it stands still."""
    room.extra_overlay = "devices: {building1: {contacts: {smoke: {debounce: 200ms}}}}\n"
    room.start()
    wait_for("all devices", 20, room.all_online)

    def smoke():
        return point(room, "building1/smoke_detected")
    assert smoke()["quality"] == "good", smoke()
    hum = Hum(room.path("board/di2"))
    hum.start()
    wait_for("no good value of it", 15, lambda: smoke()["quality"] != "good")
    text = room.ctl("bus").stdout
    assert "not smoke: the contact does not stand still" in text, text
    time.sleep(1)
    assert smoke()["quality"] != "good", smoke()
    hum.stop = True
    hum.join()
    wait_for("a value again", 10, lambda: (p := smoke())["quality"] == "good" and p["value"] == 0)
