/* SPDX-License-Identifier: GPL-2.0-only */
/* LOG SENSE data of a device that has nothing to tell (SPC-4 6.8, 7.3). */
#ifndef SL_LOG_H
#define SL_LOG_H

#include "port.h"
#include "sense.h"

#define SL_LOG_MAX	32	/* enough for every page built here */

/*
 * The log page that @cdb asks for into @buf (SL_LOG_MAX bytes). *@len is the length of
 * the data before it is cut to the allocation length, *@more where a field is wrong.
 */
enum sl_sense sl_log_sense(const u8 *cdb, u8 *buf, size_t *len, struct sl_sense_info *more);

#endif
