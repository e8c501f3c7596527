"""Modbus wires: RTU over TCP, and devices that dribble, reset, lie and are not there."""
import re
import shutil
import time

from common import seconds, wait_for
from oracle import check_truth
from room import SITE, TOP


def rtu_over_tcp(room):
    """The demo site with its serial bus behind a serial server."""
    with open(SITE) as f:
        text = f.read()
    text, n = re.subn(r"rs485_1: +\{.*\}", "rs485_1: {kind: modbus-rtu-tcp, baud: 9600}", text)
    assert n == 1
    room.site = room.write("site.yaml", text)


def link(room, name):
    return [x for x in room.ask("bus")["links"] if x["link"] == name][0]


def move(room, n):
    """Other values, so that one taken from elsewhere would show."""
    room.plantctl("set", "crac1", "return_air_temperature", f"{20 + n % 9 * 1.3:.1f}")
    room.plantctl("set", "crac1", "supply_air_temperature", f"{12 + n % 7 * 1.1:.1f}")
    room.plantctl("set", "crac2", "control_air_temperature", f"{21 + n % 5 * 1.7:.1f}")
    room.plantctl("set", "crac2", "return_air_humidity", f"{40 + n % 8 * 2.1:.1f}")


@seconds(45)
def test_serial_server_carries_the_bus(room):
    rtu_over_tcp(room)
    room.plant_args = ("--bus-tcp",)
    room.start_plant()
    room.start_broker()
    room.subscribe("point/#")
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    wire = link(room, "rs485_1")
    assert (wire["kind"], wire["state"], wire["baud"]) == ("modbus-rtu-tcp", "up", 9600), wire
    # Later than the timeout of 0.8 s: each late reply meets another question.
    room.plantctl("late", "crac1", "950")
    for n in range(16):
        move(room, n)
        time.sleep(0.5)
    state = room.devices()
    assert state["crac1"]["state"] != "online" and state["leak1"]["state"] == "online", state
    room.plantctl("restore", "all")
    wait_for("all devices online again", 70, room.all_online)
    time.sleep(2)
    seen = check_truth(room)
    assert seen > 60, seen
    room.plantctl("status")
    return f"{seen} good values checked; {link(room, 'rs485_1')['fences']} fence reads"


FAULTS = (
    ("dribble", "crac1", "200"), ("dribble", "crac2", "200"), ("reset", "crac2", "500"),
    ("crac1", "lie", "unit"), ("crac1", "lie", "function"), ("crac1", "lie", "length"),
    ("crac2", "lie", "unit"), ("crac2", "lie", "function"), ("crac2", "lie", "length"),
    ("crac2", "lie", "transaction"), ("garble", "crac1", "500"), ("garble", "crac2", "500"),
    ("late", "crac1", "700"), ("late", "crac2", "700"),
)


@seconds(110)
def test_bad_wires_never_give_a_wrong_value(room):
    room.plant_args = ("--absent", "crac2,leak1")
    room.start_plant()
    room.start_broker()
    room.subscribe("point/#")
    room.start_agent()
    wait_for("crac1 online", 20, lambda: room.devices()["crac1"]["state"] == "online")
    wait_for("the absent to be lost", 20, lambda: all(
        room.devices()[d]["state"] == "lost" and room.devices()[d]["points_good"] == 0 for d in ("crac2", "leak1")))
    room.plantctl("restore", "all")
    wait_for("all devices online", 70, room.all_online)
    lost = room.log("facilityd.log").count("Leak detection does not answer")
    assert lost > 0, "while it was absent"
    for fault in FAULTS:
        room.plantctl(*fault)
        for n in range(8):
            move(room, n)
            time.sleep(0.5)
        # Who shares the wire with it does not suffer: never lost, and a reply that was hit is asked for again.
        assert room.log("facilityd.log").count("Leak detection does not answer") == lost, fault
        wait_for(f"leak1 online beside {fault}", 3, lambda: room.devices()["leak1"]["state"] == "online")
        room.plantctl("restore", "all")
    begun = [r["fault"] for r in room.truth() if r.get("state") == "begin"]
    assert {"absent", "dribble", "reset", "lie", "garble", "late"} <= set(begun), begun
    wait_for("all devices online again", 70, room.all_online)
    seen = check_truth(room)
    assert seen > 60, seen
    return f"{seen} good values checked"


def findings(room, name):
    return {(f["finding"], f.get("device")): f for f in link(room, name)["findings"]}


def until_found(room, name, finding, device=None, within=25):
    return wait_for(f"the doctor to find {finding} {device or ''} on {name}", within,
                    lambda: findings(room, name).get((finding, device)))


@seconds(100)
def test_the_doctor_finds_what_is_wrong(room):
    """Each fault of the real plant by its name, with evidence and remedy; nothing on a wire that is well."""
    def fresh(*fault):
        room.end("facilityd")
        room.plantctl("restore", "all")
        if fault:
            room.plantctl(*fault)
        room.start_agent()

    room.start_plant()
    room.start_agent()
    wait_for("the Modbus devices online", 20, lambda: all(
        room.devices()[d]["state"] == "online" for d in ("crac1", "leak1", "crac2", "door1")))
    time.sleep(3)
    for x in room.ask("bus")["links"]:
        assert not x.get("findings"), x
    fresh("rs485", "echo", "on")
    echo = until_found(room, "rs485_1", "echo")
    assert "came back" in echo["evidence"] and echo["remedy"] and len(findings(room, "rs485_1")) == 1, echo
    fresh("rs485", "speed", "19200")
    nobody = until_found(room, "rs485_1", "nobody")
    assert "9600 baud" in nobody["remedy"], nobody
    fresh("rs485", "twin", "leak1")
    twin = until_found(room, "rs485_1", "twin", "leak1")
    assert "unit 2" in twin["remedy"] and ("dead", "leak1") not in findings(room, "rs485_1"), twin
    fresh("hang", "leak1")
    until_found(room, "rs485_1", "dead", "leak1")
    room.plantctl("hang", "crac2")
    until_found(room, "crac2_tcp", "dead", "crac2")
    fresh()
    room.plantctl("garble", "crac1", "150")
    room.plantctl("garble", "leak1", "150")
    until_found(room, "rs485_1", "noise", within=60)
    time.sleep(8)  # flipped bits of the unit's number are no second master
    assert set(findings(room, "rs485_1")) == {("noise", None)}, findings(room, "rs485_1")
    fresh("refuse", "crac1")
    until_found(room, "rs485_1", "refuses", "crac1")
    fresh("crac2", "lie", "transaction")
    until_found(room, "crac2_tcp", "mixed_up", "crac2")
    fresh("late", "crac1", "1100")
    until_found(room, "rs485_1", "late", "crac1")
    text = room.ctl("bus").stdout
    assert "! crac1 answers, but later than we wait." in text, text
    assert "remedy:  Raise timeout" in text and "WAIT ms" in text, text


@seconds(25)
def test_a_device_says_what_it_is(room):
    """Facts out of Read Device Identification (43/14), read on in several replies."""
    room.config_dir = room.path("config")
    shutil.copytree(f"{TOP}/firmware-config", room.config_dir)
    profile = f"{room.config_dir}/profiles/hvac/liebert-icom-v4.yaml"
    with open(profile) as f:
        text = f.read()
    with open(profile, "w") as f:
        f.write(text.replace("facts:\n", "facts:\n"
                             "  manufacturer:  {identity: vendor}\n"
                             "  firmware:      {identity: revision}\n"
                             "  model:         {identity: model_name}\n"
                             "  serial_number: {identity: vendor_url}\n", 1))
    room.start_plant()
    room.start_agent()
    facts = wait_for("the facts of crac2", 20, lambda: len(f := room.devices()["crac2"].get("facts", {})) >= 4 and f)
    assert facts == {"manufacturer": "Annex plant", "firmware": "4.7.1", "model": "Simulated iCOM",
                     "server_class": "air"}, facts  # what it does not have is no fact
    assert room.devices()["crac2"]["state"] == "online"
