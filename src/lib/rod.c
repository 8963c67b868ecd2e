// SPDX-License-Identifier: GPL-2.0-only
/* Tokens that stand for data of a disk: lists and answers. */
#include "rod.h"

#define POPULATE_HEADER_LEN	16
#define POPULATE_MIN_LEN	0x1e	/* POPULATE TOKEN DATA LENGTH */
#define WRITE_HEADER_LEN	536
#define WRITE_MIN_LEN		0x226	/* WRITE USING TOKEN DATA LENGTH */
#define RANGE_LEN		16

#define TOKEN_LENGTH_FIELD	(SL_ROD_TOKEN_LEN - 8)

static enum sl_sense refuse(struct sl_rod_list *out, size_t at, enum sl_sense sense)
{
	out->bad_at = (s32)at;
	return sense;
}

static bool overlaps(const struct sl_rod_ranges *ranges, u64 lba, u32 blocks)
{
	u16 i;

	for (i = 0; i < ranges->nr; i++) {
		const struct sl_rod_range *r = &ranges->range[i];

		if (lba < r->lba + r->blocks && r->lba < lba + blocks)
			return true;
	}
	return false;
}

/* Block device range descriptor (SBC-4 5.12.3). */
static enum sl_sense parse_range(const u8 *list, size_t at, const struct sl_unit *unit,
				 struct sl_rod_list *out)
{
	struct sl_rod_ranges *ranges = &out->ranges;
	u64 lba = sl_get_be64(list + at);
	u32 blocks = sl_get_be32(list + at + 8);

	if (lba > unit->blocks || blocks > unit->blocks - lba)
		return refuse(out, at, SL_LBA_OUT_OF_RANGE);
	if (!blocks)
		return SL_OK;
	if (overlaps(ranges, lba, blocks))
		return refuse(out, at, SL_INVALID_PARAM_FIELD);
	ranges->blocks += blocks;
	if (ranges->blocks << unit->block_shift > SL_ROD_MAX_BYTES)
		return refuse(out, at + 8, SL_INVALID_PARAM_FIELD);
	ranges->range[ranges->nr].lba = lba;
	ranges->range[ranges->nr++].blocks = blocks;
	return SL_OK;
}

/* @at: BLOCK DEVICE RANGE DESCRIPTOR LENGTH; descriptors that are not whole do not count. */
static enum sl_sense parse_ranges(const u8 *list, size_t len, size_t at, const struct sl_unit *unit,
				  struct sl_rod_list *out)
{
	size_t bytes = sl_get_be16(list + at), nr, i;
	enum sl_sense sense;

	if (bytes < RANGE_LEN)
		return refuse(out, at, SL_INVALID_PARAM_FIELD);
	at += 2;
	if (bytes > len - at)
		bytes = len - at;
	nr = bytes / RANGE_LEN;
	if (nr > SL_ROD_MAX_RANGES)
		return SL_TOO_MANY_SEGMENTS;
	for (i = 0; i < nr; i++) {
		sense = parse_range(list, at + i * RANGE_LEN, unit, out);
		if (sense)
			return sense;
	}
	return SL_OK;
}

static bool populates(u32 type)
{
	return type == SL_ROD_CHANGE_VULNERABLE || type == SL_ROD_ANY;
}

static void begin(struct sl_rod_list *out)
{
	memset(out, 0, sizeof(*out));
	out->bad_at = -1;
}

enum sl_sense sl_populate_parse(const u8 *list, size_t len, const struct sl_unit *unit,
				struct sl_rod_list *out)
{
	begin(out);
	if (len < POPULATE_HEADER_LEN)
		return SL_PARAM_LIST_LENGTH;
	if (sl_get_be16(list) < POPULATE_MIN_LEN)
		return refuse(out, 0, SL_INVALID_PARAM_FIELD);
	out->immed = list[2] & 0x01;
	out->timeout = sl_get_be32(list + 4);
	if (!out->timeout)
		out->timeout = SL_ROD_DEFAULT_TIMEOUT;
	if (out->timeout > SL_ROD_MAX_TIMEOUT)
		return refuse(out, 4, SL_INVALID_PARAM_FIELD);
	/* RTV: the type of token was chosen */
	if ((list[2] & 0x02) && !populates(sl_get_be32(list + 8)))
		return refuse(out, 8, SL_INVALID_PARAM_FIELD);
	return parse_ranges(list, len, 14, unit, out);
}

enum sl_sense sl_write_token_parse(const u8 *list, size_t len, const struct sl_unit *unit,
				   struct sl_rod_list *out)
{
	u64 offset;
	u32 type;

	begin(out);
	if (len < WRITE_HEADER_LEN)
		return SL_PARAM_LIST_LENGTH;
	if (sl_get_be16(list) < WRITE_MIN_LEN ||
	    sl_get_be16(list) != sl_get_be16(list + 534) + 534u)
		return refuse(out, 0, SL_INVALID_PARAM_FIELD);
	out->immed = list[2] & 0x01;
	out->delete_token = list[2] & 0x02;
	out->token = list + 16;
	if (sl_get_be16(out->token + 6) != TOKEN_LENGTH_FIELD)
		return refuse(out, 16 + 6, SL_TOKEN_LENGTH);
	type = sl_rod_type(out->token);
	if (type != SL_ROD_CHANGE_VULNERABLE && type != SL_ROD_ZERO)
		return refuse(out, 16, SL_TOKEN_TYPE);
	offset = sl_get_be64(list + 8);
	if (offset > SL_ROD_MAX_BYTES)
		return refuse(out, 8, SL_INVALID_PARAM_FIELD);
	out->offset = offset << unit->block_shift;
	return parse_ranges(list, len, 534, unit, out);
}

bool sl_rod_same(const u8 *token, const u8 *other)
{
	u8 differ = 0;
	size_t i;

	for (i = 0; i < SL_ROD_TOKEN_LEN; i++)
		differ |= token[i] ^ other[i];
	return !differ;
}

/* The unit as an identification CSCD descriptor (SPC-4 6.4.5.6). */
static void put_creator(u8 *d, const struct sl_unit *unit, const u8 *name)
{
	d[0] = SL_XCOPY_IDENTIFICATION;
	d[1] = unit->device_type;
	if (name)
		memcpy(d + 4, name, 4u + name[3]);
	sl_put_be24(1u << unit->block_shift, d + 29);
}

/* The SCSI target device, by the only name that it has of its own (association 10b). */
static void put_target(u8 *d, const struct sl_unit *unit, const u8 *name)
{
	size_t n = strlen(unit->scsi_name) + 1;

	if (n > 1 && n <= 120) {
		d[0] = 0x03;
		d[1] = 0x28;
		d[3] = (u8)((n + 3) & ~(size_t)3);
		memcpy(d + 4, unit->scsi_name, n);
	} else if (name) {
		memcpy(d, name, 4u + name[3]);
		d[1] |= 0x20;
	}
}

void sl_rod_build(u8 *token, u64 id, const struct sl_unit *unit, const u8 *name, u64 bytes)
{
	memset(token, 0, SL_ROD_TOKEN_LEN - SL_ROD_SECRET_LEN);
	sl_put_be32(SL_ROD_CHANGE_VULNERABLE, token);
	sl_put_be16(TOKEN_LENGTH_FIELD, token + 6);
	sl_put_be64(id, token + 8);
	put_creator(token + 16, unit, name);
	sl_put_be64(bytes, token + 56);
	/* Device type specific: as READ CAPACITY(16) tells of blocks, from its byte 8 on. */
	sl_put_be32(1u << unit->block_shift, token + 96);
	token[101] = unit->physical_exp & 0x0f;
	if (unit->thin)
		token[102] = (u8)(0x80 | (unit->unmapped_is_zero ? 0x40 : 0));
	put_target(token + 128, unit, name);
}

size_t sl_rod_information(u8 *buf, const struct sl_copy_status *st, const u8 *token)
{
	size_t len = sl_xcopy4_status(buf, st), tokens = token ? 2 + SL_ROD_TOKEN_LEN : 0;

	memset(buf + len, 0, 6);
	sl_put_be32((u32)tokens, buf + len);
	len += 4;
	if (token)
		memcpy(buf + len + 2, token, SL_ROD_TOKEN_LEN);
	len += tokens;
	sl_put_be32((u32)(len - 4), buf);
	return len;
}
