// SPDX-License-Identifier: GPL-2.0-only
/* crc32c() has moved to <linux/crc32.h> (6.14). */
#include <linux/crc32.h>

u32 probe(const void *p);
u32 probe(const void *p)
{
	return crc32c(0, p, 4);
}
