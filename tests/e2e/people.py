"""What people type and see: the demo, the check of a site. The live screen is in screen.py."""
import os
import re
import shutil
import subprocess
import time

from common import seconds, wait_for
from room import BUILD, TOP


def processes_with(text):
    """Command lines of living processes that name `text`."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                line = f.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line and int(pid) != os.getpid():
            found.append(line)
    return found


@seconds(45)
def test_two_demos_side_by_side(room):
    """`make run` twice in one directory, for a while: both well, nothing is left behind."""
    demos = [subprocess.Popen(["python3", f"{TOP}/tests/demo.py"], cwd=room.dir, text=True,
                              env={**os.environ, "SECONDS": "20"}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(2)]
    for d in demos:
        out, _ = d.communicate(timeout=90)
        assert d.returncode == 0, out
        assert "informs arrived" in out and "mosquitto_sub" in out, out
    assert os.path.isdir(room.path("run")) and os.path.isdir(room.path("run-2"))
    assert not processes_with(room.path("run")), processes_with(room.path("run"))


@seconds(20)
def test_interrupted_demo_leaves_nothing(room):
    demo = subprocess.Popen(["python3", f"{TOP}/tests/demo.py"], cwd=room.dir, text=True,
                            env={**os.environ, "SECONDS": ""}, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    wait_for("the demo to run", 40, lambda: os.path.exists(room.path("run/control.sock")))
    time.sleep(1)
    os.killpg(demo.pid, 2)  # Ctrl-C goes to the whole group
    out, _ = demo.communicate(timeout=20)
    assert "The demo has ended" in out, out
    wait_for("every process to end", 5, lambda: not processes_with(room.path("run")))


def check(room, site):
    return subprocess.run([f"{BUILD}/facilityd", "--config-dir", f"{TOP}/firmware-config", "--boards-dir",
                           f"{TOP}/boards", "--check", site], capture_output=True, text=True, timeout=20)


def test_check_of_the_shipped_site(room):
    r = check(room, f"{TOP}/firmware-config/sites/annex-2f.yaml")
    assert r.returncode == 0, r.stderr
    assert "rs485_1" in r.stdout and "%" in r.stdout, r.stdout  # the bus budget


MISTAKES = """\
site: {name: bad-room, board: virtual, langauge: en}
zones: {room: {}, row_a: {in: rom}}
links:
  bus: {kind: modbus-rtu, port: /dev/ttyS0, baud: fast, parity: none}
  io: {kind: modbus-tcp, adress: 127.0.0.1, port: 502}
devices:
  crac1: {profile: stulz-c700, link: bus, unit: 1, zone: room}
  crac2: {profile: stulz-c7000, link: buss, unit: 1, zone: room}
  crac3: {profile: stulz-c7000, link: bus, unit: 300, zone: room}
  door1: {profile: door-contacts, link: io, unit: 1, zone: hall}
  crac4: {profile: stulz-c7000, link: bus, unit: 4, zone: room, poll: {normal: 2}}
  crac5: {profile: stulz-c7000, link: bus, unit: 5, zone: room, parent: crac9}
"""
PLACES = [(1, "langauge", "language"), (2, "rom", "room"), (4, "fast", None), (5, "adress", "address"),
          (7, "stulz-c700", "stulz-c7000"), (8, "buss", "bus"), (9, "300", None), (10, "hall", None),
          (11, "2", None), (12, "crac9", None)]


def test_ten_mistakes_ten_messages(room):
    """Each at its line and column, with the line, a caret and, where one is near, the right word."""
    site = room.write("bad.yaml", MISTAKES)
    r = check(room, site)
    assert r.returncode == 1, r.stdout
    text = r.stdout + r.stderr
    lines = MISTAKES.split("\n")
    for line, word, near in PLACES:
        row = lines[line - 1]
        column = [m.start() + 1 for m in re.finditer(rf"(?<![\w-]){re.escape(word)}(?![\w-])", row)][-1]
        where = f"bad.yaml:{line}:{column}: error:"
        assert where in text, f"no message at {where}\n{text}"
        piece = text[text.index(where):].split(" error:", 2)[1]
        assert row.strip()[:20] in piece and "^" in piece, piece
        assert near is None or near in piece, piece
    assert text.count(" error:") == 10, text


@seconds(15)
def test_install_and_run_from_there(room):
    """What `make install` puts down is enough to check a site."""
    build = room.path("build")  # another PREFIX links anew, and the neighbours are using the first build
    shutil.copytree(BUILD, build, ignore=shutil.ignore_patterns("unit"))
    r = subprocess.run(["make", "-C", TOP, f"BUILD={build}", f"SAN={os.environ.get('SAN', '')}", "install",
                        f"DESTDIR={room.path('root')}", "PREFIX=/usr"], capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    root = room.path("root/usr")
    r = subprocess.run([f"{root}/sbin/facilityd", "--config-dir", f"{root}/share/facilityd", "--boards-dir",
                        f"{root}/share/facilityd/boards", "--check", f"{TOP}/firmware-config/sites/annex-2f.yaml"],
                       capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    with open(f"{root}/sbin/facilityd", "rb") as f:
        assert b"/usr/share/facilityd\0" in f.read(), "it looks for its files in another PREFIX"
    assert os.path.exists(f"{root}/bin/facilityctl") and shutil.which(f"{root}/bin/facilityctl")
    r = subprocess.run([f"{root}/bin/facilityctl", "help"], capture_output=True, text=True,
                       env={**os.environ, "LC_ALL": "", "LANG": "ja_JP.UTF-8"})
    assert r.returncode == 0 and "監視画面" in r.stdout, r.stdout  # the catalogue is found from there


def test_unreachable_agent_is_said_plainly(room):
    r = room.ctl("status")
    assert r.returncode == 3 and "facilityd" in r.stderr, (r.returncode, r.stderr)
    r = room.ctl("stauts")
    assert r.returncode == 2 and "status" in r.stderr, r.stderr
