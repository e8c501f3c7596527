#!/usr/bin/env python3
"""The demo room, for `make run`: shows a room at work, and how to break something.

SECONDS=30 stops by itself and exits 0 only if every device came online and point messages and
informs arrived. On a terminal it shows the live console, elsewhere a status line now and then.
"""
import fcntl
import os
import select
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from room import BASE, BUILD, Room  # noqa: E402


def own_directory():
    """run, or run-2, run-3 ... where another demo is at work. The lock goes with the process."""
    for n in range(1, 100):
        path = os.path.join(os.getcwd(), "run" if n == 1 else f"run-{n}")
        if os.path.isdir(path) and os.listdir(path) and not os.path.exists(os.path.join(path, "lock")):
            continue  # somebody else's
        os.makedirs(path, exist_ok=True)
        lock = open(os.path.join(path, "lock"), "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return path, lock
        except OSError:
            lock.close()
    sys.exit("a hundred demos run here already")


def sweep(path):
    """What an earlier demo left in its directory: logs, store, keys."""
    for name in sorted(os.listdir(path)):
        full = os.path.join(path, name)
        if name == "lock":
            continue
        if os.path.isdir(full) and not os.path.islink(full):
            subprocess.run(["rm", "-rf", full], check=True)
        else:
            os.unlink(full)


def guide(room):
    build, run = os.path.relpath(BUILD), os.path.relpath(room.dir)
    return f"""
The demo room "Annex 2F" is running in {run}/ . In another terminal, here in the same directory:

  watch     mosquitto_sub -h 127.0.0.1 -p {room.broker_port} -v -t '{BASE}/#'
            {build}/facilityctl --run {run} alarms      (or: status devices points events bus watch)
            {build}/facilityctl --run {run} explain crac1/return_air_temperature
            tail -f {run}/noc.log                          (what the NOC receives)
            cat {run}/board/lines                          (the LEDs)
  break it  {build}/plantctl --dir {run} crac1 fail         door1 open    leak1 wet
            {build}/plantctl --dir {run} ups1 on-battery    hang crac2    restore all
            {build}/plantctl --dir {run} story flood        story list    speed 20
            {build}/plantctl --dir {run} access1 badge sato door1 granted
  answer    {build}/facilityctl --run {run} ack --all
"""


def informs(room):
    return room.noc_log().count("1.3.6.1.6.3.1.1.4.1.0")  # snmpTrapOID.0


def points(room):
    return sum(t.startswith("point") for t, _, _ in room.messages())


def status_line(room):
    s, devices = room.ask("status"), room.devices()
    online = sum(d["state"] == "online" for d in devices.values())
    alarms = len(room.ask("alarms")["alarms"])
    parts = ", ".join(f"{p['part']} {'ok' if p['ok'] else 'NOT OK: ' + p['text']}" for p in s["parts"])
    return (f"{time.strftime('%H:%M:%S')}  devices {online}/{len(devices)} online, {alarms} alarms, "
            f"{points(room)} point messages, {informs(room)} informs; {parts}")


def verdict(room, online):
    missing = []
    if not online:
        missing += [f"{n} is {d['state']}" for n, d in room.devices().items() if d["state"] != "online"]
    if points(room) == 0:
        missing.append("no point message arrived")
    if informs(room) == 0:
        missing.append("no inform arrived")
    if not room.alive("facilityd"):
        missing.append("facilityd has ended")
    print("All devices came online, point messages and informs arrived." if not missing
          else "Not well: " + "; ".join(missing), flush=True)
    return 1 if missing else 0


def show(room, seconds):
    """Until the time is up, Ctrl-C, or facilityd ends. True if every device was online once."""
    end = time.monotonic() + seconds if seconds else float("inf")
    online = False
    if sys.stdout.isatty() and sys.stdin.isatty() and not seconds:
        print("The live console starts in 10 seconds, or with Enter; q leaves it and ends the demo.", flush=True)
        select.select([sys.stdin], [], [], 10)
        subprocess.run([f"{BUILD}/facilityctl", "--run", room.dir, "watch"])
        return bool(room.all_online())
    next_line = 0
    while time.monotonic() < end and room.alive("facilityd"):
        online = online or bool(room.all_online())
        if time.monotonic() >= next_line:
            print(status_line(room), flush=True)
            next_line = time.monotonic() + 5
        time.sleep(0.5)
    return online


def stop(*_):
    raise KeyboardInterrupt


def main():
    seconds = float(os.environ.get("SECONDS") or 0)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)
    path, lock = own_directory()
    sweep(path)
    code = 1
    with Room(path) as room:
        try:
            room.start_plant()
            room.start_broker()
            room.start_noc()
            room.subscribe()
            room.start_agent()
            print(guide(room), flush=True)
            online = show(room, seconds)
            code = verdict(room, online) if seconds else 0
        except KeyboardInterrupt:
            code = 0
        except AssertionError as e:
            print(e, file=sys.stderr)
        finally:
            # a second Ctrl-C must not leave processes behind
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            room.stop()
    lock.close()
    print(f"The demo has ended; logs are in {os.path.relpath(path)}/.")
    return code


if __name__ == "__main__":
    sys.exit(main())
