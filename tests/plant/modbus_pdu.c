#include "modbus_pdu.h"

#include <string.h>

enum { BITS_MAX = 2000, REGISTERS_MAX = 125, READ_REQUEST_LENGTH = 5, IDENTIFY = 0x2b };

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void
put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* Registers that one row of this kind takes. */
static unsigned
width(const struct reg *r)
{
	return r->kind == REG_LONG_HI || r->kind == REG_FLOAT_LO ? 2 : 1;
}

static uint32_t
float_bits(const struct device *d, const struct reg *r)
{
	int decimals = d->type->points[r->point].decimals;
	float value = (float)((double)d->raw[r->point] / (double)decimal_factor(decimals));
	uint32_t bits;

	memcpy(&bits, &value, sizeof bits);
	return bits;
}

/* What row r shows in its register number part (0 or 1). */
static uint16_t
reg_word(const struct device *d, const struct reg *r, unsigned part)
{
	int64_t raw = r->point == REG_FIXED ? r->fixed : d->raw[r->point];

	switch ((enum reg_kind)r->kind) {
	case REG_BIT:
		return raw != 0;
	case REG_FLAG:
		return (uint16_t)((raw != 0) << r->bit);
	case REG_LONG_HI:
		return (uint16_t)((uint32_t)raw >> (part == 0 ? 16 : 0));
	case REG_FLOAT_LO:
		return (uint16_t)(float_bits(d, r) >> (part == 0 ? 0 : 16));
	case REG_WORD:
		break;
	}
	return (uint16_t)raw;
}

/* Content of one address in one table. False: the map does not have it. */
static bool
lookup(const struct device *d, unsigned table, unsigned address, uint16_t *word)
{
	bool found = false;

	*word = 0;
	if (d->type->window && d->type->window(d->room, table, address, word))
		return true;
	for (size_t i = 0; i < d->type->n_regs; i++) {
		const struct reg *r = &d->type->regs[i];
		unsigned run = r->run ? r->run : 1;
		if (!(r->tables & table) || address < r->address ||
		    address >= r->address + run * width(r))
			continue;
		*word |= reg_word(d, r, (address - r->address) % width(r));
		found = true;
	}
	return found;
}

size_t
modbus_refuse(struct device *d, uint8_t function, enum modbus_exception why, uint8_t *reply)
{
	d->counters.exceptions++;
	reply[0] = function | 0x80;
	reply[1] = (uint8_t)why;
	return 2;
}

/*
 * Read Device Identification as a stream from an object on, two objects in a reply so that a client
 * has to go on. (V1.1b3, 6.21.)
 */
static size_t
identify(struct device *d, const uint8_t *request, size_t n, uint8_t *reply)
{
	enum { MEI = 0x0e, BASIC = 1, REGULAR = 2, STREAM_ONLY = 2, OBJECTS = 7, AT_ONCE = 2 };
	const char *const *texts = d->type->identity;
	unsigned object = request[3], end = request[2] == BASIC ? 3 : OBJECTS;
	size_t length = 7;

	if (n != 4 || request[1] != MEI || (request[2] != BASIC && request[2] != REGULAR))
		return modbus_refuse(d, request[0], ILLEGAL_DATA_VALUE, reply);
	if (object >= end || !texts[object])
		object = 0;
	memset(reply, 0, length);
	memcpy(reply, request, 3);
	reply[3] = STREAM_ONLY;
	for (; object < end && reply[6] < AT_ONCE; object++) {
		size_t text = texts[object] ? strlen(texts[object]) : 0;

		if (!texts[object])
			continue;
		reply[length] = (uint8_t)object;
		reply[length + 1] = (uint8_t)text;
		memcpy(reply + length + 2, texts[object], text);
		length += 2 + text;
		reply[6]++;
	}
	while (object < end && !texts[object])
		object++;
	if (object < end) {
		reply[4] = 0xff;
		reply[5] = (uint8_t)object;
	}
	return length;
}

size_t
modbus_answer(struct device *d, const uint8_t *request, size_t n, uint8_t *reply)
{
	static const uint8_t tables[] = {
	    [1] = TABLE_COIL, [2] = TABLE_DISCRETE, [3] = TABLE_HOLDING, [4] = TABLE_INPUT};
	uint8_t function = request[0];
	bool bits = function <= 2;
	size_t bytes;

	d->counters.requests++;
	if (d->wire.refuse)
		return modbus_refuse(d, function, SERVER_DEVICE_FAILURE, reply);
	if (function == IDENTIFY && d->type->identity && n >= 4)
		return identify(d, request, n, reply);
	if (function < 1 || function >= sizeof tables)
		return modbus_refuse(d, function, ILLEGAL_FUNCTION, reply);
	if (n != READ_REQUEST_LENGTH)
		return modbus_refuse(d, function, ILLEGAL_DATA_VALUE, reply);
	unsigned first = get16(request + 1), count = get16(request + 3);
	if (count == 0 || count > (bits ? BITS_MAX : REGISTERS_MAX))
		return modbus_refuse(d, function, ILLEGAL_DATA_VALUE, reply);

	bytes = bits ? (count + 7) / 8 : count * 2;
	memset(reply, 0, bytes + 2);
	reply[0] = function;
	reply[1] = (uint8_t)bytes;
	for (unsigned i = 0; i < count; i++) {
		uint16_t word;
		if (!lookup(d, tables[function], first + i, &word))
			return modbus_refuse(d, function, ILLEGAL_DATA_ADDRESS, reply);
		if (bits)
			reply[2 + i / 8] |= (uint8_t)(word << i % 8);
		else
			put16(reply + 2 + i * 2, word);
	}
	return bytes + 2;
}

size_t
modbus_lie(const struct device *d, uint8_t *reply, size_t n)
{
	size_t more = reply[1] <= 2 ? 1 : 2;

	switch (d->wire.lie) {
	case LIE_UNIT:
		reply[0] = (uint8_t)(reply[0] % 247 + 1);
		break;
	case LIE_FUNCTION:
		reply[1] ^= 3 ^ 4; /* holding for input registers, and the like */
		break;
	case LIE_LENGTH:
		if (reply[1] & 0x80 || reply[2] + more > 250)
			break;
		memset(reply + n, 0x55, more);
		reply[2] = (uint8_t)(reply[2] + more);
		n += more;
		break;
	default:
		break;
	}
	return n;
}
