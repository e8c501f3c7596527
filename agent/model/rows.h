/*
 * Tables of like rows: a strip with 24 outlets, a switch with 48 ports. A profile writes their
 * columns once; loading makes plain points, facts and alarms of them, one set a row, so that
 * nobody but the loader has to know of rows. This is what remains of a table beside them: which
 * point belongs to which row, and where a row stands in its device.
 *
 * Points lie row by row: point of column c in row r is
 * profile->points[first_point + r * column_count + c], a fact likewise. The slot of a row is its r;
 * it never changes while the agent runs. Which of the device's rows stands in a slot is its index.
 * Where the rows are asked of the device (`asked`), core/rows.h knows the index.
 */
#ifndef MODEL_ROWS_H
#define MODEL_ROWS_H

#include "model/label.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct oid {
	size_t length; /* 2..128 sub-identifiers */
	const uint32_t *sub;
};

/* What stands for * in the names of a row: a-z 0-9, mostly a number. */
#define ROW_KEY_MAX 15

struct row_spec {
	const char *key;    /* "5" of outlet_5_state */
	uint16_t number;    /* counted from 1, for Modbus addresses: the key where it is a number */
	struct oid index;   /* SNMP: what stands for * in the OIDs, 1 or more sub-identifiers */
	struct label title; /* given by a person ("Web server"), or en NULL */
	struct place place;
};

/* A point or fact of each row: how its place follows from the row. */
struct row_column {
	const char *name;      /* "outlet_*_state" */
	uint16_t stride;       /* Modbus: registers or bits from row to row */
	uint8_t bit_stride;    /* the same inside a number; stride is 0 then */
	struct oid head, tail; /* SNMP: OID before and after the *; tail may be empty */
};

struct table_spec {
	const char *name; /* "outlet", as in `rows: {outlet: ...}` of a device */
	struct label title;
	const struct row_spec *rows; /* by slot */
	size_t row_count;
	const struct row_column *columns; /* points, then facts */
	size_t column_count;              /* of them points */
	size_t fact_column_count;         /* of them facts */
	size_t first_point, first_fact;
	bool own_rows; /* the rows are the device's, not the profile's */
	/*
	 * SNMP: which rows there are is asked of the device itself; `rows` are so many slots,
	 * without index. A slot belongs to a label: the text of this column, which is walked.
	 */
	bool asked;
	struct oid label; /* the column, without index */
	struct place place;
};

#endif
