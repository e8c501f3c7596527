"""Faults of disk, clock and memory for the agent of a room: a preload (preload.c), disks of its own, kills. Not a test."""
import contextlib
import ctypes
import errno
import fcntl
import os
import signal
import struct
import subprocess
import threading
import time

from common import wait_for
from room import BUILD, SANITIZED

HERE = os.path.dirname(os.path.abspath(__file__))
FIELDS = ["sync_lies", "sync_delay_ms", "errno_wanted", "disk_left", "disk_stays", "disk_kills", "disk_calls", "wall_us", "unsynced",
          "malloc_left", "malloc_calls"]
NEVER = {"disk_left": -1, "malloc_left": -1}
LOCK = threading.Lock()


SKIPPED = "SKIPPED:"  # begins what such a test gives, and what run.py counts


class Skip(Exception):
    """Says why a test cannot run here."""


def can_skip(f):
    def run(room):
        try:
            return f(room)
        except Skip as e:
            return f"{SKIPPED} {e}"
    run.__name__ = f.__name__
    run.__dict__.update(f.__dict__)
    return run


# ---- the preload

def preload_file():
    out = os.path.join(BUILD, "faults.so")
    source = f"{HERE}/preload.c"
    with LOCK:
        if not os.path.exists(out) or os.path.getmtime(out) < os.path.getmtime(source):
            subprocess.run(["gcc", "-O2", "-Wall", "-shared", "-fPIC", "-o", out + ".new", source, "-ldl"], check=True)
            os.rename(out + ".new", out)
    return out


class Faults:
    """What preload.c does to the agent that was started with env(): faults["sync_lies"] = 1, at any time."""

    def __init__(self, room):
        if SANITIZED:
            raise Skip("a sanitizer wants to be the first library")
        self.path = room.path("faults")
        with open(self.path, "wb") as f:
            f.write(struct.pack(f"{len(FIELDS)}q", *[NEVER.get(k, 0) for k in FIELDS]))

    def env(self):
        return {**os.environ, "LD_PRELOAD": preload_file(), "FAULTS": self.path}

    def __setitem__(self, name, value):
        with open(self.path, "r+b") as f:
            f.seek(8 * FIELDS.index(name))
            f.write(struct.pack("q", value))

    def __getitem__(self, name):
        with open(self.path, "rb") as f:
            return struct.unpack(f"{len(FIELDS)}q", f.read())[FIELDS.index(name)]


# ---- disks

def own_mounts(f):
    """Runs a test in a mount namespace of its own, which goes with its last process."""
    def inside(room, result):
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.unshare(0x20000) != 0 or libc.mount(None, b"/", None, 0x4000 | (1 << 19), None) != 0:
                raise Skip("no mounts of our own: it needs root")
            result.append((f(room), None))
        except BaseException as e:  # noqa: BLE001 - it is raised again outside
            result.append((None, e))

    def run(room):
        result = []
        thread = threading.Thread(target=inside, args=(room, result))
        thread.start()
        thread.join()
        room.end("facilityd", signal.SIGKILL)  # the namespace goes now
        text, e = result[0]
        if e is not None:
            raise e
        return text
    run.__name__ = f.__name__
    run.__dict__.update(f.__dict__)
    return can_skip(run)


def sh(*words):
    r = subprocess.run(words, capture_output=True, text=True)
    return r.returncode == 0 or not print(" ".join(words), r.stderr.strip(), flush=True) and False


class Disk:
    """A file system of its own below the store: tmpfs, or an ext4 whose power can be cut."""

    def __init__(self, room, kind, options=""):
        self.dir, self.image = room.path("state"), room.path("image")
        os.makedirs(self.dir, exist_ok=True)
        if kind == "ext4":
            if not sh("truncate", "-s", "24M", self.image) or not sh("mkfs.ext4", "-q", self.image) or not self.mount():
                raise Skip("no loop device or no ext4")
            os.chmod(self.dir, 0o700)
        elif not sh("mount", "-t", kind, "-o", options, kind, self.dir):
            raise Skip(f"no {kind}")

    def mount(self):
        return sh("mount", "-o", "loop", self.image, self.dir)

    def abort(self):
        """What ext4 does itself after an error of the device: read-only."""
        assert sh("mount", "-o", "remount,abort", self.dir)

    def repair(self):
        """As after a repair. Never of one that is mounted still: it would be changed below it, and be there twice."""
        wait_for("the disk to be let go", 5, lambda: sh("umount", self.dir), 0.1)
        subprocess.run(["e2fsck", "-p", self.image], check=False, capture_output=True)
        return self.mount()

    def cut_power(self, room):
        """The writer is stopped first, or a report after the cut would be taken for one before it."""
        agent = room.processes["facilityd"]
        agent.send_signal(signal.SIGSTOP)
        wait_for("the agent to stand", 5, lambda: stopped(agent.pid), 0.002)
        fd = os.open(self.dir, os.O_RDONLY | os.O_DIRECTORY)
        try:
            # linux/ext4.h: EXT4_IOC_SHUTDOWN, without flushing its log
            fcntl.ioctl(fd, 0x8004587D, struct.pack("I", 2))
        except OSError as e:
            raise Skip(f"this kernel cannot shut an ext4 down: {errno.errorcode[e.errno]}") from None
        finally:
            os.close(fd)
        room.end("facilityd", signal.SIGKILL)
        assert sh("umount", self.dir) and self.mount()


def stopped(pid):
    """Every thread of it."""
    with contextlib.suppress(FileNotFoundError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/stat") as f:
                if f.read().rsplit(")", 1)[1].split()[0] not in "TDt":
                    return False
    return True


def quick_start(room, **more):
    """Starts the agent and returns how many seconds it took until it answered."""
    began = time.monotonic()
    room.start_agent(wait=False, **more)
    wait_for("facilityd's control socket", 15, room.agent_answers, 0.02)
    return time.monotonic() - began
