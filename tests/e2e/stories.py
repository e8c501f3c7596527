"""The stories of the plant, told fast, with the whole agent: alarms in a sensible order, all over at the end."""
import json
import time

from common import seconds, wait_for


def quick(devices, rules):
    """An overlay: these devices are asked each second, these alarms have hardly a delay."""
    site = {"devices": {d: {"poll": {"normal": "1s", "slow": "2s"}} for d in devices}}
    for name in rules:
        device, rule = name.split("/")
        site["devices"].setdefault(device, {}).setdefault("alarms", {})[rule] = {
            "on_delay": "500ms", "off_delay": "1s"}
    return json.dumps(site)


class Tale:
    """A story under way, and what the agent says to it."""

    def __init__(self, room, name, speed, devices, rules):
        self.room, self.name = room, name
        room.speed = speed
        room.extra_overlay = quick(devices, rules)
        room.start_plant()
        room.start_broker()
        room.subscribe("event")
        time.sleep(0.5)
        room.start_agent()
        wait_for("all devices online", 20, room.all_online)
        time.sleep(2)
        room.plantctl("story", name)

    def steps(self):
        return [r for r in self.room.truth() if r.get("story") == self.name]

    def until_step(self, words, within=60):
        return wait_for(words, within, lambda: [s for s in self.steps() if words in s["says"]])

    def until_over(self, within=90):
        wait_for("the end of the story", within, lambda: self.steps()[-1]["state"] == "end")

    def raised(self):
        """Alarms in the order in which they were raised first."""
        seen = []
        for e in self.room.events():
            name = f"{e['device']}/{e['alarm']}" if e["type"] == "alarm" else None
            if name and e["to"] == "unacknowledged" and name not in seen:
                seen.append(name)
        return seen

    def told(self, kind):
        return [e for e in self.room.events() if e["type"] == kind]

    def check_order(self, *names):
        raised = self.raised()
        missing = [n for n in names if n not in raised]
        assert not missing, f"{missing} never came; there were {raised}"
        places = [raised.index(n) for n in names]
        assert places == sorted(places), f"{names} came as {raised}"

    def check_peace(self, within=90):
        """Everything is as before: every condition is gone, and acknowledging ends it."""
        def standing():
            return [a for a in self.room.ask("alarms")["alarms"] if a["state"] != "returned_unacknowledged"]
        wait_for("the alarms to return", within, lambda: not standing())
        self.room.ctl("ack", "--all", "--as", "Tanaka")
        wait_for("no alarm", 10, lambda: not self.room.ask("alarms")["alarms"])
        wait_for("all devices online", 70, self.room.all_online)
        assert "plant: story" not in self.room.log("plant.log"), self.room.log("plant.log")


@seconds(75)
def test_cooling_fails(room):
    """Unit 1, then the room, then unit 2, then the room far too warm."""
    tale = Tale(room, "hvac-failure", 60, ["crac1", "crac2", "env1"], [
        "crac1/fan_stopped", "crac1/common_alarm", "crac2/unit_shutdown", "crac1/return_air_high",
        "env1/temperature_high", "env1/temperature_very_high", "crac2/return_air_high", "handles1/rack_inlet_hot"])
    tale.until_over()
    tale.check_order("crac1/fan_stopped", "env1/temperature_high", "crac2/unit_shutdown",
                     "env1/temperature_very_high")
    tale.check_order("crac1/fan_stopped", "crac1/return_air_high")
    assert [e["word"] for e in tale.told("access") if "record" in e] == ["granted", "exit button"]
    tale.check_peace()
    return " ".join(tale.raised())


@seconds(90)
def test_power_fails(room):
    """Mains, battery, then darkness with one cause; the devices in the dark are its symptoms."""
    tale = Tale(room, "power-failure", 60, ["ups1", "ats1", "pdu1", "switch1", "nvr1", "handles1", "crac2"], [
        "ups1/on_battery", "ups1/battery_low", "ups1/output_off", "ats1/redundancy_lost",
        "access1/controller_mains_lost", "crac2/unit_shutdown", "ups1/battery_runtime_low", "crac1/return_air_high",
        "crac2/return_air_high", "env1/temperature_high", "env1/temperature_very_high", "handles1/rack_inlet_hot"])
    tale.until_step("An old battery")
    room.plantctl("speed", "15")
    tale.until_step("Mains are back")
    room.plantctl("speed", "60")
    tale.check_order("ups1/on_battery", "ups1/battery_low", "ups1/output_off", "ats1/comm_lost")
    tale.check_order("ats1/redundancy_lost", "ups1/battery_low")
    assert "crac2/unit_shutdown" in tale.raised() and "access1/controller_mains_lost" in tale.raised()
    lost = [n for n in tale.raised() if n.endswith("/comm_lost")]
    assert lost == ["ats1/comm_lost"], f"symptoms were raised beside their cause: {lost}"
    tale.until_over()
    tale.check_peace()
    assert [e["word"] for e in tale.told("access") if "record" in e] == ["granted", "exit button"]
    return " ".join(tale.raised())


@seconds(75)
def test_burglary(room):
    tale = Tale(room, "burglary", 20, ["server1", "keycab1"], [
        "door2/door_forced", "keycab1/tampered", "server1/chassis_opened", "handles1/front_door_open_long"])
    tale.until_over()
    tale.check_order("door2/door_forced", "handles1/front_door_open_long", "keycab1/tampered",
                     "server1/chassis_opened")
    # who came before, and what the controller says of the door, by number and in order
    said = [(e.get("who"), e["point"], e["word"]) for e in tale.told("access") if "record" in e]
    assert said == [("990001", "door2", "unknown card"), ("990002", "door2", "unknown card"),
                    ("4400", "door2", "out of hours"), (None, "door2", "forced"),
                    ("4700", "door1", "granted"), (None, "door1", "exit button")], said
    forced = [e for e in tale.told("access") if e.get("word") == "forced"][0]
    assert forced["priority"] == "high", forced
    cards = [e for e in tale.told("access") if "who" in e]
    alarm = [e for e in tale.told("alarm") if e["alarm"] == "door_forced"][0]
    assert cards[2]["seq"] < alarm["seq"], "the cards were told after the alarm"
    tale.check_peace()
    return " ".join(tale.raised())


@seconds(75)
def test_flood(room):
    """Dampness, water that comes nearer, a cooling unit that drowns."""
    tale = Tale(room, "flood", 40, ["leak1", "crac2"], [
        "leak1/cable_contaminated", "leak1/leak_detected", "crac2/unit_shutdown"])
    room.subscribe("point/leak1/leak_distance", "distance")
    tale.until_over()
    tale.check_order("leak1/cable_contaminated", "leak1/leak_detected", "crac2/unit_shutdown")
    wet = [p["value"] for _, p, _ in room.messages("distance") if p and p["quality"] == "good" and p["value"]]
    assert wet == sorted(wet, reverse=True) and 42.4 < wet[0] < 42.6 and 12.4 < wet[-1] < 12.6, wet
    tale.check_peace()
    return " ".join(tale.raised())


@seconds(25)
def test_a_story_is_stopped(room):
    room.start_plant()
    listed = room.plantctl("story", "list")
    assert [line.split()[0] for line in listed.splitlines()] == [
        "hvac-failure", "power-failure", "burglary", "flood"], listed
    room.plantctl("story", "flood")
    try:
        room.plantctl("story", "burglary")
        raise RuntimeError("two stories at once")
    except AssertionError as e:
        assert "another story" in str(e)
    wait_for("the first step", 5, lambda: "contaminate" in room.plantctl("status"))
    room.plantctl("story", "stop")
    status = room.plantctl("status")
    assert "contaminate" not in status and "story" not in status, status
    states = [r["state"] for r in room.truth() if "story" in r]
    assert states == ["begin", "step", "stop"], states
