// SPDX-License-Identifier: GPL-2.0-only
/* What a virtual disk answers: one function per operation, chosen before execution. */
#include <linux/slab.h>

#include "vdisk.h"

#define RSOC_MAX	(4 + 20 * SL_OP_COUNT)	/* all operations with timeout descriptors */

static enum sl_sense vdisk_check_range(const struct scst_cmd *cmd)
{
	u64 blocks = READ_ONCE(cmd->dev->unit.blocks);

	if (cmd->cdb.lba > blocks || cmd->cdb.blocks > blocks - cmd->cdb.lba)
		return SL_LBA_OUT_OF_RANGE;
	return SL_OK;
}

/* Protection information is not supported: RDPROTECT and the like must be 0 (SBC-3 4.22). */
static enum sl_sense vdisk_check_medium_cdb(const struct scst_cmd *cmd)
{
	bool six = cmd->cdb.op->cdb_len == 6;
	bool has_protect = !six && cmd->cdb.op->unit != SL_LEN_RANGE;

	if (has_protect && (cmd->cdb_bytes[1] & 0xe0))
		return SL_INVALID_CDB_FIELD;
	return vdisk_check_range(cmd);
}

static void vdisk_exec_good(struct scst_cmd *cmd)
{
	scst_cmd_complete(cmd);
}

static void vdisk_exec_inquiry(struct scst_cmd *cmd)
{
	const struct scst_tgt *tgt = cmd->sess->tgt;
	struct sl_port_id port = { .rel_tgt_id = READ_ONCE(tgt->rel_tgt_id) };
	u8 data[SL_INQUIRY_MAX];
	enum sl_sense sense;
	size_t len;

	spin_lock(&cmd->dev->lock);
	sense = sl_inquiry(cmd->cdb_bytes, &cmd->dev->unit, &port, data, &len);
	spin_unlock(&cmd->dev->lock);
	if (sense)
		scst_cmd_fail(cmd, sense, NULL);
	else
		scst_cmd_reply(cmd, data, len);
}

static void vdisk_exec_mode_sense(struct scst_cmd *cmd)
{
	bool protect = cmd->tgt_dev->read_only || cmd->dev->unit.read_only;
	u8 data[SL_MODE_MAX];
	enum sl_sense sense;
	size_t len;

	spin_lock(&cmd->dev->lock);
	sense = sl_mode_sense(cmd->cdb_bytes, &cmd->dev->unit, &cmd->dev->mode, protect, data,
			      &len);
	spin_unlock(&cmd->dev->lock);
	if (sense)
		scst_cmd_fail(cmd, sense, NULL);
	else
		scst_cmd_reply(cmd, data, len);
}

static void vdisk_exec_mode_select(struct scst_cmd *cmd)
{
	u32 len = min_t(u32, cmd->out_len, SL_MODE_MAX);
	u8 list[SL_MODE_MAX];
	enum sl_sense sense;

	if (!scst_cmd_copy_out(cmd, 0, list, len)) {
		scst_cmd_fail(cmd, SL_PARAM_LIST_LENGTH, NULL);
		return;
	}
	spin_lock(&cmd->dev->lock);
	sense = sl_mode_select(cmd->cdb_bytes, &cmd->dev->unit, list, len, &cmd->dev->mode);
	spin_unlock(&cmd->dev->lock);
	if (sense) {
		scst_cmd_fail(cmd, sense, NULL);
		return;
	}
	if (len)
		scst_dev_raise_ua(cmd->dev, SCST_UA_MODE_CHANGED, cmd->sess);
	scst_cmd_complete(cmd);
}

static void vdisk_exec_read_capacity_10(struct scst_cmd *cmd)
{
	u8 data[8];

	spin_lock(&cmd->dev->lock);
	sl_read_capacity_10(&cmd->dev->unit, data);
	spin_unlock(&cmd->dev->lock);
	scst_cmd_reply(cmd, data, sizeof(data));
}

static void vdisk_exec_read_capacity_16(struct scst_cmd *cmd)
{
	u8 data[32];

	spin_lock(&cmd->dev->lock);
	sl_read_capacity_16(&cmd->dev->unit, data);
	spin_unlock(&cmd->dev->lock);
	scst_cmd_reply(cmd, data, sizeof(data));
}

/* --- REPORT SUPPORTED OPERATION CODES, TASK MANAGEMENT FUNCTIONS (SPC-4 6.35, 6.36) --- */

static bool vdisk_supports(const struct scst_cmd *cmd, enum sl_op_id id);

/* Command timeouts descriptor: no times are promised. */
static size_t rsoc_timeouts(u8 *p)
{
	memset(p, 0, 12);
	p[1] = 0x0a;
	return 12;
}

static size_t rsoc_all(const struct scst_cmd *cmd, bool rctd, u8 *data)
{
	size_t n = 4;
	unsigned int id;

	for (id = SL_OP_NONE + 1; id < SL_OP_COUNT; id++) {
		const struct sl_op *op = sl_op_get(id);
		u8 *d = data + n;

		if (!vdisk_supports(cmd, id))
			continue;
		memset(d, 0, 8);
		d[0] = op->opcode;
		sl_put_be16(op->service_action, d + 2);
		d[5] = (rctd ? 0x02 : 0) | (op->flags & SL_OPF_SERVICE_ACTION ? 0x01 : 0);
		sl_put_be16(op->cdb_len, d + 6);
		n += 8;
		if (rctd)
			n += rsoc_timeouts(data + n);
	}
	sl_put_be32(n - 4, data);
	return n;
}

static size_t rsoc_one(const struct scst_cmd *cmd, enum sl_op_id id, bool rctd, u8 *data)
{
	const struct sl_op *op = sl_op_get(id);
	size_t n = 4;

	memset(data, 0, 4);
	if (!vdisk_supports(cmd, id)) {
		data[1] = 0x01;		/* not supported */
		return n;
	}
	data[1] = (rctd ? 0x80 : 0) | 0x03;
	sl_put_be16(op->cdb_len, data + 2);
	memcpy(data + n, op->usage, op->cdb_len);
	n += op->cdb_len;
	if (rctd)
		n += rsoc_timeouts(data + n);
	return n;
}

/* Is there an operation with this opcode, and does it have service actions? */
static bool rsoc_lookup(u8 opcode, u16 action, enum sl_op_id *id, bool *has_actions)
{
	u8 cdb[SL_CDB_MAX] = { opcode };
	bool known = false;
	unsigned int i;

	*has_actions = false;
	for (i = SL_OP_NONE + 1; i < SL_OP_COUNT; i++) {
		if (sl_op_get(i)->opcode != opcode)
			continue;
		known = true;
		*has_actions = sl_op_get(i)->flags & SL_OPF_SERVICE_ACTION;
	}
	if (*has_actions)
		cdb[1] = action & 0x1f;
	*id = action > 0x1f && *has_actions ? SL_OP_NONE : sl_op_find(cdb, sizeof(cdb));
	return known;
}

static enum sl_sense rsoc_build(struct scst_cmd *cmd, u8 *data, size_t *len)
{
	const u8 *cdb = cmd->cdb_bytes;
	bool rctd = cdb[2] & 0x80, has_actions, known;
	enum sl_op_id id;

	if ((cdb[2] & 7) == 0) {
		*len = rsoc_all(cmd, rctd, data);
		return SL_OK;
	}
	known = rsoc_lookup(cdb[3], sl_get_be16(cdb + 4), &id, &has_actions);
	switch (cdb[2] & 7) {
	case 1:
		if (known && has_actions)
			return SL_INVALID_CDB_FIELD;
		break;
	case 2:
		if (known && !has_actions)
			return SL_INVALID_CDB_FIELD;
		break;
	case 3:
		if (!has_actions && sl_get_be16(cdb + 4))
			id = SL_OP_NONE;
		break;
	default:
		return SL_INVALID_CDB_FIELD;
	}
	*len = rsoc_one(cmd, id, rctd, data);
	return SL_OK;
}

static void vdisk_exec_report_opcodes(struct scst_cmd *cmd)
{
	u8 *data = kmalloc(RSOC_MAX, GFP_KERNEL);
	enum sl_sense sense;
	size_t len;

	if (!data) {
		cmd->status = SCST_BUSY;
		scst_cmd_complete(cmd);
		return;
	}
	sense = rsoc_build(cmd, data, &len);
	if (sense)
		scst_cmd_fail(cmd, sense, NULL);
	else
		scst_cmd_reply(cmd, data, len);
	kfree(data);
}

static void vdisk_exec_report_tmfs(struct scst_cmd *cmd)
{
	bool extended = cmd->cdb_bytes[2] & 0x80;
	u8 data[16] = { };

	data[0] = 0x80 | 0x40 | 0x10 | 0x08 | 0x02;	/* ATS ATSS CTSS LURS TRS */
	if (extended)
		data[3] = 12;
	scst_cmd_reply(cmd, data, extended ? 16 : 4);
}

/* --- choice of the function --- */

static enum sl_sense parse_report_tmfs(struct scst_cmd *cmd, const struct vdisk_io_ops *io)
{
	if (cmd->cdb.data_len < 4)
		return SL_INVALID_CDB_FIELD;
	cmd->exec = vdisk_exec_report_tmfs;
	return SL_OK;
}

static enum sl_sense parse_read_capacity(struct scst_cmd *cmd, const struct vdisk_io_ops *io)
{
	bool ten = cmd->cdb.id == SL_OP_READ_CAPACITY_10;
	bool pmi = cmd->cdb_bytes[ten ? 8 : 14] & 1;

	if (!pmi && cmd->cdb.lba)
		return SL_INVALID_CDB_FIELD;
	cmd->exec = ten ? vdisk_exec_read_capacity_10 : vdisk_exec_read_capacity_16;
	return SL_OK;
}

static enum sl_sense parse_rw(struct scst_cmd *cmd, void (*exec)(struct scst_cmd *cmd))
{
	enum sl_sense sense = vdisk_check_medium_cdb(cmd);

	if (sense)
		return sense;
	if (cmd->cdb.data_len > SCST_MAX_TRANSFER)
		return SL_INVALID_CDB_FIELD;
	cmd->exec = cmd->cdb.blocks ? exec : vdisk_exec_good;
	return SL_OK;
}

static enum sl_sense parse_read(struct scst_cmd *cmd, const struct vdisk_io_ops *io)
{
	return parse_rw(cmd, io->read);
}

static enum sl_sense parse_write(struct scst_cmd *cmd, const struct vdisk_io_ops *io)
{
	return parse_rw(cmd, io->write);
}

static enum sl_sense parse_write_verify(struct scst_cmd *cmd, const struct vdisk_io_ops *io)
{
	if (cmd->cdb.bytchk > 1)
		return SL_INVALID_CDB_FIELD;
	return parse_rw(cmd, io->write_verify);
}

static enum sl_sense parse_verify(struct scst_cmd *cmd, const struct vdisk_io_ops *io)
{
	if (cmd->cdb.bytchk == 2)
		return SL_INVALID_CDB_FIELD;
	return parse_rw(cmd, io->verify);
}

static enum sl_sense parse_range(struct scst_cmd *cmd, void (*exec)(struct scst_cmd *cmd))
{
	enum sl_sense sense = vdisk_check_range(cmd);

	if (!sense)
		cmd->exec = exec;
	return sense;
}

static enum sl_sense parse_sync(struct scst_cmd *cmd, const struct vdisk_io_ops *io)
{
	return parse_range(cmd, io->sync);
}

static enum sl_sense parse_prefetch(struct scst_cmd *cmd, const struct vdisk_io_ops *io)
{
	return parse_range(cmd, io->prefetch);
}

static enum sl_sense parse_write_same(struct scst_cmd *cmd, const struct vdisk_io_ops *io)
{
	const struct sl_unit *u = &cmd->dev->unit;
	bool unmap = cmd->cdb_bytes[1] & 0x08, anchor = cmd->cdb_bytes[1] & 0x10;
	bool ndob = cmd->cdb.id == SL_OP_WRITE_SAME_16 && (cmd->cdb_bytes[1] & 0x01);
	enum sl_sense sense;

	if (anchor || (unmap && !u->thin) || (ndob && !unmap))
		return SL_INVALID_CDB_FIELD;
	sense = vdisk_check_medium_cdb(cmd);
	if (sense)
		return sense;
	if (!cmd->cdb.blocks || cmd->cdb.blocks > u->max_write_same)
		return SL_INVALID_CDB_FIELD;
	/* A pattern that is no whole block, or more, was not meant for this. */
	if (!ndob && cmd->expected_len != 1u << u->block_shift)
		return SL_INVALID_CDB_FIELD;
	cmd->exec = io->write_same;
	return SL_OK;
}

static enum sl_sense parse_unmap(struct scst_cmd *cmd, const struct vdisk_io_ops *io)
{
	if (!cmd->dev->unit.thin)
		return SL_INVALID_OPCODE;
	if (cmd->cdb_bytes[1] & 0x01)	/* ANCHOR */
		return SL_INVALID_CDB_FIELD;
	if (cmd->cdb.data_len && cmd->cdb.data_len < 8)
		return SL_PARAM_LIST_LENGTH;
	cmd->exec = cmd->cdb.data_len ? io->unmap : vdisk_exec_good;
	return SL_OK;
}

static enum sl_sense parse_lba_status(struct scst_cmd *cmd, const struct vdisk_io_ops *io)
{
	if (cmd->cdb.lba >= READ_ONCE(cmd->dev->unit.blocks))
		return SL_LBA_OUT_OF_RANGE;
	cmd->exec = io->lba_status;
	return SL_OK;
}

static enum sl_sense parse_start_stop(struct scst_cmd *cmd, const struct vdisk_io_ops *io)
{
	bool start = cmd->cdb_bytes[4] & 0x01, loej = cmd->cdb_bytes[4] & 0x02;

	if (loej && !cmd->dev->unit.removable)
		return SL_INVALID_CDB_FIELD;
	/* Stopping means that what was written is safe (SBC-3 5.25). */
	cmd->exec = start ? vdisk_exec_good : io->sync;
	return SL_OK;
}

static enum sl_sense parse_send_diagnostic(struct scst_cmd *cmd, const struct vdisk_io_ops *io)
{
	if (cmd->cdb.data_len)
		return SL_INVALID_CDB_FIELD;
	cmd->exec = vdisk_exec_good;
	return SL_OK;
}

/* An operation is chosen by a parse function, or simply has one exec function. */
static const struct vdisk_op {
	enum sl_sense (*parse)(struct scst_cmd *cmd, const struct vdisk_io_ops *io);
	void (*exec)(struct scst_cmd *cmd);
} vdisk_ops[SL_OP_COUNT] = {
	[SL_OP_TEST_UNIT_READY]		= { .exec = vdisk_exec_good },
	[SL_OP_READ_6]			= { .parse = parse_read },
	[SL_OP_WRITE_6]			= { .parse = parse_write },
	[SL_OP_INQUIRY]			= { .exec = vdisk_exec_inquiry },
	[SL_OP_MODE_SELECT_6]		= { .exec = vdisk_exec_mode_select },
	[SL_OP_MODE_SENSE_6]		= { .exec = vdisk_exec_mode_sense },
	[SL_OP_START_STOP_UNIT]		= { .parse = parse_start_stop },
	[SL_OP_SEND_DIAGNOSTIC]		= { .parse = parse_send_diagnostic },
	[SL_OP_READ_CAPACITY_10]	= { .parse = parse_read_capacity },
	[SL_OP_READ_10]			= { .parse = parse_read },
	[SL_OP_WRITE_10]		= { .parse = parse_write },
	[SL_OP_WRITE_VERIFY_10]		= { .parse = parse_write_verify },
	[SL_OP_VERIFY_10]		= { .parse = parse_verify },
	[SL_OP_PREFETCH_10]		= { .parse = parse_prefetch },
	[SL_OP_SYNC_CACHE_10]		= { .parse = parse_sync },
	[SL_OP_WRITE_SAME_10]		= { .parse = parse_write_same },
	[SL_OP_UNMAP]			= { .parse = parse_unmap },
	[SL_OP_MODE_SELECT_10]		= { .exec = vdisk_exec_mode_select },
	[SL_OP_MODE_SENSE_10]		= { .exec = vdisk_exec_mode_sense },
	[SL_OP_READ_16]			= { .parse = parse_read },
	[SL_OP_WRITE_16]		= { .parse = parse_write },
	[SL_OP_WRITE_VERIFY_16]		= { .parse = parse_write_verify },
	[SL_OP_VERIFY_16]		= { .parse = parse_verify },
	[SL_OP_PREFETCH_16]		= { .parse = parse_prefetch },
	[SL_OP_SYNC_CACHE_16]		= { .parse = parse_sync },
	[SL_OP_WRITE_SAME_16]		= { .parse = parse_write_same },
	[SL_OP_READ_CAPACITY_16]	= { .parse = parse_read_capacity },
	[SL_OP_GET_LBA_STATUS]		= { .parse = parse_lba_status },
	[SL_OP_REPORT_OPCODES]		= { .exec = vdisk_exec_report_opcodes },
	[SL_OP_REPORT_TMFS]		= { .parse = parse_report_tmfs },
	[SL_OP_READ_12]			= { .parse = parse_read },
	[SL_OP_WRITE_12]		= { .parse = parse_write },
	[SL_OP_WRITE_VERIFY_12]		= { .parse = parse_write_verify },
	[SL_OP_VERIFY_12]		= { .parse = parse_verify },
};

static bool vdisk_supports(const struct scst_cmd *cmd, enum sl_op_id id)
{
	if (scst_core_answers(id))
		return true;
	if (id == SL_OP_UNMAP)
		return cmd->dev->unit.thin;
	return vdisk_ops[id].parse || vdisk_ops[id].exec;
}

enum sl_sense vdisk_parse(struct scst_cmd *cmd, const struct vdisk_io_ops *io)
{
	const struct vdisk_op *op = &vdisk_ops[cmd->cdb.id];

	if (op->parse)
		return op->parse(cmd, io);
	if (!op->exec)
		return SL_INVALID_OPCODE;
	cmd->exec = op->exec;
	return SL_OK;
}
