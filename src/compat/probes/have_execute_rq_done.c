// SPDX-License-Identifier: GPL-2.0-only
/* blk_execute_rq_nowait() is told what to call at the end (until 5.18). */
#include <linux/blkdev.h>
#include <linux/blk-mq.h>

void probe(struct request *rq);
void probe(struct request *rq)
{
	blk_execute_rq_nowait(rq, false, NULL);
}
