"""The second door, the access controller's own state, and the key cabinet."""
import time

from common import alarm, seconds, until_alarm, wait_for


def word(room, point):
    device = point.split("/")[0]
    for p in room.ask("points", device)["points"]:
        if f"{p['device']}/{p['point']}" == point:
            return p.get("text") or p["value"]
    return None


@seconds(40)
def test_doors_and_their_controller(room):
    room.extra_overlay = """\
devices: {access1: {alarms: {badges_refused_often: {when: "change(badges_refused, 10s) > 2", off_delay: 1s}}}}
"""
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    room.plantctl("door2", "force")
    until_alarm(room, "door2/door_forced", "unacknowledged", 5)
    wait_for("what the controller knows", 5, lambda: word(room, "access1/door_2_state") == "forced")
    assert word(room, "access1/door_1_state") == "closed"
    # door1 and door2 say it by their own contacts; the site has switched the controller's alarm off
    assert alarm(room, "access1/door_2_forced") is None and alarm(room, "door1/door_forced") is None
    room.plantctl("door2", "restore")
    until_alarm(room, "door2/door_forced", "returned_unacknowledged", 10)

    people = word(room, "access1/people_inside")
    room.plantctl("access1", "badge", "4711", "door2", "granted")
    wait_for("somebody inside", 5, lambda: word(room, "access1/people_inside") == people + 1)
    wait_for("the door to open", 5, lambda: word(room, "door2/door_open") == "open")
    wait_for("the door to lock", 15, lambda: word(room, "door2/door_locked") == "locked")
    assert alarm(room, "door2/door_open_long") is None
    room.plantctl("access1", "exit", "door2")
    wait_for("nobody more", 5, lambda: word(room, "access1/people_inside") == people)

    room.plantctl("access1", "tamper")
    until_alarm(room, "access1/tampered", "unacknowledged", 10)
    room.plantctl("access1", "reader-lost", "2")
    room.plantctl("access1", "mains-lost")
    until_alarm(room, "access1/reader_2_lost", "unacknowledged", 20)
    until_alarm(room, "access1/controller_mains_lost", "unacknowledged", 20)
    for card in ("7001", "7002", "4711"):
        room.plantctl("access1", "badge", card, "door1", "unknown-card")
    often = until_alarm(room, "access1/badges_refused_often", "unacknowledged", 5)
    assert "Many badges refused" in often["text"], often
    until_alarm(room, "access1/badges_refused_often", "returned_unacknowledged", 20)
    room.plantctl("access1", "restore")
    for name in ("tampered", "reader_2_lost", "controller_mains_lost"):
        until_alarm(room, f"access1/{name}", "returned_unacknowledged", 20)


@seconds(50)
def test_key_cabinet(room):
    room.extra_overlay = """\
devices:
  keycab1:
    poll: {fast: 200ms}
    alarms: {cabinet_open_long: {on_delay: 2s}, key_3_not_returned: {when: "time_in_state(key_3, taken) > 4"}}
"""
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    room.plantctl("keycab1", "open")
    room.plantctl("keycab1", "take", "3")
    wait_for("the key to be taken", 5, lambda: word(room, "keycab1/key_3") == "taken")
    assert word(room, "keycab1/key_1") == "present"
    raised = until_alarm(room, "keycab1/cabinet_open_long", "unacknowledged", 10)
    assert "Key cabinet open too long" in raised["text"] and raised["remedy"], raised
    room.plantctl("keycab1", "close")
    until_alarm(room, "keycab1/cabinet_open_long", "returned_unacknowledged", 10)
    kept = until_alarm(room, "keycab1/key_3_not_returned", "unacknowledged", 15)
    assert kept["priority"] == "medium" and "key log" in kept["remedy"], kept
    assert alarm(room, "keycab1/key_1_not_returned") is None
    room.plantctl("keycab1", "open")
    room.plantctl("keycab1", "return", "3")
    room.plantctl("keycab1", "close")
    until_alarm(room, "keycab1/key_3_not_returned", "returned_unacknowledged", 15)
    room.plantctl("keycab1", "tamper")
    until_alarm(room, "keycab1/tampered", "unacknowledged", 10)
    room.plantctl("keycab1", "power-lost")
    until_alarm(room, "keycab1/cabinet_power_lost", "unacknowledged", 15)
    room.plantctl("keycab1", "restore")
    time.sleep(0.5)
    until_alarm(room, "keycab1/tampered", "returned_unacknowledged", 10)
