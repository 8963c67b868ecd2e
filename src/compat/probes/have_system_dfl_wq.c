// SPDX-License-Identifier: GPL-2.0-only
/* The unbound system workqueue got a new name (6.17), and the old one complains later. */
#include <linux/workqueue.h>

bool probe(struct work_struct *work);
bool probe(struct work_struct *work)
{
	return queue_work(system_dfl_wq, work);
}
