// SPDX-License-Identifier: GPL-2.0-only
/* A workqueue that is bound to CPUs has to say so (6.17). */
#include <linux/workqueue.h>

int probe(void);
int probe(void)
{
	return WQ_PERCPU;
}
