"""The broker: away, killed, stopped, wiped, rebuilt, shared with somebody of our name. No event may be lost."""
import json
import os
import subprocess
import threading
import time

from common import long, retained, seconds, wait_for
from crowd import freeze, make_events, newest, part, proc, thaw
from oracle import check_sequence, check_store, check_told, hold
from room import SANITIZED
from stall import Proxy
from topics import publish


def begin(room, overlay=""):
    """Everything up, and a subscriber that is remembered by the broker and has the first events."""
    room.extra_overlay = overlay
    room.start_plant()
    room.start_broker()
    room.subscribe("event", "sub", "-c", "-i", "historian")
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    wait_for("the events so far", 20, lambda: room.events() and room.events()[-1]["seq"] >= newest(room))


def until_told(room, upto, within):
    wait_for(f"event {upto}", within, lambda: any(e["seq"] >= upto for e in room.events()))
    told = check_told(room.events(), upto)
    check_store(room.ask("events", "-n", "100000")["events"], room.events())
    return told


def away(room, events, seconds_away):
    """The broker is away while events happen, evenly; they all come, the memory stays."""
    begin(room, f"store: {{max_events: {max(events * 2, 1000)}}}\n")
    wait_for("nothing to be on its way", 20, lambda: part(room, "mqtt")["waiting"] == 0)
    began = time.monotonic()
    room.end("broker")
    for i in range(100):
        make_events(room, events // 100)
        if i == 20:  # caches are full
            before = proc(room)[0]
        time.sleep(max(0, began + seconds_away * (i + 1) / 100 - time.monotonic()))
    grown = proc(room)[0] - before
    last = newest(room)
    assert last >= events
    # A sanitizer keeps freed memory for a while on purpose, so there the figure says nothing.
    assert SANITIZED or grown < 2048, f"{before} kB and {grown} more"
    room.start_broker()
    back = time.monotonic()
    told, lost = until_told(room, last, 120 + events / 200)
    hold(lost == 0, f"{lost} lost")
    took = time.monotonic() - back
    seqs = [e["seq"] for e in room.events()]
    twice = len(seqs) - len(set(seqs))
    assert twice <= 20, f"{twice} came again: more than can have been on the way when the broker ended"
    wait_for("the state after the outage", 10, lambda: part(room, "mqtt")["ok"])
    assert SANITIZED or proc(room)[0] - before < 4096, f"{before} kB -> {proc(room)[0]} kB after delivery"
    disk = sum(os.path.getsize(room.path("state", f)) for f in os.listdir(room.path("state")))
    return f"{told} events in {took:.1f} s after {seconds_away} s, {before} kB and {grown} more, {disk >> 20} MiB on disk"


@seconds(30)
def test_broker_away(room):
    return away(room, 3000, 12)


@long
@seconds(4500)
def test_broker_away_an_hour_with_100000_events(room):
    return away(room, int(os.environ.get("EVENTS", "100000")), int(os.environ.get("AWAY_S", "3600")))


@seconds(30)
def test_k2_killed_with_a_queue(room):
    """Confirmed by the broker and lost with it: what no consumer has acknowledged comes again."""
    begin(room, "mqtt: {consumers: [historian]}\n")
    room.end("sub")  # the broker holds what comes now, in memory
    make_events(room, 400)
    last = newest(room)
    time.sleep(1)
    room.end("broker", signum=9)
    for f in os.listdir(room.dir):
        if f.endswith(".db"):
            os.unlink(room.path(f))  # nor was anything of it on its disk
    room.start_broker()
    room.subscribe("event", "sub", "-c", "-i", "historian")
    told, lost = until_told(room, last, 40)
    hold(lost == 0, f"{lost} lost")
    return f"{told} events"


@seconds(40)
def test_k3_stopped_for_17_seconds(room):
    """It is noticed, the line is given up, and all is sent when the broker goes on."""
    begin(room, "mqtt: {keepalive: 5s}\n")
    before = part(room, "mqtt")
    freeze(room, "broker")
    began = time.monotonic()
    make_events(room, 200)
    noticed = wait_for("the stop to be noticed", 16, lambda: not part(room, "mqtt")["ok"] and time.monotonic() - began)
    time.sleep(max(0, began + 17 - time.monotonic()))
    thaw(room, "broker")
    last = newest(room)
    told, lost = until_told(room, last, 30)
    hold(lost == 0, f"{lost} lost")
    assert before["ok"]
    return f"noticed after {noticed:.1f} s, {told} events"


@seconds(20)
def test_k7_confirmation_lost(room):
    """The broker has the event, its PUBACK is lost: it comes again under the same number, and is the same."""
    room.start_plant()
    room.start_broker()
    room.subscribe("event", "sub", "-c", "-i", "historian")
    proxy = Proxy(room.broker_port)
    try:
        room.extra_overlay = f"mqtt: {{port: {proxy.listens}}}\n"
        room.start_agent()
        wait_for("all devices online", 20, room.all_online)
        wait_for("no event to wait", 20, lambda: part(room, "mqtt")["waiting"] == 0)
        proxy.mode = "no puback"
        make_events(room, 6)
        wait_for("two confirmations to be lost", 15, lambda: proxy.hung_up >= 2)
        proxy.mode = "pass"
        told, lost = until_told(room, newest(room), 30)
        rows = [(e["epoch"], e["seq"]) for e in room.events()]
        hold(lost == 0, f"{lost} lost")
        assert len(rows) > len(set(rows)), "nothing came twice: this tests nothing"
        return f"{told} events, {len(rows) - len(set(rows))} of them again after {proxy.hung_up} lost confirmations"
    finally:
        proxy.close()


class Refuser(Proxy):
    """Between an agent of MQTT 5 and its broker: keeps each event to itself and answers it with `reason`, while there is one."""

    def __init__(self, port):
        self.reason, self.refused, self.rest = None, 0, {}
        super().__init__(port)

    def packets(self, pair, data):
        """Whole packets (MQTT 5.0, 2.1); what is not whole yet waits for the rest of it."""
        data = self.rest.pop(pair, b"") + data
        while len(data) > 1:
            length = shift = 0
            for n, byte in enumerate(data[1:5], 2):
                length |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
            if byte > 127 or len(data) < n + length:
                break
            yield data[:n + length], data[n:n + length]
            data = data[n + length:]
        self.rest[pair] = data

    def move(self, pair, s):
        if s is pair[1]:
            super().move(pair, s)
            return
        try:
            data = s.recv(65536)
            for packet, body in self.packets(pair, data):
                end = 2 + int.from_bytes(body[:2], "big")
                if packet[0] & 0xf6 == 0x32 and body[2:end].endswith(b"/event") and self.reason is not None:
                    self.refused += 1
                    s.sendall(b"\x40\x03" + body[end:end + 2] + bytes([self.reason]))
                else:
                    pair[1].sendall(packet)
        except OSError:
            data = b""
        if not data:
            self.close_pair(pair)


@seconds(30)
def test_k8_events_that_are_refused(room):
    """PUBACK with a reason that says no, known or not: told in words of its own, no event is freed, and all come later, once."""
    room.start_plant()
    room.start_broker()
    room.subscribe("event", "sub", "-c", "-i", "historian", "-V", "mqttv5")
    proxy = Refuser(room.broker_port)
    try:
        room.extra_overlay = f'mqtt: {{port: {proxy.listens}, version: "5"}}\n'
        room.start_agent()
        wait_for("all devices online", 20, room.all_online)
        wait_for("no event to wait", 20, lambda: part(room, "mqtt")["waiting"] == 0)
        told = newest(room)
        for reason, words in ((0x97, "its quota is used up"), (0x87, "we may not publish there"), (0x9f, "refuses")):
            proxy.reason, before = reason, proxy.refused
            make_events(room, 10)
            wait_for(f"{reason:#x} to be said", 10, lambda w=words: w in part(room, "mqtt")["text"])
            wait_for("another try", 10, lambda n=before: proxy.refused > n + 10)
            state = part(room, "mqtt")
            assert not state["ok"] and state["waiting"] == newest(room) - told, (state, newest(room), told)
        assert newest(room) >= told + 30 and max(e["seq"] for e in room.events()) <= told, "an event came by another way"
        proxy.reason = None
        n, lost = until_told(room, newest(room), 20)
        hold(lost == 0 and len(room.events()) == n, f"{lost} lost, {len(room.events()) - n} came twice")
        wait_for("the fault to be over", 5, lambda: part(room, "mqtt")["ok"])
        return f"{n} events, {proxy.refused} times refused"
    finally:
        proxy.close()


@seconds(30)
def test_k9_queue_overflows_at_the_broker(room):
    """The broker throws away what a slow subscriber has not taken; it sees the hole, asks, and has all."""
    room.start_plant()
    room.make_broker_files()
    with open(room.path("mosquitto.conf")) as f:
        conf = f.read()
    room.write("mosquitto.conf", conf.replace("max_queued_messages 0", "max_queued_messages 50"))
    room.start_broker()
    room.extra_overlay = "mqtt: {consumers: [historian]}\n"
    room.subscribe("event", "sub", "-c", "-i", "historian")
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    wait_for("some events", 20, lambda: len(room.events()) > 3)
    room.end("sub")
    make_events(room, 500)
    time.sleep(3)  # all of it at the broker
    room.subscribe("event", "sub", "-c", "-i", "historian")
    seen = -1
    while seen != (seen := len(room.events())):
        time.sleep(1.5)  # the broker's queue is empty again
    make_events(room, 2)
    last = newest(room)
    wait_for("the newest", 10, lambda: any(e["seq"] == last for e in room.events()))
    have = {e["seq"] for e in room.events()}
    missing = sorted(set(range(1, last + 1)) - have)
    assert len(missing) > 300, "the broker threw nothing away: this tests nothing"
    epoch = room.events()[0]["epoch"]
    publish(room, "consumer/historian/replay", json.dumps({"epoch": epoch, "from": missing[0], "to": missing[-1]}))
    # The broker's queue of 50 is for who is away: a subscriber that reads gets all.
    wait_for("the replay", 20, lambda: not set(missing) - {e["seq"] for e in room.events()})
    return f"{len(missing)} of {last} thrown away by the broker, all there after the replay"


@seconds(25)
def test_k10_broker_wiped(room):
    """Another broker at the same place, without a memory: subscriptions and state are there again."""
    begin(room, "mqtt: {consumers: [historian]}\n")
    room.end("broker", signum=9)
    room.end("sub")
    for f in os.listdir(room.dir):
        if f.endswith(".db"):
            os.unlink(room.path(f))
    room.start_broker()
    room.subscribe("#", "all")
    wait_for("the agent's topic", 30, lambda: (retained(room, "agent", "all") or {}).get("state") == "online")
    known = {f"point/{p['device']}/{p['point']}" for p in room.ask("points")["points"]}
    wait_for("every point", 10, lambda: not known - {t for t, _, _ in room.messages("all")})
    e = wait_for("events", 10, lambda: room.events("all"))[-1]
    publish(room, "consumer/historian/ack", json.dumps({"epoch": e["epoch"], "upto": e["seq"]}))
    wait_for("the acknowledgement to be heard", 10, lambda: part(room, "mqtt")["waiting"] < e["seq"])
    return f"{len(known)} points again"


@seconds(25)
def test_k11_planted_commands(room):
    """A retained acknowledgement is refused, aloud, and acknowledges nothing."""
    begin(room, "mqtt: {consumers: [historian]}\n")
    e = room.events()[-1]
    before = part(room, "mqtt")["waiting"]
    room.end("facilityd")  # to who is there it would come as a new one
    subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(room.broker_port), "-q", "1", "-r", "-t",
                    "facility/annex-2f/consumer/historian/ack", "-m",
                    json.dumps({"epoch": e["epoch"], "upto": e["seq"]})], check=True)
    room.start_agent()
    wait_for("a line in the log", 20, lambda: "retained" in room.log("facilityd.log"))
    assert before > 0
    wait_for("all events to wait still", 10, lambda: part(room, "mqtt")["waiting"] >= before)
    return [x for x in room.log("facilityd.log").split("\n") if "retained" in x][-1][-120:]


@seconds(45)
def test_k12_another_client_of_our_name(room):
    """Two that throw each other out: told in words, with growing pauses, and no event is lost."""
    room.make_broker_files()
    with open(room.path("mosquitto.conf"), "a") as f:
        f.write("log_type notice\n")
    begin(room)
    stop = threading.Event()

    def rival():
        while not stop.is_set():
            subprocess.run(["mosquitto_sub", "-h", "127.0.0.1", "-p", str(room.broker_port), "-i", "facility-annex-2f", "-t", "x",
                            "-W", "30"], capture_output=True)

    thread = threading.Thread(target=rival)
    began = time.monotonic()
    thread.start()
    try:
        make_events(room, 40)
        told = wait_for("the cause in the status", 25, lambda: "another client" in (t := part(room, "mqtt")["text"]) and t)
        time.sleep(max(0, began + 15 - time.monotonic()))
    finally:
        stop.set()
        room.end("broker")  # ends the rival too
        thread.join()
    rate = room.log("broker.log").count(" as facility-annex-2f ") / (time.monotonic() - began)
    assert 0.1 < rate < 5, f"{rate:.1f} logins a second"
    room.start_broker()
    last = newest(room)
    until_told(room, last, 60)
    return f"{rate:.1f} logins a second; {told}"


@seconds(30)
def test_k13_a_flood_on_what_we_subscribe_to(room):
    """Ten thousand messages, malformed and oversized ones among them: bounded, and all else goes on."""
    begin(room, "mqtt: {consumers: [historian]}\n")
    before = proc(room)[0]
    lines = "\n".join(["{", "[]", "x" * 2000, '{"epoch":"x","upto":-1}', "\x00\x01"] * 2000) + "\n"
    flood = subprocess.Popen(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(room.broker_port), "-q", "0", "-t",
                              "facility/annex-2f/consumer/historian/ack", "-l"], stdin=subprocess.PIPE)
    room.write("big", "y" * 2_000_000)
    began = time.monotonic()
    flood.communicate(lines.encode())
    for _ in range(3):
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(room.broker_port), "-q", "1", "-t",
                        "facility/annex-2f/consumer/historian/replay", "-f", room.path("big")], check=True)
    room.ask("status")
    answered = time.monotonic() - began
    make_events(room, 20)
    until_told(room, newest(room), 20)
    size = os.path.getsize(room.path("facilityd.log"))
    assert size < 200_000, f"{size} bytes of log"
    grown = proc(room)[0] - before
    assert SANITIZED or grown < 4096, f"{grown} kB more"
    assert part(room, "mqtt")["waiting"] >= newest(room), part(room, "mqtt")  # none was acknowledged by it
    return f"{answered:.1f} s, {grown} kB more, {size} bytes of log"


@seconds(30)
def test_k14_receive_maximum_1(room):
    """A broker that takes one unconfirmed message at a time: slow, and all comes."""
    room.start_plant()
    room.make_broker_files()
    with open(room.path("mosquitto.conf")) as f:
        conf = f.read()
    room.write("mosquitto.conf", conf + "max_inflight_messages 1\n")
    room.start_broker()
    room.extra_overlay = 'mqtt: {version: "5"}\n'
    room.subscribe("event", "sub", "-c", "-i", "historian", "-V", "mqttv5")
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    began = time.monotonic()
    make_events(room, 1000)
    last = newest(room)
    told, lost = until_told(room, last, 40)
    hold(lost == 0 and check_sequence(room.events()) == told, f"{lost} lost")
    return f"{told} events, {1000 / (time.monotonic() - began):.0f} events/s"


def openssl(room, *argv):
    subprocess.run(["openssl", *argv], cwd=room.dir, check=True, capture_output=True)


def make_certificates(room, name):
    """A CA and a broker's certificate of it: NAME-ca.crt, NAME.crt, NAME.key."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl(room, "req", "-x509", *curve, "-days", "2", "-subj", f"/CN={name}-ca", "-keyout", f"{name}-ca.key", "-out",
            f"{name}-ca.crt")
    openssl(room, "req", "-new", *curve, "-subj", "/CN=broker", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
            f"{name}.key", "-out", f"{name}.csr")
    openssl(room, "x509", "-req", "-in", f"{name}.csr", "-copy_extensions", "copy", "-CA", f"{name}-ca.crt", "-CAkey",
            f"{name}-ca.key", "-days", "2", "-out", f"{name}.crt")


@seconds(20)
def test_k4_wrong_certificate_then_the_right_one(room):
    """Refused with the reason; taken as soon as it is the right one."""
    room.make_broker_files()
    for name in ("wrong", "right"):
        make_certificates(room, name)
    with open(room.path("mosquitto.conf")) as f:
        conf = f.read()

    def serve(name):
        room.write("mosquitto.conf", conf + f"certfile {room.path(name)}.crt\nkeyfile {room.path(name)}.key\n")
        room.start_broker()

    serve("wrong")
    room.start_plant()
    room.extra_overlay = f"mqtt: {{tls: {{ca: {room.path('right-ca.crt')}}}}}\n"
    room.start_agent()
    told = wait_for("the reason", 10, lambda: "certificate" in (t := part(room, "mqtt")["text"]) and t)
    time.sleep(4)
    room.end("broker")
    serve("right")
    began = time.monotonic()
    wait_for("the broker", 60, lambda: part(room, "mqtt")["ok"])
    return f"{told}; connected {time.monotonic() - began:.1f} s after the right one"


@seconds(15)
def test_k6_old_tls_is_refused(room):
    """TLS 1.2 is the least (RFC 9325); a server that has 1.1 alone gets no password."""
    make_certificates(room, "right")
    room.start_plant()
    room.spawn("tls", ["openssl", "s_server", "-accept", str(room.broker_port), "-cert", room.path("right.crt"), "-key",
                       room.path("right.key"), "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-quiet"])
    room.extra_overlay = f"mqtt: {{tls: {{ca: {room.path('right-ca.crt')}}}}}\n"
    room.start_agent()
    told = wait_for("the reason", 10, lambda: "TLS" in (t := part(room, "mqtt")["text"]) and t)
    assert "MQTT" not in room.log("tls.log") and not part(room, "mqtt")["ok"]
    return told
