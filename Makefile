# facilityd: build, run, test. `make help` says what there is.
#
# Sources are found, not listed: a .c file below agent/ or drivers/ is part of the agent, one
# tests/unit/test_*.c is a test program. Everything made goes into $(BUILD).

BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
SAN     ?=
V       ?=

CC      ?= cc
OPT     ?= -O2 -g
WARN    := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	   -Wmissing-declarations -Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla -Wformat=2 \
	   -Wundef -Wold-style-definition -Werror
HARDEN  := -fstack-protector-strong -fstack-clash-protection -fPIE
ifeq ($(SAN),)
HARDEN  += -D_FORTIFY_SOURCE=2
else
SANFLAG := -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all
endif

VERSION := $(shell git describe --always --dirty 2>/dev/null || echo unknown)

CPPFLAGS += -D_GNU_SOURCE -Iagent -I. -DFACILITY_PREFIX='"$(PREFIX)"'
CFLAGS   += -std=c11 $(OPT) $(WARN) $(HARDEN) $(SANFLAG) -pthread
LDFLAGS  += -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed $(SANFLAG)
LDLIBS   += -lmodbus -lnetsnmp -lmosquitto -lgpiod -lfyaml -lsystemd -lsqlite3 -ljansson \
	    -lncursesw -lcrypto -lm

# libmodbus keeps its header in a folder of its own.
CPPFLAGS += $(shell pkg-config --cflags libmodbus 2>/dev/null)

Q := $(if $(V),,@)

AGENT_SRC := $(filter-out agent/facilityd.c $(wildcard agent/ctl/*.c), \
	     $(wildcard agent/*/*.c agent/*/*/*.c drivers/*.c drivers/*/*.c))
CTL_SRC   := $(wildcard agent/ctl/*.c)
PLANT_SRC := $(filter-out tests/plant/plantctl.c,$(wildcard tests/plant/*.c))
UNIT_SRC  := $(wildcard tests/unit/test_*.c)

AGENT_OBJ := $(AGENT_SRC:%.c=$(BUILD)/obj/%.o)
CTL_OBJ   := $(CTL_SRC:%.c=$(BUILD)/obj/%.o)
PLANT_OBJ := $(PLANT_SRC:%.c=$(BUILD)/obj/%.o)
UNIT_BIN  := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)
LIB       := $(BUILD)/libfacility.a

PROGRAMS := $(if $(wildcard agent/facilityd.c),$(BUILD)/facilityd) \
	    $(if $(CTL_SRC),$(BUILD)/facilityctl) \
	    $(if $(wildcard tests/plant/plant.c),$(BUILD)/plant) \
	    $(if $(wildcard tests/plant/plantctl.c),$(BUILD)/plantctl)

.PHONY: all unit clean
all: $(LIB) $(PROGRAMS)

$(LIB): $(AGENT_OBJ)
	$(Q)rm -f $@
	$(Q)ar rcs $@ $^

$(BUILD)/facilityd: $(BUILD)/obj/agent/facilityd.o $(LIB)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/facilityctl: $(CTL_OBJ) $(LIB)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/plant: $(PLANT_OBJ)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcrypto -lm

$(BUILD)/plantctl: $(BUILD)/obj/tests/plant/plantctl.o
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^

$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(LIB)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/agent/facilityd.o: CPPFLAGS += -DFACILITY_VERSION='"$(VERSION)"'

unit: $(UNIT_BIN)
	@fail=0; for t in $(UNIT_BIN); do $$t >$$t.log 2>&1 || { fail=1; echo "FAILED $$t"; tail -30 $$t.log; }; done; exit $$fail

clean:
	rm -rf $(BUILD)

.PRECIOUS: $(BUILD)/obj/%.o
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
