"""The RS-485 bus as a whole: its adapter goes and returns, nobody on it answers, its speed is wrong."""
import os
import pty
import select
import threading
import time
import tty

from common import seconds, until_alarm, wait_for
from oracle import check_truth
from wires import until_found

ON_BUS = ("crac1", "leak1")


class Adapter:
    """A USB adapter between the agent and the plant's bus: a name that stays, a tty that does not."""

    def __init__(self, room):
        self.name, self.bus = room.path("usb-adapter"), room.path("rs485-1")
        self.shorted = False
        self.thread = None
        self.next = None
        room.extra_overlay = f"links: {{rs485_1: {{port: {self.name}}}}}\n"

    def plug(self):
        self.master, slave = self.next or pty.openpty()
        self.next = None
        tty.setraw(slave)
        self.tty = os.ttyname(slave)
        os.symlink(self.tty, self.name)
        self.plant = os.open(self.bus, os.O_RDWR | os.O_NOCTTY)
        self.wake = os.pipe()
        self.thread = threading.Thread(target=self.carry, args=(slave,))
        self.thread.start()

    def unplug(self):
        """The tty that comes next is there already, so that it is another one."""
        self.next = pty.openpty()
        os.unlink(self.name)
        os.close(self.wake[1])
        self.thread.join()
        self.thread = None

    def carry(self, slave):
        other = {self.master: self.plant, self.plant: self.master}
        while True:
            ready = select.select([*other, self.wake[0]], [], [])[0]
            if self.wake[0] in ready:
                break
            for fd in ready:
                data = os.read(fd, 512)
                if not self.shorted:
                    os.write(other[fd], data)
        for fd in (self.master, slave, self.plant, self.wake[0]):
            os.close(fd)

    def __enter__(self):
        self.plug()
        return self

    def __exit__(self, *_):
        if self.thread:
            self.unplug()
        for fd in self.next:
            os.close(fd)


def lost_alarm(room, device):
    """The alarm of its silence, also where it calls nobody."""
    return [a for a in room.ask("alarms", "--all")["alarms"] if (a["device"], a["alarm"]) == (device, "comm_lost")][0]


def raised(room):
    """Which alarms called somebody, once for each time."""
    return [f"{e['device']}/{e['alarm']}" for e in room.ask("events", "-n", "500")["events"]
            if e["type"] == "alarm" and e["to"] == "unacknowledged"]


def until_one_cause(room, within=40):
    """Both devices of the bus are lost: one alarm calls, the other is its symptom. The one that calls."""
    wait_for("both to be lost", within, lambda: all(room.devices()[d]["state"] == "lost" for d in ON_BUS))
    def told():
        states = {lost_alarm(room, d)["state"]: d for d in ON_BUS}
        return set(states) == {"unacknowledged", "suppressed"} and states
    states = wait_for("one cause and its symptom", 20, told)
    a, b = states["unacknowledged"], states["suppressed"]
    assert lost_alarm(room, a)["text"].startswith("Nobody on rs485_1 answers"), lost_alarm(room, a)
    assert lost_alarm(room, b)["cause"] == f"{a}/comm_lost"
    assert [n for n in raised(room) if n.endswith("/comm_lost")] == [f"{a}/comm_lost"], raised(room)
    return a


def until_well(room, speaker):
    wait_for("all devices back", 70, room.all_online)
    until_alarm(room, f"{speaker}/comm_lost", "returned_unacknowledged")
    assert [n for n in raised(room) if n.endswith("/comm_lost")] == [f"{speaker}/comm_lost"], raised(room)
    assert all(lost_alarm(room, d)["state"] == "normal" for d in ON_BUS if d != speaker)


@seconds(45)
def test_adapter_returns_as_another_tty(room):
    room.start_plant()
    room.start_broker()
    room.subscribe("point/#")
    with Adapter(room) as adapter:
        room.start_agent()
        wait_for("all devices online", 20, room.all_online)
        first = adapter.tty
        adapter.unplug()
        speaker = until_one_cause(room)
        adapter.plug()
        assert adapter.tty != first, first
        room.plantctl("set", "crac1", "return_air_temperature", "27.3")
        began = time.monotonic()
        until_well(room, speaker)
        took = time.monotonic() - began
        time.sleep(2)
        return f"{check_truth(room)} good values checked, back after {took:.1f} s as {adapter.tty}, was {first}"


@seconds(45)
def test_shorted_bus_is_one_cause(room):
    """Not a byte comes, by nobody's fault but the wire's."""
    room.start_plant()
    room.start_noc()
    with Adapter(room) as adapter:
        room.start_agent()
        wait_for("all devices online", 20, room.all_online)
        adapter.shorted = True
        speaker = until_one_cause(room)
        wait_for("the NOC to hear", 10, lambda: "Nobody on rs485" in room.noc_log())
        adapter.shorted = False
        until_well(room, speaker)


@seconds(50)
def test_wrong_speed_is_one_cause(room):
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    room.plantctl("rs485", "speed", "19200")
    speaker = until_one_cause(room)
    found = until_found(room, "rs485_1", "nobody")
    assert "9600 baud" in found["remedy"], found
    room.plantctl("restore", "all")
    until_well(room, speaker)
