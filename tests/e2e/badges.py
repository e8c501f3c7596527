"""Badge events of the access controller, with the truth log of the plant as the judge."""
import datetime
import signal
import time

from common import seconds, wait_for
from oracle import check_sequence, hold


def badge_events(room):
    """Events of type access in order of seq, each once."""
    by_seq = {}
    for e in room.events():
        if e["type"] == "access" and e["device"] == "access1":
            by_seq[e["epoch"], e["seq"]] = e
    return [by_seq[k] for k in sorted(by_seq, key=lambda k: k[1])]


def made(room):
    """Records that the controller really made, since it was reset last."""
    rows = []
    for row in room.truth():
        if row.get("action") == "reset":
            rows = []
        elif "record" in row:
            rows.append(row)
    return rows


def check_records(events, rows):
    """Every record once and in order, or told as lost. Returns (told, lost)."""
    by_number = {r["record"]: r for r in rows}
    expected, told, lost = 1, 0, 0
    for e in events:
        if "record" in e:
            hold(e["record"] == expected, f"record {e['record']}, not {expected}: {e}")
            row = by_number[expected]
            at = int(datetime.datetime.fromisoformat(e["device_time"].replace("Z", "+00:00")).timestamp())
            seen = (e.get("who", "0"), e["point"], e["word"], at)
            hold(seen == (str(row["badge"]), row["door"], row["result"], row["time_s"]), (e, row))
            expected += 1
            told += 1
        elif e["to"] == "lost":
            assert str(expected) in e["text"], e
            expected += e["value"]
            lost += e["value"]
    return told, lost, expected - 1


def until_all_told(room, within=20):
    rows = made(room)

    def look():
        events = [e for e in badge_events(room) if e.get("to") != "begins"]
        return events if check_records(events, rows)[2] == len(rows) else None
    return wait_for("every badge event", within, look)


def start(room):
    """With a subscriber who hears the very first event; ends when the ring is being read."""
    room.start_plant()
    room.start_broker()
    room.start_noc()
    room.subscribe("event")
    time.sleep(0.5)
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    wait_for("the begin", 5, lambda: [e for e in badge_events(room) if e.get("to") == "begins"])


@seconds(40)
def test_badges_come_once_and_in_order(room):
    """200 badges at speed; the agent is killed in the midst of them, twice."""
    start(room)
    results = ("granted", "unknown-card", "out-of-hours", "anti-passback", "no-pin")
    began = time.monotonic()
    for i in range(200):
        if i in (70, 140):
            room.end("facilityd", signal.SIGKILL)
            room.start_agent(wait=False)
        if i % 10 == 9:
            room.plantctl("access1", "exit", "door1")
        else:
            room.plantctl("access1", "badge", str(4000 + i), f"door{1 + i % 2}", results[i % 5])
        time.sleep(0.005)
    took = time.monotonic() - began
    events = until_all_told(room)
    told, lost, _ = check_records(events, made(room))
    check_sequence(room.events())
    assert told + lost >= 200 and told >= 100, (told, lost)
    first = [e for e in events if e.get("record") == 1][0]
    assert "Access controller: badge 4000 at Computer room door: granted (" in first["text"], first
    stored = room.ask("events", "-n", "5")["events"]
    assert any(e["type"] == "access" for e in stored), stored
    return f"{told} told, {lost} lost in {took:.1f} s of badges"


@seconds(30)
def test_overwritten_badges_are_counted(room):
    """The ring holds 32: what is overwritten while the agent is away is told, with the exact number."""
    start(room)
    room.plantctl("access1", "badge", "4711", "door1", "granted")
    wait_for("the badge", 5, lambda: [e for e in badge_events(room) if e.get("who") == "4711"])
    room.end("facilityd", signal.SIGKILL)
    room.plantctl("access1", "burst", "50")
    room.start_agent()
    events = until_all_told(room)
    lost = [e for e in events if e.get("to") == "lost"]
    assert [e["value"] for e in lost] == [18], lost
    assert "18 of its badge events lost, numbers 2 to 19" in lost[0]["text"] and lost[0]["remedy"], lost
    assert lost[0]["priority"] == "medium"
    # and while it is being read: what can be had is had, and the sum is right
    for _ in range(60):
        room.plantctl("access1", "burst", "7")
    told, lost, last = check_records(until_all_told(room), made(room))
    assert told + lost == last == 51 + 420, (told, lost, last)
    return f"{told} told, {lost} lost of {last}"


@seconds(40)
def test_half_written_and_restarted(room):
    start(room)
    room.plantctl("access1", "slow", "1")
    for i in range(3):
        room.plantctl("access1", "badge", str(5000 + i), "door2", "unknown-card")
        time.sleep(0.7)
    until_all_told(room)
    room.plantctl("access1", "restore")
    # damaged for good: given up after seconds, and told
    room.plantctl("access1", "badge", "6000", "door1", "no-pin")
    room.plantctl("access1", "spoil")
    damaged = wait_for("the damaged record", 15, lambda: [
        e for e in badge_events(room) if e.get("to") == "damaged" or e.get("who") == "6000"])[0]
    assert damaged.get("who") == "6000" or damaged["value"] == 1, damaged
    room.plantctl("access1", "reset")
    wait_for("the restart", 10, lambda: [e for e in badge_events(room) if e.get("to") == "restarted"])
    room.plantctl("access1", "badge", "7000", "door1", "granted")
    fresh = wait_for("the first badge after it", 5, lambda: [
        e for e in badge_events(room) if e.get("who") == "7000"])[0]
    assert fresh["record"] == 1, fresh
    # another controller, whose count has come past ours: what the agent read last is not there
    room.end("facilityd", signal.SIGKILL)
    room.plantctl("access1", "reset")
    for i in range(5):
        room.plantctl("access1", "badge", str(8000 + i), "door1", "unknown-card")
    room.start_agent()
    wait_for("the other controller", 10, lambda: [
        e for e in badge_events(room) if e.get("to") == "replaced"])
    wait_for("all of its badges", 5, lambda: [
        e.get("who") for e in badge_events(room)][-5:] == [str(8000 + i) for i in range(5)])


@seconds(25)
def test_badges_have_names(room):
    """A table beside the site says whose badge it is; a changed one is taken by a reload."""
    room.write("people.csv", "number,name\n4711,佐藤 花子\n", 0o600)
    room.extra_overlay = "badges: {file: people.csv}\n"
    start(room)
    room.plantctl("access1", "badge", "4711", "door1", "granted")
    known = wait_for("the badge", 5, lambda: [e for e in badge_events(room) if e.get("who") == "4711"])[0]
    assert "badge 4711 (佐藤 花子) at Computer room door" in known["text"], known
    room.plantctl("access1", "badge", "4712", "door1", "unknown-card")
    unknown = wait_for("the other", 5, lambda: [e for e in badge_events(room) if e.get("who") == "4712"])[0]
    assert "badge 4712 at" in unknown["text"], unknown
    room.write("people.csv", "4711,佐藤 花子\n4712,田中 一郎\n", 0o600)
    assert room.ctl("reload").returncode == 0
    time.sleep(1)  # it is away for a moment
    wait_for("the agent", 10, room.agent_answers)
    wait_for("all devices online", 20, room.all_online)
    room.plantctl("access1", "badge", "4712", "door2", "granted")
    now = wait_for("the name", 10, lambda: [
        e for e in badge_events(room) if e.get("who") == "4712" and e["word"] == "granted"])[0]
    assert "badge 4712 (田中 一郎) at Back door: granted" in now["text"], now
    assert [e["record"] for e in badge_events(room) if "record" in e] == [1, 2, 3]
    assert "佐藤" not in room.log("facilityd.log"), "the log tells who went where"
