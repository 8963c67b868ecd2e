// SPDX-License-Identifier: GPL-2.0-only
/* Must not compile. */
#include <linux/kernel.h>

int probe(void);
int probe(void)
{
	return scst_no_such_function_in_any_kernel(1);
}
