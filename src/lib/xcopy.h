/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EXTENDED COPY(LID1) and what goes with it (SPC-4 6.6, 6.18, 6.20): parameter
 * lists taken apart, answers put together. Copies nothing.
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

/* CSCDs and segments of the longest list, and its header. */
#define SL_XCOPY_LIST_MAX	(16 + SL_XCOPY_MAX_CSCDS * 32 + SL_XCOPY_MAX_SEGMENTS * 28)

/* A copy source or copy destination: a logical unit named by what page 83h says of it. */
struct sl_xcopy_cscd {
	u8 code_set;
	u8 designator_type;
	u8 len;
	u8 designator[SL_XCOPY_DESIGNATOR_MAX];
	u32 block_len;		/* bytes; 0: not told */
};

/* From block device to block device, segment type 02h. */
struct sl_xcopy_segment {
	u16 from, to;		/* indices of CSCDs, which exist */
	bool counts_destination; /* DC: @blocks are of the destination */
	u16 blocks;
	u64 from_lba, to_lba;
};

struct sl_xcopy {
	u8 list_id;
	bool has_list_id;	/* its progress can be asked for */
	u16 nr_cscds, nr_segments;
	struct sl_xcopy_cscd cscds[SL_XCOPY_MAX_CSCDS];
	struct sl_xcopy_segment segments[SL_XCOPY_MAX_SEGMENTS];
};

/* COPY MANAGER STATUS (SPC-4 table 245) */
enum sl_xcopy_state {
	SL_XCOPY_RUNNING	= 0,
	SL_XCOPY_DONE		= 1,
	SL_XCOPY_FAILED		= 2,
};

/* The whole of @list, or nothing: SL_OK, else what is wrong with it. */
enum sl_sense sl_xcopy_parse(const u8 *list, size_t len, struct sl_xcopy *out);

/* Does VPD page 83h in @page name a logical unit so? */
bool sl_xcopy_names(const struct sl_xcopy_cscd *cscd, const u8 *page, size_t len);

/* RECEIVE COPY OPERATING PARAMETERS data, SL_XCOPY_PARAMETERS_LEN bytes; at most @copies at once. */
void sl_xcopy_parameters(u8 *buf, u8 copies);

/* RECEIVE COPY STATUS(LID1) data, SL_XCOPY_STATUS_LEN bytes. */
void sl_xcopy_status(u8 *buf, enum sl_xcopy_state state, u16 segments, u64 bytes);

/*
 * RECEIVE COPY FAILURE DETAILS(LID1) data of a copy that ended with CHECK CONDITION and
 * @sense, SL_OK: of one that did not. Returns its length, SL_XCOPY_FAILURE_MAX at most.
 */
size_t sl_xcopy_failure(u8 *buf, enum sl_sense sense);

#endif
