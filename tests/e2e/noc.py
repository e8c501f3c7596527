"""What reaches which receiver at the NOC."""
import os
import re
import secrets
import signal
import socket
import time

from common import seconds, until_alarm, wait_for
from crowd import make_events, newest, part
from oracle import hold
from room import free_port

SEQ, DEVICE, ALARM, TO, TEXT, IMPACT, REMEDY, WHO, MISSING, LIST, LISTED = 2, 7, 9, 11, 16, 17, 18, 19, 20, 21, 22
GAP, TEST, BEGIN, LISTED_ALARM, END = 5, 8, 10, 11, 12


def told(room, name="noc"):
    """(number of the notification, {number of the object: value}) as snmptrapd wrote them down."""
    found = []
    path = room.path(name + ".log")
    for line in room.log(name + ".log").splitlines() if os.path.exists(path) else []:
        kind = re.search(r"4211\.0\.(\d+)\b", line)
        if kind:
            found.append((int(kind.group(1)), {
                int(n): v.strip('"') for n, v in re.findall(r"4211\.1\.(\d+)\.0 = (?:\w+: )?([^\t]*)", line)}))
    return found


def lists(room, name="noc"):
    """Each list that came to its end: [begin, [alarms], end], with what came between left out."""
    whole, now = [], None
    for kind, v in told(room, name):
        if kind == BEGIN:
            now = [v, [], None]
        elif kind == LISTED_ALARM and now and v[LIST] == now[0][LIST]:
            now[1].append(v)
        elif kind == END and now and v[LIST] == now[0][LIST]:
            whole.append([*now[:2], v])
            now = None
    return whole


def receivers(room, *lines):
    return "noc:\n  receivers:\n" + "".join(f"    - {{{x}}}\n" for x in lines)


def noc_line(room, name, port, more=""):
    return (f"name: {name}, address: 127.0.0.1, port: {port}, version: 3, user: noc, secrets: {room.path('noc.secret')}, "
            f"timeout: 500ms, retry_max: 1s{more}")


@seconds(25)
def test_filter_of_a_receiver(room):
    """Critical alarms of the room reach it, coming and going; lesser ones do not, and hold nothing up."""
    room.start_plant()
    room.start_noc()
    room.extra_overlay = f"""\
noc:
  receivers:
    - {{name: noc, address: 127.0.0.1, port: {room.noc_port}, version: 3, user: noc,
       secrets: {room.path('noc.secret')}, priority: critical, zones: [room]}}
devices:
  door1: {{alarms: {{door_open_long: {{on_delay: 1s}}}}}}
  leak1: {{alarms: {{leak_detected: {{off_delay: 0s}}}}}}
"""
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    room.plantctl("door1", "open")
    until_alarm(room, "door1/door_open_long", "unacknowledged")
    room.plantctl("leak1", "wet", "12.5")
    until_alarm(room, "leak1/leak_detected", "unacknowledged")
    wait_for("the leak at the NOC", 10, lambda: "leak_detected" in room.noc_log())
    room.plantctl("restore", "all")
    room.plantctl("leak1", "dry")
    until_alarm(room, "leak1/leak_detected", "returned_unacknowledged")
    wait_for("its end at the NOC", 10, lambda: "returned_unacknowledged" in room.noc_log())
    log = room.noc_log()
    assert "facilityd" in log, "the start of the agent is missing"
    assert "door_open_long" not in log and "answers on" not in log, log[-2000:]

    wait_for("nothing to wait", 10, lambda: (p := part(room, "noc/noc"))["ok"] and p["waiting"] == 0)


@seconds(25)
def test_a_test_tells_how_it_went(room):
    """Confirmed, and how fast; with nobody there, what was tried and what to look at."""
    room.start_plant()
    room.start_noc()
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    r = room.ctl("noc", "test", "--as", "Tanaka")
    assert r.returncode == 0 and "noc: confirmed after" in r.stdout, (r.stdout, r.stderr)
    wait_for("the test at the NOC", 5, lambda: "4211.0.8" in room.noc_log() and "Tanaka" in room.noc_log())
    r = room.ctl("noc", "test", "duty")
    assert r.returncode == 1 and 'no receiver "duty"' in r.stderr, r
    room.end("noc")
    r = room.ctl("noc", "test", "noc")
    assert r.returncode == 1 and "noc: " in r.stderr and str(room.noc_port) in r.stderr, r
    room.plantctl("leak1", "wet", "12.5")  # events still wait their turn, and arrive
    until_alarm(room, "leak1/leak_detected", "unacknowledged")
    room.start_noc()
    wait_for("the leak at the NOC", 15, lambda: "leak_detected" in room.noc_log())
    assert any(e["to"] == "noc_test" for e in room.ask("events")["events"] if "to" in e)


@seconds(20)
def test_heartbeat_tells_that_it_lives(room):
    """Signs of life while nothing happens; one without an answer shows in the status, the next mends it."""
    room.start_plant()
    room.start_noc()
    room.extra_overlay = f"""\
noc:
  receivers:
    - {{name: noc, address: 127.0.0.1, port: {room.noc_port}, version: 3, user: noc,
       secrets: {room.path('noc.secret')}, heartbeat: 1s, timeout: 500ms}}
"""
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)

    def beats():
        return room.noc_log().count("4211.0.9")

    def reached():
        return part(room, "noc/noc")["ok"]
    wait_for("two heartbeats", 15, lambda: beats() >= 2)
    assert "devices answer" in room.noc_log()
    room.end("noc")
    wait_for("the silence to be noticed", 10, lambda: not reached())
    silent = part(room, "noc/noc")  # on a busy machine an event may have come first
    assert "heartbeat" in silent["text"] or silent["waiting"] > 0, silent
    room.start_noc()
    wait_for("it to be over", 10, reached)


@seconds(30)
def test_alarms_that_stand_are_sent_again(room):
    """A whole list on request, and only what stands; a receiver that is new gets one by itself."""
    room.start_plant()
    room.start_noc()
    room.extra_overlay = "devices: {leak1: {alarms: {leak_detected: {on_delay: 0s, off_delay: 0s}}}}\n"
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    first = wait_for("the list of a new receiver", 15, lambda: lists(room))[0]
    assert first[0][LISTED] == "0" and first[2][LISTED] == str(len(first[1])) and not first[0][WHO], first
    room.plantctl("leak1", "wet", "12.5")
    until_alarm(room, "leak1/leak_detected", "unacknowledged")
    room.ctl("ack", "leak1/leak_detected", "--as", "Suzuki")
    room.ctl("shelve", "crac1/return_air_high", "1h", "trial", "--as", "Suzuki")
    r = room.ctl("noc", "resend", "--as", "Tanaka")
    assert r.returncode == 0 and re.search(r"noc: \d+ alarms stand and will be sent", r.stdout), (r.stdout, r.stderr)
    wait_for("the second list", 15, lambda: len(lists(room)) >= 2)
    begin, alarms, end = lists(room)[1]
    assert "Tanaka" in begin[WHO] and int(begin[LIST]) > int(first[0][LIST])
    assert [int(a[LISTED]) for a in alarms] == list(range(1, len(alarms) + 1)) and int(end[LISTED]) == len(alarms)
    stand = {(a["device"], a["alarm"]): a["state"] for a in room.ask("alarms", "--all")["alarms"] if a["state"] != "normal"}
    assert {(a[DEVICE], a[ALARM]): a[TO] for a in alarms} == stand, (alarms, stand)
    assert stand[("leak1", "leak_detected")] == "acknowledged" and stand[("crac1", "return_air_high")] == "shelved"
    leak = [a for a in alarms if a[ALARM] == "leak_detected"][0]
    assert "Suzuki" in leak[WHO] and leak[TEXT], leak
    assert any(v.get(ALARM) == "leak_detected" and v[SEQ] == leak[SEQ] for k, v in told(room) if k in (1, 3)), leak
    room.plantctl("leak1", "dry")
    until_alarm(room, "leak1/leak_detected", "normal")
    room.ctl("noc", "resend", "noc")
    wait_for("the third list", 15, lambda: len(lists(room)) >= 3)
    assert not [a for a in lists(room)[2][1] if a[ALARM] == "leak_detected"]
    r = room.ctl("noc", "resend", "duty")
    assert r.returncode == 1 and 'no receiver "duty"' in r.stderr, r
    assert any(e.get("to") == "noc_resend" for e in room.ask("events")["events"])
    return f"{len(alarms)} alarms"


@seconds(20)
def test_lists_by_the_clock_for_traps(room):
    """`resend:` sends the list again and again to who gets traps, with a way to see that one was lost."""
    room.make_noc_files()
    room.start_plant()
    room.start_noc()
    room.extra_overlay = receivers(room, noc_line(room, "noc", room.noc_port, ", kind: trap, resend: 1s"))
    with open(room.path("snmptrapd.conf")) as f:  # traps come under the agent's own engine
        conf = f.read()
    room.start_agent()
    engine = wait_for("its engine", 10, lambda: re.search("SNMP engine ID (0x[0-9a-f]+)", room.log("facilityd.log"))).group(1)
    room.end("noc")
    room.write("snmptrapd.conf", conf.replace("createUser noc", f"createUser -e {engine} noc"), 0o600)
    room.start_noc()
    room.plantctl("leak1", "wet", "12.5")
    until_alarm(room, "leak1/leak_detected", "unacknowledged")
    wait_for("a list with the leak", 15, lambda: any(a[ALARM] == "leak_detected" for x in lists(room) for a in x[1]))
    n = len(lists(room))
    wait_for("two more lists", 10, lambda: len(lists(room)) >= n + 2)
    assert all(int(x[2][LISTED]) == len(x[1]) for x in lists(room)[n:])


@seconds(30)
def test_list_after_a_gap(room):
    """Away for longer than the store could hold: the gap, what is held, then the list; a restart in between does not forget it."""
    room.make_noc_files()
    room.extra_overlay = "store: {max_events: 100}\n" + receivers(room, noc_line(room, "noc", room.noc_port))
    room.start_plant()
    room.start_noc()
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    wait_for("the list of a new receiver", 15, lambda: lists(room))
    room.end("noc")
    room.plantctl("leak1", "wet", "12.5")
    until_alarm(room, "leak1/leak_detected", "unacknowledged")
    make_events(room, 420)
    before = len(lists(room))
    assert room.end("facilityd") == 0  # what is in memory alone is gone now
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    room.start_noc()
    wait_for("the list", 25, lambda: len(lists(room)) > before)
    kinds = [k for k, _ in told(room)]
    gap = kinds.index(GAP)
    assert BEGIN in kinds[gap:], "no list behind the gap"
    assert any(a[ALARM] == "leak_detected" for a in lists(room)[-1][1])
    assert not any(v.get(ALARM) == "leak_detected" for k, v in told(room) if k == 1), "the gap holds its begin"
    return f"{told(room)[gap][1][MISSING]} missing"


@seconds(30)
def test_a_hung_receiver_delays_nobody(room):
    """One of three is stopped (SIGSTOP): the others have each event in a moment; then it gets all that waited."""
    room.make_noc_files()
    room.start_plant()
    ports = [room.noc_port] + [free_port(socket.SOCK_DGRAM) for _ in range(2)]
    names = ["noc", "duty", "night"]
    for name, port in zip(names, ports):
        room.start_receiver(name, port, "snmptrapd.conf")
    room.extra_overlay = receivers(room, *[noc_line(room, n, p) for n, p in zip(names, ports)])
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)

    def waiting():
        return {p["part"][4:]: p["waiting"] for p in room.ask("status")["parts"] if p["part"].startswith("noc/")}
    wait_for("no event to wait", 15, lambda: not any(waiting().values()))
    room.processes["duty"].send_signal(signal.SIGSTOP)
    slowest = 0
    for i in range(8):
        make_events(room, 2)
        seq = newest(room)
        began = time.monotonic()
        for name in ("noc", "night"):
            wait_for(f"event {seq} at {name}", 5, lambda n=name, q=seq: any(v.get(SEQ) == str(q) for _, v in told(room, n)), 0.005)
        slowest = max(slowest, time.monotonic() - began)
    assert slowest < 1, f"{slowest:.2f} s"
    left = wait_for("the word of the others", 2, lambda: not (w := waiting())["noc"] and not w["night"] and w)
    assert left["duty"] >= 16, left
    room.processes["duty"].send_signal(signal.SIGCONT)
    wait_for("what has waited", 20, lambda: not any(waiting().values()))
    seqs = [int(v[SEQ]) for k, v in told(room, "duty") if k < TEST]
    once = sorted(set(seqs))
    hold(once == list(range(once[0], once[-1] + 1)), seqs)
    return f"slowest {slowest * 1000:.0f} ms"


@seconds(20)
def test_secrets_of_receivers_are_private(room):
    """A file with keys that others can read is refused, and said so; each strength of keys reaches a real receiver."""
    room.start_plant()
    auth, priv = secrets.token_urlsafe(18), secrets.token_urlsafe(18)
    users = {"plain": ("SHA", "AES"), "middle": ("SHA-256", "AES"), "strong": ("SHA-512", "AES-256")}
    lines = []
    room.make_noc_files()
    for user, (a, p) in users.items():
        room.write(f"{user}.secret", f"auth_protocol: {a}\nauth_passphrase: {auth}\npriv_protocol: {p}\npriv_passphrase: {priv}\n",
                   0o600)
        conf = f'createUser {user} {a} "{auth}" {p} "{priv}"\nauthUser log {user} authPriv\n'
        port = room.noc_port if user == "plain" else free_port(socket.SOCK_DGRAM)
        lines.append(noc_line(room, user, port).replace("noc.secret", f"{user}.secret").replace("user: noc", f"user: {user}"))
        room.write(f"{user}.conf", conf, 0o600)
        room.start_receiver("noc-" + user, port, f"{user}.conf")
    room.extra_overlay = receivers(room, *lines)
    room.start_agent()
    for user in users:
        wait_for(f"a test at {user}", 10, lambda u=user: "confirmed after" in room.ctl("noc", "test", u).stdout, 0.5)
        assert any(k == TEST for k, _ in told(room, "noc-" + user)), user
    room.end("facilityd")
    os.chmod(room.path("strong.secret"), 0o640)
    room.start_agent(wait=False)
    assert room.processes["facilityd"].wait(10) != 0
    assert "strong.secret" in room.log("facilityd.log") and "chmod 600" in room.log("facilityd.log"), room.log("facilityd.log")[-800:]
