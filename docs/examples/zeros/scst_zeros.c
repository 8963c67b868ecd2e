// SPDX-License-Identifier: GPL-2.0-only
/*
 * dev_zeros: a device handler that is built outside of the tree, with what scst-dev installs. Its
 * disks have 1 GiB, read as zeros and forget what is written.
 */
#include <linux/module.h>
#include <scst.h>

#define ZEROS_BLOCK_SHIFT	9
#define ZEROS_BLOCKS		(1ull << (30 - ZEROS_BLOCK_SHIFT))

static void zeros_inquiry(struct scst_cmd *cmd)
{
	struct sl_port_id port;
	u8 data[SL_INQUIRY_MAX];
	enum sl_sense sense;
	size_t len;

	scst_cmd_port_id(cmd, &port);
	spin_lock(&cmd->dev->lock);
	sense = sl_inquiry(cmd->cdb_bytes, &cmd->dev->unit, &port, data, &len);
	spin_unlock(&cmd->dev->lock);
	if (sense)
		scst_cmd_fail(cmd, scst_bad_cdb(cmd, sl_inquiry_bad_byte(cmd->cdb_bytes)), NULL);
	else
		scst_cmd_reply(cmd, data, len);
}

static void zeros_read_capacity_10(struct scst_cmd *cmd)
{
	u8 data[8];

	sl_read_capacity_10(&cmd->dev->unit, data);
	scst_cmd_reply(cmd, data, sizeof(data));
}

static void zeros_read_capacity_16(struct scst_cmd *cmd)
{
	u8 data[32];

	sl_read_capacity_16(&cmd->dev->unit, data);
	scst_cmd_reply(cmd, data, sizeof(data));
}

static void zeros_read(struct scst_cmd *cmd)
{
	if (scst_cmd_alloc_in(cmd, cmd->cdb.data_len)) {
		scst_cmd_busy(cmd);
		return;
	}
	scst_cmd_set_in_len(cmd, cmd->cdb.data_len);
	scst_cmd_complete(cmd);
}

/* The core answers much by itself, and refuses what no case is for as it must. */
static enum sl_sense zeros_parse(struct scst_cmd *cmd)
{
	switch (cmd->cdb.id) {
	case SL_OP_INQUIRY:
		cmd->exec = zeros_inquiry;
		return SL_OK;
	case SL_OP_READ_CAPACITY_10:
		cmd->exec = zeros_read_capacity_10;
		return SL_OK;
	case SL_OP_READ_CAPACITY_16:
		cmd->exec = zeros_read_capacity_16;
		return SL_OK;
	case SL_OP_READ_6:
	case SL_OP_READ_10:
	case SL_OP_READ_12:
	case SL_OP_READ_16:
		cmd->exec = zeros_read;
		break;
	case SL_OP_WRITE_6:
	case SL_OP_WRITE_10:
	case SL_OP_WRITE_12:
	case SL_OP_WRITE_16:
	case SL_OP_SYNC_CACHE_10:
	case SL_OP_SYNC_CACHE_16:
		cmd->exec = scst_cmd_complete;
		break;
	case SL_OP_TEST_UNIT_READY:
		cmd->exec = scst_cmd_complete;
		return SL_OK;
	default:
		return cmd->cdb.op->flags & SL_OPF_SERVICE_ACTION ? scst_bad_cdb(cmd, 1) :
		       SL_INVALID_OPCODE;
	}
	if (cmd->cdb.lba > ZEROS_BLOCKS || cmd->cdb.blocks > ZEROS_BLOCKS - cmd->cdb.lba)
		return SL_LBA_OUT_OF_RANGE;
	return SL_OK;
}

static int zeros_init(struct scst_device *dev)
{
	dev->shared_buffers = true;
	dev->unit.block_shift = ZEROS_BLOCK_SHIFT;
	dev->unit.blocks = ZEROS_BLOCKS;
	strscpy(dev->unit.vendor, "EXAMPLE", sizeof(dev->unit.vendor));
	strscpy(dev->unit.product, dev->name, sizeof(dev->unit.product));
	strscpy(dev->unit.revision, "1", sizeof(dev->unit.revision));
	return 0;
}

static int zeros_set_param(struct scst_device *dev, const char *name, const char *value)
{
	return -EINVAL;
}

static int zeros_attach(struct scst_device *dev)
{
	return 0;
}

static void zeros_detach(struct scst_device *dev)
{
}

static const struct scst_handler_ops zeros_ops = {
	.name = "dev_zeros",
	.owner = THIS_MODULE,
	.device_type = SL_TYPE_DISK,
	.init = zeros_init,
	.set_param = zeros_set_param,
	.attach = zeros_attach,
	.detach = zeros_detach,
	.parse = zeros_parse,
};

static int __init zeros_module_init(void)
{
	return scst_register_handler(&zeros_ops);
}

static void __exit zeros_module_exit(void)
{
	scst_unregister_handler(&zeros_ops);
}

module_init(zeros_module_init);
module_exit(zeros_module_exit);
MODULE_DESCRIPTION("Example of an SCST device handler: reads as zeros, keeps nothing");
MODULE_LICENSE("GPL");
