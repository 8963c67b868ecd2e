// SPDX-License-Identifier: GPL-2.0-only
/* A scsi_cmnd holds all that scsi_request did (5.18). */
#include <linux/blkdev.h>
#include <linux/blk-mq.h>
#include <scsi/scsi_cmnd.h>

unsigned int probe(struct scsi_cmnd *sc);
unsigned int probe(struct scsi_cmnd *sc)
{
	return sc->resid_len;
}
