/* Any payload on any topic that the agent listens to: refused with a reason, or what it says. */
#include "fuzz.h"

#include "sinks/mqtt/command.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const consumers[] = {"historian", "cmms-1"};
	static const char *const topics[] = {"facility/hall/consumer/historian/ack",
	    "facility/hall/consumer/cmms-1/replay", "facility/hall/consumer/other/ack",
	    "facility/hall/consumer/historian/", "facility/hall", ""};
	struct command c;
	char err[200] = "";
	bool good;

	if (size == 0)
		return 0;
	good = command_read("facility/hall", consumers, 2, topics[data[0] % 6], data + 1, size - 1,
	    &c, err, sizeof(err));
	if (good) {
		FUZZ_CHECK(c.kind < COMMAND_KIND_COUNT && c.consumer < 2);
		FUZZ_CHECK(memchr(c.epoch, '\0', sizeof(c.epoch)) != NULL);
		FUZZ_CHECK(c.kind == COMMAND_REPLAY || c.from == c.to);
	} else
		FUZZ_CHECK(err[0] != '\0');
	for (const char *p = err; *p != '\0'; p++)
		FUZZ_CHECK((unsigned char)*p >= 0x20);
	return 0;
}
