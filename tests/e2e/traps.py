"""Traps of the plant's devices, as net-snmp's receiver takes them in: versions 1, 2c and 3."""
import os
import re
import socket
import subprocess
import time

from common import point, seconds, wait_for
from crowd import part
from oracle import check_sequence
from reload import started, started_anew


def secret(room, device):
    return dict(line.split(": ") for line in room.log(device + ".secret").splitlines())


def receiver(room, port):
    """snmptrapd that knows each device: its community, or its user under its engine."""
    conf = ""
    for d in ("ats1", "tape1"):
        conf += f"authCommunity log {secret(room, d)['community']}\n"
    for d in ("ups1", "pdu1"):
        s = secret(room, d)
        engine = re.match("engine_id: (.*)", room.log(d + ".engine")).group(1)
        conf += (f"createUser -e 0x{engine} facility {s['auth_protocol']} {s['auth_passphrase']} "
                 f"AES {s['priv_passphrase']}\n")
    room.write("traps.conf", conf + "authUser log facility authPriv\n", 0o600)
    room.start_receiver("traps", port, "traps.conf")


@seconds(10)
def test_devices_send_traps(room):
    room.start_plant()
    port = int(re.search("traps of the devices go to 127.0.0.1 port ([0-9]+)", room.log("overlay.yaml")).group(1))
    receiver(room, port)
    room.plantctl("ats1", "lose", "A")
    wants = {
        ("ats1", "lost-redundancy"): r"\.1\.3\.6\.1\.4\.1\.318 Enterprise Specific Trap \(127\).*\n.*318\.1\.1\.8\.5\.1\.3\.0 = INTEGER: 1",
        ("tape1", "io-door"): r"= OID: \.1\.3\.6\.1\.4\.1\.3764\.1\.1\.200\.20\.0\.103\b.*= INTEGER: 3",
        ("ups1", "on-battery"): r"= OID: \.1\.3\.6\.1\.2\.1\.33\.2\.1\b.*\.1\.3\.6\.1\.2\.1\.33\.1\.2\.3\.0 = INTEGER: ",
        ("pdu1", "outlet-change"): r"= OID: \.1\.3\.6\.1\.4\.1\.13742\.6\.0\.63\b.*= INTEGER: 7.*STRING: \"pdu1\"",
    }
    for (device, name), pattern in wants.items():
        room.plantctl(device, "trap", name)
        wait_for(f"{name} of {device}", 5, lambda: re.search(pattern, room.log("traps.log")))
    actions = [(r["device"], r["action"]) for r in room.truth() if "action" in r]
    assert {(d, "trap " + n) for d, n in wants} <= set(actions), actions
    return f"{len(wants)} traps"


def told(room, device, word):
    """The event of a device's own notification, on the broker."""
    return next((e for e in room.events() if e["type"] == "trap" and e.get("device") == device
                 and e.get("word") == word), None)


@seconds(30)
def test_a_trap_is_an_event_and_the_device_is_asked(room):
    """What a device says by itself is on the broker and at the NOC, and its points follow at once."""
    room.extra_overlay = "devices: {ats1: {poll: {normal: 60s, slow: 60s, fast: 60s}, stale_after: {normal: 10min, fast: 10min}}}\n"
    room.start()
    room.subscribe()
    wait_for("all devices online", 30, room.all_online)
    for device, name, word in [("ups1", "on-battery", "on_battery"), ("tape1", "io-door", "io_door_change"),
                               ("pdu1", "outlet-change", "outlet_change"), ("handles1", "forced-open", "forced_open"),
                               ("switch1", "link-down", "link_down"), ("server1", "supply-failure", "supply_failed")]:
        room.plantctl(device, "trap", name)
        e = wait_for(f"{word} of {device}", 5, lambda: told(room, device, word))
        assert e["text"] and e["priority"], e
    wait_for("forced_open at the NOC", 10, lambda: "forced_open" in room.noc_log())

    before = point(room, "ats1/redundancy")
    assert before["quality"] == "good", before
    room.plantctl("ats1", "lose", "A")
    time.sleep(1.5)
    assert point(room, "ats1/redundancy")["value"] == before["value"], "it was asked before its time"
    sent = time.monotonic()
    room.plantctl("ats1", "trap", "lost-redundancy")
    wait_for("the value to change", 5, lambda: point(room, "ats1/redundancy")["value"] != before["value"])
    took = time.monotonic() - sent
    wait_for("redundancy_lost of ats1", 5, lambda: told(room, "ats1", "redundancy_lost"))
    heard = part(room, "traps")
    assert heard["ok"] and "notifications of devices" in heard["text"], heard
    return f"asked every 60 s, read {took * 1000:.0f} ms after its trap"


def sender(room):
    """What a program needs that sends a notification as ats1 does: port, community, environment."""
    port = re.search("traps: {listen: 127.0.0.1, port: ([0-9]+)", room.log("overlay.yaml")).group(1)
    return port, secret(room, "ats1")["community"], {
        **os.environ, "MIBS": "", "SNMP_PERSISTENT_DIR": room.path("sender"), "HOME": room.dir}


@seconds(25)
def test_strangers_and_floods_of_traps(room):
    """Unknown senders are events with address and OID; a flood is told with its number; the values go on."""
    room.start()
    room.subscribe()
    wait_for("all devices online", 30, room.all_online)
    port, community, env = sender(room)

    def send(program, *words, ok=True):
        r = subprocess.run([program, *words], capture_output=True, text=True, env=env, timeout=20)
        assert (r.returncode == 0) == ok, (words, r)

    oid = "1.3.6.1.4.1.99999.0.7"
    send("snmptrap", "-v", "2c", "-c", "wrong", f"127.0.0.1:{port}", "", oid)
    e = wait_for("the trap of a stranger", 5, lambda: next(
        (e for e in room.events() if e.get("word") == "unknown_trap"), None))
    assert "127.0.0.1" in e["text"] and oid in e["text"] and "community" in e["text"], e
    send("snmpinform", "-v", "2c", "-c", "wrong", "-t", "0.3", "-r", "0", f"127.0.0.1:{port}", "", oid, ok=False)
    # in words of its own, with what a terminal could take for a command
    send("snmptrap", "-v", "1", "-c", community, f"127.0.0.1:{port}", "1.3.6.1.4.1.99999", "", "6", "8", "1",
         "1.3.6.1.4.1.99999.1", "s", "\x1b[2J\x07red\nalert")
    e = wait_for("a trap that no profile lists", 5, lambda: next(
        (e for e in room.events() if e.get("device") == "ats1" and e.get("word") == "unknown_trap"), None))
    assert "99999.0.8" in e["text"] and "red" in e["text"], e
    assert not any(ord(c) < 32 or ord(c) == 127 for c in e["text"]), repr(e["text"])
    # an inform is answered when its event is on disk
    send("snmpinform", "-v", "2c", "-c", community, "-t", "2", "-r", "1", f"127.0.0.1:{port}", "", oid)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", int(port)))
        for i in range(500):
            s.send(bytes([0x30, i % 256]) + os.urandom(i % 60))
            if i % 50 == 0:
                time.sleep(0.01)

    def garbled():
        mine = [e for e in room.events() if e["type"] == "trap" and "that is none" in e["text"]]
        return sum(1 + e.get("value", 0) for e in mine) >= 500 and mine
    mine = wait_for("all 500 to be told", 20, garbled)
    assert len(mine) <= 8, len(mine)
    assert room.all_online()
    check_sequence(room.events())
    return f"500 damaged datagrams in {len(mine)} events"


@seconds(30)
def test_an_inform_of_a_flood_waits_for_the_event_that_counts_it(room):
    """Held back by the rate it is in memory only: its sender hears of it when its number is an event."""
    room.start()
    room.subscribe()
    wait_for("all devices online", 30, room.all_online)
    port, community, env = sender(room)

    def send(tries):
        subprocess.run(["snmpinform", "-v", "2c", "-c", community, "-t", "1", "-r", str(tries), f"127.0.0.1:{port}",
                        "", "1.3.6.1.4.1.99999.0.7"], capture_output=True, check=True, env=env, timeout=20)

    def counts():
        return [e["value"] for e in room.events() if e["type"] == "trap" and e.get("device") == "ats1" and "value" in e]

    for _ in range(5):
        send(1)
    assert not counts(), counts()
    began = time.monotonic()
    send(15)
    took = time.monotonic() - began
    wait_for("the event that counts it", 2, counts)
    assert counts() == [1], counts()
    assert took > 5, f"answered after {took:.1f} s, before an event could count it"
    check_sequence(room.events())
    return f"answered after {took:.1f} s"


@seconds(40)
def test_a_flood_is_told_before_a_reload(room):
    """What was only counted when the configuration is taken anew is in an event: no number is missing."""
    room.start()
    room.subscribe()
    wait_for("all devices online", 30, room.all_online)
    port, community, env = sender(room)
    for _ in range(9):
        subprocess.run(["snmptrap", "-v", "2c", "-c", community, f"127.0.0.1:{port}", "", "1.3.6.1.4.1.99999.0.7"],
                       capture_output=True, check=True, env=env, timeout=20)

    def told_of():
        return [e for e in room.events() if e["type"] == "trap" and e.get("device") == "ats1"]
    wait_for("the first five", 5, lambda: len(told_of()) == 5)
    since = started(room)
    assert room.ctl("reload").returncode == 0
    wait_for("the agent to be back", 10, lambda: started_anew(room, since))
    wait_for("the number of those that were counted", 10, lambda: [e["value"] for e in told_of() if "value" in e] == [4])
    check_sequence(room.events())
    return "9 notifications, 5 events and a number"
