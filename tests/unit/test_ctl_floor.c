/* The plan of the room: every device once, boxes inside their box, nothing over another thing. */
#include "ctl/floor.h"
#include "ctl_live.h"

/* rows x racks zones in one room, with so many devices in each rack, and one in the room. */
static struct live *
hall(int rows, int racks, int devices)
{
	struct live *l = live_new(NULL);
	char line[512];

	live_connected(l);
	json_decref(asks_next(&l->asks));
	live_line(l, stream[0]);
	live_line(l, "{\"watch\":\"zone\",\"zone\":\"hall\"}");
	live_line(l, "{\"watch\":\"device\",\"device\":\"door\",\"zone\":\"hall\"}");
	live_line(l, "{\"watch\":\"device\",\"device\":\"site\"}"); /* in no zone */
	for (int r = 0; r < rows; r++) {
		text_printf(line, sizeof(line),
		    "{\"watch\":\"zone\",\"zone\":\"row%d\",\"in\":\"hall\"}", r);
		live_line(l, line);
		for (int k = 0; k < racks; k++) {
			text_printf(line, sizeof(line),
			    "{\"watch\":\"zone\",\"zone\":\"rack%d.%d\",\"in\":\"row%d\"}", r, k,
			    r);
			live_line(l, line);
			for (int d = 0; d < devices; d++) {
				text_printf(line, sizeof(line),
				    "{\"watch\":\"device\",\"device\":\"d%d.%d.%d\",\"zone\":"
				    "\"rack%d.%d\"}",
				    r, k, d, r, k);
				live_line(l, line);
			}
		}
	}
	live_line(l, "{\"watch\":\"ready\"}");
	live_tick(l, (mono_t){1000000}, now);
	return l;
}

static bool
inside(const struct floor_cell *c, const struct floor_box *b)
{
	return c->top > b->top && c->top + c->rows < b->top + b->rows && c->left > b->left &&
	       c->left + c->columns < b->left + b->columns;
}

static const struct floor_box *
box_of(const struct floor *f, size_t zone)
{
	for (size_t i = 0; i < f->box_count; i++)
		if (f->boxes[i].zone == zone)
			return &f->boxes[i];
	return NULL;
}

/* Marks the cells of the screen that a device takes; none is taken twice. */
static void
assert_apart(const struct floor *f, size_t rows, size_t columns)
{
	char *taken = calloc(rows * columns, 1);

	for (size_t i = 0; i < f->cell_count; i++)
		for (size_t y = 0; y < f->cells[i].rows; y++)
			for (size_t x = 0; x < f->cells[i].columns; x++) {
				size_t at = (f->cells[i].top + y) * columns + f->cells[i].left + x;

				assert_true(at < rows * columns);
				assert_int_equal(taken[at]++, 0);
			}
	free(taken);
}

static void
assert_plan(const struct view *v, const struct floor *f, size_t rows, size_t columns)
{
	assert_true(f->rows <= rows);
	assert_int_equal(f->cell_count, v->device_count);
	assert_int_equal(f->box_count, v->zone_count);
	assert_apart(f, rows, columns);
	for (size_t i = 0; i < f->cell_count; i++) {
		size_t zone = v->devices[f->cells[i].device].zone_index;

		if (zone != VIEW_NONE)
			assert_true(inside(&f->cells[i], box_of(f, zone)));
	}
	for (size_t i = 0; i < f->box_count; i++) {
		const struct floor_box *b = &f->boxes[i];
		size_t in = v->zones[b->zone].in_index;

		assert_true(b->left + b->columns <= columns && b->top + b->rows <= rows);
		if (in == VIEW_NONE)
			continue;
		const struct floor_box *outer = box_of(f, in);
		assert_true(outer < b); /* drawn before what is inside it */
		assert_true(b->top > outer->top && b->top + b->rows < outer->top + outer->rows);
		assert_true(
		    b->left > outer->left && b->left + b->columns < outer->left + outer->columns);
	}
}

static void
every_plan_is_sound(void **state)
{
	size_t plans = 0;

	(void)state;
	for (int rows = 0; rows <= 3; rows++)
		for (int racks = 0; racks <= 4; racks++) {
			struct live *l = hall(rows, racks, 3);

			for (size_t high = 1; high < 120; high += 7)
				for (size_t wide = 10; wide < 310; wide += 23) {
					struct floor *f = floor_new(l->view, high, wide);

					if (f != NULL)
						assert_plan(l->view, f, high, wide);
					plans += f != NULL;
					floor_free(f);
				}
			live_free(l);
		}
	assert_true(plans > 500);
}

/* Less space, less detail, and at the end no plan at all. */
static void
detail_goes_with_the_space(void **state)
{
	struct live *l = hall(2, 2, 4);
	int last = FLOOR_VALUES;

	(void)state;
	for (size_t high = 60; high > 0; high--) {
		struct floor *f = floor_new(l->view, high, 80);
		int detail = f != NULL ? (int)f->detail : FLOOR_DETAIL_COUNT;

		assert_true(detail >= last);
		last = detail;
		floor_free(f);
	}
	assert_int_equal(last, FLOOR_DETAIL_COUNT);
	struct floor *f = floor_new(l->view, 60, 80);
	assert_int_equal(f->detail, FLOOR_VALUES);
	floor_free(f);
	live_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_plan_is_sound),
	    cmocka_unit_test(detail_goes_with_the_space),
	};

	words_locale();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
