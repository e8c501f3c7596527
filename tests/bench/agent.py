"""facilityd as the subject: a site, a profile and names made for the load."""
import os

import room
from room import BUILD, TOP

NAME = "facilityd"
BASE = room.BASE  # what Room reads at the broker

NAMES = """\
points:
  reading_*: {unit: "1", title: Reading *, meaning: a number}
alarms:
  comm_lost: {title: Does not answer, meaning: the device does not answer}
  reading_*_high: {title: Reading * high, meaning: the number is high}
"""


def topics(load):
    return f"{BASE}/points/+" if load.by_device else f"{BASE}/point/#"


def key(load):
    return '"value":'


def points_of(load, figures):
    return figures["points"]


def of_value(value):
    return f'"value":{value}'


def profile(name, wire, source, points, more=""):
    return (f"profile: {name}\nkind: bench\ntitle: A device of the bench\nsource: none\nverified: nothing\n{wire}\n"
            f'points:\n' + "".join(f'  reading_{i}: {{{source(p)}, unit: "1", poll: normal}}\n'
                                   for i, p in enumerate(points, 1)) + more)


def alarms(count):
    """One for each reading, above every number that a farm makes by itself."""
    return "alarms:\n" + "".join(f"  reading_{i}_high: {{when: reading_{i} > 20000, priority: high, remedy: Look at it.}}\n"
                                 for i in range(1, count + 1)) if count else ""


def site(rig, load, more):
    poll = f"poll: {{normal: {round(load.period_s * 1000)}ms}}"
    links = {f"l{i}": f"{{kind: modbus-tcp, address: 127.0.0.1, port: {p}}}" for i, p in enumerate(load.modbus)}
    devices = {f"m{i}": f"{{profile: registers, link: l{i}, unit: 1, zone: room, {poll}}}" for i in range(len(load.modbus))}
    if load.rtu:
        links["bus"] = f"{{kind: modbus-rtu, port: {load.rtu}, baud: 9600, parity: none}}"
        devices |= {f"u{i}": f"{{profile: registers, link: bus, unit: {i}, zone: room, {poll}}}"
                    for i in range(1, load.units + 1)}
    devices |= {f"s{i}": f"{{profile: objects, zone: room, {poll}, snmp: {{address: 127.0.0.1, port: {p}, version: 2c,"
                f" secrets: farm.secret}}}}" for i, p in enumerate(load.snmp)}
    lines = ["site: {name: annex-2f, title: Bench, board: virtual}", "zones: {room: {}}"]
    if links:
        lines += ["links:"] + [f"  {k}: {v}" for k, v in links.items()]
    lines += ["devices:"] + [f"  {k}: {v}" for k, v in devices.items()]
    lines += [f"mqtt: {{broker: 127.0.0.1, port: {rig.broker_port}, publish: {'device' if load.by_device else 'point'}}}"]
    return "\n".join(lines) + "\n" + more


def configure(rig, load, alarm_count=0, more=""):
    """Writes all of it; more: sections of the site file."""
    os.makedirs(rig.path("config/profiles/bench"), exist_ok=True)
    rig.write("config/names.yaml", NAMES)
    rig.write("config/profiles/bench/registers.yaml",
              profile("registers", "modbus: {max_registers: 120, max_gap: 8, timeout: 500ms}",
                      lambda r: f"holding: {r}, type: u16", load.at(), alarms(alarm_count)))
    rig.write("config/profiles/bench/objects.yaml",
              profile("objects", "snmp: {max_varbinds: 60, timeout: 250ms, retries: 0}",
                      lambda k: f"oid: 1.3.6.1.4.1.99999.{k}.0", range(1, load.points + 1)))
    rig.write("farm.secret", f"community: {load.community or rig.community}\n", 0o600)
    rig.site = rig.write("bench.yaml", site(rig, load, more))


def run(rig):
    p = rig.spawn("facilityd", [f"{BUILD}/facilityd", "--config-dir", rig.path("config"), "--boards-dir", f"{TOP}/boards",
                                "--state", rig.path("state"), "--run", rig.dir, rig.site], out="subject.log")
    return p


def start(rig, load):
    configure(rig, load)
    return run(rig)
