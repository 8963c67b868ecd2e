// SPDX-License-Identifier: GPL-2.0-only
/* blk_rq_map_kern() is told the queue of the request (until 6.15). */
#include <linux/blkdev.h>
#include <linux/blk-mq.h>

int probe(struct request *rq, void *p);
int probe(struct request *rq, void *p)
{
	return blk_rq_map_kern(rq->q, rq, p, 1, 0);
}
