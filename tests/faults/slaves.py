"""
Devices that do what a test says, and the small site around them. Not a test: it has no function test_*.

Modbus units on TCP or on a pty; real snmpd behind a relay that counts, cuts or answers tooBig. Each wire has a
thread, ended by close(); all that was asked is kept with its time.
"""
import contextlib
import os
import secrets
import select
import shutil
import socket
import struct
import threading
import time
import tty

from room import free_port, wait_for

TITLES = "".join(f'  reading_{n}: {{unit: "1", title: Reading {n}, meaning: a number}}\n' for n in range(64))
NAMES = "points:\n" + TITLES + """\
alarms:
  comm_lost: {title: Does not answer, meaning: the device does not answer}
  reading_high: {title: Reading high, meaning: a number is high}
"""
REMEDY = "remedy: Look at it."


def write_site(room, profiles, links, devices):
    """profiles: {name: text below `points:` and before it}. Sets the room's site and configuration folder."""
    os.makedirs(room.path("config/profiles/test"), exist_ok=True)
    room.write("config/names.yaml", NAMES)
    for name, text in profiles.items():
        room.write(f"config/profiles/test/{name}.yaml",
                   f"profile: {name}\nkind: test\ntitle: A device of a test\nsource: none\nverified: nothing\n{text}")
    room.config_dir = room.path("config")
    room.site = room.write("site.yaml", "site: {name: annex-2f, title: Test, board: virtual}\nzones: {room: {}}\n"
                           + ("links:\n" + "".join(f"  {x}\n" for x in links) if links else "")
                           + "devices:\n" + "".join(f"  {x}\n" for x in devices))


def registers(addresses, more="", **settings):
    """A Modbus profile: point reading_N stands in the Nth address."""
    keys = {"max_registers": 100, "timeout": "300ms", **settings}
    return ("modbus: {" + ", ".join(f"{k}: {v}" for k, v in keys.items()) + "}\npoints:\n"
            + "".join(f'  reading_{n}: {{holding: {a}, type: u16, unit: "1", poll: normal}}\n'
                      for n, a in enumerate(addresses)) + more)


def crc16(data):
    crc = 0xffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xa001 if crc & 1 else crc >> 1
    return struct.pack("<H", crc)


class Ask:
    """One read of holding registers, as it came, and whether it was answered."""

    def __init__(self, unit, address, count, tid):
        self.unit, self.address, self.count, self.tid = unit, address, count, tid
        self.at, self.connection, self.answer = time.monotonic(), 0, None


class Slaves(threading.Thread):
    """
    Units of one wire: holds[unit][address] is a number or a function that gives one; a read of an address that it does
    not have is refused. `silent` are units that say nothing. `answer(ask)` may be replaced: it gives [(delay in
    seconds, PDU), ...], or [(delay, PDU, transaction), ...] on TCP.
    """

    def __init__(self):
        super().__init__(daemon=True)
        self.holds, self.silent, self.asked, self.stop = {}, set(), [], False
        self.answer, self.later = self.honest, []
        self.lock = threading.Lock()

    def pdu(self, ask):
        have = self.holds[ask.unit]
        wanted = range(ask.address, ask.address + ask.count)
        if any(a not in have for a in wanted):
            return bytes([0x83, 2])
        values = [have[a]() if callable(have[a]) else have[a] for a in wanted]
        return bytes([3, 2 * len(values)]) + struct.pack(f">{len(values)}H", *values)

    def honest(self, ask):
        return [] if ask.unit in self.silent or ask.unit not in self.holds else [(0, self.pdu(ask))]

    def of(self, unit, since=0.0):
        with self.lock:
            return [a for a in self.asked if a.unit == unit and a.at >= since]

    def take(self, ask, send):
        with self.lock:
            self.asked.append(ask)
        for delay, pdu, *tid in self.answer(ask):
            ask.answer = time.monotonic() + delay
            self.later.append((ask.answer, send, pdu, ask, tid[0] if tid else ask.tid))

    def due(self):
        now = time.monotonic()
        for x in [x for x in self.later if x[0] <= now]:
            self.later.remove(x)
            with contextlib.suppress(OSError):  # the asker has hung up
                x[1](x[2], x[3].unit, x[4])

    def close(self):
        self.stop = True
        self.join()


class TcpSlaves(Slaves):
    """Modbus TCP; `connections` counts them. drop() is a device without power: nobody listens until restore()."""

    def __init__(self, port=0):
        super().__init__()
        self.server = socket.create_server(("127.0.0.1", port))
        self.port, self.clients, self.connections, self.off = self.server.getsockname()[1], {}, 0, False
        self.start()

    def link(self, name):
        return f"{name}: {{kind: modbus-tcp, address: 127.0.0.1, port: {self.port}}}"

    def frames(self, s):
        data = self.clients[s]
        while len(data) >= 12:
            tid, _, length, unit, _, address, count = struct.unpack(">HHHBBHH", data[:12])
            data = data[6 + length:]
            ask = Ask(unit, address, count, tid)
            ask.connection = self.connections

            def send(pdu, unit, tid, s=s):
                s.sendall(struct.pack(">HHHB", tid, 0, len(pdu) + 1, unit) + pdu)
            self.take(ask, send)
        self.clients[s] = data

    def run(self):
        while not self.stop:
            for s in select.select([self.server, *self.clients], [], [], 0.005)[0]:
                if s is self.server:
                    client = s.accept()[0]
                    self.connections += 1
                    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self.clients[client] = b""
                    continue
                try:
                    data = s.recv(4096)
                except OSError:
                    data = b""
                self.clients[s] += data
                if data:
                    self.frames(s)
                else:
                    del self.clients[s]
                    s.close()
            self.due()
        for s in [self.server, *self.clients]:
            s.close()


class PtySlaves(Slaves):
    """Modbus RTU; the pty takes what a wire of that speed would: the reply is sent when its last bit had come."""

    def __init__(self, path, baud=19200):
        super().__init__()
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.symlink(os.ttyname(self.slave), path)
        self.path, self.baud = path, baud
        self.start()

    def link(self, name):
        return f"{name}: {{kind: modbus-rtu, port: {self.path}, baud: {self.baud}, parity: none}}"

    def send(self, pdu, unit, _tid):
        frame = bytes([unit]) + pdu
        os.write(self.master, frame + crc16(frame))

    def run(self):
        data = b""
        while not self.stop:
            if select.select([self.master], [], [], 0.005)[0]:
                data += os.read(self.master, 4096)
            while len(data) >= 8:
                if crc16(data[:6]) != data[6:8]:
                    data = data[1:]
                    continue
                unit, function, address, count = struct.unpack(">BBHH", data[:6])
                data = data[8:]
                if function == 3:
                    self.take(Ask(unit, address, count, 0), self.send)
            self.due()
        os.close(self.master)
        os.close(self.slave)

    def take(self, ask, send):
        had = len(self.later)
        super().take(ask, send)
        wire = (8 + 5 + 2 * ask.count) * 10 / self.baud
        self.later[had:] = [(at + wire, *x) for at, *x in self.later[had:]]


# ---- SNMP

# Counters of the group `snmp`, which snmpd has of itself.
COUNTERS = [f"1.3.6.1.2.1.11.{n}.0" for n in [*range(1, 7), *range(8, 23), *range(24, 31)]]


def objects(oids=COUNTERS, **settings):
    """An SNMP profile: point reading_N is the Nth OID."""
    keys = {"max_varbinds": 20, "timeout": "300ms", "retries": 1, **settings}
    return ("snmp: {" + ", ".join(f"{k}: {v}" for k, v in keys.items()) + "}\npoints:\n"
            + "".join(f'  reading_{n}: {{oid: {o}, unit: "1", poll: normal}}\n' for n, o in enumerate(oids)))


class Snmpd:
    """A real snmpd on a free port, with a random community and a random user of version 3."""

    def __init__(self, room, name):
        self.room, self.name, self.port = room, name, free_port(socket.SOCK_DGRAM)
        self.community, auth, priv = (secrets.token_hex(12) for _ in range(3))
        state = room.path(f"{name}-state")
        os.makedirs(state, exist_ok=True)
        room.write(f"{name}.conf", f"rocommunity {self.community} 127.0.0.1\n"
                   f"createUser watcher SHA {auth} AES {priv}\nrouser watcher priv\n", 0o600)
        room.write(f"{name}.secret", f"community: {self.community}\n", 0o600)
        room.write(f"{name}.v3.secret", f"auth_protocol: SHA\nauth_passphrase: {auth}\npriv_protocol: AES\n"
                   f"priv_passphrase: {priv}\n", 0o600)
        room.spawn(name, [shutil.which("snmpd"), "-f", "-Lo", "-C", "-c", room.path(f"{name}.conf"), "-I",
                          "system_mib,snmp_mib,snmpEngine,usmUser,usmConf,vacm_conf,vacm_context,vacm_vars",
                          f"udp:127.0.0.1:{self.port}"], env={**os.environ, "SNMP_PERSISTENT_DIR": state, "MIBS": ""})
        wait_for(name, 10, lambda: "NET-SNMP version" in room.log(f"{name}.log"))

    def at(self, version="2c", port=None):
        """Its `snmp:` in a site."""
        who = f"version: 3, user: watcher, secrets: {self.name}.v3.secret" if version == 3 else \
            f"version: {version}, secrets: {self.name}.secret"
        return f"snmp: {{address: 127.0.0.1, port: {port or self.port}, {who}}}"


class Relay(threading.Thread):
    """UDP between agent and snmpd: keeps what was asked; `mode(datagram)` says pass, drop or too big."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.to, self.stop, self.asked = ("127.0.0.1", port), False, []
        self.mode = lambda datagram: "pass"
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(("127.0.0.1", 0))
        self.port = self.front.getsockname()[1]
        self.back, self.client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), None
        self.start()

    def since(self, at):
        """(time, octets, what became of it) of each request since then."""
        return [x for x in self.asked if x[0] >= at]

    def from_agent(self):
        data, self.client = self.front.recvfrom(65536)
        what = self.mode(data)
        self.asked.append((time.monotonic(), len(data), what))
        if what == "pass":
            self.back.sendto(data, self.to)
        elif what == "too big":
            self.front.sendto(too_big(data), self.client)

    def run(self):
        while not self.stop:
            for s in select.select([self.front, self.back], [], [], 0.02)[0]:
                with contextlib.suppress(OSError):  # snmpd is away: ICMP says so
                    if s is self.front:
                        self.from_agent()
                    else:
                        self.front.sendto(s.recv(65536), self.client)
        self.front.close()
        self.back.close()

    def close(self):
        self.stop = True
        self.join()


def too_big(request):
    """The response to a GET of version 2c that says tooBig: the same message with another kind and status."""
    status = request.index(bytes([2, 1, 0, 2, 1, 0, 0x30]))  # error status, error index, the variables
    version_and_community = request.index(4, 4)
    kind = version_and_community + 2 + request[version_and_community + 1]
    out = bytearray(request)
    assert out[kind] == 0xa0, out[kind]
    out[kind], out[status + 2] = 0xa2, 1
    return bytes(out)
