// SPDX-License-Identifier: GPL-2.0-only
/* scsi_host_alloc() takes a const template (6.4). */
#include <scsi/scsi_host.h>

struct Scsi_Host *probe(const struct scsi_host_template *t);
struct Scsi_Host *probe(const struct scsi_host_template *t)
{
	return scsi_host_alloc(t, 0);
}
