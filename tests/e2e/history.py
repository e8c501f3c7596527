"""Values over time: what the history tells is what the devices held, and a gap is a gap."""
import csv
import io
import signal
import time
import xml.etree.ElementTree as ElementTree

from common import seconds, wait_for
from crowd import part
from device import stir
from oracle import hold

POINTS = ["crac1/return_air_temperature", "crac1/supply_air_temperature", "crac2/control_air_temperature",
          "env1/temperature", "env1/humidity"]
DEADBANDS = {"env1/humidity": 1.0}  # the others: 0.2


def history(room, point, *words):
    a = room.ask("history", point, *words)
    assert a["ok"], a
    rows = a["samples"]
    assert [r[0] for r in rows] == sorted({r[0] for r in rows}), "times must rise"
    assert all((r[1] is None) or r[2] <= r[1] <= r[3] for r in rows), rows
    return a


def truth_of(room, point):
    device, name = point.split("/")
    return [(r["wall_us"] / 1000, r["value"]) for r in room.truth()
            if r.get("device") == device and r.get("point") == name]


def check_full_rate(room, point):
    """Each sample was true when it was taken; what stood for long is in it, within the deadband."""
    a = history(room, point, "--since", "10min")
    band = a["deadband"] + 1e-6
    held = truth_of(room, point)
    samples = [r for r in a["samples"] if r[4] == "good"]
    for at, value, *_ in samples:
        hold(any(b <= at + 50 and (held[i + 1][0] if i + 1 < len(held) else 1e18) >= at - 1500 and
                 abs(v - value) < 1e-4 * max(1, abs(v)) for i, (b, v) in enumerate(held)),
             f"{point}: {value} at {at} was never true; {held[-5:]}")
    for i, (begin, value) in enumerate(held[:-1]):
        end = held[i + 1][0]
        if end - begin < 12_000 or begin < samples[0][0]:
            continue  # it may have come and gone between two polls
        told = [s for s in samples if s[0] <= end - 10][-1]
        assert abs(told[1] - value) <= band, f"{point}: {value} stood {begin}..{end}, history has {told}"
    return len(samples)


@seconds(70)
def test_history_is_what_devices_held(room):
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    time.sleep(11)
    stir(room, 20)
    time.sleep(13)  # the last values stand long enough to be read
    count = sum(check_full_rate(room, p) for p in POINTS)
    # In steps: within what the full rate has.
    full = history(room, POINTS[0], "--since", "10min")
    values = [r[1] for r in full["samples"] if r[1] is not None]
    for step in ("10s", "1min"):
        a = history(room, POINTS[0], "--since", "10min", "--step", step)
        for _, mean, low, high, *_ in a["samples"]:
            assert mean is None or min(values) - 0.2 <= low <= mean <= high <= max(values) + 0.2, a
        known = [r for r in a["samples"] if r[1] is not None]
        assert len(known) >= (3 if step == "10s" else 1), a["samples"]
        assert min(r[2] for r in known) < max(r[3] for r in known)
    return f"{count} samples checked"


@seconds(80)
def test_hung_device_shows_a_gap(room):
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    time.sleep(3)
    room.plantctl("hang", "crac2")
    wait_for("the loss", 20, lambda: room.devices()["crac2"]["state"] == "lost")
    lost_ms = time.time() * 1000
    time.sleep(3)
    room.plantctl("restore", "crac2")
    wait_for("crac2 back", 70, room.all_online)
    back_ms = time.time() * 1000
    time.sleep(3)
    point = "crac2/control_air_temperature"
    rows = history(room, point)["samples"]
    gap = [i for i, r in enumerate(rows) if r[4] == "comm_lost"]
    assert len(gap) == 1 and rows[gap[0]][1] is None, rows
    at = gap[0]
    assert rows[at - 1][0] < rows[at][0] <= lost_ms + 100, (rows, lost_ms)
    # Nothing is told between the loss and the return.
    assert rows[at + 1][4] == "good" and rows[at + 1][0] > lost_ms and rows[at + 1][0] <= back_ms + 3000, rows

    text = room.ctl("history", point).stdout
    assert "device does not answer" in text and "—" in text, text

    # newline="": the line ends are looked at.
    raw = room.ctl("history", point, "--csv").stdout
    lines = list(csv.reader(io.StringIO(raw, newline="")))
    assert lines[0] == ["time", f"{point} value [Cel]", f"{point} min [Cel]", f"{point} max [Cel]", "quality",
                        "good_percent", "clock"], lines[0]
    assert all(len(x) == 7 for x in lines)
    empty = [x for x in lines if x[4] == "comm_lost"]
    assert len(empty) == 1 and empty[0][1:4] == ["", "", ""], lines

    r = room.ctl("history", point, "--step", "1s", "--plot", room.path("gap.svg"))
    assert r.returncode == 0, r.stderr
    svg = ElementTree.parse(room.path("gap.svg")).getroot()
    name = "{http://www.w3.org/2000/svg}"
    assert svg.tag == name + "svg"
    grey = [x for x in svg.iter(name + "rect") if x.get("fill") == "#ececec"]
    lines = [x for x in svg.iter(name + "path") if x.get("stroke") == "#0b4f8a"]
    assert len(grey) == 2 and len(lines) == 2, (len(grey), len(lines))  # before the start, and the loss
    labels = " ".join(x.text or "" for x in svg.iter(name + "text"))
    assert "°C" in labels and point in labels, labels


@seconds(60)
def test_history_outlives_the_agent(room):
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    time.sleep(4)
    point = "crac1/return_air_temperature"
    assert room.end("facilityd") == 0
    stopped_ms = time.time() * 1000
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    rows = history(room, point, "--step", "1min")["samples"]
    known = [r for r in rows if r[1] is not None]
    assert known and known[0][0] <= stopped_ms, rows
    assert any(r[4] == "no_record" for r in rows), rows  # nobody looked in between

    # Killed: what was written stays, what was not is a gap, and the file is sound.
    room.end("facilityd", signal.SIGKILL)
    time.sleep(2)
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    rows = history(room, point, "--step", "1min")["samples"]
    known = [r for r in rows if r[1] is not None]
    assert known and known[0][0] <= stopped_ms, rows
    assert part(room, "history")["ok"], part(room, "history")


@seconds(40)
def test_damaged_history_is_put_aside(room):
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    assert room.end("facilityd") == 0
    with open(room.path("state", "history.db"), "r+b") as f:
        f.write(b"no database at all, " * 500)
    room.start_agent()
    room_events = wait_for("the event", 10, lambda: [
        e for e in room.ask("events", "-n", "50")["events"] if e.get("from") == "history_damaged"])
    assert "events are not touched" in room_events[0]["text"], room_events
    seqs = [e["seq"] for e in room.ask("events", "-n", "1000")["events"]]
    assert seqs == list(range(1, len(seqs) + 1)), seqs
    wait_for("the history to be written again", 10, lambda: part(room, "history")["ok"])


@seconds(20)
def test_questions_that_cannot_be_answered(room):
    room.start_plant()
    room.start_agent()
    for words, code, says in [
            (["crac1/return_air_temperatur"], 1, 'did you mean "return_air_temperature"'),
            (["crac1/return_air_temperature", "--since", "soon"], 2, "--since takes a time before now"),
            (["crac1/return_air_temperature", "--since", "1h", "--until", "2h"], 2, "must be before"),
            (["crac1/return_air_temperature", "--step", "x"], 2, "--step takes"),
            (["crac1/return_air_temperature", "--csv", "--plot", "x.svg"], 2, "only one of"),
            (["crac1/return_air_temperature", "--plot", "/nonexistent/x.svg"], 1, "cannot write")]:
        r = room.ctl("history", *words)
        assert r.returncode == code and says in r.stderr, (words, r)


@seconds(20)
def test_events_of_a_time(room):
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    time.sleep(1.5)
    between = time.time()
    room.plantctl("door1", "open")
    wait_for("the alarm", 20, lambda: [e for e in room.ask("events")["events"] if e.get("device") == "door1"
                                       and e["type"] == "alarm"])
    every = room.ask("events", "-n", "1000")["events"]
    synced = [e for e in every if e["clock"] == "synced"]
    told = room.ask("events", "--since", f"{time.time() - between:.1f}s")["events"]
    assert any(e.get("device") == "door1" for e in told), told
    if synced:  # where the clock of this machine is not set, all are told, with a mark
        assert len(told) < len(every), (told, every)
    assert room.ask("events", "--since", "1h")["events"] == every
    if synced:
        assert room.ask("events", "--since", "2d", "--until", "1d")["events"] == []
    r = room.ctl("events", "--since", "1h", "-n", "5")
    assert r.returncode == 2 and "usage: facilityctl events" in r.stderr, r
    r = room.ctl("events", "--since", "never")
    assert r.returncode == 2 and "--since takes" in r.stderr, r
