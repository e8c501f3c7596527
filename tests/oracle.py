"""
The judge of every test with faults: what the plant really held (its truth log) against what the agent said.

No good value that was never true; each event once, in order, without a hole. Pure functions over logs. What does not
hold is a VerdictError: run.py gives no second chance to that, for no busy machine can be its reason.
"""
import datetime


class VerdictError(AssertionError):
    """The agent has said what was never so, said it twice, or kept it to itself."""


def hold(it_holds, otherwise):
    if not it_holds:
        raise VerdictError(otherwise)


# The site's own values and the board's contacts do not come from the plant; they have tests of their own:
# derived.py, contacts.py. A running time is no value that the plant logs.
ELSEWHERE = {"site", "building1"}

# What the switch counts, and how much of its rate one count is.
COUNTED = {"in_rate": ("in_octets", 8), "out_rate": ("out_octets", 8), "error_rate": ("in_errors", 60)}


def held_at(rows, at_us):
    before = [value for at, value in rows if at <= at_us]
    return before[-1] if before else rows[0][1]


def check_rate(held, device, name, value, read_us, margin_us):
    """A rate lies between the slowest and the fastest that its counter really went in the seconds before."""
    port, kind = name.rsplit("_", 2)[0], "_".join(name.rsplit("_", 2)[1:])
    counter, scale = COUNTED[kind]
    rows = held[(device, f"{port}_{counter}")]
    rates = []
    for late_us in range(0, margin_us, 500_000):
        for seconds in (1, 2, 3, 5, 8, 10, 12, 15, 20):
            end = read_us - late_us
            counts = held_at(rows, end) - held_at(rows, end - seconds * 1_000_000)
            rates.append(counts * scale / seconds)
    hold(min(rates) * 0.8 - 1 <= value <= max(rates) * 1.25 + 1,
         f"{device}/{name}: {value} was never true: {min(rates)} to {max(rates)} were")


def is_held(device, point):
    return device not in ELSEWHERE and point != "uptime"


def check_truth(room, margin_us=1_500_000):
    """
    The oracle: a good value on a topic is one that the device really held when it was read; the margin
    is the longest that one transaction may take (0.8 s) with its scheduling. Returns how many were checked.
    """
    held = {}
    for row in room.truth():
        if "point" in row:
            held.setdefault((row["device"], row["point"]), []).append((row["wall_us"], row["value"]))
    checked = 0
    for topic, payload, message in room.messages():
        parts = topic.split("/")
        if parts[0] != "point" or not payload or payload["quality"] != "good" or not is_held(parts[1], parts[2]):
            continue
        read_us = iso_us(payload["time"])
        if parts[2].endswith("_rate"):
            check_rate(held, parts[1], parts[2], payload["value"], read_us, margin_us)
            checked += 1
            continue
        rows = held.get((parts[1], parts[2]))
        assert rows, f"the plant knows no {parts[1]}/{parts[2]}"
        fits = False
        for i, (at, value) in enumerate(rows):
            until = rows[i + 1][0] if i + 1 < len(rows) else float("inf")
            if at <= read_us + 50_000 and until >= read_us - margin_us and \
                    abs(value - payload["value"]) <= 1e-6 * max(1, abs(value)):
                fits = True
                break
        hold(fits, f"{topic}: good value {payload} was never true; held {rows[-5:]}")
        checked += 1
    assert checked, "no good value came: there was nothing to judge"
    return checked


def iso_us(text):
    t = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(t.timestamp() * 1e6)


def check_told(events, upto):
    """
    What a consumer has, repeats allowed: each seq of 1..upto of one epoch once, or in a gap record; in order of first
    arrival. Returns (events, lost by gap records).
    """
    rows, lost = {}, set()
    for e in events:
        if e["type"] == "gap":
            lost |= set(range(int(e["from"]), int(e["to"]) + 1))
            continue
        known = rows.setdefault(e["seq"], e)
        hold(known["time"] == e["time"] and known["text"] == e["text"], f"two events have one number: {known}, {e}")
    hold(len({e["epoch"] for e in events}) == 1, "more than one epoch")
    hold(list(rows) == sorted(rows), "out of order")
    hold(not lost & set(rows), f"told, and told as lost: {sorted(lost & set(rows))[:20]}")
    missing = set(range(1, upto + 1)) - set(rows) - lost
    hold(not missing, f"{len(missing)} of {upto} is missing without a gap record: {sorted(missing)[:20]}")
    return len(rows), len(lost)


def check_store(held, events):
    """What the store still holds is what the consumer has, word for word."""
    have = {(e["epoch"], e["seq"]): e for e in events}
    for e in held:
        got = have.get((e["epoch"], e["seq"]))
        if e["type"] == "gap" or got is None:  # newer than what was waited for
            continue
        hold({k: got.get(k) for k in e} == e, f"the store has {e}, the consumer {got}")


def check_sequence(events):
    """Each seq of one epoch, without a hole, in order of first arrival; repeats are allowed. Returns how many."""
    seen = []
    for e in events:
        key = (e["epoch"], e["seq"])
        if key not in seen:
            seen.append(key)
    assert seen, "no event came: there was nothing to judge"
    by_epoch = {}
    for epoch, seq in seen:
        by_epoch.setdefault(epoch, []).append(seq)
    for epoch, seqs in by_epoch.items():
        hold(seqs == sorted(seqs), f"out of order: {seqs}")
        hold(seqs == list(range(seqs[0], seqs[0] + len(seqs))), f"a hole: {seqs}")
    return len(seen)
