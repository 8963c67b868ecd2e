// SPDX-License-Identifier: GPL-2.0-only
/* A SCSI command is completed by scsi_done() (5.16). */
#include <scsi/scsi_cmnd.h>

void probe(struct scsi_cmnd *sc);
void probe(struct scsi_cmnd *sc)
{
	scsi_done(sc);
}
