// SPDX-License-Identifier: GPL-2.0-only
/* blk_execute_rq_nowait() is told the disk of the request (5.11 to 5.16). */
#include <linux/blkdev.h>
#include <linux/blk-mq.h>

void probe(struct request *rq);
void probe(struct request *rq)
{
	blk_execute_rq_nowait((struct gendisk *)NULL, rq, 0, NULL);
}
