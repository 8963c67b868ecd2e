// SPDX-License-Identifier: GPL-2.0-only
/* Requests with a CDB have operations of their own (until 5.13). */
#include <linux/blkdev.h>
#include <linux/blk-mq.h>

int probe(void);
int probe(void)
{
	return REQ_OP_SCSI_IN;
}
