"""The wall clock is wrong, jumps or ends: delays and order do not follow it, and every event says what it is worth."""
import time

from common import alarm, seconds, until_alarm, wait_for
from noc import SEQ, told
from oracle import check_sequence, hold, iso_us
from trouble import Faults, Skip, can_skip

DELAYED = "door1/door_open_long"
YEAR_US, HOUR_US, MINUTE_US = 365 * 86400 * 1_000_000, 3600 * 1_000_000, 60 * 1_000_000
OVERLAY = "devices: {door1: {alarms: {door_open_long: {on_delay: 4s, off_delay: 0s}, door_fault: {on_delay: 0s, off_delay: 0s}}}}\n"


def now_us():
    return time.time_ns() // 1000


def to_us(text):
    return iso_us(text + "T00:00:00Z") - now_us()


def start(room, wall_us=0, unsynced=0):
    """The agent by a wall clock that is so much ahead."""
    faults = Faults(room)
    faults["wall_us"], faults["unsynced"] = wall_us, unsynced
    room.extra_overlay = OVERLAY
    room.start_plant()
    room.start_broker()
    room.subscribe("event")
    room.start_agent(env=faults.env())
    wait_for("all devices online", 30, room.all_online)
    return faults


def clock_events(room):
    return [e for e in room.ask("events", "-n", "100")["events"] if e["type"] == "system" and e["to"] == "clock_set"]


def off_us(room, e, wall_us):
    """How far an event's time is from what the agent's clock showed when it happened."""
    since_us = time.monotonic_ns() // 1000 - e["mono_us"]
    return abs(iso_us(e["time"]) - (now_us() - since_us + wall_us))


def step(room, faults, wall_us):
    before = len(clock_events(room))
    faults["wall_us"] = wall_us
    return wait_for("the step to be told", 10, lambda: clock_events(room)[before:])[0]


@seconds(25)
@can_skip
def test_boot_in_1970(room):
    """Without a battery, before NTP: everything works, each event says that the clock is not set; then it is, and that is told."""
    faults = start(room, -now_us() + 5_000_000, 1)
    room.plantctl("door1", "fault")
    until_alarm(room, "door1/door_fault", "unacknowledged", 10)
    early = room.ask("events", "-n", "100")["events"]
    assert all(e["time"].startswith("1970-01-01T00:0") and e["clock"] == "unsynced" for e in early), early[-1]
    assert room.ask("status")["agent"]["clock"] == "unsynced", room.ask("status")["agent"]
    faults["unsynced"] = -1
    wait_for("that to be seen", 5, lambda: room.ask("status")["agent"]["clock"] == "synced")
    e = step(room, faults, 0)
    assert e["clock"] == "synced" and abs(iso_us(e["time"]) - now_us()) < 20_000_000, e
    assert "1970-01-01" in e["text"], e
    room.plantctl("door1", "restore")
    until_alarm(room, "door1/door_fault", "returned_unacknowledged", 10)
    last = room.ask("events", "-n", "1")["events"][-1]
    wait_for("the newest event", 10, lambda: any(x["seq"] >= last["seq"] for x in room.events()))
    n = check_sequence(room.events())
    monos = [x["mono_us"] for x in sorted(room.events(), key=lambda x: x["seq"])]
    hold(monos == sorted(monos), "not in the order of the clock that never jumps")
    return f"{n} events, {len(early)} of them in 1970; {e['text']}"


@seconds(40)
@can_skip
def test_steps_of_the_clock(room):
    """+ 10 years, - 1 h, + 10 min while a delay runs: it takes its 4 s all the same, each step is told, polling goes on."""
    faults = start(room)
    took = []
    wall_us = 0
    for by in (10 * YEAR_US, -HOUR_US, -10 * YEAR_US, 10 * MINUTE_US):
        room.plantctl("door1", "open")
        began = time.monotonic()
        time.sleep(1)
        wall_us += by
        e = step(room, faults, wall_us)
        assert off_us(room, e, wall_us) < 2_000_000, e
        until_alarm(room, DELAYED, "unacknowledged", 10)
        took.append(time.monotonic() - began)
        a = alarm(room, DELAYED)
        assert abs(iso_us(a["since"]) - now_us() - wall_us) < 3_000_000, a
        before = {d: x["polls"] for d, x in ((x["device"], x) for x in room.ask("bus")["devices"])}
        room.plantctl("door1", "close")
        until_alarm(room, DELAYED, "returned_unacknowledged", 10)
        assert room.ctl("ack", DELAYED, "--as", "Tanaka").returncode == 0
        time.sleep(1.2)
        after = {x["device"]: x["polls"] for x in room.ask("bus")["devices"]}
        assert all(after[d] > before[d] for d in ("door1", "access1")), (before, after)
    assert all(3.9 < t < 10 for t in took), took
    assert room.all_online()
    last = room.ask("events", "-n", "1")["events"][-1]
    wait_for("the newest event", 10, lambda: any(x["seq"] >= last["seq"] for x in room.events()))
    steps = clock_events(room)
    assert len(steps) == 4, steps
    return f"{check_sequence(room.events())} events; a delay of 4 s took {' '.join(f'{t:.1f}' for t in took)} s; {steps[0]['text']}"


@seconds(20)
@can_skip
def test_small_steps_are_no_news(room):
    """NTP that slews, a leap second: below 1 s nothing is told, or the record would fill."""
    faults = start(room)
    for ms in (400, 1200, 500, 0):
        faults["wall_us"] = ms * 1000
        time.sleep(1.2)
    assert not clock_events(room), clock_events(room)


@seconds(20)
@can_skip
def test_year_2038(room):
    """2^31 s after 1970: before, during and after it every time is right."""
    end_us = 2**31 * 1_000_000
    faults = start(room, end_us - now_us() - 15_000_000)
    room.plantctl("door1", "open")
    until_alarm(room, DELAYED, "unacknowledged", 10)
    wait_for("the moment", 25, lambda: now_us() + faults["wall_us"] > end_us + 1_000_000)
    room.plantctl("door1", "fault")
    until_alarm(room, "door1/door_fault", "unacknowledged", 10)
    a = alarm(room, "door1/door_fault")
    assert a["since"].startswith("2038-01-19T03:14:"), a
    times = [iso_us(e["time"]) for e in room.ask("events", "-n", "100")["events"]]
    assert times == sorted(times) and times[0] < end_us < times[-1], times
    room.end("facilityd")
    room.start_agent(env=faults.env())  # what it kept is read back
    assert alarm(room, DELAYED)["since"].startswith("2038-01-19T03:1"), alarm(room, DELAYED)
    assert alarm(room, "door1/door_fault")["since"] == a["since"]
    assert not clock_events(room)


@seconds(20)
@can_skip
def test_summer_time(room):
    """The night in which an hour comes twice: times are UTC and go on; nothing is a step."""
    faults = Faults(room)
    faults["wall_us"] = iso_us("2026-10-25T00:59:45Z") - now_us()
    room.extra_overlay = OVERLAY
    room.start_plant()
    room.start_agent(env={**faults.env(), "TZ": "Europe/Berlin"})
    wait_for("all devices online", 30, room.all_online)
    room.plantctl("door1", "open")
    until_alarm(room, DELAYED, "unacknowledged", 10)
    wait_for("winter", 25, lambda: now_us() + faults["wall_us"] > iso_us("2026-10-25T01:00:01Z"))
    room.plantctl("door1", "fault")
    until_alarm(room, "door1/door_fault", "unacknowledged", 10)
    times = [e["time"] for e in room.ask("events", "-n", "100")["events"]]
    assert times == sorted(times) and times[0] < "2026-10-25T01" < times[-1], times
    assert not clock_events(room)


def across(room, end_s):
    """The clock that counts from the boot passes a power of two while the room is watched."""
    with open("/proc/uptime") as f:
        offset = int(end_s - float(f.read().split()[0])) + 1 - 8
    room.write_overlay()
    room.spawn("facilityd", ["unshare", "--time", "--monotonic", str(offset), "--boottime", str(offset), *room.agent_argv()])
    time.sleep(0.5)
    if not room.alive("facilityd"):
        raise Skip("no time namespace here")
    wait_for("all devices online", 30, room.all_online)
    began = time.monotonic()
    room.plantctl("door1", "open")
    until_alarm(room, DELAYED, "unacknowledged", 10)
    while time.clock_gettime(time.CLOCK_MONOTONIC) + offset < end_s + 1:
        time.sleep(0.1)
    before = {x["device"]: x["polls"] for x in room.ask("bus")["devices"]}
    room.plantctl("door1", "close")
    until_alarm(room, DELAYED, "returned_unacknowledged", 10)
    room.plantctl("door1", "fault")
    until_alarm(room, "door1/door_fault", "unacknowledged", 10)
    time.sleep(max(0, 3 - (time.monotonic() - began)))
    wait_for("polls of all", 20, lambda: all(x["polls"] > before[x["device"]] for x in room.ask("bus")["devices"]))
    assert room.all_online()
    room.plantctl("door1", "restore")
    until_alarm(room, "door1/door_fault", "returned_unacknowledged", 10)
    e = room.ask("events", "-n", "1")["events"][-1]
    assert e["mono_us"] > end_s * 1_000_000, e
    room.end("facilityd")


@seconds(45)
@can_skip
def test_counters_at_their_ends(room):
    """2^53 events (what JSON numbers hold), 2^32 ms and 2^32 hundredths since the boot: passed while it runs, nothing is lost."""
    room.extra_overlay = OVERLAY
    room.start_plant()
    room.start_broker()
    room.start_noc()
    room.subscribe("event", "historian", "-c", "-i", "historian")
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    epoch = room.ask("events", "-n", "1")["events"][-1]["epoch"]
    room.end("facilityd")
    end = 2**53
    room.write("state/witness", f"{epoch} {end - 10:020} {end - 10:020}\n", 0o600)
    for s in (2**32 / 1000, 2**32 / 100):
        across(room, s)
    room.start_agent()
    last = room.ask("events", "-n", "1")["events"][-1]["seq"]
    assert last > end + 20, last
    wait_for("the newest event", 15, lambda: any(e["seq"] >= last for e in room.events("historian")))
    wait_for("the newest inform", 30, lambda: str(last) in {v.get(SEQ) for _, v in told(room)})
    seqs = sorted({e["seq"] for e in room.events("historian") if e["seq"] > end - 10})
    hold(seqs == list(range(end - 9, seqs[-1] + 1)), "a hole")
    gap = [e for e in room.events("historian") if e["type"] == "gap"]
    assert len(gap) == 1 and gap[0]["seq"] == end - 10, gap
    return f"events up to {last}"
