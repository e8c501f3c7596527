"""The bare loops on the same libraries as the subject: bare.c, and bare_rtu.c for a serial bus."""
from room import BUILD

NAME = "limit"


def topics(load):
    return "bare/#"


def key(load):
    return ""


def points_of(load, figures):
    return figures["messages"] * (load.points if load.by_device else 1)


def of_value(value):
    return f":{value}"


def start(rig, load):
    if load.rtu:
        return rig.spawn("subject", [f"{BUILD}/bench/bare_rtu", load.rtu, str(load.units), str(load.points),
                                     str(round(load.period_s * 1000))])
    ports = rig.write("ports", "".join(" ".join(map(str, p)) + "\n" for p in (load.modbus, load.snmp)))
    return rig.spawn("subject", [f"{BUILD}/bench/bare", str(rig.broker_port), "device" if load.by_device else "point",
                                 load.community, str(load.points), ports])
