// SPDX-License-Identifier: GPL-2.0-only
/*
 * dev_disk: a real SCSI disk, named by its H:C:I:L. dev_disk_perf: the same, but what only
 * moves blocks is answered at once, to measure all the rest.
 */
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <scsi/scsi.h>
#include <scsi/scsi_host.h>

#include "disk.h"

/* Reads give zeros. The core's buffers belong to all: such a command must not reach the disk. */
static void perf_exec(struct scst_cmd *cmd)
{
	if (cmd->cdb.dir != SL_DIR_IN) {
		scst_cmd_complete(cmd);
	} else if (scst_cmd_alloc_in(cmd, cmd->cdb.data_len)) {
		scst_cmd_busy(cmd);
	} else {
		scst_cmd_set_in_len(cmd, cmd->cdb.data_len);
		scst_cmd_complete(cmd);
	}
}

static enum sl_sense perf_parse(struct scst_cmd *cmd)
{
	u64 blocks = READ_ONCE(cmd->dev->unit.blocks);
	enum sl_sense sense = disk_pass_parse(cmd);

	if (sense || cmd->cdb.op->unit != SL_LEN_BLOCKS)
		return sense;
	cmd->exec = perf_exec;
	if (cmd->cdb.lba > blocks || cmd->cdb.blocks > blocks - cmd->cdb.lba)
		return SL_LBA_OUT_OF_RANGE;
	return SL_OK;
}

static int disk_init(struct scst_device *dev)
{
	dev->priv = kzalloc(sizeof(struct disk), GFP_KERNEL);
	return dev->priv ? 0 : -ENOMEM;
}

static int perf_init(struct scst_device *dev)
{
	dev->shared_buffers = true;
	return disk_init(dev);
}

/* The device says all about itself. */
static int disk_set_param(struct scst_device *dev, const char *name, const char *value)
{
	return -EINVAL;
}

static struct scsi_device *disk_lookup(const char *name)
{
	unsigned int host, channel, id;
	struct scsi_device *sdev;
	struct Scsi_Host *shost;
	u64 lun;

	if (sscanf(name, "%u:%u:%u:%llu", &host, &channel, &id, &lun) != 4)
		return NULL;
	shost = scsi_host_lookup(host);
	if (!shost)
		return NULL;
	sdev = scsi_device_lookup(shost, channel, id, lun);
	scsi_host_put(shost);
	/* One disk, one name: "01:0:0:0" is nobody's. */
	if (sdev && strcmp(dev_name(&sdev->sdev_gendev), name)) {
		scsi_device_put(sdev);
		sdev = NULL;
	}
	return sdev;
}

/* The disk among the children of a SCSI device. */
struct disk_block_dev {
	char path[64];
	dev_t devt;
};

static int disk_is_block_dev(struct device *child, void *arg)
{
	struct disk_block_dev *found = arg;

	if (!child->class || strcmp(child->class->name, "block"))
		return 0;
	snprintf(found->path, sizeof(found->path), "/dev/%s", dev_name(child));
	found->devt = child->devt;
	return 1;
}

/* Ours alone: a mounted disk, or somebody else's, is refused with EBUSY. */
static int disk_claim(struct scst_device *dev)
{
	struct disk_block_dev block = { };
	struct disk *disk = disk_of(dev);
	struct file *file;

	if (!device_for_each_child(&disk->sdev->sdev_gendev, &block, disk_is_block_dev)) {
		disk_err("device %s has no block device by which it could be reserved; is sd_mod loaded?",
			 dev->name);
		return -ENODEV;
	}
	file = filp_open(block.path, O_RDONLY | O_EXCL | O_NONBLOCK | O_LARGEFILE, 0);
	if (IS_ERR(file)) {
		disk_err("device %s: filp_open(%s) failed: %ld%s", dev->name, block.path,
			 PTR_ERR(file), PTR_ERR(file) == -EBUSY ? ", somebody uses it" : "");
		return PTR_ERR(file);
	}
	disk->file = file;
	if (!S_ISBLK(file_inode(file)->i_mode) || file_inode(file)->i_rdev != block.devt) {
		disk_err("device %s: %s is NOT its block device", dev->name, block.path);
		return -ENODEV;
	}
	return 0;
}

static void disk_take_geometry(struct scst_device *dev)
{
	struct inode *inode = disk_of(dev)->file->f_mapping->host;
	struct block_device *bdev = I_BDEV(inode);

	dev->unit.block_shift = ilog2(bdev_logical_block_size(bdev));
	dev->unit.blocks = i_size_read(inode) >> dev->unit.block_shift;
	dev->unit.read_only = bdev_read_only(bdev);
}

static int disk_attach(struct scst_device *dev)
{
	struct disk *disk = disk_of(dev);
	int ret;

	disk->sdev = disk_lookup(dev->name);
	if (!disk->sdev) {
		disk_err("there is no SCSI device %s: a name is H:C:I:L as in /sys/class/scsi_device",
			 dev->name);
		return -EINVAL;
	}
	if (disk->sdev->type != TYPE_DISK) {
		disk_err("device %s is of type %d, no disk", dev->name, disk->sdev->type);
		return -EINVAL;
	}
	ret = disk_claim(dev);
	if (ret)
		return ret;
	disk_take_geometry(dev);
	dev->scsi_device = &disk->sdev->sdev_gendev.kobj;
	return 0;
}

/* The page that the kernel has read of the disk is the one that goes to initiators. */
static size_t disk_identification(struct scst_device *dev, u8 *page, size_t size)
{
	const struct scsi_vpd *vpd;
	size_t len = 0;

	rcu_read_lock();
	vpd = rcu_dereference(disk_of(dev)->sdev->vpd_pg83);
	if (vpd) {
		len = min_t(size_t, vpd->len, size);
		memcpy(page, vpd->data, len);
	}
	rcu_read_unlock();
	return len;
}

static void disk_detach(struct scst_device *dev)
{
	struct disk *disk = disk_of(dev);

	if (disk->file)
		filp_close(disk->file, NULL);
	if (disk->sdev)
		scsi_device_put(disk->sdev);
	kfree(disk);
}

/* They differ in where a command ends: at the disk, or here. */
#define DISK_OPS(_name, _init, _parse) { \
	.name = _name, \
	.owner = THIS_MODULE, \
	.device_type = TYPE_DISK, \
	.init = _init, \
	.set_param = disk_set_param, \
	.attach = disk_attach, \
	.detach = disk_detach, \
	.parse = _parse, \
	.identification = disk_identification, \
}

static const struct scst_handler_ops disk_ops =
	DISK_OPS("dev_disk", disk_init, disk_pass_parse);
static const struct scst_handler_ops perf_ops =
	DISK_OPS("dev_disk_perf", perf_init, perf_parse);

static int __init disk_module_init(void)
{
	int ret = disk_pass_init();

	if (ret)
		return ret;
	ret = scst_register_handler(&disk_ops);
	if (ret)
		goto out_pass;
	ret = scst_register_handler(&perf_ops);
	if (ret)
		goto out_disk;
	return 0;

out_disk:
	scst_unregister_handler(&disk_ops);
out_pass:
	disk_pass_exit();
	return ret;
}

static void __exit disk_module_exit(void)
{
	scst_unregister_handler(&perf_ops);
	scst_unregister_handler(&disk_ops);
	disk_pass_exit();
}

module_init(disk_module_init);
module_exit(disk_module_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("SCST pass-through of SCSI disks");
MODULE_VERSION(SCST_VERSION);
