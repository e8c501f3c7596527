#include "sinks/trap/mib.h"

/* facilityObjects: the numbers are those of the MIB file. */
enum column {
	COLUMN_END = 0,
	COLUMN_EPOCH = 1,
	COLUMN_SEQ,
	COLUMN_TIME,
	COLUMN_CLOCK,
	COLUMN_SITE,
	COLUMN_ZONE,
	COLUMN_DEVICE,
	COLUMN_POINT,
	COLUMN_ALARM,
	COLUMN_FROM,
	COLUMN_TO,
	COLUMN_PRIORITY,
	COLUMN_VALUE,
	COLUMN_UNIT,
	COLUMN_QUALITY,
	COLUMN_TEXT,
	COLUMN_IMPACT,
	COLUMN_REMEDY,
	COLUMN_WHO,
	COLUMN_MISSING,
	COLUMN_LIST,
	COLUMN_LISTED,
	COLUMN_COUNT
};

/* facilityClock */
enum { CLOCK_SYNCED = 1, CLOCK_UNSYNCED = 2 };

#define COLUMN_ID_LENGTH 13
#define COLUMN_ID(n)     [n] = {MIB_ARM, 1, n, 0}
static const uint32_t column_ids[COLUMN_COUNT][COLUMN_ID_LENGTH] = {
    COLUMN_ID(COLUMN_EPOCH),
    COLUMN_ID(COLUMN_SEQ),
    COLUMN_ID(COLUMN_TIME),
    COLUMN_ID(COLUMN_CLOCK),
    COLUMN_ID(COLUMN_SITE),
    COLUMN_ID(COLUMN_ZONE),
    COLUMN_ID(COLUMN_DEVICE),
    COLUMN_ID(COLUMN_POINT),
    COLUMN_ID(COLUMN_ALARM),
    COLUMN_ID(COLUMN_FROM),
    COLUMN_ID(COLUMN_TO),
    COLUMN_ID(COLUMN_PRIORITY),
    COLUMN_ID(COLUMN_VALUE),
    COLUMN_ID(COLUMN_UNIT),
    COLUMN_ID(COLUMN_QUALITY),
    COLUMN_ID(COLUMN_TEXT),
    COLUMN_ID(COLUMN_IMPACT),
    COLUMN_ID(COLUMN_REMEDY),
    COLUMN_ID(COLUMN_WHO),
    COLUMN_ID(COLUMN_MISSING),
    COLUMN_ID(COLUMN_LIST),
    COLUMN_ID(COLUMN_LISTED),
};

/* Columns that are a text of the event as it stands. */
static const size_t text_offsets[COLUMN_COUNT] = {
    [COLUMN_ZONE] = offsetof(struct event, zone),
    [COLUMN_DEVICE] = offsetof(struct event, device),
    [COLUMN_POINT] = offsetof(struct event, point),
    [COLUMN_ALARM] = offsetof(struct event, alarm),
    [COLUMN_FROM] = offsetof(struct event, from),
    [COLUMN_TO] = offsetof(struct event, to),
    [COLUMN_TEXT] = offsetof(struct event, text),
    [COLUMN_IMPACT] = offsetof(struct event, impact),
    [COLUMN_REMEDY] = offsetof(struct event, remedy),
    [COLUMN_WHO] = offsetof(struct event, who),
};

/* facilityNotifications, with their OBJECTS in the order of the MIB file. */
#define TRAP_ID_LENGTH 12
#define HEAD           COLUMN_EPOCH, COLUMN_SEQ, COLUMN_TIME, COLUMN_CLOCK, COLUMN_SITE

static const struct notification {
	uint32_t id[TRAP_ID_LENGTH];
	uint8_t columns[MIB_VARBINDS_MAX + 1]; /* ends with COLUMN_END */
} notifications[EVENT_TYPE_COUNT] = {
    [EVENT_ALARM] = {{MIB_ARM, 0, 1},
	{HEAD, COLUMN_ZONE, COLUMN_DEVICE, COLUMN_POINT, COLUMN_ALARM, COLUMN_FROM, COLUMN_TO,
	    COLUMN_PRIORITY, COLUMN_VALUE, COLUMN_UNIT, COLUMN_QUALITY, COLUMN_TEXT, COLUMN_IMPACT,
	    COLUMN_REMEDY, COLUMN_WHO}},
    [EVENT_DEVICE] = {{MIB_ARM, 0, 2},
	{HEAD, COLUMN_ZONE, COLUMN_DEVICE, COLUMN_FROM, COLUMN_TO, COLUMN_PRIORITY, COLUMN_TEXT,
	    COLUMN_IMPACT, COLUMN_REMEDY}},
    [EVENT_OPERATOR] = {{MIB_ARM, 0, 3}, {HEAD, COLUMN_DEVICE, COLUMN_ALARM, COLUMN_FROM, COLUMN_TO,
					     COLUMN_PRIORITY, COLUMN_TEXT, COLUMN_WHO}},
    [EVENT_SYSTEM] = {{MIB_ARM, 0, 4},
	{HEAD, COLUMN_FROM, COLUMN_TO, COLUMN_PRIORITY, COLUMN_TEXT, COLUMN_IMPACT, COLUMN_REMEDY}},
    [EVENT_GAP] = {{MIB_ARM, 0, 5},
	{HEAD, COLUMN_FROM, COLUMN_TO, COLUMN_MISSING, COLUMN_PRIORITY, COLUMN_TEXT}},
    [EVENT_TRAP] = {{MIB_ARM, 0, 6}, {HEAD, COLUMN_ZONE, COLUMN_DEVICE, COLUMN_PRIORITY,
					 COLUMN_VALUE, COLUMN_TEXT, COLUMN_IMPACT, COLUMN_REMEDY}},
    [EVENT_ACCESS] = {{MIB_ARM, 0, 7}, {HEAD, COLUMN_ZONE, COLUMN_DEVICE, COLUMN_POINT,
					   COLUMN_PRIORITY, COLUMN_VALUE, COLUMN_TEXT, COLUMN_WHO}},
};

static const struct notification test_notification = {{MIB_ARM, 0, 8},
    {COLUMN_EPOCH, COLUMN_TIME, COLUMN_CLOCK, COLUMN_SITE, COLUMN_TEXT, COLUMN_WHO}};

static const struct notification heartbeat_notification = {{MIB_ARM, 0, 9},
    {COLUMN_EPOCH, COLUMN_SEQ, COLUMN_TIME, COLUMN_CLOCK, COLUMN_SITE, COLUMN_TEXT}};

#define LIST_FRAME                                                                                 \
	COLUMN_EPOCH, COLUMN_SEQ, COLUMN_TIME, COLUMN_CLOCK, COLUMN_SITE, COLUMN_LIST,             \
	    COLUMN_LISTED, COLUMN_TEXT, COLUMN_WHO
static const struct notification list_notifications[MIB_LIST_COUNT] = {
    [MIB_LIST_BEGIN] = {{MIB_ARM, 0, 10}, {LIST_FRAME}},
    [MIB_LIST_ALARM] = {{MIB_ARM, 0, 11},
	{HEAD, COLUMN_ZONE, COLUMN_DEVICE, COLUMN_POINT, COLUMN_ALARM, COLUMN_TO, COLUMN_PRIORITY,
	    COLUMN_VALUE, COLUMN_UNIT, COLUMN_QUALITY, COLUMN_TEXT, COLUMN_IMPACT, COLUMN_REMEDY,
	    COLUMN_WHO, COLUMN_LIST, COLUMN_LISTED}},
    [MIB_LIST_END] = {{MIB_ARM, 0, 12}, {LIST_FRAME}},
};

static uint64_t
missing(const struct event *e)
{
	if (!e->has_value || e->value < 0)
		return 0;
	return e->value < (double)UINT32_MAX ? (uint64_t)e->value : UINT32_MAX;
}

static const char *
value_text(const struct event *e, struct mib_message *m)
{
	if (e->word[0] != '\0')
		return e->word;
	return e->has_value ? number_text(e->value, m->number) : "";
}

static void
fill(struct varbind *v, enum column column, const struct event *e, struct mib_message *m)
{
	switch (column) {
	case COLUMN_SEQ:
		v->type = VARBIND_COUNTER64;
		v->u = e->seq;
		break;
	case COLUMN_TIME:
		v->text = wall_text(e->wall, m->time);
		break;
	case COLUMN_CLOCK:
		v->type = VARBIND_INTEGER;
		v->i = e->synced ? CLOCK_SYNCED : CLOCK_UNSYNCED;
		break;
	case COLUMN_PRIORITY:
		v->type = VARBIND_INTEGER;
		v->i = (int64_t)e->priority + 1;
		break;
	case COLUMN_VALUE:
		v->text = value_text(e, m);
		break;
	case COLUMN_UNIT:
		v->text = e->has_value ? e->unit : "";
		break;
	case COLUMN_QUALITY:
		v->text = e->has_value ? quality_word(e->quality) : "";
		break;
	case COLUMN_MISSING:
		v->type = VARBIND_UNSIGNED;
		v->u = missing(e);
		break;
	case COLUMN_LIST:
		v->type = VARBIND_UNSIGNED;
		v->u = m->list;
		break;
	case COLUMN_LISTED:
		v->type = VARBIND_UNSIGNED;
		v->u = m->listed;
		break;
	default:
		v->text = (const char *)e + text_offsets[column];
		break;
	}
}

static void
fill_all(const struct notification *n, const struct event *e, const char *epoch, const char *site,
    struct mib_message *out)
{
	out->trap = (struct oid){TRAP_ID_LENGTH, n->id};
	out->count = 0;
	for (const uint8_t *c = n->columns; *c != COLUMN_END; c++) {
		struct varbind *v = &out->varbinds[out->count++];

		*v = (struct varbind){
		    .oid = {COLUMN_ID_LENGTH, column_ids[*c]}, .type = VARBIND_TEXT};
		if (*c == COLUMN_EPOCH)
			v->text = epoch;
		else if (*c == COLUMN_SITE)
			v->text = site;
		else
			fill(v, (enum column) * c, e, out);
	}
}

void
mib_message(const struct event *e, const char *epoch, const char *site, struct mib_message *out)
{
	fill_all(&notifications[e->type], e, epoch, site, out);
}

void
mib_test(const struct event *e, const char *epoch, const char *site, struct mib_message *out)
{
	fill_all(&test_notification, e, epoch, site, out);
}

void
mib_heartbeat(const struct event *e, const char *epoch, const char *site, struct mib_message *out)
{
	fill_all(&heartbeat_notification, e, epoch, site, out);
}

void
mib_list(enum mib_list kind, const struct event *e, uint32_t number, uint32_t listed,
    const char *epoch, const char *site, struct mib_message *out)
{
	out->list = number;
	out->listed = listed;
	fill_all(&list_notifications[kind], e, epoch, site, out);
}

_Static_assert(
    PRIORITY_LOW == 0 && PRIORITY_CRITICAL == 3, "facilityPriority: low(1)..critical(4)");
