// SPDX-License-Identifier: GPL-2.0-only
/* The parameter list of UNMAP (SBC-3 5.28): a head of 8 bytes, descriptors of 16. */
#include "unmap.h"

#define HEAD_LEN	8
#define DESCRIPTOR_LEN	16

struct sl_unmap sl_unmap_get(const u8 *list, u32 i)
{
	const u8 *d = list + HEAD_LEN + (size_t)i * DESCRIPTOR_LEN;
	struct sl_unmap u;

	u.lba = sl_get_be64(d);
	u.blocks = sl_get_be32(d + 8);
	return u;
}

enum sl_sense sl_unmap_check(const u8 *list, size_t len, const struct sl_unit *unit, u32 *nr,
			     struct sl_sense_info *more)
{
	size_t room, told;
	u64 total = 0;
	u32 i;

	if (len < HEAD_LEN)
		return SL_PARAM_LIST_LENGTH;
	room = len - HEAD_LEN;
	told = sl_get_be16(list + 2);		/* UNMAP BLOCK DESCRIPTOR DATA LENGTH */
	*nr = (u32)((told < room ? told : room) / DESCRIPTOR_LEN);
	if (*nr > unit->max_unmap_descriptors)
		return sl_bad_param(more, 2);
	for (i = 0; i < *nr; i++) {
		struct sl_unmap u = sl_unmap_get(list, i);

		if (u.lba > unit->blocks || u.blocks > unit->blocks - u.lba)
			return SL_LBA_OUT_OF_RANGE;
		total += u.blocks;
		if (total > unit->max_unmap)
			return sl_bad_param(more, HEAD_LEN + (size_t)i * DESCRIPTOR_LEN + 8);
	}
	return SL_OK;
}
