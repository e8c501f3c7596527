/* Dry contacts of the board as a link: answers, pokes, a line that is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "drivers/gpio/contacts.h"
#include "gpio_kernel.h"

static const struct terminal_spec terminals[] = {
    {"di1", {.chip = "soc", .offset = 0}},
    {"di2", {.chip = "soc", .offset = 1}},
    {"di3", {.chip = "soc", .offset = 2}},
};
static const struct contact_spec door[] = {
    {"open", 0, false, 20},
    {"closed", 2, true, 20},
};
static const struct contact_spec fire[] = {{"fire", 1, false, 0}};
static const struct device_spec devices[] = {
    {.name = "other", .link = 0},
    {.name = "door", .link = 1, .contacts = door, .contact_count = 2},
    {.name = "fire", .link = 1, .contacts = fire, .contact_count = 1},
};
static const struct site site = {.devices = devices,
    .device_count = 3,
    .board = {.name = "test", .terminals = terminals, .terminal_count = 3}};

struct bench {
	struct loop *loop;
	struct mailbox *answers;
	struct link *link;
	int poked[3];
	struct baton baton;
	struct ask asks[2];
	struct answer results[2];
	uint16_t words[2];
};

static void
on_poke(void *arg, int device, const struct now *now)
{
	(void)now;
	((struct bench *)arg)->poked[device]++;
}

static void
start(struct bench *b)
{
	*b = (struct bench){.loop = loop_new(), .answers = mailbox_new()};
	b->link = contacts_open(&(struct link_env){.site = &site,
				    .link = 1,
				    .loop = b->loop,
				    .answers = b->answers,
				    .poke = on_poke,
				    .poke_arg = b},
	    &kernel_lib);
	assert_non_null(b->link);
}

static void
stop(struct bench *b)
{
	contacts_driver.close(b->link);
	loop_free(b->loop);
	mailbox_free(b->answers);
	for (int i = 0; i < 3; i++)
		assert_false(kernel[i].taken);
}

/* Asks all contacts of a device; the baton is home at once. */
static void
ask(struct bench *b, int device, size_t n)
{
	b->baton = (struct baton){.device = device,
	    .asks = b->asks,
	    .answers = b->results,
	    .ask_count = n,
	    .ask_room = 2};
	for (size_t i = 0; i < n; i++) {
		b->asks[i] =
		    (struct ask){.table = TABLE_CONTACT, .address = (uint16_t)i, .count = 1};
		b->words[i] = 7;
		b->results[i] = (struct answer){.words = &b->words[i], .room = 1};
	}
	contacts_driver.submit(b->link, &b->baton);
	assert_ptr_equal(mailbox_take_all(b->answers), &b->baton.mail);
}

static void
a_change_pokes_and_is_the_answer(void **state)
{
	struct link_health h;
	struct bench b;

	(void)state;
	kernel_reset();
	kernel[2].level = true;
	start(&b);
	ask(&b, 1, 2);
	assert_int_equal(b.results[0].status, ANSWER_OK);
	assert_int_equal(b.words[0], 0);
	assert_int_equal(b.words[1], 0); /* closed at the terminal, turned round */
	assert_true(b.results[1].at.us > 0);

	kernel_move(0, true);
	kernel_move(2, false);
	ask(&b, 1, 2);
	assert_int_equal(b.words[0], 0); /* it may bounce still */
	run_for(b.loop, 60);
	assert_int_equal(b.poked[1], 2);
	assert_int_equal(b.poked[0] + b.poked[2], 0);
	ask(&b, 1, 2);
	assert_int_equal(b.words[0], 1);
	assert_int_equal(b.words[1], 1);

	kernel_move(1, true);
	run_for(b.loop, 5);
	assert_int_equal(b.poked[2], 1);
	ask(&b, 2, 1);
	assert_int_equal(b.words[0], 1);
	contacts_driver.health(b.link, &h);
	assert_true(h.up);
	assert_string_equal(h.text, "3 of 3 contacts are seen, 3 edges");
	stop(&b);
}

/* Nobody knows how a contact stands whose line is gone: no answer, not the last one. */
static void
a_missing_line_is_no_answer(void **state)
{
	struct link_health h;
	struct bench b;

	(void)state;
	kernel_reset();
	kernel[0].taken_by = "sysfs";
	start(&b);
	ask(&b, 1, 2);
	assert_int_equal(b.results[0].status, ANSWER_NO_LINK);
	assert_int_equal(b.results[1].status, ANSWER_OK);
	contacts_driver.health(b.link, &h);
	assert_false(h.up);
	assert_non_null(strstr(h.text, "2 of 3 contacts are seen"));
	assert_non_null(strstr(h.text, "not open: line 0 is in use by \"sysfs\""));

	kernel[1].there = false;
	run_for(b.loop, 1100);
	assert_int_equal(b.poked[2], 1);
	ask(&b, 2, 1);
	assert_int_equal(b.results[0].status, ANSWER_NO_LINK);
	stop(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_change_pokes_and_is_the_answer),
	    cmocka_unit_test(a_missing_line_is_no_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
