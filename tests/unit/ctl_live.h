/* A small room on the live screen, as the agent would tell it, and what the screen would show. */
#ifndef TEST_CTL_LIVE_H
#define TEST_CTL_LIVE_H

#include "base/text.h"
#include "ctl/draw.h"
#include "ctl/live.h"
#include "ctl/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
/* cmocka wants these first. */
#include <cmocka.h>

static const wall_t now = {1795251610000000}; /* 2026-11-21T09:00:10Z */

static const char *const stream[] = {
    "{\"ok\":true,\"watch\":\"begin\",\"epoch\":\"7f\"}",
    "{\"watch\":\"status\",\"agent\":{\"site\":\"annex-2f\",\"title\":\"別館２階コンピュータ室\","
    "\"version\":\"v1\",\"uptime_s\":720,\"time\":\"2026-11-21T09:00:10.000Z\",\"clock\":"
    "\"synced\"},\"parts\":[{\"part\":\"store\",\"ok\":true},{\"part\":\"mqtt\",\"ok\":false}],"
    "\"panel\":{\"green\":\"off\",\"amber\":\"slow\",\"red\":\"fast\",\"buzzer\":\"steady\"}}",
    "{\"watch\":\"alarm\",\"device\":\"crac1\",\"alarm\":\"return_air_high\",\"state\":"
    "\"acknowledged\",\"who\":\"Sato (root)\",\"priority\":\"high\",\"since\":\"2026-11-21T08:59:"
    "00.000Z\",\"raised\":\"2026-11-21T08:47:00.000Z\",\"point\":\"return_air_temperature\","
    "\"title\":\"Return air too warm\",\"text\":"
    "\"Return air 30.4 °C is above 30 °C\"}",
    "{\"watch\":\"alarm\",\"device\":\"leak1\",\"alarm\":\"leak\",\"title\":\"漏水\",\"state\":"
    "\"unacknowledged\",\"priority\":\"critical\",\"since\":\"2026-11-21T09:00:00.000Z\","
    "\"text\":\"床下で漏水を検知しました Water under the floor\",\"impact\":\"All of row A.\","
    "\"remedy\":\"Close the valve V3 behind crac1, then call the building office.\"}",
    "{\"watch\":\"alarm\",\"device\":\"ups1\",\"alarm\":\"comm_lost\",\"state\":\"unacknowledged\","
    "\"priority\":\"medium\",\"since\":\"2026-11-20T09:00:00.000Z\",\"text\":\"ups1 does not "
    "answer\"}",
    "{\"watch\":\"alarm\",\"device\":\"env1\",\"alarm\":\"comm_lost\",\"state\":\"suppressed\","
    "\"priority\":\"medium\",\"cause\":\"ups1/comm_lost\",\"text\":\"env1 does not answer\"}",
    "{\"watch\":\"alarm\",\"device\":\"crac1\",\"alarm\":\"fan_stopped\",\"title\":\"Fan "
    "stopped\",\"state\":\"shelved\",\"priority\":\"high\",\"since\":\"2026-11-21T08:00:00.000Z\","
    "\"until\":\"2026-11-21T10:00:00.000Z\",\"reason\":\"Sato: filter\",\"text\":\"Fan stopped\"}",
    "{\"watch\":\"zone\",\"zone\":\"room\",\"title\":\"コンピュータ室\"}",
    "{\"watch\":\"zone\",\"zone\":\"row_a\",\"title\":\"A列\",\"in\":\"room\"}",
    "{\"watch\":\"device\",\"device\":\"crac1\",\"title\":\"空調機１号\",\"state\":\"online\","
    "\"kind\":\"hvac\",\"zone\":\"row_a\",\"link\":\"rs485_1\",\"since\":\"2026-11-21T08:00:00."
    "000Z\",\"key_points\":[\"return_air_temperature\",\"fan_state\",\"fan_speed\"]}",
    "{\"watch\":\"device\",\"device\":\"leak1\",\"title\":\"Leak cable\",\"state\":\"online\","
    "\"kind\":\"leak\",\"zone\":\"room\"}",
    "{\"watch\":\"device\",\"device\":\"ups1\",\"title\":\"UPS\",\"state\":\"lost\",\"reason\":"
    "\"timeout\",\"fault\":\"UPS does not answer on SNMP.\",\"since\":\"2026-11-20T09:00:00.000Z\","
    "\"zone\":\"room\",\"key_points\":[\"output_load\"]}",
    "{\"watch\":\"device\",\"device\":\"env1\",\"title\":\"Climate\",\"state\":\"failing\","
    "\"zone\":\"row_a\",\"parent\":\"ups1\"}",
    "{\"watch\":\"point\",\"device\":\"crac1\",\"point\":\"return_air_temperature\",\"title\":"
    "\"Return air\",\"value\":30.4,\"unit\":\"Cel\",\"quality\":\"good\",\"time\":"
    "\"2026-11-21T09:00:09.000Z\"}",
    "{\"watch\":\"point\",\"device\":\"crac1\",\"point\":\"fan_state\",\"title\":\"ファン\","
    "\"value\":1,\"text\":\"running\",\"label\":\"運転\",\"quality\":\"stale\",\"time\":\"2026-11-"
    "21T08:58:09.000Z\"}",
    "{\"watch\":\"point\",\"device\":\"ups1\",\"point\":\"output_load\",\"title\":\"Output "
    "load\",\"value\":null,\"unit\":\"%\",\"quality\":\"comm_lost\"}",
    "{\"watch\":\"ready\"}",
    "{\"watch\":\"event\",\"seq\":4,\"time\":\"2026-11-21T09:00:00.000Z\",\"clock\":\"synced\","
    "\"type\":\"alarm\",\"device\":\"leak1\",\"priority\":\"critical\",\"text\":\"Water under the "
    "floor\"}",
    "{\"watch\":\"event\",\"seq\":5,\"time\":\"2026-11-21T09:00:05.000Z\",\"clock\":\"unsynced\","
    "\"type\":\"operator\",\"device\":\"crac1\",\"who\":\"Sato (root)\",\"priority\":\"low\","
    "\"text\":\"Return air too warm acknowledged\"}",
};

/* Time passes for the screen. */
__attribute__((unused)) static void
wait_ms(struct live *l, int64_t ms)
{
	live_tick(l, mono_add_ms(l->now, ms), (wall_t){now.us + ms * 1000});
}

__attribute__((unused)) static struct live *
example(void)
{
	struct live *l = live_new(NULL);

	live_connected(l);
	json_decref(asks_next(&l->asks)); /* the watch goes out */
	for (size_t i = 0; i < sizeof(stream) / sizeof(stream[0]); i++)
		live_line(l, stream[i]);
	live_tick(l, (mono_t){1000000}, now);
	return l;
}

__attribute__((unused)) static void
type_text(struct live *l, const char *text)
{
	wchar_t wc;

	for (size_t n; *text != '\0'; text += n) {
		n = words_next(text, &wc);
		live_key(l, (int)wc);
	}
}

/* The next request that is not a question of the page, as JSON; "" where there is none. */
__attribute__((unused)) static char *
next_request(struct live *l, char *buf, size_t size)
{
	json_t *r = asks_next(&l->asks);
	char *text = r != NULL ? json_dumps(r, JSON_COMPACT) : NULL;

	text_copy(buf, size, text != NULL ? text : "");
	free(text);
	json_decref(r);
	return buf;
}

/* Does any row of the picture have this text? */
__attribute__((unused)) static bool
shows(const struct live *l, size_t rows, size_t columns, const char *text)
{
	struct canvas *c = draw(l, rows, columns, SYMBOLS_FULL, now);
	char line[4096];
	bool found = false;

	for (size_t row = 0; row < c->rows; row++)
		found |= strstr(canvas_text(c, row, line, sizeof(line)), text) != NULL;
	canvas_free(c);
	return found;
}

#endif
