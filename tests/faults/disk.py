"""Disks that are full, fail, refuse, lie or are slow under the whole agent: alarms go out live, nothing is lost in silence."""
import errno
import os
import random
import signal
import subprocess
import time

from common import alarm, long, retained, seconds, until_alarm, wait_for
from crowd import RULE, make_events, newest, part
from ends import Table, stored
from noc import SEQ, TEXT, noc_line, receivers, told
from oracle import check_sequence, hold
from reload import started, started_anew
from room import BUILD
from trouble import Disk, Faults, can_skip, own_mounts, quick_start

FAULT = "door1/door_fault"
HEARTBEAT = 9
OVERLAY = "devices: {door1: {alarms: {door_fault: {on_delay: 0s, off_delay: 0s}}}}\n"


def start(room, overlay="", **more):
    room.extra_overlay = OVERLAY + overlay
    room.start_plant()
    room.start_broker()
    room.start_noc()
    room.subscribe("#", "sub", "-c", "-i", "historian")
    room.start_agent(**more)
    wait_for("all devices online", 30, room.all_online)
    until_quiet(room)


def until_quiet(room):
    """Every event is on disk and told, and none is being written: what is done to the disk now meets no sync on its way."""
    def all_told():
        last = newest(room)
        time.sleep(0.3)
        return newest(room) == last and room.events() and max(e["seq"] for e in room.events()) == last
    wait_for("quiet", 15, all_told)


def topic(room, name=FAULT):
    return (retained(room, f"alarm/{name}", "sub") or {}).get("state", "normal")


def polls(room):
    return sum(d["polls"] for d in room.ask("bus")["devices"])


def alarm_goes_out_live(room):
    """While the disk takes nothing: topic, lamp and console in a moment; no event leaves before it is on the disk."""
    room.plantctl("door1", "fault")
    began = time.monotonic()
    wait_for("the alarm's topic", 3, lambda: topic(room) == "unacknowledged")
    took = time.monotonic() - began
    assert alarm(room, FAULT)["state"] == "unacknowledged"
    panel = room.ask("status")["panel"]
    assert panel["red"] != "off" and panel["buzzer"] != "off", panel
    if not part(room, "store")["ok"]:
        time.sleep(0.5)
        hold(not [e for e in room.events() if e.get("alarm") == "door_fault"], "an event left before it was on the disk")
    return took


def well_again(room, first_lost=None):
    """Every event is told once, in order, store and consumer agree; the fault and its end are among them."""
    wait_for("the store to be written", 20, lambda: part(room, "store")["ok"])
    last = newest(room)
    wait_for("the newest event", 20, lambda: any(e["seq"] >= last for e in room.events()))
    n = check_sequence(room.events())
    table = Table(room, "sub")
    table.update()
    wait_for("the newest inform", 30, lambda: str(last) in {v.get(SEQ) for _, v in told(room)})

    def words():
        return [e["to"] for e in room.events() if e["type"] == "system" and "store" in e["to"]]
    wait_for("the end of the fault to be told", 10, lambda: words()[-1:] == ["store_good"])
    assert words()[:1] == ["store_fault"], words()
    room.end("facilityd")
    rows, gaps = stored(room)
    hold(not gaps and max(s for _, s in rows) >= last, (gaps, last))
    return n


def fill(room, filler):
    """Until the store finds no space any more."""
    began = time.monotonic()
    while part(room, "store")["ok"] or finds_space(room):
        assert time.monotonic() - began < 30, "the disk is not full"
        with suppressed(errno.ENOSPC), open(filler, "ab", 0) as f:
            while True:
                f.write(bytes(4096))
        make_events(room, 20)


@seconds(25)
@own_mounts
def test_signs_of_life_with_a_full_disk(room):
    """A list of alarms waits for the disk, as each event does; that the agent lives is told all the same."""
    Disk(room, "tmpfs", "size=1500k,mode=700")
    room.make_noc_files()
    start(room, receivers(room, noc_line(room, "noc", room.noc_port, ", heartbeat: 1s")))
    filler = room.path("state", "filler")
    fill(room, filler)
    alarm_goes_out_live(room)
    assert room.ctl("noc", "resend").returncode == 0

    def beats():
        return sum(kind == HEARTBEAT for kind, _ in told(room))
    before = beats()
    wait_for("signs of life", 6, lambda: beats() >= before + 3)
    assert not part(room, "store")["ok"]
    os.unlink(filler)
    well_again(room)


@seconds(25)
@own_mounts
def test_full_disk(room):
    """A small file system is full: nothing is confirmed that is not written; with space again all is told."""
    Disk(room, "tmpfs", "size=1500k,mode=700")
    start(room)
    filler = room.path("state", "filler")
    fill(room, filler)
    took = alarm_goes_out_live(room)
    time.sleep(1.5)  # tried again meanwhile
    assert not part(room, "store")["ok"] and room.all_online()
    r = room.ctl("reload")
    assert r.returncode == 1 and "in memory alone" in r.stderr, (r.stdout, r.stderr)
    os.unlink(filler)
    return f"{well_again(room)} events, the alarm's topic after {took * 1000:.0f} ms"


def finds_space(room):
    """Has the store found some space by itself, as it does as long as there is any?"""
    time.sleep(0.7)
    make_events(room, 4)
    return part(room, "store")["ok"]


class suppressed:
    def __init__(self, number):
        self.number = number

    def __enter__(self):
        return self

    def __exit__(self, kind, e, _):
        return isinstance(e, OSError) and e.errno == self.number


@seconds(20)
@own_mounts
def test_no_inodes(room):
    """No file can be made any more: those that are open are enough; a start without one says what is wrong."""
    Disk(room, "tmpfs", "size=4m,nr_inodes=24,mode=700")
    start(room)
    n = 0
    with suppressed(errno.ENOSPC):
        while True:
            open(room.path("state", f"filler{n}"), "w").close()
            n += 1
    alarm_goes_out_live(room)
    make_events(room, 20)
    last = newest(room)
    wait_for("the newest event", 10, lambda: any(e["seq"] >= last for e in room.events()))
    room.end("facilityd", signal.SIGKILL)
    quick_start(room)  # the files are there
    wait_for("all devices online", 30, room.all_online)
    for i in range(n):
        os.unlink(room.path("state", f"filler{i}"))
    return f"{check_sequence(room.events())} events"


@seconds(25)
@own_mounts
def test_disk_turns_read_only(room):
    """As ext4 does after an error: live all the same, also by a start on it, which says so; written again, all is told."""
    disk = Disk(room, "ext4")
    start(room)
    disk.abort()
    make_events(room, 6)
    wait_for("the fault to be told", 10, lambda: not part(room, "store")["ok"])
    took = alarm_goes_out_live(room)
    log = room.log("facilityd.log")
    assert any(words in log for words in ("the event store", "read-only", "the disk fails")), log[-1000:]
    room.end("facilityd", signal.SIGKILL)
    kept = room.events()[-1]["epoch"]
    quick_start(room)  # a store in memory, which begins another epoch
    said = part(room, "store")
    assert not said["ok"] and disk.dir in said["text"] and "repair the disk" in said["text"], said
    e = wait_for("the fault to be told", 15, lambda: [e for e in room.events() if e["to"] == "store_fault" and e["epoch"] != kept])[0]
    assert e["priority"] == "high" and e["text"] == said["text"], e
    until_alarm(room, FAULT, "unacknowledged")
    wait_for("the event of the alarm", 10, lambda: [x for x in room.events() if x.get("alarm") == "door_fault" and x["epoch"] == e["epoch"]])
    wait_for("the inform", 20, lambda: [v for _, v in told(room) if v.get(TEXT) == said["text"]])
    room.end("facilityd", signal.SIGKILL)
    assert disk.repair()
    quick_start(room)
    until_alarm(room, FAULT, "unacknowledged")
    last = newest(room)
    wait_for("the newest event", 20, lambda: any(e["seq"] >= last and e["epoch"] == kept for e in room.events()))
    check_sequence(room.events())
    Table(room, "sub").update()
    assert part(room, "store")["ok"] and room.events()[-1]["epoch"] == kept
    return f"the alarm's topic after {took * 1000:.0f} ms; {said['text']}"


def eio(room, tries):
    """tries: how many good calls before the bad one, each."""
    faults = Faults(room)
    start(room, env=faults.env())
    bad = 0
    for i, left in enumerate(tries):
        faults["disk_left"] = left
        if i < 6 or i % 20 == 0:  # ten times in a minute would be chatter
            room.plantctl("door1", "fault")
            until_alarm(room, FAULT, "unacknowledged", 10)
            room.plantctl("door1", "restore")
            until_alarm(room, FAULT, "returned_unacknowledged", 10)
        make_events(room, 2 + left // 2)
        bad += faults["disk_left"] < 0
        faults["disk_left"] = -1
        wait_for("the store to be written", 20, lambda: part(room, "store")["ok"])
    assert bad > len(tries) // 2, f"{bad} of {len(tries)} calls failed"
    faults["disk_stays"], faults["disk_left"] = 1, 0  # and one that stays
    make_events(room, 4)
    wait_for("the fault to be told", 10, lambda: not part(room, "store")["ok"])
    room.plantctl("door1", "fault")
    wait_for("the alarm's topic", 3, lambda: topic(room) == "unacknowledged")
    faults["disk_left"] = -1
    return f"{well_again(room)} events, {bad} writes or syncs failed"


@seconds(30)
@can_skip
def test_nth_write_or_sync_fails(room):
    return eio(room, [0, 1, 2, 3, 5, 8])


@long
@seconds(300)
@can_skip
def test_each_write_or_sync_fails(room):
    return eio(room, range(0, 60))


@seconds(25)
@can_skip
def test_slow_disk(room):
    """Syncs of 100 ms to 3 s: polling, topic and lamp do not wait for them; events come late, and whole."""
    return slow(room, [100, 1000, 3000])


@long
@seconds(90)
@can_skip
def test_very_slow_disk(room):
    return slow(room, [100, 1000, 10000])


def slow(room, delays):
    faults = Faults(room)
    start(room, env=faults.env())
    took, rates = [], []
    for ms in [0, *delays]:
        faults["sync_delay_ms"] = ms
        began, before = time.monotonic(), polls(room)
        room.plantctl("door1", "fault")
        wait_for("the alarm's topic", 3, lambda: topic(room) != "normal", 0.01)
        took.append(time.monotonic() - began)
        room.plantctl("door1", "restore")
        wait_for("its end", 3, lambda: alarm(room, FAULT)["state"] == "returned_unacknowledged", 0.01)
        assert room.ctl("ack", FAULT, "--as", "Tanaka").returncode == 0
        wait_for("the topic to be cleared", 3, lambda: topic(room) == "normal", 0.01)
        time.sleep(max(0, 3 - (time.monotonic() - began)))
        rates.append((polls(room) - before) / (time.monotonic() - began))
    assert min(rates) > 0.8 * rates[0], rates
    assert max(took) < 1.5, took
    faults["sync_delay_ms"] = 0
    last = newest(room)
    wait_for("the newest event", 30, lambda: any(e["seq"] >= last for e in room.events()))
    n = check_sequence(room.events())
    return f"{n} events; polls/s {' '.join(f'{r:.0f}' for r in rates)}; topic after {' '.join(f'{t * 1000:.0f}' for t in took)} ms"


def damage_512(data, rng):
    at = rng.randrange(0, max(1, len(data) - 512))
    return data[:at] + rng.randbytes(512) + data[at + 512:]


def torn_page(data, rng):
    at = rng.randrange(0, max(1, len(data) // 4096)) * 4096 + rng.choice([512, 1024, 2048])
    return data[:at] + bytes(4096 - at % 4096) + data[at // 4096 * 4096 + 4096:]


def cut_short(data, rng):
    return data[:rng.randrange(0, len(data))]


def put_aside(room):
    return {x for x in os.listdir(room.path("state")) if x.startswith("events.db.damaged")}


def damages(room, times, seed):
    """Each time another damage between kill and start: it starts, alarms stand, and what it cannot tell it says."""
    rng = random.Random(seed)
    start(room)
    room.plantctl("door1", "fault")
    until_alarm(room, FAULT, "unacknowledged")
    kept = whole = gaps = 0
    for i in range(times):
        room.ctl("unshelve", RULE)  # that it was taken back may be what was lost
        make_events(room, rng.randrange(2, 30))
        room.end("facilityd", signal.SIGKILL)
        name = rng.choice(["events.db", "events.db-wal"])
        path, how = room.path("state", name), rng.choice([damage_512, torn_page, cut_short])
        with open(path, "rb") as f:
            data = f.read()
        with open(path, "wb") as f:
            f.write(how(data, rng))
        time.sleep(0.2)  # what the broker has is on its way still
        epoch = room.events()[-1]["epoch"]
        told_of = max(e["seq"] for e in room.events() if e["epoch"] == epoch)
        aside = put_aside(room)
        quick_start(room)
        said = wait_for("an event", 5, lambda: room.ask("events", "-n", "400")["events"])
        if said[-1]["epoch"] == epoch:
            whole += 1
            wait_for(f"a number after {told_of}, which was told ({name}, {how.__name__})", 5, lambda: newest(room) > told_of)
            said = room.ask("events", "-n", "400")["events"]
            gaps += bool([e for e in said if e["type"] == "system" and "has lost" in e["text"] and e["seq"] > told_of])
        else:
            kept += 1
            assert [e for e in said if e["to"] == "store_new"], f"{name}, {how.__name__}: not said"
            assert put_aside(room) - aside, os.listdir(room.path("state"))
        until_alarm(room, FAULT, "unacknowledged", 15)
        last = room.ask("events", "-n", "1")["events"][-1]
        wait_for("the newest event", 10, lambda: any((e["epoch"], e["seq"]) >= (last["epoch"], last["seq"]) and
                                                     e["epoch"] == last["epoch"] for e in room.events()))
    Table(room, "sub").update()
    return f"{times} damages: {whole} times whole ({gaps} with a gap that was told), {kept} times a new epoch, seed {seed}"


@seconds(25)
def test_damaged_files(room):
    return damages(room, 6, int(os.environ.get("SEED", time.time_ns() % 1_000_000)))


@long
@seconds(400)
def test_many_damaged_files(room):
    return damages(room, 120, int(os.environ.get("SEED", time.time_ns() % 1_000_000)))


@seconds(25)
@own_mounts
@can_skip
def test_disk_that_lies(room):
    """Syncs are confirmed and not done, then the power goes: the consumer has more than the store; it is told, and no number stays two things."""
    disk, faults = Disk(room, "ext4"), Faults(room)
    room.extra_overlay = OVERLAY + "mqtt: {consumers: [historian]}\n"
    room.start_plant()
    room.start_broker()
    room.start_noc()
    room.subscribe("event", "historian", "-c", "-i", "historian")
    room.start_agent(env=faults.env())
    wait_for("all devices online", 30, room.all_online)
    table = Table(room)
    wait_for("events", 10, table.update)
    table.acknowledge()
    time.sleep(1.5)
    os.sync()
    kept = newest(room)
    faults["sync_lies"] = 1
    make_events(room, 80)
    last = newest(room)
    wait_for("the newest event", 10, lambda: max(s for _, s in table.update()) >= last)
    disk.cut_power(room)
    faults["sync_lies"] = 0
    quick_start(room, env=faults.env())
    had = max(s for _, s in table.rows)
    assert room.ask("events", "-n", "1")["events"][-1]["seq"] < had, "the disk has lost nothing"
    wait_for("the broker", 10, lambda: part(room, "mqtt")["ok"])
    table.acknowledge()  # as a consumer does after each connection
    told_of = [e for e in wait_for("it to be told", 10, lambda: [e for e in room.events("historian") if "has lost events" in e["text"]])]
    assert len(told_of) == 1 and told_of[0]["seq"] > had and told_of[0]["priority"] == "high", told_of
    wait_for("the inform", 20, lambda: [v for _, v in told(room) if v.get(TEXT) == told_of[0]["text"]])
    room.plantctl("door1", "fault")
    e = wait_for("the next event", 10, lambda: [e for e in room.events("historian") if e.get("alarm") == "door_fault"])[0]
    assert e["seq"] > told_of[0]["seq"]
    time.sleep(1)
    room.end("facilityd")
    _, gaps = stored(room)
    assert len(gaps) == 1 and gaps[0][1] == had, (gaps, had)
    return f"{had - kept} events lost by the disk: {told_of[0]['text']}"


def stop_check(room):
    """Asks for a reload and stops its check as soon as it runs; gives the check's pid and the facilityctl that waits."""
    pid = room.processes["facilityd"].pid
    waits = subprocess.Popen([f"{BUILD}/facilityctl", "--run", room.dir, "reload"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def child():
        """As the program it is to be: until then its parent waits for it."""
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            for n in map(int, f.read().split()):
                with open(f"/proc/{n}/cmdline") as line:
                    if "--check" in line.read():
                        return n
    check = wait_for("the check to run", 5, child, 0.001)
    os.kill(check, signal.SIGSTOP)
    return check, waits


def refused(waits, *words):
    out, err = waits.communicate(timeout=15)
    assert waits.returncode == 1 and all(w in err for w in ("was not taken", "in memory alone", *words)), (out, err)
    assert "has errors" not in err, err


def reload_again(room, taken=lambda: None):
    """With a disk that is well it is taken; every event is told once, in order."""
    began = started(room)
    r = room.ctl("reload")
    assert r.returncode == 0, (r.stdout, r.stderr)
    taken()
    wait_for("the agent to be back", 10, lambda: started_anew(room, began))
    wait_for("all devices online", 30, room.all_online)
    until_quiet(room)
    return check_sequence(room.events())


@seconds(40)
@can_skip
def test_reload_and_a_disk_that_begins_to_refuse(room):
    """The disk is well when the reload is asked for, and refuses when the check is over: nothing is taken, nothing lost."""
    faults = Faults(room)
    start(room, env=faults.env())
    began, last = started(room), newest(room)
    check, waits = stop_check(room)
    faults["disk_stays"], faults["disk_left"] = 1, 0
    make_events(room, 4)
    wait_for("the fault to be told", 10, lambda: not part(room, "store")["ok"])
    room.plantctl("door1", "fault")
    wait_for("the alarm's topic", 3, lambda: topic(room) == "unacknowledged")
    os.kill(check, signal.SIGCONT)
    refused(waits, "repair the disk")
    assert started(room) == began
    faults["disk_left"] = -1
    wait_for("the store to be written", 20, lambda: part(room, "store")["ok"])
    wait_for("the alarm's event", 10, lambda: [e for e in room.events() if e.get("alarm") == "door_fault"])
    said = [e["text"] for e in room.events() if e.get("to") in ("reloading", "running") and e["seq"] > last]
    assert len(said) == 1 and "was not taken" in said[0], said
    return f"{reload_again(room)} events"


@seconds(60)
@can_skip
def test_reload_and_a_disk_that_hangs(room):
    """A sync does not come back: no error, but events that the disk has not; nothing is taken, nothing lost."""
    faults = Faults(room)
    start(room, env=faults.env())
    began = started(room)
    faults["sync_delay_ms"] = 12_000
    room.plantctl("door1", "fault")
    wait_for("the alarm's topic", 3, lambda: topic(room) == "unacknowledged")
    r = room.ctl("reload")
    assert r.returncode == 1 and "was not taken" in r.stderr and "has not answered for 5 s" in r.stderr, (r.stdout, r.stderr)
    assert started(room) == began and part(room, "store")["ok"]
    faults["sync_delay_ms"] = 0
    wait_for("the alarm's event", 20, lambda: [e for e in room.events() if e.get("alarm") == "door_fault"])
    faults["sync_delay_ms"] = 1000  # slow is not hung
    n = reload_again(room, lambda: faults.__setitem__("sync_delay_ms", 0))
    assert alarm(room, FAULT)["state"] == "unacknowledged"
    return f"{n} events"


@seconds(15)
def test_second_instance(room):
    """It refuses, says who is there, and the first one notices nothing."""
    room.start_plant()
    room.start_agent()
    first = room.processes["facilityd"].pid
    r = subprocess.run(room.agent_argv(), capture_output=True, text=True, timeout=10)
    assert r.returncode == 1 and f"pid {first}" in r.stderr.splitlines()[-1], r.stderr
    assert room.agent_answers()
    return r.stderr.splitlines()[-1][25:]


@seconds(20)
def test_half_written_configuration(room):
    """A site file cut anywhere is refused by a reload, with the reason; the last good one stays in use."""
    from reload import own_site
    own_site(room)
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    with open(room.site, encoding="utf-8") as f:
        text = f.read()
    began, rng, refused = started(room), random.Random(1), 0
    for at in [0, 1, *(rng.randrange(100, len(text) - 2000) for _ in range(6))]:
        room.write("site.yaml", text[:at])
        r = room.ctl("reload")
        if r.returncode != 0:
            refused += 1
            assert "was not taken" in r.stderr and started(room) == began, (at, r.stderr)
    assert refused == 8, f"{8 - refused} halves were taken"
    assert room.all_online()
    return f"{refused} halves refused"
