/* SPDX-License-Identifier: GPL-2.0-only */
/* MODE SENSE and MODE SELECT data (SPC-4 6.11 to 6.14, 7.5; SBC-3 6.4). */
#ifndef SL_MODE_H
#define SL_MODE_H

#include "inquiry.h"
#include "port.h"
#include "sense.h"

#define SL_MODE_MAX	256	/* enough for all pages together */

/* What MODE SELECT can change. */
struct sl_mode {
	bool descriptor_sense;	/* control page D_SENSE */
	bool swp;		/* control page SWP: software write protect */
	bool write_cache;	/* caching page WCE */
	bool wce_changeable;
};

/*
 * MODE SENSE(6) or (10) data for @cdb into @buf (SL_MODE_MAX bytes);
 * @protect: the LUN is write protected. *@len is the length before it is cut
 * to the allocation length.
 */
enum sl_sense sl_mode_sense(const u8 *cdb, const struct sl_unit *unit, const struct sl_mode *mode,
			    bool protect, u8 *buf, size_t *len);

/*
 * Checks the whole parameter list (@len bytes at @list) of MODE SELECT(6) or
 * (10) and only then changes *@mode.
 */
enum sl_sense sl_mode_select(const u8 *cdb, const struct sl_unit *unit, const u8 *list, size_t len,
			     struct sl_mode *mode);

#endif
