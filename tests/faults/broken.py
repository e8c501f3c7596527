#!/usr/bin/env python3
"""
Shows that each test of a rule can fail: breaks the product on purpose, in a copy of the tree, and demands that the
rule's test fails, with the message that belongs to the break.

	tests/faults/broken.py [NAME ...]	(`make broken`, `make broken ONLY=rule_09`): minutes, so not part of `make test`

That every text to be broken is still in its file is part of it: test_breaks_fit below.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKIP = shutil.ignore_patterns(".git", "build-*", "unit", "fuzz", "__pycache__")

LATE_FRAME = ("drivers/modbus/tcp.c", "late < LATE_MAX && drop_late(l, tid);", "false && drop_late(l, tid);")

# (test, what is broken, what its failure says, [(file, old text, new text), ...])
BREAKS = [
    ("rules.test_rule_01_late_tcp_reply_is_not_taken", "the transaction of a reply is not looked at",
     "a late reply was taken", [LATE_FRAME, ("drivers/modbus/frame.c", "if (get16(reply) != tid)", "if (false)")]),
    ("rules.test_rule_01_late_tcp_reply_is_not_taken", "a late reply ends the connection", "waited 10 s in vain", [LATE_FRAME]),
    ("rules.test_rule_02_late_rtu_reply_is_never_good", "no fence after a timeout, no doubt after a late reply",
     "late replies were published",
     [("drivers/modbus/fence.c", "	uint8_t bytes = frame_data_bytes(ask);\n\n	f->up = true;", "	uint8_t bytes = frame_data_bytes(ask);\n"),
      ("drivers/modbus/rtu.c", "d->v.status != ANSWER_OK || u->doubt == 0 ||", "d->v.status != ANSWER_OK || true ||")]),
    ("rules.test_rule_03_dead_units_slow_nobody", "a lost unit is asked without a pause, each time for a second",
     "instead of 1 s beside dead ones",
     [("agent/core/poller_phase.c", "			u->probe_due = poller_after_backoff(p,",
       "			u->probe_due = now;\n		if (u->out > 99)\n			(void)poller_after_backoff(p,"),
      ("drivers/modbus/rtu.c", "		if (d.v.status == ANSWER_TIMEOUT)\n			return ANSWER_TIMEOUT;",
       "		if (d.v.status == ANSWER_TIMEOUT) {\n			(void)link_wait(l, -1, POLLIN, mono_add_ms(clock_mono(), 1000));\n"
       "			return ANSWER_TIMEOUT;\n		}")]),
    ("rules.test_rule_03_dead_units_slow_nobody", "a lost unit must answer twice", "in vain for box5 to be online",
     [("agent/core/poller_phase.c", "	q->misses = 0;\n",
       "	static unsigned answers;\n\n	if (was == DEVICE_LOST && ++answers % 8 != 0)\n		return POLLER_ALIVE;\n"
       "	q->misses = 0;\n")]),
    ("rules.test_rule_04_what_is_mute_is_one_unit_of_one_bus", "what is lost is found by its unit alone",
     "unit 3 is polled each",
     [("agent/core/poller_phase.c", "		lose(p, device, now);\n",
       "		for (size_t i = 0; i < p->site->device_count; i++)\n"
       "			if (p->site->devices[i].unit == p->site->devices[device].unit)\n				lose(p, i, now);\n")]),
    ("rules.test_rule_04_what_is_mute_is_one_unit_of_one_bus", "alarms are not taken up at a start", "'NoneType'",
     [("agent/house/house.c", "(void)core_restore(h->core, &h->stored.alarms[i]);", "(void)i;")]),
    ("rules.test_rule_05_timeout_is_of_the_cycle", "after a silence the next GET goes out", "in vain for box1 to be lost",
     [("drivers/snmp/device_answer.c", "		go_on = take_silence(d, now->mono);",
       "		take_silence(d, now->mono), go_on = true;"),
      ("drivers/snmp/device_ask.c", "	if (!mono_before(now, d->deadline)) {", "	if (false) {"),
      ("drivers/snmp/device_ask.c", ".give_up = d->deadline}", ".give_up = MONO_NEVER}")]),
    ("rules.test_rule_06_discovery_holds_up_nobody", "the library searches the engine", "the loop was held for",
     [("drivers/snmp/session.c", "	of(s)->flags |= SNMP_FLAGS_DONT_PROBE;", "	of(s)->flags &= ~(u_long)SNMP_FLAGS_DONT_PROBE;"),
      ("drivers/snmp/peer_engine.c", "	       (p->claim.id.length == 0 || p->engine_doubtful);", "	       false;")]),
    ("rules.test_rule_07_size_of_a_get_is_learned", "what is too big is not halved", "in vain for all values",
     [("drivers/snmp/batch.c", "	mark_bad(b, n, now, TOO_BIG_FOR_MS);\n	b->size = at_least_one(n / 2);",
       "	mark_bad(b, n, now, TOO_BIG_FOR_MS);\n	b->size = n;")]),
    ("rules.test_rule_07_size_of_a_get_is_learned", "the size is forgotten after each poll", "again: [",
     [("drivers/snmp/device.c", "	d->deadline = mono_add_ms(now, b->budget_ms);",
       "	batch_init(&d->batch, d->batch.limit);\n	d->deadline = mono_add_ms(now, b->budget_ms);")]),
    ("test_rule_07_size_grows_daily", "a size never grows again", "0xa != 0x14",
     [("drivers/snmp/batch.c", "#define TOO_BIG_FOR_MS (24 *", "#define TOO_BIG_FOR_MS (365 * 24 *")]),
    ("rules.test_rule_08_refused_hole_alone_is_split", "a refused read is not split", "in vain for all values",
     [("agent/core/plan.c", "	if (parts == 1) {", "	if (parts >= 1) {")]),
    ("rules.test_rule_08_refused_hole_alone_is_split", "it is split at every hole", "asked for [(0, 5), (7, 5)",
     [("agent/core/poll.c", "	plan_rejoin(q->plan);\n", "")]),
    ("rules.test_rule_09_nothing_after_the_last_acked_is_lost", "an event has arrived when it was sent", "sent again from",
     [("agent/sinks/mqtt/events.c", "	if (!stream_confirm(&m->live, msg->life, msg->seq) ||",
       "	if (m->live.sent > m->published)\n		m->live.confirmed = m->live.sent;\n	if ("),
      ("agent/sinks/mqtt/events.c", "	/* lost: the next connection starts behind what has arrived */",
       "	else\n		live_arrived(m, msg, now);")]),
    ("rules.test_rule_09_queue_is_bounded", "what is missing is passed over in silence", "no gap tells of [",
     [("agent/store/db_gap.c", "	e->type = EVENT_GAP;\n	e->has_value = true;", "	e->type = EVENT_SYSTEM;\n	e->has_value = true;")]),
    ("rules.test_rule_09_reload_and_reconnect_clear_nothing", "a start begins behind the newest event", "Error",
     [("agent/house/house.c", ".published = h->stored.cursors[0],", ".published = h->stored.last_seq,")]),
    ("rules.test_rule_09_corrupt_tail_is_cut", "a store that looks odd is put aside", "lost: {",
     [("agent/store/db_open.c", 'expect(d, "PRAGMA quick_check(1)", "ok", TROUBLE_DAMAGED)',
       'expect(d, "PRAGMA quick_check(1)", "as it was left", TROUBLE_DAMAGED)')]),
    ("rules.test_rule_10_idle_connection_is_kept", "nothing looks after an idle connection", "AssertionError",
     [("agent/sinks/mqtt/session.c", "	rc = mosquitto_loop_misc(s->mosq);", "	rc = MOSQ_ERR_SUCCESS;")]),
    ("rules.test_rule_10_subscriptions_come_again", "it subscribes at the first connection alone", "no answer after a reconnect",
     [("agent/sinks/mqtt/session.c", "		subscribe(s);\n",
       "		static bool before;\n\n		if (!before)\n			subscribe(s);\n		before = true;\n")]),
    ("rules.test_rule_10_pauses_grow_at_random", "no pause", "tries in 10 s",
     [("agent/sinks/mqtt/wire.c", "	w->retry_at = mono_add_ms(now, backoff_ms(w));", "	w->retry_at = ((void)backoff_ms, now);")]),
    ("rules.test_rule_10_pauses_grow_at_random", "pauses do not grow", "tries in 10 s",
     [("agent/sinks/mqtt/wire.c", "		cap *= 2;", "		cap *= 1;")]),
    ("rules.test_rule_10_pauses_grow_at_random", "no chance in the pauses", "no chance in it",
     [("agent/sinks/mqtt/wire.c", "	return BACKOFF_FLOOR_MS + (int64_t)(next_random(w) % (uint64_t)(cap - BACKOFF_FLOOR_MS));",
       "	return (void)next_random, cap;")]),
    ("rules.test_rule_11_clock_steps_by_a_year", "what is timed is timed by the wall clock", "Error",
     [("agent/base/clock.c", "	clock_gettime(CLOCK_MONOTONIC, &ts);\n	return (mono_t){(int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000};",
       "	static int64_t behind_us;\n	int64_t wall_us = clock_wall().us;\n\n	clock_gettime(CLOCK_MONOTONIC, &ts);\n"
       "	if (behind_us == 0)\n		behind_us = wall_us - ((int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);\n"
       "	return (mono_t){wall_us - behind_us};")]),
    ("rules.test_rule_12_alarms_see_what_is_not_published", "alarms are judged by what was published",
     "in vain for box/reading_high to be unacknowledged",
     [("agent/core/alarms.c", "	derive_input(c, point, now);\n",
       "	derive_input(c, point, now);\n	if (!c->state.changed.in[point])\n		return;\n")]),
    ("rules.test_rule_12_alarms_see_what_is_not_published", "the deadband counts from the sample before", "in vain for the drift",
     [("agent/core/state.c", "	if (sample->has_value)\n		p->value = sample->value;",
       "	p->told_value = p->value;\n	if (sample->has_value)\n		p->value = sample->value;")]),
    ("rules.test_rule_13_parent_before_child", "a child's alarm does not wait", "in vain for parent/comm_lost",
     [("agent/core/cause.c", "	start_waiting(c, device, now);\n	decide(c, device, now);\n	decide_children", "	accuse(c, device, now);\n	decide_children")]),
    ("rules.test_rule_14_a_lasting_fault_is_two_lines", "a fault is said at each poll", "lines: [",
     [("agent/core/poller_phase.c", "	q->misses++;\n", "	q->misses++;\n	log_notice(\"%s: does not answer\", p->site->devices[device].name);\n"),
      ("agent/core/poller_phase.c", '#include "core/state.h"\n', '#include "base/log.h"\n#include "core/state.h"\n')]),
    ("rules.test_rule_14_a_lasting_fault_is_two_lines", "its end is not said", "in vain for a line of the end",
     [("agent/base/log.c", "	if ((int)level > max_level)\n		return;\n	va_start(ap, fmt);",
       "	if ((int)level > max_level)\n		return;\n	va_start(ap, fmt);\n	for (char line[4096]; fmt != NULL;) {\n"
       "		va_list too;\n\n		va_copy(too, ap);\n		vsnprintf(line, sizeof(line), fmt, too);\n		va_end(too);\n"
       "		fmt = strstr(line, \"again\") != NULL ? NULL : fmt;\n		break;\n	}\n	if (fmt == NULL) {\n		va_end(ap);\n"
       "		return;\n	}")]),
    ("rules.test_rule_15_absent_at_start_is_normal", "a port that is not there ends the start", "facilityd has ended",
     [("drivers/modbus/rtu_port.c", "	r->carrier = carrier;\n",
       "	r->carrier = carrier;\n	if (carrier->is_serial && access(l->spec->port, F_OK) != 0)\n		return false;\n"),
      ("drivers/modbus/rtu_port.c", "#include \"drivers/modbus/rtu.h\"\n", "#include \"drivers/modbus/rtu.h\"\n#include <unistd.h>\n")]),
    ("rules.test_rule_16_bad_config_on_reload", "a bad file is taken all the same", "Error",
     [("agent/house/reload.c", "	good = !killed && WIFEXITED(status) && WEXITSTATUS(status) == 0;", "	good = !killed;")]),
    ("rules.test_rule_16_bad_config_on_reload", "no key is suggested", "did you mean",
     [("agent/site/finding.c", "	if (near && n > 1 && word[0] && word[1])", "	if (near && n > 1 && word[0] == '\\0')")]),
]


def text(path):
    with open(path) as f:
        return f.read()


def fits(top, edits):
    """None, or which of the old texts is not there exactly once."""
    for path, old, _ in edits:
        n = text(os.path.join(top, path)).count(old)
        if n != 1:
            return f"{path} has this {n} times, not once: {old!r}"
    return None


def test_breaks_fit(room):
    """Every break finds its place still, and every rule has one. Cheap, so that `make broken` never grows stale."""
    wrong = [f"{test}: {why}" for test, _, _, edits in BREAKS if (why := fits(TOP, edits))]
    assert not wrong, "\n".join(wrong)
    rules = set(re.findall(r"^def (test_rule_\w+)", text(f"{TOP}/tests/faults/rules.py"), re.M))
    bare = rules - {test.split(".")[-1] for test, *_ in BREAKS}
    assert not bare, f"never seen to fail: {bare}"
    assert {f"{n:02}" for n in range(1, 17)} == {r.split("_")[2] for r in rules}
    return f"{len(BREAKS)} breaks"


def run(top, *argv, seconds=600):
    r = subprocess.run(argv, cwd=top, capture_output=True, text=True, errors="replace", timeout=seconds,
                       env={**os.environ, "BUILD": "build", "TESTS_AT_ONCE": "1"})
    return r.returncode, r.stdout + r.stderr


def build(top, test):
    """Without -Werror: a broken product may have an unused variable."""
    unit = [] if "." in test else [f"build/unit/{test}"]
    code, out = run(top, "make", f"-j{os.cpu_count()}", "WARN=", "all", *unit)
    assert code == 0, f"does not build:\n{out[-2000:]}"


def message(out):
    """The line that a failed test ends with."""
    lines = [x for x in re.findall(r"^(?:[\w.]+Error.*|\[\s+ERROR.*|\S+ (?:!=|<) .*)$", out, re.M)]
    return lines[0][:200] if lines else out.strip().splitlines()[-1][:200]


def break_one(top, test, says, edits):
    """Returns the failed test's message; raises AssertionError where it passes or fails otherwise."""
    why = fits(top, edits)
    assert not why, why
    whole = {path: text(os.path.join(top, path)) for path, _, _ in edits}
    try:
        for path, old, new in edits:
            now = text(os.path.join(top, path))
            put(top, path, now.replace(old, new))
        build(top, test)
        argv = [sys.executable, "tests/run.py", "faults", test] if "." in test else [f"build/unit/{test}"]
        code, out = run(top, *argv)
        assert code != 0, "PASSES on a broken product"
        assert says in out, f"fails, but does not say {says!r}: {message(out)}"
        return message(out)
    finally:
        for path, now in whole.items():
            put(top, path, now)


def put(top, path, now):
    with open(os.path.join(top, path), "w") as f:
        f.write(now)


def main():
    words = sys.argv[1:]
    failed = passed = 0
    with tempfile.TemporaryDirectory(prefix="facilityd-broken-") as temp:
        top = os.path.join(temp, "tree")
        shutil.copytree(TOP, top, ignore=SKIP, symlinks=True)
        os.makedirs(f"{top}/tests/unit", exist_ok=True)
        shutil.copytree(f"{TOP}/tests/unit", f"{top}/tests/unit", dirs_exist_ok=True)
        os.makedirs(f"{top}/build/unit", exist_ok=True)
        for test, what, says, edits in BREAKS:
            if words and not any(w in test for w in words):
                continue
            try:
                print(f"ok   {test}: {what}\n       {break_one(top, test, says, edits)}", flush=True)
                passed += 1
            except AssertionError as e:
                print(f"FAIL {test}: {what}\n       {e}", flush=True)
                failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
