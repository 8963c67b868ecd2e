// SPDX-License-Identifier: GPL-2.0-only
/* Directions of iov_iter have names of their own (6.1). */
#include <linux/uio.h>

int probe(void);
int probe(void)
{
	return ITER_DEST + ITER_SOURCE;
}
