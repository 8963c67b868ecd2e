// SPDX-License-Identifier: GPL-2.0-only
/* The private area of a SCSI command has an accessor (5.15). */
#include <scsi/scsi_cmnd.h>

void *probe(struct scsi_cmnd *sc);
void *probe(struct scsi_cmnd *sc)
{
	return scsi_cmd_priv(sc);
}
