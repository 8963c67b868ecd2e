// SPDX-License-Identifier: GPL-2.0-only
/* Digests (RFC 7143 13.1): CRC32C over pages. */
#include "iscsi.h"

u32 isc_crc_pages(u32 crc, const struct bio_vec *bv, u32 offset, u32 len)
{
	for (; len; bv++) {
		u32 n;

		if (offset >= bv->bv_len) {
			offset -= bv->bv_len;
			continue;
		}
		n = min(len, bv->bv_len - offset);
		crc = scst_crc32c(crc, page_address(bv->bv_page) + bv->bv_offset + offset, n);
		len -= n;
		offset = 0;
	}
	return crc;
}
