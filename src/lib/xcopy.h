/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EXTENDED COPY(LID1) and (LID4) and what goes with them (SPC-4 6.4 to 6.6, 6.22 to
 * 6.25): parameter lists taken apart, answers put together. Copies nothing.
 */
#ifndef SL_XCOPY_H
#define SL_XCOPY_H

#include "inquiry.h"
#include "sense.h"

#define SL_XCOPY_MAX_CSCDS	16
#define SL_XCOPY_MAX_SEGMENTS	32
#define SL_XCOPY_DESIGNATOR_MAX	20
#define SL_XCOPY_PARAMETERS_LEN	46
#define SL_XCOPY_STATUS_LEN	12
#define SL_XCOPY_FAILURE_MAX	(60 + SL_SENSE_LEN)
#define SL_COPY_STATUS_MAX	(32 + SL_SENSE_LEN)

#define SL_XCOPY_AT_ONCE	16	/* copies of all sessions that are under way */

/* Descriptor type codes (SPC-4 6.4.4) */
#define SL_XCOPY_BLOCK_TO_BLOCK	0x02
#define SL_XCOPY_IDENTIFICATION	0xe4

/* CSCD ID of the logical unit that the list was sent to (SPC-4 table 131) */
#define SL_XCOPY_THIS_UNIT	0xffff

/* CSCDs and segments of the longest list. */
#define SL_XCOPY_DESCRIPTORS_MAX (SL_XCOPY_MAX_CSCDS * 32 + SL_XCOPY_MAX_SEGMENTS * 28)

/* A copy source or copy destination: a logical unit named by what page 83h says of it. */
struct sl_xcopy_cscd {
	u8 code_set;
	u8 designator_type;
	u8 len;
	u8 designator[SL_XCOPY_DESIGNATOR_MAX];
	u32 block_len;		/* bytes; 0: not told */
	u16 at;			/* where in the list it stands */
};

/* From block device to block device, segment type 02h. */
struct sl_xcopy_segment {
	u16 from, to;		/* indices of CSCDs, which exist, or SL_XCOPY_THIS_UNIT */
	bool counts_destination; /* DC: @blocks are of the destination */
	u16 blocks;
	u64 from_lba, to_lba;
	u16 at;
};

struct sl_xcopy {
	u32 list_id;
	bool has_list_id;	/* its progress can be asked for */
	bool immed;		/* the command ends before the copy does */
	u16 nr_cscds, nr_segments;
	struct sl_xcopy_cscd cscds[SL_XCOPY_MAX_CSCDS];
	struct sl_xcopy_segment segments[SL_XCOPY_MAX_SEGMENTS];
	s32 bad_at;		/* byte of the list that was refused, -1: no single one */
};

/* COPY OPERATION STATUS (SPC-4 table 249) */
enum sl_copy_state {
	SL_COPY_DONE		= 0x01,
	SL_COPY_FAILED		= 0x02,
	SL_COPY_PARTIAL		= 0x03,
	SL_COPY_FOREGROUND	= 0x11,
	SL_COPY_BACKGROUND	= 0x12,
	SL_COPY_TERMINATED	= 0x60,
};

/* TRANSFER COUNT UNITS (SPC-4 table 251) */
#define SL_COPY_COUNTS_BYTES	0x00
#define SL_COPY_COUNTS_BLOCKS	0xf1

/* What there is to tell of a copy, under way or ended. */
struct sl_copy_status {
	u8 action;		/* service action that it began with */
	enum sl_copy_state state;
	u8 units;		/* SL_COPY_COUNTS_* */
	enum sl_sense sense;	/* of one that has failed */
	u16 commands;		/* that it has sent and that ended well, modulo 65,536 */
	u16 segments;
	u64 count;
};

static inline bool sl_copy_runs(const struct sl_copy_status *st)
{
	return st->state == SL_COPY_FOREGROUND || st->state == SL_COPY_BACKGROUND;
}

/* The whole of @list, or nothing: SL_OK, else what is wrong with it. (LID1), (LID4) */
enum sl_sense sl_xcopy_parse(const u8 *list, size_t len, struct sl_xcopy *out);
enum sl_sense sl_xcopy4_parse(const u8 *list, size_t len, struct sl_xcopy *out);

/* Does VPD page 83h in @page name a logical unit so? */
bool sl_xcopy_names(const struct sl_xcopy_cscd *cscd, const u8 *page, size_t len);

/*
 * The designator of page 83h by which a token knows its unit, NAA or else EUI-64 (SPC-4
 * 5.17.6.4), as a designation descriptor; NULL: there is none.
 */
const u8 *sl_xcopy_name(const u8 *page, size_t len);

/* RECEIVE COPY OPERATING PARAMETERS data, SL_XCOPY_PARAMETERS_LEN bytes. */
void sl_xcopy_parameters(u8 *buf);

/* RECEIVE COPY STATUS(LID1) data, SL_XCOPY_STATUS_LEN bytes. */
void sl_xcopy_status(u8 *buf, const struct sl_copy_status *st);

/* RECEIVE COPY STATUS(LID4) data, SL_COPY_STATUS_MAX bytes at most; the length. */
size_t sl_xcopy4_status(u8 *buf, const struct sl_copy_status *st);

/*
 * RECEIVE COPY FAILURE DETAILS(LID1) data of a copy that ended with CHECK CONDITION and
 * @sense, SL_OK: of one that did not. Returns its length, SL_XCOPY_FAILURE_MAX at most.
 */
size_t sl_xcopy_failure(u8 *buf, enum sl_sense sense);

#endif
