/*
 * Rule 7, second half (Zabbix): a size of GET that was too big is tried again after a day, as
 * firmware changes, and not before. The first half is in tests/faults/rules.py; `make broken` shows
 * that this test can fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include "drivers/snmp/batch.h"

#define HOUR_MS (60 * 60 * 1000LL)
#define AT(ms)  ((mono_t){1000000 + (ms)*1000LL})

static void
a_size_is_tried_again_each_day(void **state)
{
	struct batch b;

	(void)state;
	batch_init(&b, 20);
	for (int day = 0; day < 3; day++) {
		int64_t began = day * 24 * HOUR_MS;

		assert_int_equal(batch_size(&b, AT(began)), 20);
		batch_too_big(&b, 20, AT(began));
		for (int hour = 0; hour < 24; hour++) {
			int64_t now = began + hour * HOUR_MS + 1;

			assert_int_equal(batch_size(&b, AT(now)), 10);
			batch_answered(&b, 10, AT(now));
		}
	}
	/* New firmware takes it: so it stays. */
	assert_int_equal(batch_size(&b, AT(72 * HOUR_MS)), 20);
	batch_answered(&b, 20, AT(72 * HOUR_MS));
	assert_int_equal(batch_size(&b, AT(73 * HOUR_MS)), 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_size_is_tried_again_each_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
