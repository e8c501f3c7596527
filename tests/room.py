"""The demo room as a Python object: plant, broker, NOC and facilityd in a directory of its own.

Used by `make run` (tests/demo.py) and by the end-to-end tests. Everything listens on free ports of
127.0.0.1, every key is made at random, every process is ended by its id.
"""
import contextlib
import datetime
import json
import os
import random
import secrets
import signal
import socket
import subprocess
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(TOP, os.environ.get("BUILD", "build"))
SANITIZED = "san" in os.path.basename(BUILD)  # build-asan, build-tsan
# Debian keeps daemons where an ordinary account does not look.
os.environ["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"
SITE = os.path.join(TOP, "firmware-config/sites/annex-2f.yaml")
BASE = "facility/annex-2f"


def free_port(kind=socket.SOCK_STREAM):
    """
    Below those that the kernel gives to whoever calls: while a broker or a receiver is away on purpose, no connection
    of a neighbour takes its place, and a caller that finds nobody does not end up connected to itself.
    """
    with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
        end = int(f.read().split()[0])
    for port in random.sample(range(10_000, end), 100) if end > 20_000 else []:
        with socket.socket(socket.AF_INET, kind) as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            return port
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, seconds, test, pause=0.05):
    """Polls test() until it gives something true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        got = test()
        if got:
            return got
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(pause)


def arrival_us(message):
    """mosquitto_sub's time stamp of a message."""
    text = message["tst"].replace("Z", "")
    return int(datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp() * 1e6)


class Room:
    """Start what is wanted with start_*(); `with` ends it all."""

    def __init__(self, directory, speed=1, plant_args=()):
        self.dir = os.path.abspath(directory)
        self.speed, self.plant_args = speed, plant_args
        self.processes = {}
        self.files = []
        self.read = {}  # file of a subscriber -> [bytes read, messages]
        self.bad_ends = []  # how an agent ended that was asked to, where it was not in order
        self.broker_port = free_port()
        self.noc_port = free_port(socket.SOCK_DGRAM)
        self.site = SITE
        self.config_dir = f"{TOP}/firmware-config"
        self.extra_overlay = None  # text of a third overlay, YAML
        self.noc_kind = "inform"
        os.makedirs(self.dir, exist_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def write(self, name, text, mode=0o644):
        with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as f:
            f.write(text)
        return self.path(name)

    # ---- processes

    def spawn(self, name, argv, out=None, **more):
        """out: file name for stdout and stderr, kept open for appending."""
        f = open(self.path(out or name + ".log"), "ab")
        self.files.append(f)
        p = subprocess.Popen(argv, stdout=f, stderr=f, stdin=subprocess.DEVNULL, **more)
        self.processes[name] = p
        return p

    def alive(self, name):
        p = self.processes.get(name)
        return p is not None and p.poll() is None

    def end(self, name, signum=signal.SIGTERM, seconds=10):
        """Ends one process and returns its exit code."""
        p = self.processes.pop(name, None)
        if p is None:
            return None
        if p.poll() is None:
            p.send_signal(signal.SIGCONT)
            p.send_signal(signum)
            try:
                p.wait(seconds)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
            if name == "facilityd" and signum == signal.SIGTERM and p.returncode != 0:
                self.bad_ends.append(f"facilityd did not end in order: exit code {p.returncode}")
        return p.returncode

    def stop(self):
        for name in ["facilityd", *reversed([n for n in self.processes if n != "facilityd"])]:
            self.end(name)
        for f in self.files:
            f.close()
        self.files = []

    def log(self, name):
        with open(self.path(name), errors="replace") as f:
            return f.read()

    # ---- the parts of the room

    def start_plant(self):
        self.spawn("plant", [f"{BUILD}/plant", "--dir", self.dir, "--speed", str(self.speed),
                             *self.plant_args])
        wait_for("the plant", 10, lambda: "plant ready" in self.log("plant.log"))

    def start_broker(self):
        if not os.path.exists(self.path("mosquitto.conf")):
            self.make_broker_files()
        self.spawn("broker", ["mosquitto", "-c", self.path("mosquitto.conf")])
        wait_for("the broker", 10, self.broker_answers)

    def broker_answers(self):
        if not self.alive("broker"):
            raise AssertionError("the broker has ended:\n" + self.log("broker.log")[-500:])
        try:
            socket.create_connection(("127.0.0.1", self.broker_port), 1).close()
            return True
        except OSError:
            return False

    def make_broker_files(self):
        """Everybody on this machine may read; only the agent, with a random password, may write."""
        password = secrets.token_urlsafe(24)
        self.write("mqtt.secret", f"username: facilityd\npassword: {password}\n", 0o600)
        self.write("passwords", f"facilityd:{password}\n", 0o600)
        subprocess.run(["mosquitto_passwd", "-U", self.path("passwords")], check=True)
        self.write("acl", "topic read facility/#\ntopic write facility/+/consumer/#\n"
                   "user facilityd\ntopic readwrite facility/#\n", 0o600)
        self.write("mosquitto.conf",
                   f"listener {self.broker_port} 127.0.0.1\nallow_anonymous true\n"
                   f"password_file {self.path('passwords')}\nacl_file {self.path('acl')}\n"
                   f"persistence true\npersistence_location {self.dir}/\n"
                   "max_queued_messages 0\nlog_type error\nlog_type warning\n"
                   + ("user root\n" if os.getuid() == 0 else ""))

    def make_noc_files(self):
        auth, priv = secrets.token_urlsafe(18), secrets.token_urlsafe(18)
        self.write("noc.secret", f"auth_protocol: SHA\nauth_passphrase: {auth}\n"
                   f"priv_protocol: AES\npriv_passphrase: {priv}\n", 0o600)
        self.write("snmptrapd.conf", f'createUser noc SHA "{auth}" AES "{priv}"\n'
                   "authUser log noc authPriv\n", 0o600)

    def start_noc(self):
        if not os.path.exists(self.path("snmptrapd.conf")):
            self.make_noc_files()
        self.start_receiver("noc", self.noc_port, "snmptrapd.conf")

    def start_receiver(self, name, port, conf):
        """snmptrapd; when this returns, it listens."""
        def starts():
            return self.log(name + ".log").count("NET-SNMP version")
        before = starts() if os.path.exists(self.path(name + ".log")) else 0
        self.spawn(name, ["snmptrapd", "-f", "-n", "-On", "-Lo", "-C", "-c", self.path(conf), f"udp:127.0.0.1:{port}"],
                   env={**os.environ, "SNMP_PERSISTENT_DIR": self.path(name + "-state"), "MIBS": ""})

        def listens():
            if not self.alive(name):
                raise AssertionError(f"{name} has ended:\n" + self.log(name + ".log")[-500:])
            return starts() > before
        wait_for(f"snmptrapd {name}", 10, listens)

    def noc_log(self):
        return self.log("noc.log") if os.path.exists(self.path("noc.log")) else ""

    def write_overlay(self):
        """Secrets of a broker or NOC that is not there (yet) are made all the same."""
        if not os.path.exists(self.path("mosquitto.conf")):
            self.make_broker_files()
        if not os.path.exists(self.path("snmptrapd.conf")):
            self.make_noc_files()
        self.write("room.yaml", f"""\
mqtt: {{broker: 127.0.0.1, port: {self.broker_port}, secrets: {self.path('mqtt.secret')}}}
noc:
  receivers:
    - {{name: noc, address: 127.0.0.1, port: {self.noc_port}, version: 3, user: noc,
       secrets: {self.path('noc.secret')}, kind: {self.noc_kind}}}
""")
        if self.extra_overlay:
            self.write("extra.yaml", self.extra_overlay)

    def agent_argv(self):
        argv = [f"{BUILD}/facilityd", "--config-dir", self.config_dir,
                "--boards-dir", f"{TOP}/boards", "--state", self.path("state"), "--run", self.dir]
        for name in ["overlay.yaml", "room.yaml", "extra.yaml"]:
            if os.path.exists(self.path(name)):
                argv += ["--overlay", self.path(name)]
        return [*argv, self.site]

    def start_agent(self, wait=True, **more):
        self.write_overlay()
        self.spawn("facilityd", self.agent_argv(), **more)
        if wait:
            wait_for("facilityd's control socket", 10, self.agent_answers)

    def agent_answers(self):
        if not self.alive("facilityd"):
            raise AssertionError("facilityd has ended:\n" + self.log("facilityd.log")[-2000:])
        return os.path.exists(self.path("control.sock")) and self.ctl("status").returncode == 0

    def start(self):
        self.start_plant()
        self.start_broker()
        self.start_noc()
        self.start_agent()

    # ---- what a person would do

    def ctl(self, *words):
        return subprocess.run([f"{BUILD}/facilityctl", "--run", self.dir, *words],
                              capture_output=True, text=True, timeout=20)

    def ask(self, *words):
        """facilityctl --json, parsed."""
        r = self.ctl("--json", *words)
        if not r.stdout.strip():
            raise AssertionError(f"facilityctl {' '.join(words)}: {r.stderr}")
        return json.loads(r.stdout)

    def plantctl(self, *words):
        r = subprocess.run([f"{BUILD}/plantctl", "--dir", self.dir, *words],
                           capture_output=True, text=True, timeout=20)
        if r.returncode != 0:
            raise AssertionError(f"plantctl {' '.join(words)}: {r.stdout}{r.stderr}")
        return r.stdout

    def subscribe(self, topic="#", name="sub", *options):
        """mosquitto_sub to a file: one JSON line a message, with topic, payload, retain, tst."""
        self.spawn(name, ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(self.broker_port),
                          "-t", f"{BASE}/{topic}", "-q", "1", "-F", "%j", *options],
                   out=name + ".jsonl")

    def messages(self, name="sub"):
        """(topic without base, payload as object or None, whole message) of each complete line so far."""
        done, seen = self.read.setdefault(name, [0, []])
        try:
            with open(self.path(name + ".jsonl"), "rb") as f:
                f.seek(done)
                fresh = f.read()
        except FileNotFoundError:
            return seen
        fresh = fresh[:fresh.rfind(b"\n") + 1]
        self.read[name][0] = done + len(fresh)
        lines = fresh.decode(errors="replace").split("\n")
        for line in lines:
            if not line.startswith("{"):
                continue
            m = json.loads(line)
            payload = m.get("payload")
            if isinstance(payload, str):
                payload = json.loads(payload) if payload else None
            seen.append((m["topic"][len(BASE) + 1:], payload, m))
        return seen

    def events(self, name="sub"):
        return [p for t, p, _ in self.messages(name) if t == "event"]

    def truth(self):
        with open(self.path("truth.jsonl")) as f:
            return [json.loads(line) for line in f.read().split("\n")[:-1]]

    def devices(self):
        return {d["device"]: d for d in self.ask("devices")["devices"]}

    def all_online(self):
        d = self.devices()
        return d if all(x["state"] == "online" for x in d.values()) else None
