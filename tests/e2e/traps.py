"""Traps of the plant's devices, as net-snmp's receiver takes them in: versions 1, 2c and 3."""
import os
import re

from common import seconds, wait_for


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
    room.spawn("traps", ["snmptrapd", "-f", "-n", "-On", "-Lo", "-C", "-c", room.path("traps.conf"),
                         f"udp:127.0.0.1:{port}"],
               env={**os.environ, "SNMP_PERSISTENT_DIR": room.path("traps-state"), "MIBS": ""})
    wait_for("the receiver", 10, lambda: "NET-SNMP version" in room.log("traps.log"))


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
