/* SPDX-License-Identifier: GPL-2.0-only */
/* scst_disk.ko: commands go to a real SCSI disk as they came. */
#ifndef SCST_DISK_H
#define SCST_DISK_H

#include <linux/printk.h>
#include <scsi/scsi_device.h>

#include "../../include/scst.h"

#define disk_err(fmt, ...)	pr_err("dev_disk: ***ERROR***: " fmt "\n", ##__VA_ARGS__)

struct disk {
	struct scsi_device *sdev;	/* with a reference, NULL before it was found */
	struct file *file;		/* its block device, held so that nobody else uses it */
};

static inline struct disk *disk_of(const struct scst_device *dev)
{
	return dev->priv;
}

/* Can @cmd be passed on as it is? Sets cmd->exec. */
enum sl_sense disk_pass_parse(struct scst_cmd *cmd);

int disk_pass_init(void);
void disk_pass_exit(void);

#endif
