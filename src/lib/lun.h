/* SPDX-License-Identifier: GPL-2.0-only */
/* LUN forms (SAM-5 4.7) and REPORT LUNS data (SPC-4 6.33). */
#ifndef SL_LUN_H
#define SL_LUN_H

#include "port.h"

#define SL_LUN_MAX		16383u		/* largest number of the flat space form */
#define SL_LUN_REPORT_LUNS	0xc101000000000000ull	/* well-known logical unit (SPC-4 8.2) */

enum sl_lun_method {
	SL_LUN_PERIPHERAL,	/* 00b; numbers above 255 take the flat form */
	SL_LUN_FLAT,		/* 01b */
	SL_LUN_LOGICAL_UNIT,	/* 10b, bus and target 0; numbers above 31 take the flat form */
};

/* Writes the 8-byte form of @lun (at most SL_LUN_MAX) to @out. */
void sl_lun_pack(enum sl_lun_method method, u32 lun, u8 *out);

/* Reads an 8-byte LUN; false if it is no single-level form that names a unit here. */
bool sl_lun_unpack(const u8 *in, u32 *lun);

#endif
