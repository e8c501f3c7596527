"""Hundreds of SNMP devices in the one thread of the core: the period is kept, also beside silent ones."""
import json
import os
import secrets
import subprocess
import time

from common import seconds, wait_for
from room import BUILD, SANITIZED, TOP

POINTS = 50
TICKS = os.sysconf("SC_CLK_TCK")


def write_config(room):
    """Profile and names of a farm; returns the community of its devices."""
    os.makedirs(room.path("config/profiles/test"), exist_ok=True)
    room.write("config/names.yaml", 'points:\n  reading_*: {unit: "1", title: Reading *, meaning: a number}\n'
               "alarms:\n  comm_lost: {title: Does not answer, meaning: the device does not answer}\n")
    room.write("config/profiles/test/farm.yaml", "profile: farm\nkind: test\ntitle: A device of the farm\nsource: none\n"
               "verified: nothing\nsnmp: {max_varbinds: 60, timeout: 500ms, retries: 1}\n"
               f"tables:\n  reading:\n    rows: {POINTS}\n    points:\n"
               '      reading_*: {oid: 1.3.6.1.4.1.99999.*.0, unit: "1", poll: normal}\n')
    community = secrets.token_hex(8)
    room.write("farm.secret", f"community: {community}\n", 0o600)
    return community


def write_site(room, ports):
    room.site = room.write("farm.yaml", "site: {name: annex-2f, title: Farm, board: virtual}\nzones: {room: {}}\ndevices:\n"
                           + "".join(f"  d{i}: {{profile: farm, zone: room, poll: {{normal: 1s}}, snmp: {{address: 127.0.0.1,"
                                     f" port: {p}, version: 2c, secrets: farm.secret}}}}\n" for i, p in enumerate(ports)))


def start_farm(room, devices, silent, community):
    farm = subprocess.Popen([f"{BUILD}/snmp_farm", str(devices), str(silent), community], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)
    room.processes["farm"] = farm
    return farm, [int(p) for p in farm.stdout.readline().split()]


def run_agent(room):
    """Without the demo room's overlays."""
    agent = room.spawn("facilityd", [f"{BUILD}/facilityd", "--config-dir", room.path("config"), "--boards-dir",
                                     f"{TOP}/boards", "--state", room.path("state"), "--run", room.dir, room.site])
    wait_for("the control socket", 10, room.agent_answers)
    return agent


def figures(farm):
    farm.stdin.write("\n")
    farm.stdin.flush()
    return json.loads(farm.stdout.readline())


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_mb(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS")) / 1024


def measure(room, devices, silent, span):
    community = write_config(room)
    farm, ports = start_farm(room, devices, silent, community)
    write_site(room, ports)
    began = time.monotonic()
    agent = run_agent(room)
    start = time.monotonic() - began

    def settled():
        states = [d["state"] for d in room.devices().values()]
        return states.count("online") == devices - silent and states.count("lost") == silent
    wait_for("each device to be known for what it is", 20, settled)
    time.sleep(1)
    figures(farm)
    before = cpu_s(agent.pid)
    time.sleep(span)
    used = cpu_s(agent.pid) - before
    f = figures(farm)
    share = 100 * used / span
    points = (devices - silent) * POINTS
    return f, (f"{devices} devices, {silent} silent: period {f['shortest_ms']:.0f}..{f['longest_ms']:.0f} ms, mean "
               f"{f['mean_ms']:.1f}; {share:.1f} % of a core, {1e6 * used / span / points:.2f} CPU s for a million "
               f"points, {rss_mb(agent.pid):.1f} MB, ready after {start:.2f} s")


@seconds(20)
def test_three_hundred_devices_keep_their_second(room):
    f, text = measure(room, 300, 30, 8)
    if not SANITIZED:
        assert f["rounds"] >= 270 * 7, f
        assert abs(f["mean_ms"] - 1000) < 10, f
        assert f["longest_ms"] < 1500, f
    assert f["bad"] == 0, f
    return text


@seconds(25)
def test_a_thousand_devices_keep_their_second(room):
    """More than the 1000 descriptors that libmodbus can bear; a tenth of them is silent."""
    f, text = measure(room, 1000, 100, 6)
    if not SANITIZED:
        assert f["rounds"] >= 900 * 5, f
        assert abs(f["mean_ms"] - 1000) < 20, f
    assert f["bad"] == 0, f
    return text
