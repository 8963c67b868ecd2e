/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Persistent reservations (SPC-4 5.13, 6.15, 6.16) as a function from one state
 * to the next. The state is a value: whoever executes a command copies it, lets
 * sl_pr_out() change the copy, saves the copy, and only then puts it in place of
 * the old one.
 */
#ifndef SL_PR_H
#define SL_PR_H

#include "cdb.h"
#include "port.h"
#include "sense.h"

#define SL_TRANSPORT_ID_MAX	248	/* iSCSI: a name of 223 bytes with ",i,0x" and an ISID */
#define SL_PR_MAX_REGS		16384	/* of one logical unit: more is out of resources */

/* SCOPE is always the logical unit; TYPE as in SPC-4 table 67. */
enum sl_pr_type {
	SL_PR_NONE			= 0,
	SL_PR_WRITE_EXCLUSIVE		= 1,
	SL_PR_EXCLUSIVE_ACCESS		= 3,
	SL_PR_WRITE_EXCLUSIVE_RO	= 5,	/* registrants only */
	SL_PR_EXCLUSIVE_ACCESS_RO	= 6,
	SL_PR_WRITE_EXCLUSIVE_AR	= 7,	/* all registrants */
	SL_PR_EXCLUSIVE_ACCESS_AR	= 8,
};

/* An I_T nexus: the initiator port's TransportID (SPC-4 7.6.4) and our port. */
struct sl_pr_nexus {
	u16 rel_tgt_id;
	u16 id_len;
	u8 id[SL_TRANSPORT_ID_MAX];
};

struct sl_pr_reg {
	struct sl_pr_nexus nexus;
	u64 key;
};

struct sl_pr {
	u32 generation;
	u32 nr;			/* registrations in @regs */
	u32 room;		/* that fit in @regs */
	u32 holder;		/* index in @regs; only with a type that has one holder */
	u8 type;		/* enum sl_pr_type */
	bool aptpl;
	struct sl_pr_reg regs[];
};

/* What happened to a registration of the old state, by its index there. */
enum sl_pr_effect {
	SL_PR_UNTOUCHED,
	SL_PR_RESERVATIONS_PREEMPTED,	/* unit attention 2A/03 */
	SL_PR_RESERVATIONS_RELEASED,	/* 2A/04 */
	SL_PR_REGISTRATIONS_PREEMPTED,	/* 2A/05; PREEMPT AND ABORT: its commands too */
};

struct sl_pr_request {
	enum sl_op_id op;		/* SL_OP_PR_REGISTER ... */
	u8 scope_type;			/* byte 2 of the CDB */
	const u8 *list;			/* parameter list */
	u32 list_len;
	const struct sl_pr_nexus *self;
	const u16 *ports;		/* all target ports, for ALL_TG_PT */
	u32 nr_ports;
};

enum sl_pr_status {
	SL_PR_GOOD,
	SL_PR_CONFLICT,			/* ends with RESERVATION CONFLICT */
	SL_PR_SENSE,			/* ends with the sense that was set */
};

/* How many registrations @req may add at most: room that its copy of the state needs. */
u32 sl_pr_growth(const struct sl_pr_request *req);

/*
 * Executes a PERSISTENT RESERVE OUT command on @state. @effects has a zeroed
 * entry for each registration of the state as it was. Unless the result is
 * SL_PR_GOOD, @state is undefined and has to be thrown away. *@more, which is
 * zeroed, tells where a field is wrong that *@sense is about.
 */
enum sl_pr_status sl_pr_out(const struct sl_pr_request *req, struct sl_pr *state, u8 *effects,
			    enum sl_sense *sense, struct sl_sense_info *more);

/* The registration of @nexus, @state->nr if there is none. */
u32 sl_pr_find(const struct sl_pr *state, const struct sl_pr_nexus *nexus);

/* What a reservation denies a nexus. */
#define SL_PR_DENY_READ		0x01
#define SL_PR_DENY_WRITE	0x02	/* and all that is neither reading nor harmless */
#define SL_PR_DENY_R6		0x04	/* another initiator's RESERVE(6) */

u8 sl_pr_denied(const struct sl_pr *state, const struct sl_pr_nexus *nexus);

/* Does what is denied stand in the way of this command? */
bool sl_pr_conflicts(u8 denied, const struct sl_op *op, const u8 *cdb);

/*
 * PERSISTENT RESERVE IN data into @buf of @size bytes. Returns the length of
 * all the data, of which at most @size bytes were written.
 */
size_t sl_pr_in(enum sl_op_id op, const struct sl_pr *state, u8 *buf, size_t size);

/* Length of the TransportID at @id with @room bytes; 0: it is none. */
u32 sl_transport_id_len(const u8 *id, size_t room);

/* TransportID of an iSCSI initiator port: world wide unique name and ISID. Returns its length. */
u16 sl_transport_id_iscsi(const char *name, const u8 *isid, u8 *id);

/* TransportID of a SAS address (SPC-4 7.6.4.7). Returns its length. */
u16 sl_transport_id_sas(u64 address, u8 *id);

/* The state as bytes, for a file; needs sl_pr_saved_len() bytes. */
size_t sl_pr_saved_len(const struct sl_pr *state);
void sl_pr_save(const struct sl_pr *state, u8 *buf);

/* Number of registrations in saved bytes, so that room can be made; -EINVAL. */
int sl_pr_saved_regs(const u8 *buf, size_t len);

/* 0, -EINVAL: not what sl_pr_save() writes. @state->room must suffice. */
int sl_pr_restore(const u8 *buf, size_t len, struct sl_pr *state);

#endif
