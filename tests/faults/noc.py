"""Informs on a bad way to the NOC: answers that get lost, requests that come twice or not at all; texts that are too long."""
import select
import socket
import threading

from common import alarm, retained, seconds, until_alarm, wait_for
from crowd import make_events, newest, part
from noc import ALARM, IMPACT, REMEDY, SEQ, TEST, TEXT, lists, noc_line, receivers, told
from oracle import hold


class Datagrams:
    """UDP between agent and NOC: loses and doubles by count, so that each run is the same; `most`: octets that get through."""

    def __init__(self, port, lose_answers=0, double=0, lose_requests=0, most=65536):
        self.server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.server.bind(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.noc = ("127.0.0.1", port)
        self.lose_answers, self.double, self.lose_requests, self.most = lose_answers, double, lose_requests, most
        self.counts = {"requests": 0, "answers": 0, "lost": 0, "doubled": 0}
        self.stop = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def every(self, which, n):
        self.counts[which] += 1
        return n and self.counts[which] % n == 0

    def request(self, data, peer, ways):
        if peer not in ways:
            ways[peer] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            ways[peer].connect(self.noc)
        if self.every("requests", self.lose_requests) or len(data) > self.most:
            self.counts["lost"] += 1
            return
        ways[peer].send(data)
        if self.double and self.counts["requests"] % self.double == 0:
            self.counts["doubled"] += 1
            ways[peer].send(data)

    def run(self):
        ways = {}
        while not self.stop:
            for s in select.select([self.server, *ways.values()], [], [], 0.05)[0]:
                if s is self.server:
                    self.request(*self.server.recvfrom(65536), ways)
                    continue
                data = s.recv(65536)
                if self.every("answers", self.lose_answers):
                    self.counts["lost"] += 1
                    continue
                self.server.sendto(data, next(p for p, w in ways.items() if w is s))
        for s in [self.server, *ways.values()]:
            s.close()

    def close(self):
        self.stop = True
        self.thread.join()


@seconds(40)
def test_c6_informs_lost_and_doubled(room):
    """Whatever is lost or comes twice: each event is at the NOC, and all its copies have one number and one text."""
    room.make_noc_files()
    room.start_plant()
    room.start_noc()
    way = Datagrams(room.noc_port, lose_answers=5, double=7, lose_requests=6)
    try:
        room.extra_overlay = receivers(room, noc_line(room, "noc", way.port))
        room.start_agent()
        wait_for("all devices online", 30, room.all_online)
        make_events(room, 40)
        last = newest(room)
        wait_for("no event to wait", 60, lambda: part(room, "noc/noc")["waiting"] == 0)
        rows = {}
        for kind, v in told(room):
            if kind < TEST:
                rows.setdefault(int(v[SEQ]), []).append(v[TEXT])
        hold(set(rows) >= set(range(1, last + 1)), f"missing: {set(range(1, last + 1)) - set(rows)}")
        twice = {seq: texts for seq, texts in rows.items() if len(texts) > 1}
        assert twice, "nothing came twice: this tests nothing"
        hold(all(len(set(texts)) == 1 for texts in twice.values()), twice)
        return f"{last} events, {len(twice)} of them more than once; {way.counts}"
    finally:
        way.close()


def words(n):
    """A text of n characters in which every place is another one."""
    return "".join(f"{i} " for i in range(n))[:n - 1] + "!"


@seconds(15)
def test_c7_text_that_is_too_long(room):
    """A variable holds 255 octets, all else here 383: topics have more than the NOC, and what is cut says so at its end."""
    impact, remedy = words(340), words(900)
    room.extra_overlay = f"devices: {{door1: {{impact: '{impact}', alarms: {{door_fault: {{on_delay: 0s, remedy: '{remedy}'}}}}}}}}\n"
    room.start_plant()
    room.start_broker()
    room.start_noc()
    room.subscribe()
    room.start_agent()
    wait_for("all devices online", 20, room.all_online)
    room.plantctl("door1", "fault")
    until_alarm(room, "door1/door_fault", "unacknowledged")
    inform = wait_for("the inform", 10, lambda: [v for _, v in told(room) if v.get(ALARM) == "door_fault"])[0]
    assert (inform[IMPACT], inform[REMEDY]) == (impact[:252] + "...", remedy[:252] + "..."), inform
    event = wait_for("the event", 5, lambda: [e for e in room.events() if e.get("alarm") == "door_fault"])[0]
    for x in (event, retained(room, "alarm/door1/door_fault", "sub"), alarm(room, "door1/door_fault")):
        assert (x["impact"], x["remedy"]) == (impact, remedy[:380] + "..."), x


@seconds(40)
def test_c7_way_that_takes_no_long_messages(room):
    """A firewall lets no fragments through: what is too long arrives without impact and remedy, and holds up nothing behind it."""
    room.make_noc_files()
    room.start_plant()
    room.start_noc()
    way = Datagrams(room.noc_port, most=1232)  # UDP in IPv6 in the least MTU
    try:
        room.extra_overlay = (receivers(room, noc_line(room, "noc", way.port)) +
                              f"devices: {{door1: {{impact: '{words(250)}', alarms: {{door_fault: {{on_delay: 0s, remedy: '{words(250)}'}}}}}}}}\n")
        room.start_agent()
        wait_for("all devices online", 30, room.all_online)
        room.plantctl("door1", "fault")
        until_alarm(room, "door1/door_fault", "unacknowledged")
        room.plantctl("leak1", "wet")
        until_alarm(room, "leak1/leak_detected", "unacknowledged")
        wait_for("no event to wait", 20, lambda: part(room, "noc/noc")["waiting"] == 0)
        alarms = {v[ALARM]: v for _, v in told(room) if v.get(ALARM)}
        assert alarms["door_fault"][IMPACT] == alarms["door_fault"][REMEDY] == "", alarms
        assert "door" in alarms["door_fault"][TEXT] and alarms["leak_detected"][REMEDY], alarms
        assert "without impact and remedy" in room.log("facilityd.log")
        # the list of alarms as well
        assert room.ctl("noc", "resend").returncode == 0
        wait_for("a list of both", 20, lambda: [x for x in lists(room) if {v[ALARM] for v in x[1]} >= set(alarms)])
        return way.counts
    finally:
        way.close()
