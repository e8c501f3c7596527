"""What others find at the broker: Home Assistant's discovery, topics of the site's own form, MQTT 5 properties."""
import json
import re
import subprocess

from common import seconds, wait_for

# Home Assistant's documentation: the units of each device class ("Sensor"), as far as they stand for ours.
UNITS = {
    "temperature": {"°C", "°F", "K"}, "humidity": {"%"}, "battery": {"%"}, "voltage": {"V", "mV"}, "current": {"A", "mA"},
    "power": {"W", "kW"}, "apparent_power": {"VA"}, "reactive_power": {"var"}, "energy": {"Wh", "kWh", "MWh"},
    "frequency": {"Hz", "kHz"}, "pressure": {"Pa", "hPa", "kPa", "bar"}, "distance": {"m", "mm", "cm", "km"},
    "speed": {"m/s", "km/h"}, "volume_flow_rate": {"m³/h", "L/min"}, "illuminance": {"lx"},
    "duration": {"d", "h", "min", "s"}, "data_size": {"B", "MB", "GB"}, "data_rate": {"bit/s"},
}
BINARY = {"door", "lock", "problem", "running", "moisture", "smoke", "power", "outlet", "safety", "heat", "tamper",
          "connectivity", "battery"}


def watch(room, topic, name, *options):
    """Like room.subscribe(), for any topic: {topic: newest payload} of it."""
    room.spawn(name, ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(room.broker_port), "-t", topic, "-F", "%j", *options],
               out=name + ".jsonl")

    def found():
        lines = [json.loads(x) for x in room.log(name + ".jsonl").splitlines() if x.startswith("{")]
        return {m["topic"]: m for m in lines}
    return found


def payload(message):
    p = message.get("payload")
    return json.loads(p) if isinstance(p, str) and p else p


def may_write(room, *topics):
    room.make_broker_files()
    with open(room.path("acl"), "a") as f:
        f.writelines(f"topic readwrite {t}\n" for t in topics)
        f.write("".join(["topic read #\n"]))
    acl = room.log("acl")  # rules for everybody stand before those of a user
    head, user = acl.split("user facilityd\n")
    room.write("acl", head + "topic read #\nuser facilityd\n" + user.replace("topic read #\n", ""), 0o600)


def rendered(template, value):
    """As Home Assistant would; None where Jinja is not on this machine."""
    try:
        import jinja2
    except ImportError:
        return None
    return jinja2.Environment().from_string(template).render(
        value=json.dumps(value) if value else "", **({"value_json": value} if value else {}))


def check_templates(config, body):
    """What is not good is unknown and not available, whatever number is there."""
    good = dict(body, quality="good")
    available = config["availability"][1]["value_template"]
    if rendered(available, good) is None:
        return "no jinja2 here: templates were not rendered"
    for quality in ("stale", "bad", "comm_lost", "never_read", "substituted"):
        bad = dict(body, quality=quality)
        assert rendered(config["value_template"], bad) == "None", (config, quality)
        assert rendered(available, bad) == "offline"
    assert rendered(available, good) == "online"
    assert rendered(config["value_template"], dict(good, text="unknown(9)")) in ("None", str(body["value"]))
    want = {"stopped": "OFF", "running": "ON"}.get(body.get("text"), str(body["value"]))
    assert rendered(config["value_template"], good) == want, (config, body)
    return None


def check_config(topic, c, states):
    """One discovery message against the documented schema."""
    component = topic.split("/")[1]
    assert set(topic.split("/")[3]) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-"), topic
    for key in ("name", "unique_id", "state_topic", "value_template", "device", "origin", "availability"):
        assert c.get(key), (topic, key)
    assert c["device"]["identifiers"] and c["device"]["name"] and c["origin"]["name"] == "facilityd", topic
    assert c["availability_mode"] in ("all", "any", "latest")
    assert all(a["topic"] and a["value_template"] for a in c["availability"]), topic
    assert c["state_topic"] in states, (topic, c["state_topic"])
    assert re.fullmatch(component + r"\.[a-z0-9_]+", c["default_entity_id"]), c["default_entity_id"]
    if component == "binary_sensor":
        assert c["device_class"] in BINARY and "unit_of_measurement" not in c and "state_class" not in c, (topic, c)
    elif c.get("device_class") == "enum":
        assert c["options"] and "state_class" not in c and "unit_of_measurement" not in c, (topic, c)
    else:
        assert c["state_class"] in ("measurement", "total", "total_increasing"), topic
        if "device_class" in c:
            assert c["unit_of_measurement"] in UNITS[c["device_class"]], (topic, c)


@seconds(30)
def test_home_assistant_is_told(room):
    """Each point and alarm of the room once, by its documented schema; then nothing when it is switched off."""
    may_write(room, "hass/#", "homeassistant/#")
    room.extra_overlay = "mqtt: {home_assistant: {prefix: hass}}\n"
    room.start_plant()
    room.start_broker()
    found = watch(room, "hass/#", "hass")
    room.subscribe()
    room.start_agent()
    wait_for("all devices online", 30, room.all_online)
    wait_for("online", 20, lambda: any(t == "agent" and p["state"] == "online" for t, p, _ in room.messages()))
    points = {t for t, _, _ in room.messages() if t.startswith("point/")}
    states = {f"facility/annex-2f/{t}" for t, _, _ in room.messages()}
    configs = {t: payload(m) for t, m in found().items()}
    assert len([t for t in configs if "-alarm-" not in t]) == len(points), (len(configs), len(points))
    for topic, config in configs.items():
        check_config(topic, config, states)
    ids = [c["unique_id"] for c in configs.values()]
    assert len(ids) == len(set(ids))

    def firmware():
        c = payload(found()["hass/sensor/facility_annex-2f/crac1-return_air_temperature/config"])
        return c["device"].get("sw_version")
    wait_for("the firmware of crac1", 10, firmware)

    note = None
    for name, component in (("return_air_temperature", "sensor"), ("fan_state", "binary_sensor")):
        body = wait_for(name, 10, lambda n=name: [p for t, p, _ in room.messages() if t == f"point/crac1/{n}" and
                                                  p["quality"] == "good"])[-1]
        note = check_templates(
            payload(found()[f"hass/{component}/facility_annex-2f/crac1-{name}/config"]), body)

    room.end("facilityd")
    room.extra_overlay = "mqtt: {home_assistant: {enabled: false, prefix: hass}}\n"
    room.start_agent()
    wait_for("all of it to be cleared", 20, lambda: not any(payload(m) for m in found().values()))

    # at the usual place, and gone with the key
    usual = watch(room, "homeassistant/#", "usual")
    for overlay, there in (("mqtt: {home_assistant: {}}\n", True), ("mqtt: {keepalive: 60s}\n", False)):
        room.end("facilityd")
        room.extra_overlay = overlay
        room.start_agent()
        wait_for(f"them to be there: {there}", 20, lambda: usual() and any(payload(m) for m in usual().values()) == there)
    return note or f"{len(configs)} entities"


@seconds(25)
def test_topics_of_the_site(room):
    """Points where the site wants them; alarms and events stay below the base."""
    may_write(room, "company/#")
    room.extra_overlay = 'mqtt: {topics: "company/{site}/{zone}/{kind}/{device}/{point}"}\n'
    room.start_plant()
    room.start_broker()
    found = watch(room, "company/#", "points")
    room.subscribe()
    room.start_agent()
    topic = "company/annex-2f/room/leak/leak1/leak_state"
    wait_for("the leak panel", 20, lambda: topic in found() and payload(found()[topic])["quality"] == "good")
    room.plantctl("leak1", "wet", "12.5")
    wait_for("the leak", 10, lambda: payload(found()[topic])["text"] == "leak")
    wait_for("its alarm", 10, lambda: [t for t, p, _ in room.messages() if t == "alarm/leak1/leak_detected" and p])
    assert not [t for t, p, _ in room.messages() if t.startswith("point/") and p]


@seconds(20)
def test_mqtt5_properties(room):
    """Content type, expiry and the name of an event stand outside the payload."""
    room.extra_overlay = 'mqtt: {version: "5"}\n'
    room.start_plant()
    room.start_broker()
    room.subscribe("#", "sub", "-V", "mqttv5")
    room.start_agent()
    wait_for("online", 20, lambda: [m for t, p, m in room.messages() if t == "agent" and p["state"] == "online"])
    wait_for("an event", 10, lambda: room.events())
    for topic, body, m in room.messages():
        if body is None:
            continue
        p = m["properties"]
        assert p["content-type"] == "application/json" and p["payload-format-indicator"] == 1, m
        if topic.startswith("point/") or topic == "agent" and body["state"] == "online":
            assert 0 < p["message-expiry-interval"] <= 180, m
        else:
            assert "message-expiry-interval" not in p, m
        if topic == "event":
            assert p["user-properties"] == {"epoch": body["epoch"], "seq": str(body["seq"])}, m


def ask(room, what, body, answers="facility/annex-2f/consumer/historian/answers", *options):
    """A command by MQTT 5 request and response; the answer, or None where none comes."""
    r = subprocess.run(["mosquitto_rr", "-h", "127.0.0.1", "-p", str(room.broker_port), "-V", "5", "-W", "3", "-q", "1",
                        "-t", f"facility/annex-2f/consumer/historian/{what}", "-e", answers, "-F", "%j",
                        "-D", "publish", "correlation-data", "q17", *options, "-m", body],
                       capture_output=True, text=True, timeout=10)
    lines = [json.loads(x) for x in r.stdout.splitlines() if x.startswith("{")]
    return lines[0] if lines else None


@seconds(25)
def test_commands_are_answered(room):
    """Done, or why not, to where the asker wants it; never to a topic that means something else."""
    room.extra_overlay = 'mqtt: {version: "5", consumers: [historian]}\n'
    room.start_plant()
    room.start_broker()
    room.subscribe("event")
    room.subscribe("point/#", "points")
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    events = wait_for("some events", 20, lambda: len(room.events()) >= 4 and room.events())
    epoch, upto = events[0]["epoch"], events[2]["seq"]
    a = ask(room, "ack", json.dumps({"epoch": epoch, "upto": upto}))
    assert a and payload(a) == {"ok": True, "upto": upto}, a
    assert a["properties"]["correlation-data"] == "q17", a
    a = ask(room, "replay", json.dumps({"epoch": epoch, "from": 1, "to": 3}))
    assert a and payload(a) == {"ok": True, "from": 1, "to": 3}, a
    assert {1, 2, 3} <= {e["seq"] for e in room.events() if e.get("replayed")}
    for what, body, reason in (("ack", "{", "no JSON object"), ("ack", json.dumps({"epoch": "x", "upto": 1}), "its epoch is x"),
                               ("replay", json.dumps({"epoch": epoch, "from": 5, "to": 2}), "it asks for"),
                               ("ack", json.dumps({"epoch": epoch, "upto": 10**9}), "were sent")):
        a = ask(room, what, body)
        assert a and payload(a)["ok"] is False and reason in payload(a)["reason"], (what, body, a)
    assert ask(room, "ack", json.dumps({"epoch": epoch, "upto": upto}), "facility/annex-2f/point/crac1/forged") is None
    wait_for("a line in the log", 5, lambda: "cannot go elsewhere than below" in room.log("facilityd.log"))
    assert not [t for t, _, _ in room.messages("points") if t == "point/crac1/forged"]
