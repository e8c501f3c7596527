"""The broker's side: will, batches, MQTT 5, consumers that acknowledge and ask again."""
import json
import subprocess
import time

from common import retained, seconds, wait_for


@seconds(25)
def test_will_and_clean_stop(room):
    room.start_plant()
    room.start_broker()
    room.subscribe()
    room.start_agent()
    wait_for("online", 20, lambda: (retained(room, "agent", "sub") or {}).get("state") == "online")
    room.end("facilityd", signum=9)
    wait_for("the will", 10, lambda: retained(room, "agent", "sub")["state"] == "offline")
    room.start_agent()
    wait_for("online", 20, lambda: retained(room, "agent", "sub")["state"] == "online")
    assert room.end("facilityd") == 0
    wait_for("offline", 5, lambda: retained(room, "agent", "sub")["state"] == "offline")


@seconds(25)
def test_batches_over_mqtt5(room):
    """One message a device and cycle, MQTT 5."""
    room.extra_overlay = 'mqtt: {version: "5", publish: device}\n'
    room.start_plant()
    room.start_broker()
    room.subscribe("#", "sub", "-V", "mqttv5")
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    batch = wait_for("a batch of crac1", 10, lambda: [
        p for t, p, _ in room.messages() if t == "points/crac1" and
        p["points"].get("return_air_temperature", {}).get("quality", "never_read") != "never_read"])[-1]
    value = batch["points"]["return_air_temperature"]
    assert value["quality"] == "good" and value["unit"] == "Cel" and 10 < value["value"] < 40, value
    assert not [t for t, _, _ in room.messages() if t.startswith("point/")]


def publish(room, topic, payload):
    subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(room.broker_port), "-q", "1",
                    "-t", f"facility/annex-2f/{topic}", "-m", payload], check=True)


@seconds(30)
def test_consumer_acknowledges_and_asks_again(room):
    """What a consumer acknowledged is not sent again after a restart; the rest is; a replay comes on request."""
    room.extra_overlay = "mqtt: {consumers: [historian]}\n"
    room.start_plant()
    room.start_broker()
    room.subscribe("event", "first")
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    room.plantctl("door1", "fault")
    events = wait_for("some events", 20, lambda: len(room.events("first")) >= 4 and room.events("first"))
    epoch, upto = events[0]["epoch"], events[2]["seq"]
    publish(room, "consumer/historian/ack", json.dumps({"epoch": epoch, "upto": upto}))
    for junk in ("", "{", "[]", '{"epoch":"x","upto":1}', '{"epoch":"%s","upto":-1}' % epoch,
                 '{"epoch":"%s","upto":99999999}' % epoch, "x" * 70000):
        publish(room, "consumer/historian/ack", junk)
    time.sleep(2)  # an acknowledgement is written within a second
    room.end("facilityd", signum=9)
    room.subscribe("event", "second")
    time.sleep(0.5)
    room.start_agent()
    again = wait_for("the rest", 20, lambda: room.events("second"))
    assert again[0]["seq"] == upto + 1, (upto, [e["seq"] for e in again])
    publish(room, "consumer/historian/replay", json.dumps({"epoch": epoch, "from": 1, "to": 2}))
    wait_for("the replay", 10, lambda: {1, 2} <= {
        e["seq"] for e in room.events("second") if e.get("replayed")})
