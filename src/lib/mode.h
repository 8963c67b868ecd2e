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
	bool tas;		/* control page TAS: TASK ABORTED is told */
	bool tmf_only;		/* control page TMF_ONLY: an ACA condition takes no command */
	bool restricted;	/* control page QUEUE ALGORITHM MODIFIER 0h, else 1h */
	u8 qerr;		/* control page QERR: 0, 1 or 3 */
};

/* The values of a device: those in use, those that come back after a reset. */
struct sl_modes {
	struct sl_mode now;
	struct sl_mode saved;
	bool can_save;
};

/*
 * MODE SENSE(6) or (10) data for @cdb into @buf (SL_MODE_MAX bytes);
 * @protect: the LUN is write protected. *@len is the length before it is cut
 * to the allocation length. In *@more, here and below: where a field is wrong.
 */
enum sl_sense sl_mode_sense(const u8 *cdb, const struct sl_unit *unit, const struct sl_modes *modes,
			    bool protect, u8 *buf, size_t *len, struct sl_sense_info *more);

/*
 * Checks the whole parameter list (@len bytes at @list) of MODE SELECT(6) or
 * (10) and only then changes *@modes, with SP the saved values too.
 */
enum sl_sense sl_mode_select(const u8 *cdb, const struct sl_unit *unit, const u8 *list, size_t len,
			     struct sl_modes *modes, struct sl_sense_info *more);

/* Does MODE SELECT with this CDB change what is saved? */
bool sl_mode_saves(const u8 *cdb);

/* The pages that can be saved, with the values of @mode, into @buf (SL_MODE_MAX bytes); the length. */
size_t sl_mode_store(const struct sl_unit *unit, const struct sl_mode *mode, u8 *buf);

/*
 * Takes into *@mode what sl_mode_store() has made and what can be changed of it
 * now; SL_INVALID_PARAM_FIELD: these are no such pages, *@mode is as it was.
 */
enum sl_sense sl_mode_load(const struct sl_unit *unit, const u8 *pages, size_t len,
			   struct sl_mode *mode);

#endif
