"""collectd from Debian as the subject: one request for each register or OID, as its plugins do it."""
import os

NAME = "collectd"
THREADS = 5  # its own default


def topics(load):
    return "c/#"


def key(load):
    return ""


def points_of(load, figures):
    return figures["messages"]


def of_value(value):
    """How a message shows it."""
    return f":{value}"


def modbus_host(name, where, load, unit, count=1):
    collect = "".join(f'Collect "r{r}"\n' for r in load.at())
    slaves = "".join(f'<Slave {u}>\nInstance "u{u}"\n{collect}</Slave>\n' for u in range(unit, unit + count))
    return f'<Host "{name}">\n{where}Interval {load.period_s:g}\n{slaves}</Host>\n'


def modbus_plugin(load):
    if not load.modbus and not load.rtu:
        return ""
    data = "".join(f'<Data "r{r}">\nRegisterBase {r}\nRegisterType uint16\nRegisterCmd ReadHolding\nType gauge\n'
                   f'Instance "r{r}"\n</Data>\n' for r in load.at())
    hosts = "".join(modbus_host(f"m{i}", f'Address "127.0.0.1"\nPort "{p}"\n', load, 1)
                    for i, p in enumerate(load.modbus))
    if load.rtu:
        hosts += modbus_host("bus", f'Device "{load.rtu}"\nBaudrate 9600\n', load, 1, load.units)
    return f"LoadPlugin modbus\n<Plugin modbus>\n{data}{hosts}</Plugin>\n"


def snmp_plugin(load):
    if not load.snmp:
        return ""
    names = range(1, load.points + 1)
    data = "".join(f'<Data "v{k}">\nType gauge\nTypeInstance "v{k}"\nValues "1.3.6.1.4.1.99999.{k}.0"\n</Data>\n'
                   for k in names)
    collect = " ".join(f'"v{k}"' for k in names)
    hosts = "".join(f'<Host "s{i}">\nAddress "127.0.0.1:{p}"\nVersion 2\nCommunity "{load.community}"\nTimeout 1\n'
                    f'Retries 0\nCollect {collect}\nInterval {load.period_s:g}\n</Host>\n'
                    for i, p in enumerate(load.snmp))
    return f"LoadPlugin snmp\n<Plugin snmp>\n{data}{hosts}</Plugin>\n"


def start(rig, load):
    rig.write("collectd.conf", f"""\
Hostname "c"
FQDNLookup false
Interval {load.period_s:g}
ReadThreads {THREADS}
PIDFile "{rig.path('collectd.pid')}"
BaseDir "{rig.dir}"
PluginDir "/usr/lib/collectd"
TypesDB "/usr/share/collectd/types.db"
LoadPlugin logfile
<Plugin logfile>
LogLevel "info"
File "{rig.path('collectd.out')}"
</Plugin>
LoadPlugin mqtt
<Plugin mqtt>
<Publish "b">
Host "127.0.0.1"
Port {rig.broker_port}
QoS 0
Prefix "c"
StoreRates false
</Publish>
</Plugin>
{modbus_plugin(load)}{snmp_plugin(load)}""", 0o600)
    return rig.spawn("subject", ["collectd", "-f", "-C", rig.path("collectd.conf")],
                     env={**os.environ, "MIBS": ""})
