// SPDX-License-Identifier: GPL-2.0-only
/* blk_execute_rq_nowait() is told queue and disk of the request (until 5.10). */
#include <linux/blkdev.h>
#include <linux/blk-mq.h>

void probe(struct request *rq);
void probe(struct request *rq)
{
	blk_execute_rq_nowait(rq->q, NULL, rq, 0, NULL);
}
