/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asymmetric logical unit access (SPC-4 5.15): states of target port groups,
 * which commands each state lets through, and the data of REPORT and SET
 * TARGET PORT GROUPS.
 */
#ifndef SL_ALUA_H
#define SL_ALUA_H

#include "cdb.h"

/* ASYMMETRIC ACCESS STATE (SPC-4 table 306) */
enum sl_alua_state {
	SL_ALUA_ACTIVE		= 0x0,	/* active/optimized */
	SL_ALUA_NONOPTIMIZED	= 0x1,	/* active/non-optimized */
	SL_ALUA_STANDBY		= 0x2,
	SL_ALUA_UNAVAILABLE	= 0x3,
	SL_ALUA_OFFLINE		= 0xe,
	SL_ALUA_TRANSITIONING	= 0xf,
};

/* STATUS CODE (SPC-4 table 307): what changed the state last */
enum sl_alua_cause {
	SL_ALUA_NEVER_CHANGED	= 0,
	SL_ALUA_BY_COMMAND	= 1,	/* SET TARGET PORT GROUPS */
	SL_ALUA_IMPLICIT	= 2,
};

/* A target port group, as REPORT TARGET PORT GROUPS tells of it. */
struct sl_alua_group {
	u16 id;
	u8 state;		/* enum sl_alua_state */
	u8 cause;		/* enum sl_alua_cause */
	bool preferred;
};

/* Builds a report piece by piece; pieces beyond @room are counted, not written. */
struct sl_alua_report {
	u8 *buf;
	size_t room;
	size_t len;		/* bytes so far */
	size_t group_at;	/* where the group under way begins */
	u16 ports;		/* of it, so far */
};

/* One descriptor of a SET TARGET PORT GROUPS parameter list. */
struct sl_alua_wish {
	size_t at;		/* where it stands, also if it is refused */
	u16 id;
	u8 state;
};

/* The state's name in sysfs, NULL if there is no such state. */
const char *sl_alua_name(u8 state);

/* The state of this name; false if there is none. */
bool sl_alua_from_name(const char *name, u8 *state);

/* SL_OK, or why a port in @state refuses @op (SPC-4 5.15.2.4). */
enum sl_sense sl_alua_gate(u8 state, const struct sl_op *op);

/* A report in @buf of @room bytes; @extended: with the extended header (SPC-4 6.37). */
void sl_alua_report_begin(struct sl_alua_report *r, u8 *buf, size_t room, bool extended);
void sl_alua_report_group(struct sl_alua_report *r, const struct sl_alua_group *group);
void sl_alua_report_port(struct sl_alua_report *r, u16 rel_tgt_id);
/* Length of the whole report, which may be more than @room. */
size_t sl_alua_report_end(struct sl_alua_report *r);

/*
 * Descriptor @index of the SET TARGET PORT GROUPS parameter list (SPC-4 6.46).
 * 1: *@wish is set; 0: the list has ended; -EINVAL: it asks for a state that
 * nobody can be put into, or ends within a descriptor.
 */
int sl_alua_read_wish(const u8 *list, size_t len, u32 index, struct sl_alua_wish *wish);

#endif
