/* Rows of a MIB in short: column, instance, content. */
#ifndef PLANT_OBJECTS_H
#define PLANT_OBJECTS_H

#include "device.h"

#define OBJECT_ROW(c, i, k, ...)                                                                   \
	{                                                                                          \
		.column = (c), .index = (i), .kind = (k), __VA_ARGS__                              \
	}
#define POINT(c, i, p)   OBJECT_ROW(c, i, OBJECT_INTEGER, .point = (p))
#define GAUGE(c, i, p)   OBJECT_ROW(c, i, OBJECT_GAUGE, .point = (p))
#define COUNT(c, i, p)   OBJECT_ROW(c, i, OBJECT_COUNT, .point = (p))
#define COUNT64(c, i, p) OBJECT_ROW(c, i, OBJECT_COUNT64, .point = (p))
#define NUMBER(c, i, n)  OBJECT_ROW(c, i, OBJECT_NUMBER, .number = (n))
#define TEXT(c, i, t)    OBJECT_ROW(c, i, OBJECT_TEXT, .text = (t))

/* The system group of MIB-2; its location is the room's. */
#define SYSTEM_GROUP(description, object_id, name)                                                 \
	TEXT("1.3.6.1.2.1.1.1", "0", description),                                                 \
	    OBJECT_ROW("1.3.6.1.2.1.1.2", "0", OBJECT_IDENTIFIER, .text = (object_id)),            \
	    OBJECT_ROW("1.3.6.1.2.1.1.3", "0", OBJECT_UPTIME, .point = 0),                         \
	    TEXT("1.3.6.1.2.1.1.4", "0", "facility"), TEXT("1.3.6.1.2.1.1.5", "0", name),          \
	    TEXT("1.3.6.1.2.1.1.6", "0", "Annex 2F")

/* snmpEngineID, boots and time of a device of version 3. */
#define ENGINE_GROUP                                                                               \
	OBJECT_ROW("1.3.6.1.6.3.10.2.1.1", "0", OBJECT_ENGINE_ID, .point = 0),                     \
	    OBJECT_ROW("1.3.6.1.6.3.10.2.1.2", "0", OBJECT_ENGINE_BOOTS, .point = 0),              \
	    OBJECT_ROW("1.3.6.1.6.3.10.2.1.3", "0", OBJECT_ENGINE_TIME, .point = 0)

#endif
