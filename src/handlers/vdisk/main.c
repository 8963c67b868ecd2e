// SPDX-License-Identifier: GPL-2.0-only
/* scst_vdisk.ko: registration, and what all virtual disks have in common. */
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "../../lib/mgmt_line.h"
#include "dif.h"
#include "vdisk.h"

#define VDISK_OPT_TRANSFER	(512u << 10)
#define VDISK_MAX_UNMAP		(1u << 20)	/* blocks in one UNMAP */
#define VDISK_MAX_ATOMIC	(1u << 20)
#define VDISK_MAX_WRITE_SAME	SCST_MAX_TRANSFER

int vdisk_init(struct scst_device *dev, const struct vdisk_io_ops *io)
{
	struct vdisk *vd = kzalloc(sizeof(*vd), GFP_KERNEL);

	if (!vd)
		return -ENOMEM;
	if (percpu_init_rwsem(&vd->medium)) {
		kfree(vd);
		return -ENOMEM;
	}
	mutex_init(&vd->open_lock);
	vd->dev = dev;
	vd->io = io;
	dev->priv = vd;
	dev->unit.block_shift = 9;
	dev->unit.rotational = true;
	dev->unit.tst = 1;
	vd->lb_per_pb_exp = true;
	return 0;
}

void vdisk_free(struct scst_device *dev)
{
	struct vdisk *vd = vdisk_of(dev);

	scst_ident_close(dev);
	dif_detach(vd);
	percpu_free_rwsem(&vd->medium);
	kfree(vd->filename);
	kfree(vd);
}

int vdisk_set_flag(const char *value, bool *flag)
{
	return sl_mgmt_bool(value, flag);
}

static int vdisk_set_blocksize(struct scst_device *dev, const char *value)
{
	u64 v;

	if (sl_mgmt_u64(value, &v) || v < 512 || v > PAGE_SIZE || !is_power_of_2(v)) {
		vdisk_err("device %s: blocksize %s is no power of two from 512 to %lu", dev->name,
			  value, PAGE_SIZE);
		return -EINVAL;
	}
	dev->unit.block_shift = ilog2(v);
	return 0;
}

static int vdisk_set_tst(struct scst_device *dev, const char *value)
{
	u64 v;

	if (sl_mgmt_u64(value, &v) || v > 1)
		return -EINVAL;
	dev->unit.tst = v;
	return 0;
}

int vdisk_set_common_param(struct scst_device *dev, const char *name, const char *value)
{
	if (!strcasecmp(name, "blocksize"))
		return vdisk_set_blocksize(dev, value);
	if (!strcasecmp(name, "read_only"))
		return vdisk_set_flag(value, &dev->unit.read_only);
	if (!strcasecmp(name, "removable"))
		return vdisk_set_flag(value, &dev->unit.removable);
	if (!strcasecmp(name, "rotational"))
		return vdisk_set_flag(value, &dev->unit.rotational);
	if (!strcasecmp(name, "tst"))
		return vdisk_set_tst(dev, value);
	return -EINVAL;
}

/* (setup_id << 32) | CRC-32C of the name with its NUL: what initiators know the device by. */
static u64 vdisk_generated_id(const struct scst_device *dev)
{
	u64 crc = scst_crc32c(0, dev->name, strlen(dev->name) + 1);

	return ((u64)scst_get_setup_id() << 32) | crc;
}

static void vdisk_make_ids(struct scst_device *dev, const char *vendor)
{
	struct sl_unit *u = &dev->unit;
	u64 id = vdisk_generated_id(dev);

	strscpy(u->vendor, vendor, sizeof(u->vendor));
	strscpy(u->product, dev->name, sizeof(u->product));
	strscpy(u->revision, SCST_REVISION, sizeof(u->revision));
	snprintf(u->serial, sizeof(u->serial), "%llx", id);
	snprintf(u->t10_dev_id, sizeof(u->t10_dev_id), "%llx-%s", id, dev->name);
	strscpy(u->vendor_specific, u->t10_dev_id, sizeof(u->vendor_specific));
}

int vdisk_finish(struct scst_device *dev, const char *vendor)
{
	struct vdisk *vd = vdisk_of(dev);
	struct sl_unit *u = &dev->unit;

	u->blocks = vd->size >> u->block_shift;
	if (!u->blocks && !vd->empty && !dev->inactive) {
		vdisk_err("device %s: %llu bytes are less than one block", dev->name, vd->size);
		return -EINVAL;
	}
	u->write_cache = !(vd->write_through || vd->nv_cache || u->read_only);
	dev->mode.now.write_cache = u->write_cache;
	dev->mode.now.wce_changeable = (vd->file || dev->inactive) && !vd->nv_cache &&
				       !u->read_only;
	if (u->block_shift < 12 && vd->lb_per_pb_exp)
		u->physical_exp = 12 - u->block_shift;
	u->max_transfer = SCST_MAX_TRANSFER >> u->block_shift;
	u->opt_transfer = VDISK_OPT_TRANSFER >> u->block_shift;
	u->max_unmap = VDISK_MAX_UNMAP;
	u->max_unmap_descriptors = 256;
	u->max_compare_write = vd->io->compare_write ? 255 : 0;
	/* A write is whole or not at all only where memory counts as stored, or nothing is. */
	if (vd->io->write_atomic && (vd->nv_cache || dev->shared_buffers))
		u->max_atomic = VDISK_MAX_ATOMIC >> u->block_shift;
	/* Where nothing is written it may be as much as anybody likes. */
	if (!dev->shared_buffers)
		u->max_write_same = VDISK_MAX_WRITE_SAME >> u->block_shift;
	u->unmapped_is_zero = u->thin;
	vdisk_make_ids(dev, vendor);
	if (scst_serial_in_use(dev, u->serial)) {
		vdisk_err("device %s: serial number %s belongs to another device", dev->name,
			  u->serial);
		return -EEXIST;
	}
	if (vd->dif) {
		int ret = dif_attach(dev);

		if (ret)
			return ret;
	}
	return scst_ident_open(dev);
}

static const struct scst_handler_ops *const vdisk_handlers[] = {
	&vdisk_fileio_ops,
	&vdisk_blockio_ops,
	&vdisk_nullio_ops,
	&vcdrom_ops,
};

static void vdisk_unregister(unsigned int nr)
{
	while (nr--)
		scst_unregister_handler(vdisk_handlers[nr]);
}

static int __init vdisk_module_init(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(vdisk_handlers); i++) {
		ret = scst_register_handler(vdisk_handlers[i]);
		if (ret) {
			vdisk_unregister(i);
			return ret;
		}
	}
	return 0;
}

static void __exit vdisk_module_exit(void)
{
	vdisk_unregister(ARRAY_SIZE(vdisk_handlers));
}

module_init(vdisk_module_init);
module_exit(vdisk_module_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("SCST virtual disk handlers");
MODULE_VERSION(SCST_VERSION);
