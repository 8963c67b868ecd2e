// SPDX-License-Identifier: GPL-2.0-only
/* vdisk_nullio: takes every write, keeps nothing, reads as zeros. */
#include "../../lib/mgmt_line.h"
#include "vdisk.h"

#define NULLIO_DEFAULT_SIZE	2748779069440ull	/* 2.5 TiB */

static void nullio_read(struct scst_cmd *cmd)
{
	if (scst_cmd_alloc_in(cmd, cmd->cdb.data_len)) {
		scst_cmd_busy(cmd);
		return;
	}
	scst_cmd_set_in_len(cmd, cmd->cdb.data_len);
	scst_cmd_complete(cmd);
}

static void nullio_lba_status(struct scst_cmd *cmd)
{
	u8 data[24] = { };

	/* One extent, to the end: deallocated, or said to be mapped where that is not told apart. */
	sl_put_be32(sizeof(data) - 4, data);
	sl_put_be64(cmd->cdb.lba, data + 8);
	sl_put_be32(min_t(u64, cmd->dev->unit.blocks - cmd->cdb.lba, U32_MAX), data + 16);
	data[20] = cmd->dev->unit.thin ? 1 : 0;
	scst_cmd_reply(cmd, data, sizeof(data));
}

/* Whatever the way: nothing can be found of what was never kept. */
static void nullio_erase(struct scst_cmd *cmd)
{
	enum sl_sense sense = SL_OK;
	bool immediate;
	u8 head[4];

	if (cmd->cdb.id == SL_OP_SANITIZE_OVERWRITE)
		sense = vdisk_sanitize_list(cmd, head);
	else if (cmd->cdb.id == SL_OP_FORMAT_UNIT)
		sense = vdisk_format_list(cmd, &immediate);
	if (sense)
		scst_cmd_fail(cmd, sense, NULL);
	else
		scst_cmd_complete(cmd);
}

static const struct vdisk_io_ops nullio_io = {
	.read = nullio_read,
	.write = scst_cmd_complete,
	.verify = scst_cmd_complete,
	.write_verify = scst_cmd_complete,
	.write_same = scst_cmd_complete,
	.sync = scst_cmd_complete,
	.prefetch = scst_cmd_complete,
	.unmap = scst_cmd_complete,
	.lba_status = nullio_lba_status,
	.write_atomic = scst_cmd_complete,
	.erase = nullio_erase,
	.crypto_erase = nullio_erase,
};

static int nullio_init(struct scst_device *dev)
{
	int ret = vdisk_init(dev, &nullio_io);

	if (!ret)
		vdisk_of(dev)->size = NULLIO_DEFAULT_SIZE;
	dev->shared_buffers = true;
	dev->nowait = true;
	return ret;
}

int nullio_resize(struct scst_device *dev, u64 size)
{
	struct vdisk *vd = vdisk_of(dev);

	if (!size || size & ((1u << dev->unit.block_shift) - 1))
		return -EINVAL;
	spin_lock(&dev->lock);
	vd->size = size;
	vd->size_explicit = true;
	WRITE_ONCE(dev->unit.blocks, size >> dev->unit.block_shift);
	spin_unlock(&dev->lock);
	scst_dev_raise_ua(dev, SCST_UA_CAPACITY_CHANGED, NULL);
	return 0;
}

static int nullio_set_size(struct vdisk *vd, const char *value, unsigned int shift)
{
	u64 v;

	if (sl_mgmt_u64(value, &v) || !v || v > (U64_MAX >> 1) >> shift)
		return -EINVAL;
	vd->size = v << shift;
	vd->size_explicit = true;
	return 0;
}

static int nullio_set_param(struct scst_device *dev, const char *name, const char *value)
{
	struct vdisk *vd = vdisk_of(dev);

	if (!strcasecmp(name, "size"))
		return nullio_set_size(vd, value, 0);
	if (!strcasecmp(name, "size_mb"))
		return nullio_set_size(vd, value, 20);
	if (!strcasecmp(name, "dummy"))
		return vdisk_set_flag(value, &vd->dummy);
	if (!strcasecmp(name, "thin_provisioned")) {
		vd->thin_explicit = true;
		return vdisk_set_flag(value, &dev->unit.thin);
	}
	return vdisk_set_common_param(dev, name, value);
}

static int nullio_attach(struct scst_device *dev)
{
	struct vdisk *vd = vdisk_of(dev);

	if (vd->size & ((1u << dev->unit.block_shift) - 1)) {
		vdisk_err("device %s: size %llu is no multiple of the block size", dev->name,
			  vd->size);
		return -EINVAL;
	}
	if (vd->dummy) {
		dev->unit.qualifier = 1;
		dev->unit.device_type = 0x1f;
	}
	return vdisk_finish(dev, "SCST_FIO");
}

static const char *const nullio_params[] = {
	"blocksize", "dummy", "read_only", "removable", "rotational", "size", "size_mb",
	"thin_provisioned", "tst",
	NULL
};

const struct scst_handler_ops vdisk_nullio_ops = {
	.name = "vdisk_nullio",
	.owner = THIS_MODULE,
	.device_type = 0,
	.params = nullio_params,
	.dev_attrs = vdisk_attrs,
	.kind_attrs = vdisk_disk_attrs,
	.own_attrs = vdisk_nullio_attrs,
	.init = nullio_init,
	.set_param = nullio_set_param,
	.attach = nullio_attach,
	.detach = vdisk_free,
	.parse = vdisk_parse,
	.state = vdisk_state,
};
