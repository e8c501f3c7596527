"""A broker that stalls, stops reading or hangs up: memory stays, nothing is lost in silence, order is kept."""
import contextlib
import select
import socket
import threading
import time

from common import seconds, wait_for
from crowd import make_events, newest, part, proc
from oracle import check_sequence
from room import SANITIZED


class Proxy:
    """
    TCP between agent and broker: passes on, stops reading the agent, or hangs up at an event, at a certain question, or
    instead of the broker's word that it has an event (PUBACK: MQTT 3.1.1, 3.4).
    """

    def __init__(self, port):
        self.port, self.mode, self.hung_up = port, "pass", 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.listens = self.server.getsockname()[1]
        self.pairs, self.stop = [], False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def close_pair(self, pair):
        self.pairs.remove(pair)
        for s in pair:
            s.close()

    def move(self, pair, s):
        try:
            data = s.recv(65536)
        except OSError:
            data = b""
        bad = {"hang up": b"/event", "no look": b"/mark/#"}.get(self.mode)
        if self.mode == "no puback" and s is pair[1] and b"\x40\x02" in data:
            data, bad = data[:0], None
            self.hung_up += 1
        if not data or bad and s is pair[0] and bad in data:
            self.hung_up += bool(data)
            self.close_pair(pair)
            return
        other = pair[1] if s is pair[0] else pair[0]
        try:
            other.sendall(data)
        except OSError:
            self.close_pair(pair)

    def run(self):
        while not self.stop:
            sources = {self.server: None}
            for p in self.pairs:
                sources[p[1]] = p
                if self.mode != "deaf":
                    sources[p[0]] = p
            for s in select.select(list(sources), [], [], 0.02)[0]:
                pair = sources[s]
                if s is self.server:
                    client = self.server.accept()[0]
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                    try:
                        self.pairs.append((client, socket.create_connection(("127.0.0.1", self.port), 2)))
                    except OSError:
                        client.close()
                elif pair in self.pairs:
                    self.move(pair, s)

    def cut(self):
        for s in [s for p in self.pairs for s in p]:
            with contextlib.suppress(OSError):  # the other side was quicker
                s.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.stop = True
        self.thread.join()
        for p in list(self.pairs):
            self.close_pair(p)
        self.server.close()


def flat(room, before):
    grown = proc(room)[0] - before
    assert SANITIZED or grown < 2048, f"{grown} kB more"
    return grown


@seconds(10)
def test_broker_that_stops_reading(room):
    """A connection that takes nothing more: events wait, states are told once as they are, and nothing blocks."""
    room.start_plant()
    room.start_broker()
    room.subscribe("event")
    room.subscribe("point/leak1/#", "leak")
    proxy = Proxy(room.broker_port)
    try:
        room.extra_overlay = f"mqtt: {{port: {proxy.listens}, keepalive: 60s}}\n"
        room.start_agent()
        wait_for("all devices online", 30, room.all_online)
        wait_for("no event to wait", 10, lambda: part(room, "mqtt")["waiting"] == 0)
        before = proc(room)[0]
        proxy.mode = "deaf"
        room.plantctl("leak1", "wet", "12.5")
        make_events(room, 60)
        began = time.monotonic()
        room.ask("status")
        assert time.monotonic() - began < 1
        grown = flat(room, before)
        room.plantctl("leak1", "dry")
        wait_for("the leak to be over", 10, lambda: room.ask("points", "leak1/leak_state")["points"][0]["text"] == "dry")
        last = newest(room)
        proxy.mode = "pass"
        proxy.cut()
        wait_for("the newest event", 30, lambda: any(e["seq"] >= last for e in room.events()))
        assert check_sequence(room.events()) >= last
        wait_for("the state as it is", 10, lambda: [
            p for t, p, _ in room.messages("leak") if t.endswith("leak_state")][-1]["text"] == "dry")
        return f"{grown} kB"
    finally:
        proxy.close()


@seconds(15)
def test_broker_that_hangs_up_at_each_event(room):
    """It is tried again with pauses, not in a circle; when it takes them, none is missing."""
    room.start_plant()
    room.start_broker()
    room.subscribe("event")
    proxy = Proxy(room.broker_port)
    proxy.mode = "hang up"
    try:
        room.extra_overlay = f"mqtt: {{port: {proxy.listens}}}\n"
        room.start_agent()
        began = time.monotonic()
        # the pauses are at random, at most 1 s and 2 s, and never below 0.2 s
        wait_for("three tries", 15, lambda: proxy.hung_up >= 3, 0.01)
        assert time.monotonic() - began > 0.2, "it hammers"
        make_events(room, 20)
        last = newest(room)
        assert part(room, "mqtt")["waiting"] >= 20 and not room.events()
        proxy.mode = "pass"
        wait_for("the newest event", 20, lambda: any(e["seq"] >= last for e in room.events()))
        assert check_sequence(room.events()) >= last
        return f"{proxy.hung_up} times"
    finally:
        proxy.close()


@seconds(10)
def test_broker_that_ends_what_it_does_not_allow(room):
    """Some hang up at a subscription that their rules forbid: then what is retained is not looked at, and all else works."""
    room.start_plant()
    room.start_broker()
    room.subscribe("event")
    proxy = Proxy(room.broker_port)
    proxy.mode = "no look"
    try:
        room.extra_overlay = f"mqtt: {{port: {proxy.listens}}}\n"
        room.start_agent()
        wait_for("all devices online", 30, room.all_online)
        wait_for("events", 25, lambda: room.events() and part(room, "mqtt")["waiting"] == 0)
        assert proxy.hung_up == 3 and part(room, "mqtt")["ok"], (proxy.hung_up, part(room, "mqtt"))
        assert "we do not look any more" in room.log("facilityd.log")
    finally:
        proxy.close()
