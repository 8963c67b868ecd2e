/* SPDX-License-Identifier: GPL-2.0-only */
/* The parameter list of UNMAP (SBC-3 5.28). */
#ifndef SL_UNMAP_H
#define SL_UNMAP_H

#include "inquiry.h"
#include "port.h"
#include "sense.h"

struct sl_unmap {
	u64 lba;
	u32 blocks;
};

/*
 * Checks the whole list of @len bytes, before anything is unmapped: its descriptors
 * are *@nr. *@more tells where a field is wrong.
 */
enum sl_sense sl_unmap_check(const u8 *list, size_t len, const struct sl_unit *unit, u32 *nr,
			     struct sl_sense_info *more);

/* The descriptor @i of a list that was found good. */
struct sl_unmap sl_unmap_get(const u8 *list, u32 i);

#endif
