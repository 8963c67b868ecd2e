// SPDX-License-Identifier: GPL-2.0-only
/* Log pages. */
#include "log.h"

#define LOG_SUPPORTED	0x00
#define LOG_EXCEPTIONS	0x2f

/* Informational exceptions log page with its one parameter: nothing to report (SPC-4 7.3.10). */
static size_t log_exceptions(u8 *p)
{
	static const u8 parameter[8] = { 0, 0, 0x03, 4, 0, 0, 0, 0 };

	memcpy(p, parameter, sizeof(parameter));
	return sizeof(parameter);
}

enum sl_sense sl_log_sense(const u8 *cdb, u8 *buf, size_t *len, struct sl_sense_info *more)
{
	u8 page = cdb[2] & 0x3f;
	size_t n;

	if (cdb[1] & 0x01)		/* SP: nothing is saved */
		return sl_bad_cdb_bit(more, 1, 0);
	if (cdb[3])			/* no page has subpages */
		return sl_bad_cdb(more, 3);
	memset(buf, 0, SL_LOG_MAX);
	switch (page) {
	case LOG_SUPPORTED:
		buf[4] = LOG_SUPPORTED;
		buf[5] = LOG_EXCEPTIONS;
		n = 2;
		break;
	case LOG_EXCEPTIONS:
		n = log_exceptions(buf + 4);
		break;
	default:
		return sl_bad_cdb_bit(more, 2, 5);
	}
	buf[0] = page;
	sl_put_be16((u16)n, buf + 2);
	*len = 4 + n;
	return SL_OK;
}
