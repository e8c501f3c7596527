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
	    -lncursesw -lssl -lcrypto -lm

# libmodbus keeps its header in a folder of its own.
CPPFLAGS += $(shell pkg-config --cflags libmodbus 2>/dev/null)

# Debian keeps daemons (mosquitto, snmptrapd) where an ordinary account does not look.
export PATH := $(PATH):/usr/sbin:/sbin

Q := $(if $(V),,@)

AGENT_SRC := $(filter-out agent/ctl/facilityctl.c, \
	     $(wildcard agent/*/*.c agent/*/*/*.c drivers/*.c drivers/*/*.c))
CTL_SRC   := $(wildcard agent/ctl/facilityctl.c)
PLANT_SRC := $(filter-out tests/plant/plantctl.c,$(wildcard tests/plant/*.c))
UNIT_SRC  := $(wildcard tests/unit/test_*.c)
DAY_SRC   := $(filter-out tests/day/day.c,$(wildcard tests/day/*.c))

AGENT_OBJ := $(AGENT_SRC:%.c=$(BUILD)/obj/%.o)
CTL_OBJ   := $(CTL_SRC:%.c=$(BUILD)/obj/%.o)
PLANT_OBJ := $(PLANT_SRC:%.c=$(BUILD)/obj/%.o)
DAY_OBJ   := $(DAY_SRC:%.c=$(BUILD)/obj/%.o)
UNIT_BIN  := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)
LIB       := $(BUILD)/libfacility.a

PROGRAMS := $(if $(wildcard agent/facilityd.c),$(BUILD)/facilityd) \
	    $(if $(CTL_SRC),$(BUILD)/facilityctl) \
	    $(if $(wildcard tests/plant/plant.c),$(BUILD)/plant) \
	    $(if $(wildcard tests/plant/plantctl.c),$(BUILD)/plantctl) \
	    $(if $(wildcard tests/bench/snmp_farm.c),$(BUILD)/snmp_farm)

# Languages: one catalogue each, compiled to where lang_use() (base/lang.h) looks.
PO := $(wildcard firmware-config/locale/*.po)
MO := $(PO:firmware-config/locale/%.po=$(BUILD)/locale/%/LC_MESSAGES/facilityd.mo)

# What tests/bench runs beside the agent.
BENCH_BIN := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(filter-out tests/bench/snmp_farm.c,$(wildcard tests/bench/*.c)))

.PHONY: all man help run test test-build unit e2e faults broken day bench bench-build fuzz fuzz-build asan asan-build tsan tsan-build lint tidy analyze layers po install clean \
	need-build need-run need-test need-bench need-lint
.DEFAULT_GOAL := all

all: $(LIB) $(PROGRAMS) $(MO) man

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

$(BUILD)/snmp_farm: $(BUILD)/obj/tests/bench/snmp_farm.o
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^

$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(LIB) | $(MO)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) -lcmocka $(LDLIBS)

# The devices of the plant's rack, without its main() and its truth log.
$(BUILD)/unit/test_plant_rack: $(patsubst %,$(BUILD)/obj/tests/plant/%.o,access ber device dev_ats dev_handles dev_nvr \
    dev_px3 dev_server dev_switch equipment mib oid physics rack rng scenario_rack snmp_pdu usm)

# Rooms in simulated time.
$(BUILD)/unit/test_core_day: $(DAY_OBJ)
$(BUILD)/day/day: $(BUILD)/obj/tests/day/day.o $(DAY_OBJ) $(LIB)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/locale/%/LC_MESSAGES/facilityd.mo: firmware-config/locale/%.po
	@mkdir -p $(@D)
	@echo "  MO    $@"
	$(Q)msgfmt -c --endianness=little -o $@ $<

# Every text that is marked for translation.
$(BUILD)/facilityd.pot: $(AGENT_SRC) $(CTL_SRC) agent/facilityd.c $(wildcard agent/*/*.h)
	@mkdir -p $(@D)
	$(Q)xgettext --from-code=UTF-8 --keyword=_ --keyword=N_ --keyword=lang_count:2,3 \
	    --flag=_:1:pass-c-format --flag=text_printf:3:c-format --flag=text_append:3:c-format \
	    --add-comments=TRANSLATORS --add-location=file --sort-by-file --package-name=facilityd \
	    -o - $(sort $^) | sed '/^"POT-Creation-Date/d' >$@

# New texts into the catalogues, obsolete ones out; what is new is empty and waits for a translator.
po: $(BUILD)/facilityd.pot
	@for f in $(PO); do \
	    msgmerge --quiet --update --backup=none --no-fuzzy-matching --add-location=file --sort-by-file $$f $< && \
	    msgattrib --force-po --no-obsolete --add-location=file --sort-by-file -o $$f $$f && \
	    echo "$$f: $$(msgfmt -o /dev/null --statistics $$f 2>&1)"; done

# libFuzzer brings its own main().
$(BUILD)/fuzz/%: tests/fuzz/fuzz_%.c $(LIB)
	@mkdir -p $(@D)
	@echo "  FUZZ  $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -fsanitize=fuzzer -MMD -MP -o $@ $< $(LIB) $(LDFLAGS) -lcmocka $(LDLIBS)

# Rewritten when what is compiled into facilityd changes, so that --version and the paths are true.
FLAGS := $(VERSION) $(PREFIX)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D); echo '$(FLAGS)' | cmp -s - $@ || echo '$(FLAGS)' >$@
FORCE:
$(BUILD)/obj/agent/facilityd.o: $(BUILD)/flags
$(BUILD)/obj/agent/facilityd.o: CPPFLAGS += -DFACILITY_VERSION='"$(VERSION)"'

# Most of them wait for something, so several run at once.
unit: $(UNIT_BIN)
	@printf '%s\n' $(UNIT_BIN) | xargs -P4 -I@ sh -c '@ >@.log 2>&1 || { echo "FAILED @"; tail -30 @.log; exit 1; }'

# The reference part of the pages of section 5 is printed by the program itself.
MAN_PAGES := $(patsubst firmware-config/man/%,$(BUILD)/man/%,$(wildcard firmware-config/man/*.[18]) \
	     $(patsubst %.in,%,$(wildcard firmware-config/man/*.5.in)))
man: $(MAN_PAGES)

$(BUILD)/man/%.5: firmware-config/man/%.5.in $(BUILD)/facilityd
	@mkdir -p $(@D)
	$(Q)$(BUILD)/facilityd --manual $* >$@.part
	$(Q)sed -e '/^@REFERENCE@$$/{r $@.part' -e 'd}' $< >$@
	$(Q)rm $@.part

$(BUILD)/man/%: firmware-config/man/%
	@mkdir -p $(@D)
	$(Q)cp $< $@

# ---- what people call ------------------------------------------------------------------------

help:
	@echo "make              build facilityd and facilityctl into $(BUILD)/"
	@echo "make run          install what is missing, build, and start the demo room (SECONDS=30: stop by itself)"
	@echo "make test         install what is missing, build, and run every test"
	@echo "make unit         the unit tests alone; make e2e: the end-to-end tests alone"
	@echo "make faults       every fault at full length: hours (ONLY=disk: a part)"
	@echo "make broken       break the product on purpose, rule by rule: each rule's test must fail (ONLY=rule_09: a part)"
	@echo "make day          DAYS=10000 of rooms in simulated time (SEED=n: from that seed on)"
	@echo "make bench        the agent, collectd and a bare loop side by side: a quarter of an hour (ONLY=rtu: some lines)"
	@echo "make asan tsan    build and run the tests under AddressSanitizer+UBSan, ThreadSanitizer"
	@echo "make fuzz         fuzz every parser for SECONDS=60 each (ONLY=site: one of them, JOBS=2 at once)"
	@echo "make lint         clang build, clang-format, cppcheck, layers; make tidy: and clang-tidy (minutes)"
	@echo "make analyze      gcc -fanalyzer over agent and drivers (minutes)"
	@echo "make layers       who includes whom"
	@echo "make po           take new texts into the catalogues of other languages"
	@echo "make install      into DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)"
	@echo "make clean        remove $(BUILD)/"

# A static pattern: make looks for no pattern rule for what is phony, and would install nothing.
need-build need-run need-test need-bench need-lint: need-%:
	@tests/need.sh $*

# The packages come first, then a make that sees them.
run: need-run
	@$(MAKE) --no-print-directory all
	@python3 tests/demo.py

test: need-test
	@$(MAKE) --no-print-directory test-build layers
	@python3 tests/run.py
test-build: all $(UNIT_BIN)
	@:

e2e: all
	@python3 tests/run.py e2e

# The hours of tests/faults; its minutes are in `make test`.
faults: need-test
	@$(MAKE) --no-print-directory test-build
	@LONG=1 python3 tests/run.py faults $(ONLY)

# Each rule's test must fail on a product that breaks the rule: minutes, in a copy of the tree.
broken: need-test
	@$(MAKE) --no-print-directory all
	@python3 tests/faults/broken.py $(ONLY)

# Rooms in simulated time: DAYS in all, from SEED on, each of EACH days.
DAYS ?= 10000
SEED ?= 1
EACH ?= 10
day: $(BUILD)/day/day
	@JOBS=$${JOBS:-2} $< $(DAYS) $(SEED) $(EACH)

bench: need-bench
	@$(MAKE) --no-print-directory bench-build
	@python3 tests/bench/bench.py $(ONLY)
bench-build: all $(BENCH_BIN)
	@:

# The sanitizer runs have build directories of their own. Threads exist in the links, the store and
# MQTT; their tests and the whole agent with its alarms run under ThreadSanitizer, which would find
# nothing in the tests of the core: one thread.
asan-build: need-test need-lint
	@$(MAKE) --no-print-directory BUILD=build-asan SAN=address,undefined OPT="-O1 -g" test-build

asan: asan-build
	@BUILD=build-asan SAN=address,undefined python3 tests/run.py $(ONLY)

TSAN_ONLY ?= test_base test_modbus test_store test_mqtt alarms. hung_device
tsan-build: need-test need-lint
	@$(MAKE) --no-print-directory BUILD=build-tsan SAN=thread OPT="-O1 -g" test-build

tsan: tsan-build
	@BUILD=build-tsan SAN=thread python3 tests/run.py $(TSAN_ONLY)

# SECONDS for each target, JOBS=2 of them at once; ONLY names some of them.
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
fuzz-build: need-test need-lint
	@$(MAKE) --no-print-directory BUILD=build-fuzz CC=clang SAN=fuzzer-no-link,address,undefined OPT="-O1 -g" \
	    $(FUZZ_SRC:tests/fuzz/fuzz_%.c=build-fuzz/fuzz/%)

fuzz: fuzz-build
	@python3 tests/fuzz/run.py $(ONLY)

layers:
	@tests/layers.sh

C_FILES := $(AGENT_SRC) $(CTL_SRC) agent/facilityd.c $(wildcard tests/plant/*.c tests/day/*.c) $(FUZZ_SRC) $(UNIT_SRC)
lint: need-lint layers
	@$(MAKE) --no-print-directory BUILD=build-clang CC=clang all
	@clang-format --dry-run -Werror $(C_FILES) $(shell find agent drivers tests -name '*.h')
	@cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability \
	    --inline-suppr --suppress=missingIncludeSystem -Iagent -I. -D_GNU_SOURCE -j2 agent drivers tests/plant
	@echo "lint: nothing to mend"

# Minutes of work for the analyser, so it is not part of every run.
tidy: lint
	@printf '%s\n' $(AGENT_SRC) $(CTL_SRC) agent/facilityd.c $(wildcard tests/plant/*.c) | \
	    xargs -P2 -n6 tests/tidy.sh
	@echo "tidy: nothing to mend"

# gcc's own analyser over what runs on the board; minutes as well.
ANALYZE_OBJ := $(patsubst %.c,$(BUILD)/analyze/%.o,$(AGENT_SRC) $(CTL_SRC) agent/facilityd.c)
$(BUILD)/analyze/%.o: %.c
	@mkdir -p $(@D)
	$(Q)gcc $(CPPFLAGS) -DFACILITY_VERSION='"analyze"' -std=c11 -O2 -pthread -fanalyzer -Werror $(NOT_SO) -c -o $@ $<
# What it cannot know, a file and a reason each. A program is checked when it is read (expr_parse.c): each
# operation finds its operands on the stack.
$(BUILD)/analyze/agent/core/expr_run.o: NOT_SO := -Wno-analyzer-use-of-uninitialized-value
# queue_put() has counted the free entries before one is taken; worker.c serves a fetch only where one waits;
# identities are asked with a place for the answer; facilityctl has refused other words after "maintenance".
$(patsubst %,$(BUILD)/analyze/%.o,agent/store/queue agent/store/worker drivers/modbus/rtu agent/ctl/facilityctl): \
    NOT_SO := -Wno-analyzer-null-dereference

analyze: $(ANALYZE_OBJ)
	@echo "analyze: nothing to mend"

install: all
	install -D -m755 $(BUILD)/facilityd $(DESTDIR)$(PREFIX)/sbin/facilityd
	install -D -m755 $(BUILD)/facilityctl $(DESTDIR)$(PREFIX)/bin/facilityctl
	install -d $(DESTDIR)$(PREFIX)/share/facilityd $(DESTDIR)$(PREFIX)/share/snmp/mibs
	cp -r firmware-config/names.yaml firmware-config/profiles $(DESTDIR)$(PREFIX)/share/facilityd/
	cp -r boards $(DESTDIR)$(PREFIX)/share/facilityd/
	install -m644 firmware-config/mib/FACILITY-MIB.txt $(DESTDIR)$(PREFIX)/share/snmp/mibs/
	for p in $(MAN_PAGES); do \
	    install -D -m644 $$p $(DESTDIR)$(PREFIX)/share/man/man$${p##*.}/$${p##*/} || exit 1; done
	for f in $(MO:$(BUILD)/%=%); do install -D -m644 $(BUILD)/$$f $(DESTDIR)$(PREFIX)/share/$$f; done

clean:
	rm -rf $(BUILD)

.PRECIOUS: $(BUILD)/obj/%.o
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
