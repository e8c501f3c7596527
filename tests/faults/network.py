"""
The network between agent and broker, in two namespaces of our own with a wire between them: loss, a trickle, one way only,
resets, holes for large packets, no name server. Events come once and in order, and nothing else in the agent waits.
"""
import contextlib
import os
import re
import secrets
import socket
import subprocess
import sys
import time

from common import long, seconds, wait_for
from crowd import make_events, newest, part, proc
from oracle import check_told, hold
from room import SANITIZED
from trouble import Skip, can_skip

AGENT, BROKER = "198.18.0.1", "198.18.0.2"  # RFC 2544: for tests of networks
MQTT = "tcp dport 1883"


def run(*argv, text=None):
    return subprocess.run(argv, check=True, input=text, text=True, capture_output=True).stdout


class Net:
    """Two namespaces: plant and agent in one, broker, subscriber and name server in the other."""

    def __init__(self, room):
        self.room = room
        tag = secrets.token_hex(3)
        self.near, self.far = f"fa{tag}", f"fb{tag}"

    def __enter__(self):
        if os.getuid() != 0 or subprocess.run(["ip", "netns", "list"], capture_output=True).returncode != 0:
            raise Skip("namespaces need root and a kernel that has them")
        for name in (self.near, self.far):
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "link", "add", "wire", "netns", self.near, "type", "veth", "peer", "name", "wire", "netns", self.far)
        for name, address in ((self.near, AGENT), (self.far, BROKER)):
            run("ip", "-n", name, "addr", "add", f"{address}/24", "dev", "wire")
            run("ip", "-n", name, "link", "set", "wire", "up")
        return self

    def __exit__(self, *_):
        self.room.stop()
        for name in (self.near, self.far):
            with contextlib.suppress(subprocess.CalledProcessError):
                run("ip", "netns", "del", name)

    def rules(self, *lines):
        """What happens to packets that reach the agent's side (in) and leave it (out)."""
        text = "flush ruleset\ntable inet t {\n"
        for hook in ("input", "output"):
            mine = [x.split(" ", 1)[1] for x in lines if x.startswith(hook)]
            text += f"chain {hook} {{ type filter hook {hook} priority 0\n" + "\n".join(mine) + "\n}\n"
        run("ip", "netns", "exec", self.near, "nft", "-f", "-", text=text + "}\n")

    def hits(self):
        """How many packets each rule with a counter has met."""
        text = run("ip", "netns", "exec", self.near, "nft", "list", "ruleset")
        return [int(n) for n in re.findall(r"counter packets (\d+)", text)]

    def held_up(self):
        """How often the slowed wire had to wait, in the agent's direction."""
        return int(re.search(r"overlimits (\d+)", run("tc", "-n", self.near, "-s", "qdisc", "show", "dev", "wire"))[1])

    def link(self, state):
        run("ip", "-n", self.far, "link", "set", "wire", state)

    def slow(self, bits_per_s=None):
        for name in (self.near, self.far):
            with contextlib.suppress(subprocess.CalledProcessError):
                run("tc", "-n", name, "qdisc", "del", "dev", "wire", "root")
            if bits_per_s:
                run("tc", "-n", name, "qdisc", "add", "dev", "wire", "root", "tbf", "rate", str(bits_per_s), "burst", "1600",
                    "limit", "60000")

    def spawn(self, where, name, argv, **more):
        return self.room.spawn(name, ["ip", "netns", "exec", where, *argv], **more)

    def start(self, broker=BROKER, overlay=""):
        room = self.room
        room.make_broker_files()
        with open(room.path("mosquitto.conf")) as f:
            conf = f.read()
        room.write("mosquitto.conf", conf.replace(f"listener {room.broker_port} 127.0.0.1", "listener 1883 0.0.0.0"))
        room.extra_overlay = f"mqtt: {{broker: {broker}, port: 1883, keepalive: 5s}}\n" + overlay
        self.spawn(self.near, "plant", [f"{os.path.dirname(room.agent_argv()[0])}/plant", "--dir", room.dir, "--speed", "1"])
        wait_for("the plant", 10, lambda: "plant ready" in room.log("plant.log"))
        self.start_broker()
        room.write_overlay()
        self.spawn(self.near, "facilityd", room.agent_argv())
        wait_for("facilityd's control socket", 10, room.agent_answers)

    def start_broker(self):
        room = self.room
        self.spawn(self.far, "broker", ["mosquitto", "-c", room.path("mosquitto.conf")])
        wait_for("the broker", 10, lambda: subprocess.run(
            ["ip", "netns", "exec", self.far, "mosquitto_pub", "-h", "127.0.0.1", "-t", "x", "-m", "x"],
            capture_output=True).returncode == 0)
        self.spawn(self.far, "sub", ["mosquitto_sub", "-h", "127.0.0.1", "-t", "facility/annex-2f/event", "-q", "1", "-c",
                                     "-i", "historian", "-F", "%j"], out="sub.jsonl")


@contextlib.contextmanager
def etc(net, name):
    """The path of /etc/NAME as the agent's namespace sees it. Write it in place: it is a mount point there."""
    folder = f"/etc/netns/{net.near}"
    os.makedirs(folder)
    try:
        yield f"{folder}/{name}"
    finally:
        os.unlink(f"{folder}/{name}")
        os.rmdir(folder)


def connected(room):
    return part(room, "mqtt")["ok"]


def lively(room, seconds_long):
    """For that long the agent answers at once and its devices are read. Returns the longest answer in ms."""
    end, worst, began = time.monotonic() + seconds_long, 0, 0
    while began < end:
        began = time.monotonic()
        devices = room.devices()
        worst = max(worst, time.monotonic() - began)
        time.sleep(0.2)
    late = [d for d, x in devices.items() if x["state"] != "online"]
    assert not late, f"{late} are not read any more"
    assert worst < 1.5, f"an answer took {worst:.1f} s"
    return worst * 1000


# What drops or resets counts: a rule that meets no packet tests nothing.
BAD = {
    "N2 30 % of packets lost": ["input iifname wire numgen random mod 100 < 30 counter drop",
                                "output oifname wire numgen random mod 100 < 30 counter drop"],
    "N5 each 30th packet resets": [f"output {MQTT} numgen inc mod 30 == 29 counter reject with tcp reset"],
    "N9 packets over 300 bytes vanish": ["output oifname wire meta length > 300 counter drop", "input iifname wire meta length > 300 drop"],
}
DEAD = {
    "N4 nothing comes from the broker": ["input ip saddr 198.18.0.2 counter drop"],
    "N4 nothing goes to the broker": ["output ip daddr 198.18.0.2 counter drop"],
    "N6 nothing after SYN": [f"output {MQTT} tcp flags & (syn | fin | rst) == 0x0 meta length > 60 counter drop"],
}
NOTHING = "no packet met it: this tests nothing"


class Spells:
    """Faults one after the other, some seconds each, with events in them; when one is over all is there, in order."""

    def __init__(self, net):
        self.net, self.room, self.back = net, net.room, {}
        net.start()
        wait_for("all devices online", 20, self.room.all_online)
        wait_for("the broker", 10, lambda: connected(self.room))

    def spell(self, name, begin, end, for_s, wrong):
        """wrong(): what tells that the fault was not there, or did not do what it must."""
        begin()
        make_events(self.room, 60)
        lively(self.room, for_s)
        assert not (why := wrong()), f"{name}: {why}"
        end()
        last, began = newest(self.room), time.monotonic()
        wait_for(f"the events after: {name}", 90, lambda: any(e["seq"] >= last for e in self.room.events()))
        self.back[name] = time.monotonic() - began

    def by_rules(self, faults, for_s, wrong=lambda: None):
        for name, rules in faults.items():
            self.spell(name, lambda r=rules: self.net.rules(*r), self.net.rules, for_s,
                       lambda: NOTHING if not all(self.net.hits()) else wrong())

    def verdict(self):
        told, lost = check_told(self.room.events(), newest(self.room))
        hold(lost == 0, f"{lost} lost")
        return f"{told} events; back after " + ", ".join(f"{k.split()[0]} {v:.1f} s" for k, v in self.back.items())


@seconds(80)
@can_skip
def test_n_events_cross_a_bad_network(room):
    """Loss, resets, holes for large packets, a trickle: slower, and whole."""
    with Net(room) as net:
        spells = Spells(net)
        spells.by_rules(BAD, 7)
        spells.spell("N3 2 kbit/s", lambda: net.slow(2000), net.slow, 7, lambda: None if net.held_up() else NOTHING)
        return spells.verdict()


@seconds(100)
@can_skip
def test_n_a_dead_way_is_given_up(room):
    """One direction, or all but the handshake, is blocked until the line is given up (keepalive 5 s) and tried again."""
    with Net(room) as net:
        spells = Spells(net)
        spells.by_rules(DEAD, 13, lambda: "the line was not given up" if connected(room) else None)
        return spells.verdict()


def link_down(room, for_s):
    """For a second, then for so long, with events all the while: it goes on as before, and all of them come, in order."""
    with Net(room) as net:
        net.start(overlay="store: {max_events: 50000}\nhistory: {ram: 64kB}\n")
        wait_for("all devices online", 20, room.all_online)
        make_events(room, 600)  # the newest 256 are in memory: full now
        wait_for("no event to wait", 20, lambda: part(room, "mqtt")["waiting"] == 0)
        before, back = proc(room), []
        for s in (1, for_s):
            end = time.monotonic() + s
            net.link("down")
            first = newest(room)
            while time.monotonic() < end:
                make_events(room, 8)
                lively(room, 1)
            last = newest(room)
            assert not any(e["seq"] > first for e in room.events()), "the link was not down"
            net.link("up")
            began = time.monotonic()
            wait_for("the events", 60, lambda n=last: any(e["seq"] >= n for e in room.events()))
            back.append(time.monotonic() - began)
        told, lost = check_told(room.events(), last)
        twice = len(room.events()) - told
        after = proc(room)
        hold(lost == 0, f"{lost} lost")
        assert twice <= 40, f"{twice} again: more than can have been on the way"
        assert abs(after[1] - before[1]) <= 3 and after[2] == before[2], f"files, threads: {before} -> {after}"
        assert SANITIZED or after[0] - before[0] < 1024, f"{before[0]} kB -> {after[0]} kB"
        return (f"{told} events, {twice} came again, back after {' and '.join(f'{b:.1f}' for b in back)} s, "
                f"{before[0]} -> {after[0]} kB")


@seconds(60)
@can_skip
def test_n1_link_down(room):
    return link_down(room, 25)


@long
@seconds(3700)
@can_skip
def test_n1_link_down_for_an_hour(room):
    return link_down(room, int(os.environ.get("DOWN_S", "3600")))


@seconds(40)
@can_skip
def test_n8_the_brokers_address_changes(room):
    """It is known by name: the name is looked up anew, and the line is up at the new address."""
    with Net(room) as net, etc(net, "hosts") as hosts:
        def name(address):
            with open(hosts, "w") as f:
                f.write(f"127.0.0.1 localhost\n{address} broker.test\n")
        name(BROKER)
        net.start("broker.test")
        wait_for("the broker", 10, lambda: connected(room))
        # Another machine: connections that stand live on without their address.
        room.end("broker")
        room.end("sub")
        run("ip", "-n", net.far, "addr", "del", f"{BROKER}/24", "dev", "wire")
        run("ip", "-n", net.far, "addr", "add", "198.18.0.77/24", "dev", "wire")
        net.start_broker()
        name("198.18.0.77")
        make_events(room, 40)
        last, began = newest(room), time.monotonic()
        wait_for("the events", 60, lambda: any(e["seq"] >= last for e in room.events()))
        check_told(room.events(), last)
        return f"back after {time.monotonic() - began:.1f} s"


@seconds(60)
@can_skip
def test_n7_name_look_ups(room):
    """No answer, "no such name", a wrong address: devices are read all the same; the right answer is enough."""
    with Net(room) as net, etc(net, "resolv.conf") as resolver:
        with open(resolver, "w") as f:
            f.write(f"nameserver {BROKER}\noptions timeout:1 attempts:2\n")
        room.write("dns.mode", "silent")
        net.spawn(net.far, "dns", [sys.executable, f"{os.path.dirname(os.path.abspath(__file__))}/name_server.py", BROKER,
                                   room.path("dns.mode")])
        net.start("broker.test")
        wait_for("all devices online", 20, room.all_online)
        for mode in ("silent", "none", "198.18.0.99"):
            room.write("dns.mode", mode)
            make_events(room, 10)
            lively(room, 6)
            assert not connected(room), mode
        room.write("dns.mode", BROKER)
        began = time.monotonic()
        wait_for("the broker", 60, lambda: connected(room))
        took = time.monotonic() - began
        wait_for("the events", 20, lambda: any(e["seq"] >= newest(room) for e in room.events()))
        check_told(room.events(), newest(room))
        return f"connected {took:.1f} s after the first right answer"


def flap(room, for_s):
    with Net(room) as net:
        # What fills up to its bound in an hour (the ring of values, the newest events) is full at the start.
        net.start(overlay="history: {ram: 64kB}\n")
        wait_for("all devices online", 20, room.all_online)
        wait_for("the broker", 10, lambda: connected(room))
        make_events(room, 600)
        end, before, flaps = time.monotonic() + for_s, None, 0
        while time.monotonic() < end:
            net.link("down")
            make_events(room, 4)
            time.sleep(2.5)
            net.link("up")
            time.sleep(2.5)
            flaps += 1
            if flaps == 5:
                before = proc(room)
        last = newest(room)
        wait_for("the events", 60, lambda: any(e["seq"] >= last for e in room.events()))
        told, lost = check_told(room.events(), last)
        after = proc(room)
        hold(lost == 0, f"{lost} lost")
        assert abs(after[1] - before[1]) <= 3 and after[2] == before[2], f"files, threads: {before} -> {after}"
        assert SANITIZED or after[0] - before[0] < 1024, f"{before[0]} kB -> {after[0]} kB"
        return f"{flaps} flaps, {told} events, {before[0]} -> {after[0]} kB, {after[1]} files"


@seconds(60)
@can_skip
def test_n11_link_flaps(room):
    return flap(room, 45)


@long
@seconds(3700)
@can_skip
def test_n11_link_flaps_for_an_hour(room):
    return flap(room, int(os.environ.get("FLAP_S", "3600")))


@seconds(25)
def test_n10_accepts_and_never_answers(room):
    """Somebody takes our connection and says nothing: given up, said, tried again; the devices are read."""
    room.start_plant()
    with socket.create_server(("127.0.0.1", 0), backlog=50) as dumb:
        room.extra_overlay = f"mqtt: {{port: {dumb.getsockname()[1]}, keepalive: 5s}}\n"
        room.start_agent()
        wait_for("all devices online", 20, room.all_online)
        text = wait_for("that it is said", 20, lambda: (t := part(room, "mqtt")["text"]) and "try" in t and t)
        lively(room, 2)
        return text
