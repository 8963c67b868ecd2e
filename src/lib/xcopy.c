// SPDX-License-Identifier: GPL-2.0-only
/* EXTENDED COPY: lists and answers. */
#include "xcopy.h"

#define HEADER_LEN		16
#define HEADER4_LEN		48
#define HEADER4_CSCD_LEN	0x20	/* what SPC-3 would take for a CSCD in the header */
#define HEADER4_CSCD_TYPE	0xff
#define CSCD_LEN		32
#define SEGMENT_HEADER_LEN	4
#define SEGMENT_BODY_LEN	0x18

#define LIST_ID_RESERVED	1
#define LIST_ID_NONE		3

#define STATUS_TASK_ABORTED	0x40
#define STATUS_CHECK_CONDITION	0x02
/* ESTIMATED STATUS UPDATE DELAY, milliseconds; of what has ended (SPC-4 6.24) */
#define ASK_AGAIN		100
#define NEVER_ASK_AGAIN		0xfffffffe

/* Where the descriptors of a list stand, of either format. */
struct layout {
	size_t header, cscds, segments;
};

static enum sl_sense refuse(struct sl_xcopy *out, size_t at, enum sl_sense sense)
{
	out->bad_at = (s32)at;
	return sense;
}

/* Identification CSCD descriptor (SPC-4 6.4.5.6). */
static enum sl_sense parse_cscd(const u8 *list, size_t at, struct sl_xcopy *out)
{
	struct sl_xcopy_cscd *cscd = &out->cscds[out->nr_cscds++];
	const u8 *d = list + at;

	if (d[0] != SL_XCOPY_IDENTIFICATION)
		return refuse(out, at, SL_UNSUPPORTED_CSCD);
	/* LU ID TYPE is about descriptors that hold a LUN, and NUL is obsolete. */
	cscd->code_set = d[4] & 0x0f;
	cscd->designator_type = d[5] & 0x0f;
	cscd->len = d[7];
	cscd->at = (u16)at;
	/* Of the logical unit, not of a port or a target device (association 00b). */
	if (d[5] & 0x30)
		return refuse(out, at + 5, SL_INVALID_PARAM_FIELD);
	if (!cscd->len || cscd->len > SL_XCOPY_DESIGNATOR_MAX)
		return refuse(out, at + 7, SL_INVALID_PARAM_FIELD);
	memcpy(cscd->designator, d + 8, cscd->len);
	cscd->block_len = sl_get_be24(d + 29);
	return SL_OK;
}

static bool has_cscd(const struct sl_xcopy *list, u16 id)
{
	return id < list->nr_cscds || id == SL_XCOPY_THIS_UNIT;
}

/* Block device to block device segment descriptor (SPC-4 6.4.6.3). */
static enum sl_sense parse_segment(const u8 *list, size_t at, size_t left, struct sl_xcopy *out)
{
	struct sl_xcopy_segment *seg = &out->segments[out->nr_segments++];
	const u8 *d = list + at;

	if (left < SEGMENT_HEADER_LEN)
		return SL_PARAM_LIST_LENGTH;
	if (d[0] != SL_XCOPY_BLOCK_TO_BLOCK)
		return refuse(out, at, SL_UNSUPPORTED_SEGMENT);
	if (sl_get_be16(d + 2) != SEGMENT_BODY_LEN)
		return refuse(out, at + 2, SL_INVALID_PARAM_FIELD);
	if (left < SEGMENT_HEADER_LEN + SEGMENT_BODY_LEN)
		return SL_PARAM_LIST_LENGTH;
	seg->counts_destination = d[1] & 0x02;
	seg->from = sl_get_be16(d + 4);
	seg->to = sl_get_be16(d + 6);
	seg->blocks = sl_get_be16(d + 10);
	seg->from_lba = sl_get_be64(d + 12);
	seg->to_lba = sl_get_be64(d + 20);
	seg->at = (u16)at;
	if (!has_cscd(out, seg->from))
		return refuse(out, at + 4, SL_CSCD_UNREACHABLE);
	if (!has_cscd(out, seg->to))
		return refuse(out, at + 6, SL_CSCD_UNREACHABLE);
	return SL_OK;
}

static enum sl_sense check_list_id(u8 usage, struct sl_xcopy *out, size_t id_at)
{
	out->has_list_id = usage != LIST_ID_NONE;
	if (usage == LIST_ID_RESERVED)
		return refuse(out, 1, SL_INVALID_PARAM_FIELD);
	if (usage == LIST_ID_NONE && out->list_id)
		return refuse(out, id_at, SL_INVALID_PARAM_FIELD);
	return SL_OK;
}

static enum sl_sense parse_cscds(const u8 *list, const struct layout *l, struct sl_xcopy *out)
{
	size_t at = l->header, end = at + l->cscds;
	enum sl_sense sense;

	if (l->cscds % CSCD_LEN)
		return SL_PARAM_LIST_LENGTH;
	if (l->cscds / CSCD_LEN > SL_XCOPY_MAX_CSCDS)
		return SL_TOO_MANY_CSCDS;
	for (; at < end; at += CSCD_LEN) {
		sense = parse_cscd(list, at, out);
		if (sense)
			return sense;
	}
	return SL_OK;
}

static enum sl_sense parse_segments(const u8 *list, const struct layout *l, struct sl_xcopy *out)
{
	size_t at = l->header + l->cscds, end = at + l->segments;
	enum sl_sense sense;

	for (; at < end; at += SEGMENT_HEADER_LEN + SEGMENT_BODY_LEN) {
		if (out->nr_segments == SL_XCOPY_MAX_SEGMENTS)
			return SL_TOO_MANY_SEGMENTS;
		sense = parse_segment(list, at, end - at, out);
		if (sense)
			return sense;
	}
	return SL_OK;
}

static enum sl_sense parse_descriptors(const u8 *list, size_t len, const struct layout *l,
				       struct sl_xcopy *out)
{
	enum sl_sense sense;

	if (l->cscds + l->segments > SL_XCOPY_DESCRIPTORS_MAX ||
	    l->header + l->cscds + l->segments > len)
		return SL_PARAM_LIST_LENGTH;
	sense = parse_cscds(list, l, out);
	return sense ? sense : parse_segments(list, l, out);
}

static void begin(struct sl_xcopy *out)
{
	memset(out, 0, sizeof(*out));
	out->bad_at = -1;
}

enum sl_sense sl_xcopy_parse(const u8 *list, size_t len, struct sl_xcopy *out)
{
	struct layout l = { .header = HEADER_LEN };
	enum sl_sense sense;

	begin(out);
	if (len < HEADER_LEN)
		return SL_PARAM_LIST_LENGTH;
	out->list_id = list[0];
	sense = check_list_id((list[1] >> 3) & 3, out, 0);
	if (sense)
		return sense;
	l.cscds = sl_get_be16(list + 2);
	l.segments = sl_get_be32(list + 8);
	if (sl_get_be32(list + 12))
		return refuse(out, 12, SL_INLINE_DATA_EXCEEDED);
	return parse_descriptors(list, len, &l, out);
}

/* What of the header is the same in every list of this format (SPC-4 6.4.2). */
static enum sl_sense check_header4(const u8 *list, struct sl_xcopy *out)
{
	bool g_sense = list[15] & 0x02;
	enum sl_sense sense;

	if (list[0] != 0x01)
		return refuse(out, 0, SL_INVALID_PARAM_FIELD);
	if (sl_get_be16(list + 2) != HEADER4_CSCD_LEN)
		return refuse(out, 2, SL_INVALID_PARAM_FIELD);
	if (list[16] != HEADER4_CSCD_TYPE)
		return refuse(out, 16, SL_INVALID_PARAM_FIELD);
	out->immed = list[15] & 0x01;
	out->list_id = sl_get_be32(list + 20);
	sense = check_list_id((list[1] >> 3) & 3, out, 20);
	if (sense)
		return sense;
	/* The standard has it so, though the bits are in the list. */
	if (out->immed && (g_sense || !out->has_list_id))
		return SL_INVALID_CDB_FIELD;
	if (sl_get_be16(list + 46))
		return refuse(out, 46, SL_INLINE_DATA_EXCEEDED);
	return SL_OK;
}

enum sl_sense sl_xcopy4_parse(const u8 *list, size_t len, struct sl_xcopy *out)
{
	struct layout l = { .header = HEADER4_LEN };
	enum sl_sense sense;

	begin(out);
	if (len < HEADER4_LEN)
		return SL_PARAM_LIST_LENGTH;
	sense = check_header4(list, out);
	if (sense)
		return sense;
	l.cscds = sl_get_be16(list + 42);
	l.segments = sl_get_be16(list + 44);
	return parse_descriptors(list, len, &l, out);
}

/* The designation descriptor at @at of page 83h, NULL: the page ends here. */
static const u8 *designator_at(const u8 *page, size_t len, size_t at)
{
	return len >= 4 && at + 4 <= len && at + 4 + page[at + 3] <= len ? page + at : NULL;
}

bool sl_xcopy_names(const struct sl_xcopy_cscd *cscd, const u8 *page, size_t len)
{
	const u8 *d;
	size_t at;

	for (at = 4; (d = designator_at(page, len, at)); at += 4 + d[3])
		if ((d[0] & 0x0f) == cscd->code_set && (d[1] & 0x3f) == cscd->designator_type &&
		    d[3] == cscd->len && !memcmp(d + 4, cscd->designator, cscd->len))
			return true;
	return false;
}

const u8 *sl_xcopy_name(const u8 *page, size_t len)
{
	const u8 *d, *eui64 = NULL;
	size_t at;

	for (at = 4; (d = designator_at(page, len, at)); at += 4 + d[3]) {
		if (!d[3] || d[3] > SL_XCOPY_DESIGNATOR_MAX)
			continue;
		if ((d[1] & 0x3f) == 3)
			return d;
		if ((d[1] & 0x3f) == 2 && !eui64)
			eui64 = d;
	}
	return eui64;
}

void sl_xcopy_parameters(u8 *buf)
{
	memset(buf, 0, SL_XCOPY_PARAMETERS_LEN);
	sl_put_be32(SL_XCOPY_PARAMETERS_LEN - 4, buf);
	buf[4] = 0x01;			/* SNLID: lists need no identifier */
	sl_put_be16(SL_XCOPY_MAX_CSCDS, buf + 8);
	sl_put_be16(SL_XCOPY_MAX_SEGMENTS, buf + 10);
	sl_put_be32(SL_XCOPY_DESCRIPTORS_MAX, buf + 12);
	sl_put_be16(SL_XCOPY_AT_ONCE, buf + 34);
	buf[36] = SL_XCOPY_AT_ONCE;
	buf[37] = 9;			/* segments in multiples of 512 bytes */
	buf[43] = 2;
	buf[44] = SL_XCOPY_BLOCK_TO_BLOCK;
	buf[45] = SL_XCOPY_IDENTIFICATION;
}

/* COPY COMMAND STATUS (SPC-4 table 254) */
static u8 state1(const struct sl_copy_status *st)
{
	if (sl_copy_runs(st))
		return 0x00;
	return st->state == SL_COPY_DONE ? 0x01 : 0x02;
}

/* The count has 32 bits here: KiB, MiB ... so that it fits. */
void sl_xcopy_status(u8 *buf, const struct sl_copy_status *st)
{
	u8 units = st->units;
	u64 count = st->count;

	while (units != SL_COPY_COUNTS_BLOCKS && count > 0xffffffffu) {
		count >>= 10;
		units++;
	}
	memset(buf, 0, SL_XCOPY_STATUS_LEN);
	sl_put_be32(SL_XCOPY_STATUS_LEN - 4, buf);
	buf[4] = state1(st);
	sl_put_be16(st->segments, buf + 5);
	buf[7] = units;
	sl_put_be32(count > 0xffffffffu ? 0xffffffffu : (u32)count, buf + 8);
}

static u8 completion_status(const struct sl_copy_status *st)
{
	if (st->state == SL_COPY_TERMINATED)
		return STATUS_TASK_ABORTED;
	return st->sense && !sl_copy_runs(st) ? STATUS_CHECK_CONDITION : 0;
}

size_t sl_xcopy4_status(u8 *buf, const struct sl_copy_status *st)
{
	const struct sl_sense_info more = { .info_valid = true, .info = st->count };
	u8 status = completion_status(st);
	size_t len = 0;

	memset(buf, 0, SL_COPY_STATUS_MAX);
	if (status == STATUS_CHECK_CONDITION)
		len = sl_sense_build(buf + 32, SL_SENSE_LEN, false, st->sense, &more);
	buf[4] = st->action;
	buf[5] = (u8)st->state;
	sl_put_be16(st->commands, buf + 6);
	sl_put_be32(sl_copy_runs(st) ? ASK_AGAIN : NEVER_ASK_AGAIN, buf + 8);
	buf[12] = status;
	buf[13] = (u8)((len + 3) & ~(size_t)3);
	buf[14] = (u8)len;
	buf[15] = st->units;
	sl_put_be64(st->count, buf + 16);
	sl_put_be16(st->segments, buf + 24);
	len = 32u + buf[13];
	sl_put_be32((u32)(len - 4), buf);
	return len;
}

size_t sl_xcopy_failure(u8 *buf, enum sl_sense sense)
{
	size_t len;

	memset(buf, 0, SL_XCOPY_FAILURE_MAX);
	if (!sense)
		return 4;
	buf[56] = STATUS_CHECK_CONDITION;
	len = sl_sense_build(buf + 60, SL_SENSE_LEN, false, sense, NULL);
	sl_put_be16((u16)len, buf + 58);
	sl_put_be32((u32)(60 + len - 4), buf);
	return 60 + len;
}
