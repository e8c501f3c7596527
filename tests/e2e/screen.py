"""`facilityctl watch` on real terminals: what a person sees and presses, seen through tmux."""
import os
import re
import signal
import subprocess
import time
import unicodedata

from common import alarm, seconds, until_alarm, wait_for
from room import BUILD, SANITIZED, SITE


def columns_of(line):
    """How many columns a line takes: two for a kanji."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in line)


class Screen:
    """facilityctl in a window of tmux. `with` ends both."""
    count = 0  # each has a server of its own: one that is ending cannot be asked for a new window

    def __init__(self, room, columns=80, rows=24, env="LC_ALL=C.UTF-8 TERM=screen", words="watch"):
        Screen.count += 1
        self.tmux = ["tmux", "-L", f"{os.path.basename(room.dir)}-{Screen.count}"]
        self.command = f"env {env} {BUILD}/facilityctl --run {room.dir} {words}"
        self.size = ["-x", str(columns), "-y", str(rows)]

    def __enter__(self):
        self.run("-f", "/dev/null", "new-session", "-d", "-s", "w", *self.size, self.command)
        self.run("set", "-s", "escape-time", "0")
        return self

    def __exit__(self, *_):
        subprocess.run([*self.tmux, "kill-server"], capture_output=True)

    def run(self, *words):
        return subprocess.run([*self.tmux, *words], capture_output=True, text=True, check=True).stdout

    def text(self):
        return self.run("capture-pane", "-p", "-t", "w")

    def colours(self):
        return self.run("capture-pane", "-e", "-p", "-t", "w")

    def keys(self, *keys):
        self.run("send-keys", "-t", "w", *keys)

    def type(self, text):
        self.run("send-keys", "-t", "w", "-l", text)

    def resize(self, columns, rows):
        self.run("resize-window", "-t", "w", "-x", str(columns), "-y", str(rows))

    def ended(self):
        return subprocess.run([*self.tmux, "has-session", "-t", "w"], capture_output=True).returncode != 0

    def shows(self, what, within=30):
        """Waits until the text, or what the pattern says, is on the screen; returns the screen."""
        pattern = what if hasattr(what, "search") else re.compile(re.escape(what))
        try:
            return wait_for(f"{pattern.pattern!r} on the screen", within,
                            lambda: (lambda t: t if pattern.search(t) else None)(self.text()))
        except AssertionError as e:
            raise AssertionError(f"{e}; it shows:\n{self.text()}") from None


def start(room):
    room.start_plant()
    room.start_agent()
    wait_for("all devices online", 60, room.all_online)


@seconds(40)
def test_screen_alarm_and_name(room):
    """An alarm is on every page; acknowledged with a name, it is an event with that name."""
    start(room)
    with Screen(room) as s:
        s.shows("Computer room")
        room.plantctl("leak1", "wet", "7")
        s.shows("CRITICAL")
        for key, text in (("1", "WRONG NOW"), ("2", "TO ACKNOWLEDGE"), ("3", "ONLINE ("), ("4", "No point is drawn"),
                          ("5", "EVENTS"), ("?", "Shift-Tab")):
            s.keys(key)
            t = s.shows(text)
            assert "CRITICAL" in t.split("\n")[2], t
            assert max(map(columns_of, t.split("\n"))) <= 80, t
        s.keys("Escape", "BTab")  # from the events back to the trends
        s.shows("No point is drawn")
        s.keys("2")
        s.shows(">!CRITICAL")
        s.keys("a")
        s.shows("Your name")
        s.type("Tanaka")
        s.shows(re.compile("Your name.*Tanaka"))
        s.keys("Enter")
        s.shows("acknowledged (Tanaka")
        assert until_alarm(room, "leak1/leak_detected", "acknowledged")["who"].startswith("Tanaka")
        s.keys("5")
        s.shows("operator")
        s.keys("Up")  # all of the chosen event stands below the list
        s.shows(re.compile(r"by +Tanaka"))
        events = room.ask("events", "-n", "50")["events"]
        assert any(e.get("who", "").startswith("Tanaka") and e.get("alarm") == "leak_detected" for e in events), events
        # another alarm: nobody is asked again, and A wants a yes
        room.plantctl("door1", "open")
        until_alarm(room, "door1/door_open_long", "unacknowledged", 30)
        s.shows(re.compile("^! medium", re.M))
        s.keys("A")
        s.shows("press A again")
        s.keys("A")
        s.shows("on this page? y/n")
        assert alarm(room, "door1/door_open_long")["state"] == "unacknowledged"
        s.keys("y")
        until_alarm(room, "door1/door_open_long", "acknowledged")
        s.keys("q")
        wait_for("the screen to end", 15, s.ended)


@seconds(40)
def test_screen_takes_no_pasted_keys(room):
    """A right click that pastes acknowledges nothing; what ends the screen leaves the terminal as it was."""
    start(room)
    with Screen(room) as s:
        s.shows("Computer room")
        room.plantctl("leak1", "wet", "7")
        s.shows("CRITICAL")
        s.keys("2")
        s.shows(">!CRITICAL")
        s.run("set-buffer", "A is all\nyes\na q")
        s.run("paste-buffer", "-p", "-t", "w")
        s.shows("what is pasted does nothing here")
        assert alarm(room, "leak1/leak_detected")["state"] == "unacknowledged"
        s.keys("a")
        s.shows("Your name")
        s.run("set-buffer", "Tanaka\n")
        s.run("paste-buffer", "-p", "-t", "w")
        s.shows(re.compile("Your name.*Tanaka"))
        assert alarm(room, "leak1/leak_detected")["state"] == "unacknowledged"
        s.keys("Enter")
        until_alarm(room, "leak1/leak_detected", "acknowledged")
        s.keys("C-c")
        wait_for("the screen to end", 15, s.ended)


@seconds(40)
def test_screen_goes_everywhere(room):
    """Search leads to a point; its explanation and its trend are shown, and the trend moves."""
    start(room)
    with Screen(room, 120, 40) as s:
        s.shows("Row A")
        s.keys("/")
        s.type("leak_distance")
        s.shows(re.compile(r"point +leak1/leak_distance"))
        s.keys("Enter")
        s.shows("POINTS")
        s.keys("e")
        s.shows(re.compile(r"source +input register"))
        s.keys("Escape")
        s.shows("POINTS")
        s.keys("t")
        s.shows("is drawn on page 4")
        s.keys("4")
        s.shows("leak1/leak_distance")
        s.keys("/")  # a point with limits: what it was before it was chosen comes from the history
        s.type("crac1/return_air_temperature")
        s.shows(re.compile("point +crac1"))
        s.keys("Enter")
        s.shows("POINTS")
        wait_for("15 s of history", 20, lambda: room.ask("status")["agent"]["uptime_s"] >= 15)
        s.keys("t", "4", "+")  # five minutes: less than 3 s for each column
        s.shows(re.compile("crac1/return_air_temperature +now .* min .* max"))
        s.shows(re.compile("[\u2801-\u28ff]{4}"), within=6)
        room.plantctl("leak1", "wet", "12.5")
        s.shows("now 12.5 m")
        room.plantctl("leak1", "wet", "31")
        t = s.shows("now 31 m")
        wait_for("the curve to move", 30, lambda: re.search(r"max 31", s.text()))
        assert "min" in t, t
        # shelve asks for a time and a reason
        s.keys("2")
        room.plantctl("hang", "crac2")
        until_alarm(room, "crac2/comm_lost", "unacknowledged", 30)
        s.shows("!medium")
        s.keys("Home", "Down")
        s.shows(re.compile(r">!medium"))
        s.keys("s")
        s.shows("for how long")
        s.keys("Enter")
        s.shows("Reason")
        s.type("pump exchange")
        s.shows("pump exchange")
        s.keys("Enter")
        s.shows("Your name")
        s.type("Sato")
        s.keys("Enter")
        s.shows("shelved until")
        a = until_alarm(room, "crac2/comm_lost", "shelved")
        assert "pump exchange" in a["reason"] and "Sato" in a["reason"], a


@seconds(30)
def test_screen_maintenance(room):
    """m puts the chosen device into maintenance with time, reason and name, and takes it out again."""
    start(room)
    with Screen(room, words="watch --as Sato") as s:
        s.shows("[Sato]")
        s.keys("/")
        s.type("crac2")
        s.shows("device  crac2")
        s.keys("Enter")
        s.shows("POINTS")
        s.keys("m")
        s.shows("maintenance for how long")
        s.keys("Enter")
        s.shows("Reason")
        s.type("filter change")
        s.shows("filter change")
        s.keys("Enter")
        s.shows(re.compile("in maintenance until .*filter change"))
        m = room.devices()["crac2"]["maintenance"]
        assert "Sato" in m["who"] and "filter change" in m["reason"], m
        s.keys("1")
        s.shows(re.compile("crac2 +maintenance until"))
        s.keys("3")
        s.shows("POINTS")
        s.keys("m")
        s.shows("End the maintenance of crac2 now? y/n")
        s.keys("y")
        wait_for("the end of the maintenance", 20, lambda: "maintenance" not in room.devices()["crac2"])


@seconds(30)
def test_screen_any_size(room):
    """Resized at any time, absurdly small and large: it goes on, and no line is too long."""
    start(room)
    room.plantctl("leak1", "wet", "7")
    with Screen(room) as s:
        s.shows("CRITICAL")
        for columns, rows in ((20, 5), (300, 100), (1, 1), (80, 24), (40, 10), (200, 60), (30, 8), (120, 40)):
            s.resize(columns, rows)
            for key in "12345?1":
                s.keys(key)
            if columns >= 20:
                t = s.shows("CRITICAL" if columns > 20 else "CRI")
                assert max(map(columns_of, t.split("\n"))) <= columns, t
            assert not s.ended()
        s.shows("Row A")
        s.keys("q")
        wait_for("the screen to end", 15, s.ended)


def cpu_seconds(words):
    """What facilityctl with these words in its command line has used so far."""
    ticks, found = 0, False
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                line = f.read().replace(b"\0", b" ").decode(errors="replace")
            if words in line and line.startswith(f"{BUILD}/facilityctl"):
                with open(f"/proc/{pid}/stat") as f:
                    fields = f.read().rsplit(")", 1)[1].split()
                ticks, found = ticks + int(fields[11]) + int(fields[12]), True
        except OSError:
            continue
    assert found, "the process was not found"
    return ticks / os.sysconf("SC_CLK_TCK")


@seconds(30)
def test_screen_costs_next_to_nothing(room):
    """In a room where something changes all the time, on a large window: below 3 % of one processor."""
    start(room)
    with Screen(room, 200, 60) as s:
        s.shows("Row A")
        time.sleep(1)
        before = cpu_seconds(room.dir)
        time.sleep(8)
        used = cpu_seconds(room.dir) - before
        assert used < (0.24 if not SANITIZED else 2), f"{used} s in 8 s"
    return f"{used * 100 / 8:.1f} %"


@seconds(40)
def test_screen_agent_away_and_back(room):
    """When the agent is gone, every value is unknown at once; it is back by itself."""
    start(room)
    with Screen(room) as s:
        s.shows("Row A")
        s.keys("3")
        s.shows("ONLINE (")
        room.end("facilityd")
        t = s.shows("NO CONNECTION")
        assert "every value is unknown" in t, t
        s.shows(re.compile(r"NOT WELL \(\d+\)"))
        assert "ONLINE (" not in s.text()
        s.keys("a")
        s.shows("nothing can be done now")
        room.start_agent()
        s.shows("ONLINE (")
        assert "NO CONNECTION" not in s.text()


@seconds(30)
def test_screen_japanese_and_plain(room):
    """A Japanese site keeps its columns; without UTF-8 or colours nothing but ASCII and no colour is sent."""
    with open(SITE) as f:
        room.site = room.write("site.yaml", f.read().replace("language: en", "language: ja"))
    start(room)
    room.plantctl("leak1", "wet", "7")
    until_alarm(room, "leak1/leak_detected", "unacknowledged")
    with Screen(room) as s:
        t = s.shows("別館２階コンピュータ室")
        t = s.shows("CRITICAL")
        boxed = [line for line in t.split("\n") if line.startswith(("┌", "│", "└"))]
        assert len(boxed) > 5 and all(columns_of(line) == 80 for line in boxed), t
        s.keys("3")
        s.shows("漏水")
    for env in ("LC_ALL=C TERM=vt100", "LC_ALL=C.UTF-8 TERM=linux", "LC_ALL=C TERM=xterm-256color NO_COLOR=1"):
        with Screen(room, env=env) as s:
            s.shows("CRITICAL")
            t = s.colours()
            assert all(ord(c) < 128 for c in t), t
            if "linux" not in env:
                assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", t), t
    with Screen(room, env="LC_ALL=C TERM=dumb", words="watch; sleep 5") as s:
        s.shows("cannot move its cursor")


@seconds(40)
def test_followed_events_say_when_nobody_answers(room):
    """`events -f` says once that the agent is away, whether it is gone or hangs, and that it is back; no event is missing."""
    start(room)
    out = room.path("followed")
    room.spawn("follow", [f"{BUILD}/facilityctl", "--run", room.dir, "events", "-f", "-n", "1"], out="followed")

    def said(text, times):
        return lambda: open(out).read().count(text) >= times

    wait_for("an event", 10, said("answers on", 1))
    room.end("facilityd")
    wait_for("the loss to be said", 10, said("trying again", 1))
    room.start_agent()
    wait_for("the return to be said", 10, said("answers again", 1))
    assert open(out).read().count(" starts for site") == 1, open(out).read()
    room.processes["facilityd"].send_signal(signal.SIGSTOP)
    wait_for("the silence to be said", 10, said("trying again", 2))
    time.sleep(9)  # the next connection is silent as well
    room.processes["facilityd"].send_signal(signal.SIGCONT)
    wait_for("the return to be said", 10, said("answers again", 2))
    assert open(out).read().count("trying again") == 2, open(out).read()
