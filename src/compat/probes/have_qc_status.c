// SPDX-License-Identifier: GPL-2.0-only
/* queuecommand returns an enum of its own (7.0). */
#include <scsi/scsi_host.h>

static enum scsi_qc_status probe(struct Scsi_Host *host, struct scsi_cmnd *sc)
{
	return 0;
}

extern const struct scsi_host_template probe_template;
const struct scsi_host_template probe_template = { .queuecommand = probe };
