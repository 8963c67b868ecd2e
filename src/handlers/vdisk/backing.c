// SPDX-License-Identifier: GPL-2.0-only
/* What is behind a disk: opening and closing a file or block device, its size, its parameters. */
#include <linux/slab.h>

#include "fileio.h"

static int backing_set_filename(struct scst_device *dev, const char *value)
{
	struct vdisk *vd = vdisk_of(dev);

	if (value[0] != '/') {
		vdisk_err("device %s: Filename %s must be global", dev->name, value);
		return -EINVAL;
	}
	if (vd->filename)
		return -EINVAL;
	vd->filename = kstrdup(value, GFP_KERNEL);
	return vd->filename ? 0 : -ENOMEM;
}

int backing_set_param(struct scst_device *dev, const char *name, const char *value)
{
	struct vdisk *vd = vdisk_of(dev);

	if (!strcasecmp(name, "filename"))
		return backing_set_filename(dev, value);
	if (!strcasecmp(name, "write_through"))
		return vdisk_set_flag(value, &vd->write_through);
	if (!strcasecmp(name, "nv_cache"))
		return vdisk_set_flag(value, &vd->nv_cache);
	if (!strcasecmp(name, "thin_provisioned")) {
		vd->thin_explicit = true;
		return vdisk_set_flag(value, &dev->unit.thin);
	}
	return vdisk_set_common_param(dev, name, value);
}

struct file *backing_open(struct scst_device *dev, int flags)
{
	struct vdisk *vd = vdisk_of(dev);
	struct file *file;

	flags |= O_LARGEFILE | (dev->unit.read_only ? O_RDONLY : O_RDWR);
	file = filp_open(vd->filename, flags, 0);
	if (IS_ERR(file))
		vdisk_err("device %s: filp_open(%s) failed: %ld", dev->name, vd->filename,
			  PTR_ERR(file));
	return file;
}

int backing_check_params(struct scst_device *dev)
{
	struct vdisk *vd = vdisk_of(dev);

	if (!vd->filename) {
		vdisk_err("device %s: File name required", dev->name);
		return -EINVAL;
	}
	if (dev->unit.read_only && (vd->write_through || vd->nv_cache)) {
		vdisk_err("device %s: Write options on read only device", dev->name);
		return -EINVAL;
	}
	return 0;
}

void backing_detach(struct scst_device *dev)
{
	struct vdisk *vd = vdisk_of(dev);

	if (vd->direct)
		filp_close(vd->direct, NULL);
	if (vd->file)
		filp_close(vd->file, NULL);
	vdisk_free(dev);
}

int backing_resync(struct scst_device *dev)
{
	struct vdisk *vd = vdisk_of(dev);
	u64 size = i_size_read(vd->file->f_mapping->host);
	u64 blocks = size >> dev->unit.block_shift;

	if (!blocks)
		return -EINVAL;
	if (blocks == dev->unit.blocks)
		return 0;
	spin_lock(&dev->lock);
	vd->size = size;
	WRITE_ONCE(dev->unit.blocks, blocks);
	spin_unlock(&dev->lock);
	scst_dev_raise_ua(dev, SCST_UA_CAPACITY_CHANGED, NULL);
	return 0;
}

int backing_flush(struct scst_device *dev)
{
	return vfs_fsync(vdisk_of(dev)->file, 1);
}
