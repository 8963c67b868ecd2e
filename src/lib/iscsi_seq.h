/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iSCSI sequence numbers and the slicing of data into PDUs and bursts
 * (RFC 7143 4.2.2, 11.7, 11.8; serial number arithmetic of RFC 1982).
 */
#ifndef SL_ISCSI_SEQ_H
#define SL_ISCSI_SEQ_H

#include "port.h"

static inline bool sl_sn_before(u32 a, u32 b)	{ return (s32)(a - b) < 0; }

enum sl_cmdsn_verdict {
	SL_CMDSN_NEXT,		/* deliver, ExpCmdSN moves on */
	SL_CMDSN_EARLY,		/* inside the window, but one before it is missing */
	SL_CMDSN_IGNORE,	/* outside the window: drop silently */
};

/* Where a non-immediate CmdSN stands to the window [exp, max]. */
static inline enum sl_cmdsn_verdict sl_cmdsn_check(u32 sn, u32 exp, u32 max)
{
	if (sn == exp)
		return SL_CMDSN_NEXT;
	if (sl_sn_before(sn, exp) || sl_sn_before(max, sn))
		return SL_CMDSN_IGNORE;
	return SL_CMDSN_EARLY;
}

struct sl_data_in {
	u32 offset;		/* of this PDU in the command's data */
	u32 len;		/* of its data segment */
	bool final;		/* F: the sequence ends here */
	bool last;		/* all data is out: status may ride along */
};

/*
 * The Data-In PDU that follows @sent of @total bytes. A sequence ends at a
 * multiple of @max_burst (RFC 7143 13.13).
 */
static inline struct sl_data_in sl_data_in_next(u32 sent, u32 total, u32 max_dsl, u32 max_burst)
{
	u32 burst_left = max_burst - sent % max_burst;
	struct sl_data_in d;

	d.offset = sent;
	d.len = total - sent;
	if (d.len > max_dsl)
		d.len = max_dsl;
	if (d.len > burst_left)
		d.len = burst_left;
	d.last = sent + d.len == total;
	d.final = d.last || d.len == burst_left;
	return d;
}

/*
 * The Data-In PDU with DataSN @sn of all those that sl_data_in_next() makes. @sn must be
 * one of them.
 */
static inline struct sl_data_in sl_data_in_at(u32 sn, u32 total, u32 max_dsl, u32 max_burst)
{
	u32 per_burst = (max_burst + max_dsl - 1) / max_dsl;

	return sl_data_in_next(sn / per_burst * max_burst + sn % per_burst * max_dsl, total, max_dsl,
			       max_burst);
}

/* Data of a write as it comes in: unsolicited first, then what R2Ts asked for. */
struct sl_write_seq {
	u32 total;		/* bytes wanted in all */
	u32 received;		/* bytes that have come */
	u32 solicited;		/* end of what was asked for or may come unasked */
	u32 next_r2t_sn;
};

/* One R2T: @len bytes at @offset. */
struct sl_r2t {
	u32 offset;
	u32 len;
	u32 sn;
};

/* The next R2T; false if everything was asked for already. */
static inline bool sl_r2t_next(struct sl_write_seq *w, u32 max_burst, struct sl_r2t *r2t)
{
	if (w->solicited >= w->total)
		return false;
	r2t->offset = w->solicited;
	r2t->len = w->total - w->solicited;
	if (r2t->len > max_burst)
		r2t->len = max_burst;
	r2t->sn = w->next_r2t_sn++;
	w->solicited += r2t->len;
	return true;
}

/* One burst of Data-Out under way: an R2T's, or the unsolicited one. */
struct sl_burst {
	u32 offset;		/* where the next PDU has to continue */
	u32 end;		/* where the burst ends at the latest */
	u32 data_sn;		/* of the next PDU */
};

/*
 * Does a Data-Out PDU continue @b? DataPDUInOrder is Yes, so offset and DataSN
 * must follow without a gap; F must stand on a solicited burst's last PDU and
 * only there (RFC 7143 11.7.1); an unsolicited burst may end early.
 */
static inline bool sl_burst_accepts(const struct sl_burst *b, bool solicited, u32 offset, u32 len,
				    u32 data_sn, bool final)
{
	if (offset != b->offset || data_sn != b->data_sn || len > b->end - b->offset)
		return false;
	if (solicited)
		return final == (offset + len == b->end);
	return final || offset + len < b->end;
}

static inline void sl_burst_advance(struct sl_burst *b, u32 len)
{
	b->offset += len;
	b->data_sn++;
}

#endif
