// SPDX-License-Identifier: GPL-2.0-only
/* What is behind a disk: opening and closing a file or block device, its size, its parameters. */
#include <linux/slab.h>

#include "dif.h"
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
	int ret = dif_set_param(dev, name, value);

	if (ret != -ENOENT)
		return ret;
	if (!strcasecmp(name, "filename"))
		return backing_set_filename(dev, value);
	if (!strcasecmp(name, "write_through"))
		return vdisk_set_flag(value, &vd->write_through);
	if (!strcasecmp(name, "nv_cache"))
		return vdisk_set_flag(value, &vd->nv_cache);
	if (!strcasecmp(name, "lb_per_pb_exp"))
		return vdisk_set_flag(value, &vd->lb_per_pb_exp);
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

void backing_close(struct vdisk *vd)
{
	if (vd->direct)
		filp_close(vd->direct, NULL);
	if (vd->file)
		filp_close(vd->file, NULL);
	vd->direct = NULL;
	vd->file = NULL;
}

void backing_detach(struct scst_device *dev)
{
	backing_close(vdisk_of(dev));
	vdisk_free(dev);
}

int backing_set_size(struct scst_device *dev, u64 size, bool is_explicit)
{
	struct vdisk *vd = vdisk_of(dev);
	u64 blocks = size >> dev->unit.block_shift;
	bool changed;

	spin_lock(&dev->lock);
	changed = blocks != dev->unit.blocks;
	vd->size = size;
	vd->size_explicit = is_explicit;
	WRITE_ONCE(dev->unit.blocks, blocks);
	spin_unlock(&dev->lock);
	if (!changed)
		return 0;
	scst_dev_raise_ua(dev, SCST_UA_CAPACITY_CHANGED, NULL);
	return dif_store_resized(dev);
}

static u64 backing_size(const struct vdisk *vd)
{
	return i_size_read(vd->file->f_mapping->host);
}

int backing_resync(struct scst_device *dev)
{
	struct vdisk *vd = vdisk_of(dev);
	int ret = -EINVAL;

	mutex_lock(&vd->open_lock);
	if (vd->file && backing_size(vd) >> dev->unit.block_shift)
		ret = backing_set_size(dev, backing_size(vd), false);
	mutex_unlock(&vd->open_lock);
	return ret;
}

int backing_resize(struct scst_device *dev, u64 size)
{
	struct vdisk *vd = vdisk_of(dev);
	int ret = -EINVAL;

	if (!size || size & ((1u << dev->unit.block_shift) - 1))
		return ret;
	mutex_lock(&vd->open_lock);
	if (vd->file && size <= backing_size(vd))
		ret = backing_set_size(dev, size, true);
	mutex_unlock(&vd->open_lock);
	return ret;
}

int backing_flush(struct scst_device *dev)
{
	const struct vdisk *vd = vdisk_of(dev);
	int ret = vfs_fsync(vd->file, 1);

	return !ret && vd->dif && vd->dif->file ? vfs_fsync(vd->dif->file, 1) : ret;
}

int backing_sync(struct scst_device *dev)
{
	struct vdisk *vd = vdisk_of(dev);
	int ret = 0;

	mutex_lock(&vd->open_lock);
	/* Closing has made it safe. */
	if (vd->file)
		ret = backing_flush(dev);
	mutex_unlock(&vd->open_lock);
	return ret;
}
