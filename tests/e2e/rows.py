"""Rows that a device has at run time: they come, go and change places, and no value is ever another's."""
import os
import secrets
import socket
import subprocess
import time

from common import seconds, wait_for
from oracle import hold
from room import free_port

# The tables of a switch out of a file: index, name, ifOperStatus, ifInErrors.
TABLES = r'''
import sys
BASE = {"name": ((1,3,6,1,2,1,31,1,1,1,1), "string", 1), "link": ((1,3,6,1,2,1,2,2,1,8), "integer", 2),
        "errors": ((1,3,6,1,2,1,2,2,1,14), "counter", 3)}
def objects():
    rows = [line.split() for line in open(sys.argv[1])]
    out = []
    for base, kind, field in BASE.values():
        out += [(base + (int(r[0]),), kind, r[field]) for r in rows]
    return sorted(out)
while True:
    line = sys.stdin.readline().strip()
    if not line:
        sys.exit(0)
    if line == "PING":
        print("PONG", flush=True)
        continue
    oid = tuple(int(n) for n in sys.stdin.readline().strip().strip(".").split("."))
    found = [o for o in objects() if (o[0] > oid if line == "getnext" else o[0] == oid)]
    if found:
        print("." + ".".join(map(str, found[0][0])), found[0][1], found[0][2], sep="\n", flush=True)
    else:
        print("NONE", flush=True)
'''

SITE = """\
site: {{name: annex-2f, title: Rows, board: virtual}}
zones: {{room: {{}}}}
devices:
  sw: {{profile: if-mib-switch, zone: room, snmp: {{address: 127.0.0.1, port: {port}, version: {version}, secrets: sw.secret}},
       rows: {{port: all}}, poll: {{normal: 300ms, slow: 1s}},
       alarms: {{port_3_unknown: {{on_delay: 1s}}, port_3_down: {{enabled: true, on_delay: 0s, off_delay: 0s}}}}}}
traps: {{listen: 127.0.0.1, port: {traps}}}
"""


class Switch:
    """A real snmpd whose tables are a file of ours."""

    def __init__(self, room, version):
        self.room, self.port, self.traps = room, free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
        self.community = secrets.token_hex(8)
        room.write("tables.py", TABLES)
        room.write("sw.secret", f"community: {self.community}\n", 0o600)
        room.write("snmpd.conf", f"rocommunity {self.community} 127.0.0.1\nsysDescr a switch\n" + "".join(
            f"pass_persist .1.3.6.1.2.1.{n} /usr/bin/env python3 {room.path('tables.py')} {room.path('rows')}\n"
            for n in (2, 31)), 0o600)
        room.site = room.write("site.yaml", SITE.format(port=self.port, version=version, traps=self.traps))

    def has(self, *rows):
        """Each "index name status"; all of them at once, as a switch that starts anew."""
        self.room.write("rows.new", "".join(f"{r} 7\n" for r in rows))
        os.rename(self.room.path("rows.new"), self.room.path("rows"))

    def start(self):
        self.room.spawn("snmpd", ["snmpd", "-f", "-Lo", "-C", "-c", self.room.path("snmpd.conf"),
                                  "-I", "system_mib,snmp_mib,vacm_conf,vacm_context,vacm_vars,pass_persist",
                                  f"udp:127.0.0.1:{self.port}"],
                        env={**os.environ, "SNMP_PERSISTENT_DIR": self.room.path("snmpd-state"), "MIBS": ""})
        wait_for("snmpd", 10, lambda: "NET-SNMP version" in self.room.log("snmpd.log"))

    def says_link_up(self):
        """So that the agent looks at once which rows there are, and not within its minute."""
        subprocess.run(["snmptrap", "-v", "2c", "-c", self.community, f"127.0.0.1:{self.traps}", "",
                        "1.3.6.1.6.3.1.1.5.4"], check=True, env={**os.environ, "MIBS": ""})


def points(room):
    return {p["point"]: p for p in room.ask("points", "sw")["points"]}


def links(room):
    """Port -> state of each that is good."""
    return {n[5:-5]: p["text"] for n, p in points(room).items() if n.endswith("_link") and p["quality"] == "good"}


def events(room, to):
    return [e for e in room.ask("events")["events"] if e.get("to") == to]


def watch(room, switch, rows, right, until, within=10, ports=None):
    """From the change on no port may show what is another's."""
    switch.has(*rows)
    looks = 0
    end = time.monotonic() + within
    while True:
        now = links(room)
        looks += 1
        wrong = {p: v for p, v in now.items() if right.get(p) != v and (ports is None or p in ports)}
        hold(not wrong, f"{wrong} should be {right}")
        if until(now):
            return looks
        assert time.monotonic() < end, (now, room.log("facilityd.log")[-1500:])
        time.sleep(0.02)


def run(room, version):
    switch = Switch(room, version)
    switch.has("10101 Gi1 1", "10102 Gi2 2", "10103 Gi3 1")
    switch.start()
    room.start_agent()
    wait_for("three ports", 10, lambda: links(room) == {"1": "up", "2": "down", "3": "up"})
    assert "port_4_link" not in points(room), "a port that is not there is shown"
    told, shown = room.devices()["sw"]["points"], len(points(room))
    assert told == shown, f"{told} points are told of, {shown} are shown"
    found = wait_for("the event", 5, lambda: events(room, "row_found"))
    assert "1 (Gi1), 2 (Gi2), 3 (Gi3)" in found[0]["text"], found
    # they change places: port 1 stays Gi1, which is up
    right = {"1": "up", "2": "down", "3": "up"}
    looks = 0
    for n, places in enumerate([(2, 3, 1), (3, 1, 2), (1, 3, 2), (2, 1, 3), (1, 2, 3), (2, 3, 1)]):
        looks += watch(room, switch, [f"{10101 + i} Gi{k} {2 if k == 2 else 1}" for i, k in enumerate(places)], right,
                       lambda now: now == right and len(events(room, "row_moved")) >= 2 * (n + 1))
    # one goes, and what it leaves is not its last value
    assert "Gi3" not in str(room.ask("alarms"))
    why = room.ctl("explain", "sw/port_1_link").stdout
    assert '"Gi1"' in why and "1.3.6.1.2.1.2.2.1.8.10103 of" in why, why  # where it stands now
    watch(room, switch, ["10101 Gi2 2", "10102 Gi3 2", "10103 Gi1 1"], {**right, "3": None},
          lambda now: room.ask("alarms")["alarms"], ports=("1", "2"))
    assert "(Gi3)" in room.ask("alarms")["alarms"][0]["text"], room.ask("alarms")
    watch(room, switch, ["10101 Gi2 2", "10103 Gi1 1"], right, ports=("1", "2"), until=lambda now: events(room, "row_gone"))
    gone = points(room)["port_3_link"]
    assert gone["quality"] == "bad" and gone["reason"] == "no_row" and gone["value"] is None, gone
    assert "3 (Gi3) is gone" in events(room, "row_gone")[0]["text"]
    time.sleep(1.5)
    stands = {a["alarm"]: a["state"] for a in room.ask("alarms")["alarms"]}
    assert stands == {"port_3_down": "returned_unacknowledged"}, f"alarms of what is not there: {stands}"
    # a new one comes, at an index of its own
    switch.has("10101 Gi2 2", "10103 Gi1 1", "20000 Gi9 2")
    switch.says_link_up()
    wait_for("port 4", 10, lambda: links(room) == {"1": "up", "2": "down", "4": "down"})
    # the agent starts again while the switch renumbers and Gi3 comes back
    room.end("facilityd")
    switch.has("1 Gi1 1", "2 Gi2 2", "3 Gi9 2", "4 Gi3 1")
    seq = max(e["seq"] for e in found)
    room.start_agent()
    wait_for("the same ports again", 10,
             lambda: links(room) == {"1": "up", "2": "down", "3": "up", "4": "down"})
    later = [e for e in events(room, "row_found") if "Gi1" in e["text"] and e["seq"] > seq]
    assert not later, f"found again: {later}"
    return f"{looks} looks while three ports changed places"


@seconds(20)
def test_rows_come_go_and_change_places(room):
    return run(room, "2c")


@seconds(20)
def test_rows_over_version_1(room):
    return run(room, "1")
