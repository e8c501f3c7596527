#!/bin/sh
# Who may include whom, and who may see a third-party header: fails where it is broken.
#	edges (sinks ctl store site drivers) -> duty -> core -> model -> base
# Edges meet through three contracts: drivers/driver.h, drivers/gpio/lines.h, drivers/snmp/notify.h.
set -u
bad=0
cd "$(dirname "$0")/.." || exit 1

complain() { echo "$1: $2"; bad=1; }

# allowed ROOM PATTERN: headers of other rooms that files below ROOM may include (egrep, from the start)
rule() {
	for f in $(find "$1" -name '*.[ch]'); do
		for h in $(sed -n 's/^#include "\(.*\)"$/\1/p' "$f"); do
			echo "$h" | grep -qE "^($2)" || complain "$f" "includes \"$h\", which is not below it"
		done
	done
}
contracts='drivers/driver\.h|drivers/gpio/lines\.h|drivers/snmp/notify\.h'
rule agent/base 'base/'
rule agent/model 'base/|model/'
rule agent/core 'base/|model/|core/'
[ ! -d agent/duty ] || rule agent/duty 'base/|model/|core/|duty/'
rule agent/site 'base/|model/|core/|duty/|site/'
rule agent/store 'base/|model/|core/|duty/|store/'
for s in mqtt trap panel console; do rule agent/sinks/$s "base/|model/|core/|duty/|sinks/$s/|$contracts"; done
rule agent/ctl 'base/|model/|ctl/'
for d in modbus snmp gpio; do rule drivers/$d "base/|model/|core/|drivers/$d/|$contracts"; done

# only ROOM HEADER: a third-party header that one room alone may see
only() {
	for f in $(grep -lrE "^#include <$2" agent drivers --include='*.[ch]'); do
		case "$f" in $1/*) ;; *) complain "$f" "sees <$2>; only $1 may" ;; esac
	done
}
only drivers/modbus 'modbus'
only drivers/snmp 'net-snmp/'
only drivers/gpio 'gpiod'
only agent/sinks/mqtt 'mosquitto'
only agent/site 'libfyaml'
only agent/store 'sqlite3'
only agent/base 'systemd/'
only agent/ctl '(n?curses|ncursesw/)'

[ $bad = 0 ] && echo "layers: in order"
exit $bad
