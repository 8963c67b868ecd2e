// SPDX-License-Identifier: GPL-2.0-only
/* Commands that belong to the target rather than to a device: REPORT LUNS, REQUEST SENSE, no LUN. */
#include <linux/mm.h>
#include <linux/slab.h>

#include "scst_priv.h"

#define REPORT_LUNS_HEADER	8

/* SELECT REPORT (SPC-4 table 276) */
#define SELECT_ALL		0x00
#define SELECT_WELL_KNOWN	0x01
#define SELECT_ALL_WELL_KNOWN	0x02
#define SELECT_ADMINISTRATIVE	0x10	/* of conglomerates, of which there are none */
#define SELECT_NO_SUBSIDIARY	0x11

static u32 scst_count_luns(struct scst_session *sess)
{
	struct scst_tgt_dev *td;
	unsigned long lun;
	u32 n = 0;

	xa_for_each(&sess->luns, lun, td)
		n++;
	return n;
}

static void scst_exec_report_luns(struct scst_cmd *cmd)
{
	struct scst_session *sess = cmd->sess;
	enum sl_lun_method method = READ_ONCE(sess->addr_method);
	u8 select = cmd->cdb_bytes[2];
	bool well_known = select == SELECT_WELL_KNOWN || select == SELECT_ALL_WELL_KNOWN;
	bool none = select == SELECT_WELL_KNOWN || select == SELECT_ADMINISTRATIVE;
	/* LUNs added meanwhile are announced by a unit attention; they must not overflow. */
	u32 room = none ? 0 : scst_count_luns(sess);
	struct scst_tgt_dev *td;
	unsigned long lun;
	u32 n = 0;
	u8 *data;

	data = kvzalloc(REPORT_LUNS_HEADER + room * 8 + 8, GFP_KERNEL);
	if (!data) {
		scst_cmd_busy(cmd);
		return;
	}
	if (!none) {
		xa_for_each(&sess->luns, lun, td) {
			if (n == room)
				break;
			sl_lun_pack(method, lun, data + REPORT_LUNS_HEADER + n++ * 8);
		}
		rcu_read_lock();
		xa_for_each(&sess->luns, lun, td)
			clear_bit(SCST_UA_LUNS_CHANGED, &td->ua);
		rcu_read_unlock();
	}
	if (well_known)
		sl_put_be64(SL_LUN_REPORT_LUNS, data + REPORT_LUNS_HEADER + n++ * 8);
	sl_put_be32(n * 8, data);
	scst_cmd_reply(cmd, data, REPORT_LUNS_HEADER + n * 8);
	kvfree(data);
}

static void scst_exec_request_sense(struct scst_cmd *cmd)
{
	struct sl_sense_info more = { };
	enum sl_sense sense = SL_OK;
	u8 data[SL_SENSE_LEN];
	size_t len;

	if (!cmd->tgt_dev && !test_bit(SCST_CMD_WELL_KNOWN, &cmd->flags))
		sense = SL_LUN_NOT_SUPPORTED;
	else if (cmd->tgt_dev && READ_ONCE(cmd->tgt_dev->ua))
		sense = scst_ua_take(cmd->tgt_dev);
	if (!sense && cmd->dev && cmd->dev->handler->ops->state)
		sense = cmd->dev->handler->ops->state(cmd->dev, &more);
	len = sl_sense_build(data, sizeof(data), cmd->cdb_bytes[1] & 1, sense, &more);
	scst_cmd_reply(cmd, data, len);
}

/* INQUIRY to a LUN that does not exist is answered, not refused (SPC-4 6.4.2). */
static void scst_exec_no_lun_inquiry(struct scst_cmd *cmd)
{
	static const struct sl_unit nothing = {
		.device_type = 0x1f,
		.qualifier = 3,
		.vendor = "SCST",
	};
	static const struct sl_unit well_known = {
		.device_type = SL_TYPE_WELL_KNOWN,
		.vendor = "SCST",
		.product = "REPORT LUNS",
	};
	bool is_known = test_bit(SCST_CMD_WELL_KNOWN, &cmd->flags);
	struct sl_port_id port;
	u8 data[SL_INQUIRY_MAX];
	enum sl_sense sense;
	size_t len;

	scst_cmd_port_id(cmd, &port);
	sense = sl_inquiry(cmd->cdb_bytes, is_known ? &well_known : &nothing, &port, data, &len);
	if (sense)
		scst_cmd_fail(cmd, scst_bad_cdb(cmd, sl_inquiry_bad_byte(cmd->cdb_bytes)), NULL);
	else
		scst_cmd_reply(cmd, data, len);
}

/* SPC-4 8.1: what a well-known logical unit does besides what it is there for. */
static enum sl_sense scst_well_known_parse(struct scst_cmd *cmd)
{
	if (cmd->cdb.id != SL_OP_TEST_UNIT_READY)
		return SL_INVALID_OPCODE;
	cmd->exec = scst_cmd_complete;
	return SL_OK;
}

/* Operations on a device that are the same for all handlers. */
static void (*const scst_core_ops[SL_OP_COUNT])(struct scst_cmd *cmd) = {
	[SL_OP_RESERVE_6]		= scst_exec_reserve,
	[SL_OP_RELEASE_6]		= scst_exec_release,
	[SL_OP_RESERVE_10]		= scst_exec_reserve,
	[SL_OP_RELEASE_10]		= scst_exec_release,
	[SL_OP_PR_READ_KEYS]		= scst_exec_pr_in,
	[SL_OP_PR_READ_RESERVATION]	= scst_exec_pr_in,
	[SL_OP_PR_REPORT_CAPABILITIES]	= scst_exec_pr_in,
	[SL_OP_PR_READ_FULL_STATUS]	= scst_exec_pr_in,
	[SL_OP_PR_REGISTER]		= scst_exec_pr_out,
	[SL_OP_PR_RESERVE]		= scst_exec_pr_out,
	[SL_OP_PR_RELEASE]		= scst_exec_pr_out,
	[SL_OP_PR_CLEAR]		= scst_exec_pr_out,
	[SL_OP_PR_PREEMPT]		= scst_exec_pr_out,
	[SL_OP_PR_PREEMPT_ABORT]	= scst_exec_pr_out,
	[SL_OP_PR_REGISTER_IGNORE]	= scst_exec_pr_out,
	[SL_OP_PR_REGISTER_MOVE]	= scst_exec_pr_out,
	[SL_OP_EXTENDED_COPY]		= scst_exec_extended_copy,
	[SL_OP_EXTENDED_COPY4]		= scst_exec_extended_copy,
	[SL_OP_POPULATE_TOKEN]		= scst_exec_populate_token,
	[SL_OP_WRITE_USING_TOKEN]	= scst_exec_write_using_token,
	[SL_OP_COPY_ABORT]		= scst_exec_copy_abort,
	[SL_OP_COPY_STATUS]		= scst_exec_copy_status,
	[SL_OP_COPY_PARAMETERS]		= scst_exec_copy_parameters,
	[SL_OP_COPY_FAILURE]		= scst_exec_copy_failure,
	[SL_OP_COPY_STATUS4]		= scst_exec_copy_status4,
	[SL_OP_TOKEN_INFORMATION]	= scst_exec_token_information,
	[SL_OP_REPORT_TOKENS]		= scst_exec_report_tokens,
	[SL_OP_REPORT_IDENT]		= scst_exec_report_ident,
	[SL_OP_REPORT_PORT_GROUPS]	= scst_exec_report_port_groups,
	[SL_OP_SET_IDENT]		= scst_exec_set_ident,
	[SL_OP_SET_PORT_GROUPS]		= scst_exec_set_port_groups,
};

bool scst_core_answers(const struct scst_device *dev, enum sl_op_id id)
{
	bool in_group = READ_ONCE(dev->dg);

	switch (id) {
	case SL_OP_REPORT_LUNS:
	case SL_OP_REQUEST_SENSE:
		return true;
	case SL_OP_REPORT_IDENT:
	case SL_OP_SET_IDENT:
		return dev->ident;
	case SL_OP_REPORT_PORT_GROUPS:
		return in_group;
	case SL_OP_EXTENDED_COPY ... SL_OP_REPORT_TOKENS:
		return dev->unit.device_type == SL_TYPE_DISK && scst_core_ops[id];
	case SL_OP_SET_PORT_GROUPS:
		return in_group && READ_ONCE(dev->expl_alua);
	default:
		return scst_core_ops[id];
	}
}
EXPORT_SYMBOL_GPL(scst_core_answers);

enum sl_sense scst_spc_parse(struct scst_cmd *cmd, bool *mine)
{
	*mine = true;
	switch (cmd->cdb.id) {
	case SL_OP_REPORT_LUNS:
		if (cmd->cdb_bytes[2] > SELECT_ALL_WELL_KNOWN &&
		    cmd->cdb_bytes[2] != SELECT_ADMINISTRATIVE &&
		    cmd->cdb_bytes[2] != SELECT_NO_SUBSIDIARY)
			return scst_bad_cdb(cmd, 2);
		if (cmd->cdb.data_len < 16)
			return scst_bad_cdb(cmd, 6);
		cmd->exec = scst_exec_report_luns;
		return SL_OK;
	case SL_OP_REQUEST_SENSE:
		cmd->exec = scst_exec_request_sense;
		return SL_OK;
	case SL_OP_INQUIRY:
		if (cmd->dev)
			break;
		cmd->exec = scst_exec_no_lun_inquiry;
		return SL_OK;
	default:
		break;
	}
	if (test_bit(SCST_CMD_WELL_KNOWN, &cmd->flags))
		return scst_well_known_parse(cmd);
	if (!cmd->dev)
		return SL_LUN_NOT_SUPPORTED;
	*mine = scst_core_answers(cmd->dev, cmd->cdb.id);
	if (*mine)
		cmd->exec = scst_core_ops[cmd->cdb.id];
	return SL_OK;
}
