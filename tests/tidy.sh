#!/bin/sh
# clang-tidy over some files with the flags of the build; says nothing where there is nothing to mend.
exec clang-tidy --quiet --warnings-as-errors='*' "$@" -- -std=c11 -D_GNU_SOURCE -Iagent -I. \
	-DFACILITY_PREFIX='"/usr/local"' -DFACILITY_VERSION='"tidy"' $(pkg-config --cflags libmodbus) 2>/dev/null
