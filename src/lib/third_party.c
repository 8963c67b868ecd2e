// SPDX-License-Identifier: GPL-2.0-only
/* VPD page 8Fh: what the copy manager can do, each limit as it is checked. */
#include "cdb.h"
#include "rod.h"

/* Header of a third-party copy descriptor (SPC-4 7.8.17.2); @d is zeroed. Returns its length. */
static size_t descriptor(u8 *d, u16 type, size_t body)
{
	size_t len = 4 + ((body + 3) & ~(size_t)3);

	sl_put_be16(type, d);
	sl_put_be16((u16)(len - 4), d + 2);
	return len;
}

static size_t token_limits(const struct sl_unit *unit, u8 *d)
{
	sl_put_be16(SL_ROD_MAX_RANGES, d + 10);
	sl_put_be32(SL_ROD_MAX_TIMEOUT, d + 12);
	sl_put_be32(SL_ROD_DEFAULT_TIMEOUT, d + 16);
	sl_put_be64(SL_ROD_MAX_BYTES >> unit->block_shift, d + 20);
	sl_put_be64(SL_ROD_OPTIMAL_BYTES >> unit->block_shift, d + 28);
	return descriptor(d, 0x0000, 32);
}

/* The service actions of the opcode of @id, as the table of operations has them. */
static size_t command_support(u8 *d, unsigned int id)
{
	u8 opcode = sl_op_get((enum sl_op_id)id)->opcode;
	size_t n = 0;

	d[0] = opcode;
	for (; id < SL_OP_COUNT && sl_op_get((enum sl_op_id)id)->opcode == opcode; id++)
		d[2 + n++] = sl_op_get((enum sl_op_id)id)->service_action;
	d[1] = (u8)n;
	return 2 + n;
}

static size_t supported_commands(u8 *d)
{
	size_t n = command_support(d + 5, SL_OP_EXTENDED_COPY);

	n += command_support(d + 5 + n, SL_OP_COPY_STATUS);
	d[4] = (u8)n;
	return descriptor(d, 0x0001, 1 + n);
}

static size_t parameter_data(u8 *d)
{
	sl_put_be16(SL_XCOPY_MAX_CSCDS, d + 8);
	sl_put_be16(SL_XCOPY_MAX_SEGMENTS, d + 10);
	sl_put_be32(SL_XCOPY_DESCRIPTORS_MAX, d + 12);
	return descriptor(d, 0x0004, 28);
}

static size_t supported_descriptors(u8 *d)
{
	d[4] = 2;
	d[5] = SL_XCOPY_BLOCK_TO_BLOCK;
	d[6] = SL_XCOPY_IDENTIFICATION;
	return descriptor(d, 0x0008, 3);
}

static size_t supported_ids(u8 *d)
{
	sl_put_be16(2, d + 4);
	sl_put_be16(SL_XCOPY_THIS_UNIT, d + 6);
	return descriptor(d, 0x000c, 4);
}

/* REMOTE TOKENS 0h: only our own. One descriptor follows, of block devices (7.8.17.8.2). */
static size_t token_features(u8 *d)
{
	u8 *block = d + 48;

	sl_put_be32(SL_ROD_LIFETIME, d + 16);
	sl_put_be32(SL_ROD_LIFETIME, d + 20);
	sl_put_be32(SL_ROD_MAX_TIMEOUT, d + 24);
	sl_put_be16(48, d + 46);
	sl_put_be16(0x2c, block + 2);
	sl_put_be64(SL_ROD_MAX_BYTES, block + 8);
	sl_put_be64(SL_ROD_OPTIMAL_BYTES, block + 16);
	sl_put_be64(SL_ROD_OPTIMAL_BYTES, block + 24);
	sl_put_be64(SL_ROD_OPTIMAL_BYTES, block + 32);
	return descriptor(d, 0x0106, 92);
}

/* TOKEN_IN 02h, TOKEN_OUT 01h; the sum of all preferences is FFFFh. */
static size_t rod_types(u8 *d)
{
	static const struct {
		u32 type;
		u8 use;
		u16 preference;
	} types[] = {
		{ SL_ROD_CHANGE_VULNERABLE, 0x03, 0xffff },
		{ SL_ROD_ANY, 0x01, 0 },
		{ SL_ROD_ZERO, 0x02, 0 },
	};
	size_t i;

	sl_put_be16(64 * ARRAY_SIZE(types), d + 6);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		u8 *t = d + 8 + 64 * i;

		sl_put_be32(types[i].type, t);
		t[4] = types[i].use;
		sl_put_be16(types[i].preference, t + 6);
	}
	return descriptor(d, 0x0108, 4 + 64 * ARRAY_SIZE(types));
}

static size_t general_operations(u8 *d)
{
	sl_put_be32(SL_XCOPY_AT_ONCE, d + 4);
	sl_put_be32(SL_XCOPY_AT_ONCE, d + 8);
	d[16] = 9;			/* segments in multiples of 512 bytes */
	return descriptor(d, 0x8001, 32);
}

size_t sl_third_party_page(const struct sl_unit *unit, u8 *page)
{
	size_t n = 4;

	n += token_limits(unit, page + n);
	n += supported_commands(page + n);
	n += parameter_data(page + n);
	n += supported_descriptors(page + n);
	n += supported_ids(page + n);
	n += token_features(page + n);
	n += rod_types(page + n);
	n += general_operations(page + n);
	return n;
}
