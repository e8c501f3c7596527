"""People who press twice, press the wrong thing, or press at the same time."""
import subprocess

from common import alarm, seconds, until_alarm, wait_for
from room import BUILD

OPEN = "door1/door_open_long"
NOTHING = "there is nothing to acknowledge"


def open_door(room):
    room.extra_overlay = "devices: {door1: {alarms: {door_open_long: {on_delay: 1s}}}}\n"
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    room.plantctl("door1", "open")
    until_alarm(room, OPEN, "unacknowledged")


def deeds(room):
    return [e for e in room.ask("events", "-n", "500")["events"] if e["type"] == "operator"]


def at_once(room, *commands):
    """The same moment, different people: (exit code, text) of each."""
    running = [subprocess.Popen([f"{BUILD}/facilityctl", "--run", room.dir, *c], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True) for c in commands]
    texts = [p.communicate(timeout=20)[0] for p in running]
    return [(p.returncode, t) for p, t in zip(running, texts)]


@seconds(20)
def test_acknowledged_twice_is_once(room):
    """A double click, a dozen people at once: one has done it, all others are told so."""
    open_door(room)
    people = [f"person{i}" for i in range(12)]
    told = at_once(room, *[("ack", OPEN, "--as", p) for p in people])
    won = [p for p, (_, text) in zip(people, told) if "recorded as" in text]
    assert len(won) == 1, told
    assert sum(NOTHING in text for _, text in told) == 11, told
    wait_for("the deed to be on disk", 5, lambda: deeds(room))
    assert [e["who"].split()[0] for e in deeds(room)] == won, deeds(room)
    assert alarm(room, OPEN)["state"] == "acknowledged" and alarm(room, OPEN)["who"].split()[0] == won[0]
    for _ in range(2):
        r = room.ctl("ack", OPEN, "--as", won[0])
        assert NOTHING in r.stdout, r
    assert len(deeds(room)) == 1, deeds(room)


@seconds(20)
def test_nothing_to_acknowledge_is_said(room):
    """What is normal, what does not exist, what is gone meanwhile."""
    open_door(room)
    before = room.ask("status")["alarms"]
    assert f"is normal: {NOTHING}" in room.ctl("ack", "door2/door_open_long").stdout
    for name in ("door1/no_such_alarm", "no_such_device/comm_lost", "door1", ""):
        r = room.ctl("ack", name)
        assert r.returncode != 0 and (r.stdout + r.stderr).strip(), (name, r)
    assert room.ask("status")["alarms"] == before and not deeds(room), deeds(room)
    room.plantctl("door1", "close")
    until_alarm(room, OPEN, "returned_unacknowledged")
    assert room.ctl("ack", OPEN).returncode == 0
    until_alarm(room, OPEN, "normal")
    assert f"is normal: {NOTHING}" in room.ctl("ack", OPEN).stdout
    wait_for("the deed to be on disk", 5, lambda: len([e for e in deeds(room) if e["alarm"] == "door_open_long"]) == 1)


@seconds(25)
def test_one_of_two_operators_wins(room):
    """One acknowledges, one puts aside, in the same moment, and the other way round: always one order, always told."""
    open_door(room)
    for n in range(6):
        told = at_once(room, ("ack", OPEN, "--as", "Sato"), ("shelve", OPEN, "1h", "the", "door", "is", "mended", "--as", "Tanaka"),
                       ("shelve", OPEN, "2h", "it", "is", "known", "--as", "Suzuki"))
        shelved = [name for name, (code, _) in zip(("Tanaka", "Suzuki"), told[1:]) if code == 0]
        assert len(shelved) == 1, told
        assert all(text.strip() for _, text in told), told
        a = alarm(room, OPEN)
        assert a["state"] == "shelved" and a["reason"].startswith(shelved[0]), (a, told)
        assert room.ctl("unshelve", OPEN, "--as", "Sato").returncode == 0
        until_alarm(room, OPEN, "unacknowledged")

    def shelves():
        return [e["who"].split()[0] for e in deeds(room) if e["to"] == "shelved"]
    wait_for("all of it to be on disk", 5, lambda: len(shelves()) >= 6)
    by = shelves()
    assert len(by) == 6, by
