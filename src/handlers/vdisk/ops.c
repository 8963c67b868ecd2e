// SPDX-License-Identifier: GPL-2.0-only
/* Which operations a virtual disk has, and the function for each, chosen before execution. */
#include <linux/slab.h>

#include "vdisk.h"

#define RSOC_ACTIONS	(SL_OPF_SERVICE_ACTION | SL_OPF_LONG)
#define RSOC_MAX	(4 + 20 * SL_OP_COUNT)	/* all operations with timeout descriptors */

typedef void (*vdisk_exec)(struct scst_cmd *cmd);

/* What of the disk's io ops executes this command; NULL: nothing. */
static vdisk_exec vdisk_io(const struct scst_cmd *cmd);
static void vdisk_exec_report_opcodes(struct scst_cmd *cmd);

static enum sl_sense check_range(const struct scst_cmd *cmd)
{
	u64 blocks = READ_ONCE(cmd->dev->unit.blocks);

	if (cmd->cdb.lba > blocks || cmd->cdb.blocks > blocks - cmd->cdb.lba)
		return SL_LBA_OUT_OF_RANGE;
	return SL_OK;
}

/* What has two kinds of data, or makes it of two, is not had with protection information. */
static bool has_protected_form(enum sl_op_id id)
{
	return id != SL_OP_COMPARE_WRITE && id != SL_OP_ORWRITE_16 && id != SL_OP_WRITE_ATOMIC_16;
}

/* RDPROTECT and the like (SBC-3 4.22, 5.8): on a disk without protection they must be 0. */
static enum sl_sense check_protect(struct scst_cmd *cmd)
{
	const struct sl_unit *u = &cmd->dev->unit;
	struct sl_dif dif = { .type = u->dif_type };

	if (!cmd->cdb.protect)
		return SL_OK;
	if (u->dif_type == 2 && !(cmd->cdb.op->flags & SL_OPF_LONG))
		return SL_INVALID_OPCODE;
	if (!u->dif_type || !has_protected_form(cmd->cdb.id) ||
	    !sl_dif_protect(SL_DIF_READ, cmd->cdb.protect, false, &dif))
		return scst_bad_cdb(cmd, cmd->cdb.options_at);
	return SL_OK;
}

static enum sl_sense check_medium_cdb(struct scst_cmd *cmd)
{
	enum sl_sense sense = check_protect(cmd);

	return sense ? sense : check_range(cmd);
}

/* At the end, for it changes how much is transferred. */
static void expect_protection(struct scst_cmd *cmd)
{
	if (cmd->cdb.protect)
		scst_cmd_expect_pi(cmd, cmd->cdb.data_len >> cmd->dev->unit.block_shift);
}

static enum sl_sense parse_report_tmfs(struct scst_cmd *cmd)
{
	if (cmd->cdb.data_len < 4)
		return scst_bad_cdb(cmd, 6);
	cmd->exec = vdisk_exec_report_tmfs;
	return SL_OK;
}

static enum sl_sense parse_read_capacity(struct scst_cmd *cmd)
{
	bool ten = cmd->cdb.id == SL_OP_READ_CAPACITY_10;
	bool pmi = cmd->cdb_bytes[ten ? 8 : 14] & 1;

	if (!pmi && cmd->cdb.lba)
		return scst_bad_cdb(cmd, 2);
	cmd->exec = ten ? vdisk_exec_read_capacity_10 : vdisk_exec_read_capacity_16;
	return SL_OK;
}

static enum sl_sense parse_rw(struct scst_cmd *cmd)
{
	enum sl_sense sense = check_medium_cdb(cmd);

	if (sense)
		return sense;
	if (cmd->cdb.data_len > SCST_MAX_TRANSFER)
		return scst_bad_cdb(cmd, cmd->cdb.op->len_at);
	expect_protection(cmd);
	cmd->exec = cmd->cdb.blocks ? vdisk_io(cmd) : vdisk_exec_good;
	return SL_OK;
}

static enum sl_sense parse_write_verify(struct scst_cmd *cmd)
{
	return cmd->cdb.bytchk > 1 ? scst_bad_cdb(cmd, cmd->cdb.options_at) : parse_rw(cmd);
}

static enum sl_sense parse_verify(struct scst_cmd *cmd)
{
	return cmd->cdb.bytchk == 2 ? scst_bad_cdb(cmd, cmd->cdb.options_at) : parse_rw(cmd);
}

/* Both halves of the data must be there, or it is not known what was meant. */
static enum sl_sense parse_compare_write(struct scst_cmd *cmd)
{
	if (cmd->cdb.blocks > cmd->dev->unit.max_compare_write ||
	    cmd->expected_len != cmd->cdb.data_len)
		return scst_bad_cdb(cmd, cmd->cdb.op->len_at);
	return parse_rw(cmd);
}

/* No boundary, hence no cutting into pieces that are atomic one by one (SBC-4 5.51). */
static enum sl_sense parse_write_atomic(struct scst_cmd *cmd)
{
	if (sl_get_be16(cmd->cdb_bytes + 10))
		return scst_bad_cdb(cmd, 10);
	if (cmd->cdb.blocks > cmd->dev->unit.max_atomic)
		return scst_bad_cdb(cmd, cmd->cdb.op->len_at);
	return parse_rw(cmd);
}

static enum sl_sense parse_range(struct scst_cmd *cmd)
{
	cmd->exec = vdisk_io(cmd);
	return check_range(cmd);
}

static enum sl_sense parse_write_same(struct scst_cmd *cmd)
{
	const struct sl_unit *u = &cmd->dev->unit;
	bool unmap = cmd->cdb.options & 0x08, anchor = cmd->cdb.options & 0x10;
	bool ndob = sl_cdb_ndob(&cmd->cdb);
	enum sl_sense sense;

	if (anchor || (unmap && !u->thin) || (ndob && !unmap))
		return scst_bad_cdb(cmd, cmd->cdb.options_at);
	sense = check_medium_cdb(cmd);
	if (sense)
		return sense;
	/* With a limit 0 blocks are refused (WSNZ); without one they mean the rest of the disk. */
	if (u->max_write_same && (!cmd->cdb.blocks || cmd->cdb.blocks > u->max_write_same))
		return scst_bad_cdb(cmd, cmd->cdb.op->len_at);
	expect_protection(cmd);
	/* A pattern that is no whole block, or more, was not meant for this. */
	if (!ndob && cmd->expected_len != cmd->cdb.data_len)
		return scst_bad_cdb(cmd, cmd->cdb.op->len_at);
	cmd->exec = vdisk_io(cmd);
	return SL_OK;
}

static enum sl_sense parse_unmap(struct scst_cmd *cmd)
{
	if (cmd->cdb_bytes[1] & 0x01)	/* ANCHOR */
		return scst_bad_cdb(cmd, 1);
	if (cmd->cdb.data_len && cmd->cdb.data_len < 8)
		return SL_PARAM_LIST_LENGTH;
	cmd->exec = cmd->cdb.data_len ? vdisk_io(cmd) : vdisk_exec_good;
	return SL_OK;
}

static enum sl_sense parse_lba_status(struct scst_cmd *cmd)
{
	if (cmd->cdb.lba >= READ_ONCE(cmd->dev->unit.blocks))
		return SL_LBA_OUT_OF_RANGE;
	cmd->exec = vdisk_io(cmd);
	return SL_OK;
}

static enum sl_sense parse_start_stop(struct scst_cmd *cmd)
{
	bool start = cmd->cdb_bytes[4] & 0x01, loej = cmd->cdb_bytes[4] & 0x02;
	u8 power_condition = cmd->cdb_bytes[4] >> 4;

	/* With a power condition START and LOEJ are ignored (SBC-3 5.25). */
	if (power_condition) {
		cmd->exec = vdisk_exec_good;
	} else if (loej) {
		if (!cmd->dev->unit.removable)
			return scst_bad_cdb(cmd, 4);
		cmd->exec = start ? vdisk_exec_load : vdisk_exec_eject;
	} else {
		/* A stop by one initiator is no stop for the others: written data is made safe. */
		cmd->exec = start ? vdisk_exec_good : vdisk_io(cmd);
	}
	return SL_OK;
}

/* Bits that nobody looks at must be 0 where a mistake destroys everything. 0: they are. */
static u8 byte_with_reserved_bits(const struct scst_cmd *cmd)
{
	u8 i;

	for (i = 1; i < cmd->cdb.op->cdb_len; i++)
		if (cmd->cdb_bytes[i] & ~cmd->cdb.op->usage[i])
			return i;
	return 0;
}

/* Overwriting has a parameter list, the others none (SBC-4 5.36). */
static enum sl_sense parse_sanitize(struct scst_cmd *cmd)
{
	u32 block = 1u << cmd->dev->unit.block_shift;
	u8 reserved = byte_with_reserved_bits(cmd);
	u64 len = cmd->cdb.data_len;

	if (reserved)
		return scst_bad_cdb(cmd, reserved);
	if (cmd->cdb.id == SL_OP_SANITIZE_OVERWRITE ? len < 5 || len > block + 4 : len)
		return scst_bad_cdb(cmd, cmd->cdb.op->len_at);
	cmd->exec = vdisk_io(cmd);
	return SL_OK;
}

/* FMTPINFO of the disk's own type: protection is chosen when it is made. There are no defects. */
static enum sl_sense parse_format(struct scst_cmd *cmd)
{
	u8 info = cmd->cdb_bytes[1] >> 6, usage = info == 3 && cmd->dev->unit.dif_type == 3;

	/* PROTECTION FIELD USAGE comes with the list, or is 0. */
	if (sl_dif_format_type(info, cmd->cdb.data_len ? usage : 0) != cmd->dev->unit.dif_type)
		return scst_bad_cdb(cmd, 1);
	cmd->exec = vdisk_io(cmd);
	return SL_OK;
}

static enum sl_sense parse_send_diagnostic(struct scst_cmd *cmd)
{
	if (cmd->cdb.data_len)
		return scst_bad_cdb(cmd, cmd->cdb.op->len_at);
	cmd->exec = vdisk_exec_good;
	return SL_OK;
}

enum vdisk_op_of {
	OF_ANY,
	OF_DISK,
	OF_CDROM,
};

/* An operation is prepared by a parse function, or simply has one that executes it. */
static const struct vdisk_op {
	enum sl_sense (*parse)(struct scst_cmd *cmd);
	vdisk_exec exec;
	u16 io;			/* offset in struct vdisk_io_ops of what it needs, + 1; 0: nothing */
	bool ready;		/* needs the medium */
	enum vdisk_op_of of;	/* what kind of device has it */
} vdisk_ops[SL_OP_COUNT] = {
#define IO(_op)	(offsetof(struct vdisk_io_ops, _op) + 1)
	[SL_OP_TEST_UNIT_READY]		= { NULL, vdisk_exec_good, 0, true },
	[SL_OP_FORMAT_UNIT]		= { parse_format, NULL, IO(erase), true, OF_DISK },
	[SL_OP_READ_6]			= { parse_rw, NULL, IO(read), true, OF_DISK },
	[SL_OP_WRITE_6]			= { parse_rw, NULL, IO(write), true },
	[SL_OP_INQUIRY]			= { NULL, vdisk_exec_inquiry },
	[SL_OP_MODE_SELECT_6]		= { NULL, vdisk_exec_mode_select },
	[SL_OP_MODE_SENSE_6]		= { NULL, vdisk_exec_mode_sense },
	[SL_OP_START_STOP_UNIT]		= { parse_start_stop, NULL, IO(sync) },
	[SL_OP_SEND_DIAGNOSTIC]		= { parse_send_diagnostic },
	[SL_OP_PREVENT_ALLOW]		= { NULL, vdisk_exec_prevent_allow },
	[SL_OP_READ_CAPACITY_10]	= { parse_read_capacity, NULL, 0, true },
	[SL_OP_READ_10]			= { parse_rw, NULL, IO(read), true },
	[SL_OP_WRITE_10]		= { parse_rw, NULL, IO(write), true },
	[SL_OP_WRITE_VERIFY_10]		= { parse_write_verify, NULL, IO(write_verify), true },
	[SL_OP_VERIFY_10]		= { parse_verify, NULL, IO(verify), true },
	[SL_OP_PREFETCH_10]		= { parse_range, NULL, IO(prefetch), true },
	[SL_OP_SYNC_CACHE_10]		= { parse_range, NULL, IO(sync), true, OF_DISK },
	[SL_OP_READ_DEFECT_10]		= { NULL, vdisk_exec_read_defect, 0, true, OF_DISK },
	[SL_OP_WRITE_SAME_10]		= { parse_write_same, NULL, IO(write_same), true },
	[SL_OP_UNMAP]			= { parse_unmap, NULL, IO(unmap), true },
	[SL_OP_READ_TOC]		= { NULL, vdisk_exec_read_toc, 0, true, OF_CDROM },
	[SL_OP_GET_CONFIGURATION]	= { NULL, vdisk_exec_configuration, 0, false, OF_CDROM },
	[SL_OP_SANITIZE_OVERWRITE]	= { parse_sanitize, NULL, IO(erase), true },
	[SL_OP_SANITIZE_BLOCK_ERASE]	= { parse_sanitize, NULL, IO(erase), true },
	[SL_OP_SANITIZE_CRYPTO_ERASE]	= { parse_sanitize, NULL, IO(crypto_erase), true },
	[SL_OP_SANITIZE_EXIT_FAILURE]	= { NULL, vdisk_exec_exit_failure, IO(erase) },
	[SL_OP_EVENT_STATUS]		= { NULL, vdisk_exec_event_status, 0, false, OF_CDROM },
	[SL_OP_LOG_SENSE]		= { NULL, vdisk_exec_log_sense },
	[SL_OP_DISC_INFORMATION]	= { NULL, vdisk_exec_disc_information, 0, true, OF_CDROM },
	[SL_OP_MODE_SELECT_10]		= { NULL, vdisk_exec_mode_select },
	[SL_OP_MODE_SENSE_10]		= { NULL, vdisk_exec_mode_sense },
	[SL_OP_READ_16]			= { parse_rw, NULL, IO(read), true, OF_DISK },
	[SL_OP_COMPARE_WRITE]		= { parse_compare_write, NULL, IO(compare_write), true },
	[SL_OP_WRITE_16]		= { parse_rw, NULL, IO(write), true },
	[SL_OP_ORWRITE_16]		= { parse_rw, NULL, IO(orwrite), true },
	[SL_OP_WRITE_VERIFY_16]		= { parse_write_verify, NULL, IO(write_verify), true },
	[SL_OP_VERIFY_16]		= { parse_verify, NULL, IO(verify), true },
	[SL_OP_PREFETCH_16]		= { parse_range, NULL, IO(prefetch), true },
	[SL_OP_SYNC_CACHE_16]		= { parse_range, NULL, IO(sync), true, OF_DISK },
	[SL_OP_WRITE_SAME_16]		= { parse_write_same, NULL, IO(write_same), true },
	[SL_OP_WRITE_ATOMIC_16]		= { parse_write_atomic, NULL, IO(write_atomic), true },
	[SL_OP_READ_CAPACITY_16]	= { parse_read_capacity, NULL, 0, true, OF_DISK },
	[SL_OP_GET_LBA_STATUS]		= { parse_lba_status, NULL, IO(lba_status), true },
	[SL_OP_REPORT_OPCODES]		= { NULL, vdisk_exec_report_opcodes },
	[SL_OP_REPORT_TMFS]		= { parse_report_tmfs },
	[SL_OP_READ_12]			= { parse_rw, NULL, IO(read), true },
	[SL_OP_WRITE_12]		= { parse_rw, NULL, IO(write), true },
	[SL_OP_WRITE_VERIFY_12]		= { parse_write_verify, NULL, IO(write_verify), true },
	[SL_OP_VERIFY_12]		= { parse_verify, NULL, IO(verify), true },
	[SL_OP_READ_DEFECT_12]		= { NULL, vdisk_exec_read_defect, 0, true, OF_DISK },
	[SL_OP_READ_32]			= { parse_rw, NULL, IO(read), true },
	[SL_OP_VERIFY_32]		= { parse_verify, NULL, IO(verify), true },
	[SL_OP_WRITE_32]		= { parse_rw, NULL, IO(write), true },
	[SL_OP_WRITE_VERIFY_32]		= { parse_write_verify, NULL, IO(write_verify), true },
	[SL_OP_WRITE_SAME_32]		= { parse_write_same, NULL, IO(write_same), true },
#undef IO
};

static vdisk_exec vdisk_io_of(const struct scst_device *dev, enum sl_op_id id)
{
	const void *io = vdisk_of(dev)->io;

	return *(const vdisk_exec *)(io + vdisk_ops[id].io - 1);
}

static vdisk_exec vdisk_io(const struct scst_cmd *cmd)
{
	return vdisk_io_of(cmd->dev, cmd->cdb.id);
}

static bool vdisk_supports(const struct scst_device *dev, enum sl_op_id id)
{
	const struct vdisk_op *op = &vdisk_ops[id];
	bool cdrom = dev->unit.device_type == SL_TYPE_CDROM;

	if (scst_core_answers(dev, id))
		return true;
	if (op->of == (cdrom ? OF_DISK : OF_CDROM))
		return false;
	/* SBC-3 5.13: only a unit of protection type 2 has them. */
	if ((sl_op_get(id)->flags & SL_OPF_LONG) && dev->unit.dif_type != 2)
		return false;
	/* Erased blocks are given back, which only a thin disk can do. */
	if ((!dev->unit.thin && (id == SL_OP_UNMAP || id == SL_OP_SANITIZE_BLOCK_ERASE ||
				 id == SL_OP_SANITIZE_CRYPTO_ERASE)) ||
	    (id == SL_OP_WRITE_ATOMIC_16 && !dev->unit.max_atomic))
		return false;
	return (op->parse || op->exec) && (!op->io || vdisk_io_of(dev, id));
}

/* --- REPORT SUPPORTED OPERATION CODES (SPC-4 6.35) --- */

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

		if (!vdisk_supports(cmd->dev, id))
			continue;
		memset(d, 0, 8);
		d[0] = op->opcode;
		sl_put_be16(op->service_action, d + 2);
		d[5] = (rctd ? 0x02 : 0) | (op->flags & RSOC_ACTIONS ? 0x01 : 0);
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
	const struct sl_unit *u = &cmd->dev->unit;
	const struct sl_op *op = sl_op_get(id);
	size_t n = 4;

	memset(data, 0, 4);
	if (!vdisk_supports(cmd->dev, id)) {
		data[1] = 0x01;		/* not supported */
		return n;
	}
	data[1] = (rctd ? 0x80 : 0) | 0x03;
	sl_put_be16(op->cdb_len, data + 2);
	memcpy(data + n, op->usage, op->cdb_len);
	/* Type 2 has protection information only in its own commands, which say so. */
	if ((op->flags & SL_OPF_PROTECT) && (u->dif_type == 1 || u->dif_type == 3))
		data[n + 1] |= 0xe0;
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
		*has_actions = sl_op_get(i)->flags & RSOC_ACTIONS;
	}
	if (*has_actions) {
		cdb[1] = action & 0x1f;
		sl_put_be16(action, cdb + 8);
	}
	*id = sl_op_find(cdb, sizeof(cdb));
	if (*has_actions && sl_op_get(*id)->service_action != action)
		*id = SL_OP_NONE;
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
			return scst_bad_cdb(cmd, 2);
		break;
	case 2:
		if (known && !has_actions)
			return scst_bad_cdb(cmd, 2);
		break;
	case 3:
		if (!has_actions && sl_get_be16(cdb + 4))
			id = SL_OP_NONE;
		break;
	default:
		return scst_bad_cdb(cmd, 2);
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
		scst_cmd_busy(cmd);
		return;
	}
	sense = rsoc_build(cmd, data, &len);
	if (sense)
		scst_cmd_fail(cmd, sense, NULL);
	else
		scst_cmd_reply(cmd, data, len);
	kfree(data);
}

/* Why the medium is out of reach; TEST UNIT READY is how initiators find out (SPC-4 6.47). */
static enum sl_sense vdisk_not_ready(const struct vdisk *vd)
{
	enum sl_sense failed = READ_ONCE(vd->erase_failed);

	if (failed)
		return failed;
	return READ_ONCE(vd->ejected) || READ_ONCE(vd->empty) ? SL_NOT_READY_NO_MEDIUM : SL_OK;
}

/* What is answered even while the medium is being sanitized (SBC-4 4.11.3) or formatted. */
static bool vdisk_beside_erasing(enum sl_op_id id)
{
	switch (id) {
	case SL_OP_INQUIRY:
	case SL_OP_LOG_SENSE:
	case SL_OP_MODE_SENSE_6:
	case SL_OP_MODE_SENSE_10:
	case SL_OP_REPORT_OPCODES:
	case SL_OP_REPORT_TMFS:
		return true;
	default:
		return false;
	}
}

static bool vdisk_is_sanitize(enum sl_op_id id)
{
	return id == SL_OP_SANITIZE_OVERWRITE || id == SL_OP_SANITIZE_BLOCK_ERASE ||
	       id == SL_OP_SANITIZE_CRYPTO_ERASE;
}

/* What the device tells of itself it tells without it, too. */
bool vdisk_needs_backing(const struct scst_cmd *cmd)
{
	return !scst_core_answers(cmd->dev, cmd->cdb.id) && cmd->cdb.id != SL_OP_REQUEST_SENSE &&
	       cmd->cdb.id != SL_OP_REPORT_LUNS && !vdisk_beside_erasing(cmd->cdb.id);
}

/* May the command be tried where erasing has failed? What SANITIZE left, it has to finish. */
static bool vdisk_mends(enum sl_op_id id, enum sl_sense failed)
{
	return vdisk_is_sanitize(id) ||
	       (id == SL_OP_FORMAT_UNIT && failed == SL_FORMAT_FAILED);
}

enum sl_sense vdisk_state(struct scst_device *dev, struct sl_sense_info *more)
{
	struct vdisk *vd = vdisk_of(dev);
	enum sl_sense busy = READ_ONCE(dev->inactive) ? SL_NOT_READY_INTERVENTION :
			     READ_ONCE(vd->erasing);

	more->progress_valid = busy;
	more->progress = READ_ONCE(vd->progress);
	return busy;
}

enum sl_sense vdisk_parse(struct scst_cmd *cmd)
{
	const struct vdisk_op *op = &vdisk_ops[cmd->cdb.id];
	struct vdisk *vd = vdisk_of(cmd->dev);
	enum sl_sense sense;

	if (!vdisk_supports(cmd->dev, cmd->cdb.id))
		return cmd->cdb.op->flags & SL_OPF_SERVICE_ACTION ? scst_bad_cdb(cmd, 1) :
		       SL_INVALID_OPCODE;
	sense = READ_ONCE(vd->erasing);
	if (sense && !vdisk_beside_erasing(cmd->cdb.id))
		return sense;
	sense = op->ready ? vdisk_not_ready(vd) : SL_OK;
	if (sense && !(sense == READ_ONCE(vd->erase_failed) && vdisk_mends(cmd->cdb.id, sense)))
		return sense;
	if (op->parse)
		return op->parse(cmd);
	cmd->exec = op->exec;
	return SL_OK;
}
