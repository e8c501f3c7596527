#!/bin/sh
# Installs the Debian packages that are missing, and says what for. Nothing happens if all is there.
#	tests/need.sh build|run|test|bench|lint
set -eu

BUILD="gcc make pkg-config git gettext ca-certificates libmodbus-dev libsnmp-dev libmosquitto-dev libgpiod-dev
libfyaml-dev libsystemd-dev libsqlite3-dev libjansson-dev libncurses-dev libssl-dev"
RUN="mosquitto mosquitto-clients snmptrapd python3"
TEST="libcmocka-dev iproute2 nftables snmp snmpd openssl tmux mandoc python3-jinja2"
BENCH="collectd-core"
LINT="clang clang-format clang-tidy cppcheck libclang-rt-14-dev"

case "${1:-}" in
build) want="$BUILD" why="to build facilityd" ;;
run) want="$BUILD $RUN" why="to build facilityd and to run the demo room (broker, trap receiver)" ;;
test) want="$BUILD $RUN $TEST" why="to build facilityd and to test it against real servers" ;;
bench) want="$BUILD $RUN $BENCH" why="to measure facilityd beside collectd" ;;
lint) want="$LINT" why="to read the code with a second compiler and two checkers" ;;
*) echo "usage: $0 build|run|test|bench|lint" >&2; exit 2 ;;
esac

missing=
for p in $want; do
	dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

echo "Missing Debian packages, needed $why:"
echo "  $missing"
sudo=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || { echo "Not root and no sudo here: please install them, then try again." >&2; exit 1; }
	sudo=sudo
fi
echo "Installing them with ${sudo:+sudo }apt-get ..."
log=$(mktemp)
if ! { $sudo apt-get update -q && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -20 "$log" >&2
	echo "apt-get failed (whole log: $log)" >&2
	exit 1
fi
rm -f "$log"
