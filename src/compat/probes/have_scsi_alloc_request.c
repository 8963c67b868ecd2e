// SPDX-License-Identifier: GPL-2.0-only
/* scsi_alloc_request() makes a request with a CDB (5.16). */
#include <linux/blkdev.h>
#include <linux/blk-mq.h>
#include <scsi/scsi_cmnd.h>

struct request *probe(struct request_queue *q);
struct request *probe(struct request_queue *q)
{
	return scsi_alloc_request(q, 0, 0);
}
