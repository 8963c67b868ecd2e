// SPDX-License-Identifier: GPL-2.0-only
/* What ends a request is told of the batch that it may join (7.0). */
#include <linux/blkdev.h>
#include <linux/blk-mq.h>

enum rq_end_io_ret probe(struct request *rq, const struct io_comp_batch *batch);
enum rq_end_io_ret probe(struct request *rq, const struct io_comp_batch *batch)
{
	return rq->end_io(rq, 0, batch);
}
