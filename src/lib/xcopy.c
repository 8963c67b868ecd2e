// SPDX-License-Identifier: GPL-2.0-only
/* EXTENDED COPY(LID1): lists and answers. */
#include "xcopy.h"

#define HEADER_LEN		16
#define CSCD_LEN		32
#define CSCD_IDENTIFICATION	0xe4
#define SEGMENT_HEADER_LEN	4
#define SEGMENT_BLOCK_TO_BLOCK	0x02
#define SEGMENT_BODY_LEN	0x18

#define LIST_ID_RESERVED	1
#define LIST_ID_NONE		3

/* Identification CSCD descriptor (SPC-4 6.6.5.6). */
static enum sl_sense parse_cscd(const u8 *d, struct sl_xcopy_cscd *out)
{
	if (d[0] != CSCD_IDENTIFICATION)
		return SL_UNSUPPORTED_CSCD;
	/* LU ID TYPE is about descriptors that hold a LUN, and NUL is obsolete. */
	out->code_set = d[4] & 0x0f;
	out->designator_type = d[5] & 0x0f;
	out->len = d[7];
	/* Of the logical unit, not of a port or a target device (association 00b). */
	if ((d[5] & 0x30) || !out->len || out->len > SL_XCOPY_DESIGNATOR_MAX)
		return SL_INVALID_PARAM_FIELD;
	memcpy(out->designator, d + 8, out->len);
	out->block_len = sl_get_be24(d + 29);
	return SL_OK;
}

/* Block device to block device segment descriptor (SPC-4 6.6.6.5). */
static enum sl_sense parse_segment(const u8 *d, size_t left, const struct sl_xcopy *list,
				   struct sl_xcopy_segment *out)
{
	if (left < SEGMENT_HEADER_LEN)
		return SL_PARAM_LIST_LENGTH;
	if (d[0] != SEGMENT_BLOCK_TO_BLOCK)
		return SL_UNSUPPORTED_SEGMENT;
	if (sl_get_be16(d + 2) != SEGMENT_BODY_LEN)
		return SL_INVALID_PARAM_FIELD;
	if (left < SEGMENT_HEADER_LEN + SEGMENT_BODY_LEN)
		return SL_PARAM_LIST_LENGTH;
	out->counts_destination = d[1] & 0x02;
	out->from = sl_get_be16(d + 4);
	out->to = sl_get_be16(d + 6);
	out->blocks = sl_get_be16(d + 10);
	out->from_lba = sl_get_be64(d + 12);
	out->to_lba = sl_get_be64(d + 20);
	if (out->from >= list->nr_cscds || out->to >= list->nr_cscds)
		return SL_CSCD_UNREACHABLE;
	return SL_OK;
}

static enum sl_sense parse_list_id(const u8 *list, struct sl_xcopy *out)
{
	u8 usage = (list[1] >> 3) & 3;

	out->list_id = list[0];
	out->has_list_id = usage != LIST_ID_NONE;
	if (usage == LIST_ID_RESERVED || (usage == LIST_ID_NONE && out->list_id))
		return SL_INVALID_PARAM_FIELD;
	return SL_OK;
}

static enum sl_sense parse_cscds(const u8 *at, size_t len, struct sl_xcopy *out)
{
	enum sl_sense sense;

	if (len % CSCD_LEN)
		return SL_PARAM_LIST_LENGTH;
	if (len / CSCD_LEN > SL_XCOPY_MAX_CSCDS)
		return SL_TOO_MANY_CSCDS;
	for (; len; at += CSCD_LEN, len -= CSCD_LEN) {
		sense = parse_cscd(at, &out->cscds[out->nr_cscds++]);
		if (sense)
			return sense;
	}
	return SL_OK;
}

static enum sl_sense parse_segments(const u8 *at, size_t len, struct sl_xcopy *out)
{
	const size_t each = SEGMENT_HEADER_LEN + SEGMENT_BODY_LEN;
	enum sl_sense sense;

	while (len) {
		if (out->nr_segments == SL_XCOPY_MAX_SEGMENTS)
			return SL_TOO_MANY_SEGMENTS;
		sense = parse_segment(at, len, out, &out->segments[out->nr_segments++]);
		if (sense)
			return sense;
		at += each;
		len -= each;
	}
	return SL_OK;
}

enum sl_sense sl_xcopy_parse(const u8 *list, size_t len, struct sl_xcopy *out)
{
	size_t cscds, segments, inline_data;
	enum sl_sense sense;

	memset(out, 0, sizeof(*out));
	if (len < HEADER_LEN)
		return SL_PARAM_LIST_LENGTH;
	sense = parse_list_id(list, out);
	if (sense)
		return sense;
	cscds = sl_get_be16(list + 2);
	segments = sl_get_be32(list + 8);
	inline_data = sl_get_be32(list + 12);
	if (inline_data)
		return SL_INLINE_DATA_EXCEEDED;
	if (cscds + segments > SL_XCOPY_LIST_MAX - HEADER_LEN ||
	    HEADER_LEN + cscds + segments > len)
		return SL_PARAM_LIST_LENGTH;
	sense = parse_cscds(list + HEADER_LEN, cscds, out);
	if (sense)
		return sense;
	return parse_segments(list + HEADER_LEN + cscds, segments, out);
}

bool sl_xcopy_names(const struct sl_xcopy_cscd *cscd, const u8 *page, size_t len)
{
	size_t at = 4;

	while (len >= 4 && at + 4 <= len && at + 4 + page[at + 3] <= len) {
		const u8 *d = page + at;

		if ((d[0] & 0x0f) == cscd->code_set && (d[1] & 0x3f) == cscd->designator_type &&
		    d[3] == cscd->len && !memcmp(d + 4, cscd->designator, cscd->len))
			return true;
		at += 4 + d[3];
	}
	return false;
}

void sl_xcopy_parameters(u8 *buf, u8 copies)
{
	memset(buf, 0, SL_XCOPY_PARAMETERS_LEN);
	sl_put_be32(SL_XCOPY_PARAMETERS_LEN - 4, buf);
	buf[4] = 0x01;			/* SNLID: lists need no identifier */
	sl_put_be16(SL_XCOPY_MAX_CSCDS, buf + 8);
	sl_put_be16(SL_XCOPY_MAX_SEGMENTS, buf + 10);
	sl_put_be32(SL_XCOPY_LIST_MAX - HEADER_LEN, buf + 12);
	sl_put_be16(copies, buf + 34);
	buf[36] = copies;
	buf[37] = 9;			/* segments in multiples of 512 bytes */
	buf[43] = 2;
	buf[44] = SEGMENT_BLOCK_TO_BLOCK;
	buf[45] = CSCD_IDENTIFICATION;
}

/* TRANSFER COUNT UNITS (SPC-4 table 246): bytes, KiB, MiB ... so that the count fits. */
void sl_xcopy_status(u8 *buf, enum sl_xcopy_state state, u16 segments, u64 bytes)
{
	u8 unit = 0;

	while (bytes > 0xffffffffu) {
		bytes >>= 10;
		unit++;
	}
	memset(buf, 0, SL_XCOPY_STATUS_LEN);
	sl_put_be32(SL_XCOPY_STATUS_LEN - 4, buf);
	buf[4] = (u8)state;
	sl_put_be16(segments, buf + 5);
	buf[7] = unit;
	sl_put_be32((u32)bytes, buf + 8);
}

size_t sl_xcopy_failure(u8 *buf, enum sl_sense sense)
{
	size_t len;

	memset(buf, 0, SL_XCOPY_FAILURE_MAX);
	if (!sense)
		return 4;
	buf[56] = 0x02;			/* the status that the command ended with */
	len = sl_sense_build(buf + 60, SL_SENSE_LEN, false, sense, NULL);
	sl_put_be16((u16)len, buf + 58);
	sl_put_be32((u32)(60 + len - 4), buf);
	return 60 + len;
}
