// SPDX-License-Identifier: GPL-2.0-only
/* LUN forms (SAM-5 4.7). */
#include "lun.h"

void sl_lun_pack(enum sl_lun_method method, u32 lun, u8 *out)
{
	memset(out, 0, 8);
	if (method == SL_LUN_LOGICAL_UNIT && lun < 32) {
		out[0] = 0x80;
		out[1] = (u8)lun;
	} else if (method == SL_LUN_PERIPHERAL && lun < 256) {
		out[1] = (u8)lun;
	} else {
		out[0] = (u8)(0x40 | ((lun >> 8) & 0x3f));
		out[1] = (u8)lun;
	}
}

bool sl_lun_unpack(const u8 *in, u32 *lun)
{
	unsigned int i;

	for (i = 2; i < 8; i++)
		if (in[i])
			return false;

	switch (in[0] >> 6) {
	case 0:
		*lun = in[1];
		return in[0] == 0;
	case 1:
		*lun = ((u32)(in[0] & 0x3f) << 8) | in[1];
		return true;
	case 2:
		*lun = in[1] & 0x1f;
		return in[0] == 0x80 && (in[1] & 0xe0) == 0;
	default:
		return false;
	}
}
