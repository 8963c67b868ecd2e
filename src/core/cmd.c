// SPDX-License-Identifier: GPL-2.0-only
/* Life of a command: one state, one transition function. Knows no transport and no device type. */
#include <linux/mm.h>
#include <linux/slab.h>

#include "scst_priv.h"

/* Which states may follow which. */
static const u8 scst_cmd_next[] = {
	[SCST_CMD_NEW]		= BIT(SCST_CMD_ENTERED),
	[SCST_CMD_ENTERED]	= BIT(SCST_CMD_PARSED),
	[SCST_CMD_PARSED]	= BIT(SCST_CMD_EXEC) | BIT(SCST_CMD_DONE) | BIT(SCST_CMD_FREE),
	[SCST_CMD_EXEC]		= BIT(SCST_CMD_DONE),
	[SCST_CMD_DONE]		= BIT(SCST_CMD_FREE),
	[SCST_CMD_FREE]		= 0,
};

static void scst_cmd_move(struct scst_cmd *cmd, enum scst_cmd_state to)
{
	WARN_ON_ONCE(!(scst_cmd_next[cmd->state] & BIT(to)));
	WRITE_ONCE(cmd->state, to);
}

void scst_cmd_init(struct scst_cmd *cmd, struct scst_session *sess, const u8 *lun,
		   const u8 *cdb, u8 cdb_len)
{
	cmd->sess = sess;
	cmd->tgt_dev = NULL;
	cmd->dev = NULL;
	cmd->state = SCST_CMD_NEW;
	cmd->flags = 0;
	cmd->cdb_bytes = cdb;
	cmd->cdb_len = cdb_len;
	cmd->attr = SCST_SIMPLE;
	cmd->status = SCST_GOOD;
	/* Asked for even where the CDB is never looked at. */
	cmd->cdb.op = NULL;
	cmd->cdb.dir = SL_DIR_NONE;
	cmd->cdb.bad_byte = 0;
	cmd->sense_len = 0;
	cmd->expected_dir = SL_DIR_NONE;
	cmd->expected_len = 0;
	cmd->out_len = 0;
	cmd->in_len = 0;
	cmd->residual = 0;
	cmd->bvec = NULL;
	cmd->nr_bvec = 0;
	cmd->buf_len = 0;
	cmd->nr_room = 0;
	cmd->room = NULL;
	cmd->pi_way = SCST_PI_INLINE;
	cmd->pi_len = 0;
	cmd->pi = NULL;
	cmd->exec = NULL;
	cmd->began = scst_latency_now();
	cmd->exec_began = 0;
	cmd->exec_ended = 0;
	cmd->done = sess->tgt->driver->ops->xmit_response;
	if (!sl_lun_unpack(lun, &cmd->lun))
		cmd->lun = U32_MAX;
	if (sl_get_be64(lun) == SL_LUN_REPORT_LUNS)
		set_bit(SCST_CMD_WELL_KNOWN, &cmd->flags);
	atomic_inc(&sess->commands);
}
EXPORT_SYMBOL_GPL(scst_cmd_init);

static void scst_cmd_set_residual(struct scst_cmd *cmd, u64 actual)
{
	s64 residual = (s64)cmd->expected_len - (s64)min_t(u64, actual, S32_MAX);

	cmd->residual = clamp_t(s64, residual, S32_MIN + 1, S32_MAX);
}

static void scst_cmd_set_sense(struct scst_cmd *cmd, enum sl_sense sense,
			       const struct sl_sense_info *more)
{
	bool descriptor = cmd->dev && READ_ONCE(cmd->dev->mode.now.descriptor_sense);
	const struct sl_sense_info field = {
		.field_valid = true,
		.field_in_cdb = true,
		.field_byte = cmd->cdb.bad_byte,
	};

	if (sense == SL_INVALID_CDB_FIELD && !more && cmd->cdb.bad_byte)
		more = &field;
	scst_dif_count(cmd, sense);
	cmd->status = SCST_CHECK_CONDITION;
	cmd->sense_len = sl_sense_build(cmd->sense, sizeof(cmd->sense), descriptor, sense, more);
	cmd->in_len = 0;
	scst_cmd_set_residual(cmd, 0);
}

/* Sets a status other than GOOD, or returns sense, if the task set does not take it. */
static enum sl_sense scst_cmd_enter_tgt_dev(struct scst_cmd *cmd)
{
	struct scst_tgt_dev *td = scst_tgt_dev_get(cmd->sess, cmd->lun);
	enum sl_sense sense;

	if (!td)
		return SL_OK;
	cmd->tgt_dev = td;
	cmd->dev = td->dev;
	spin_lock(&td->tasks->lock);
	sense = scst_aca_admit(cmd);
	scst_order_enter(cmd);
	if (td->nr_cmds > READ_ONCE(td->dev->max_tgt_dev_commands) && !cmd->status &&
	    !test_bit(SCST_CMD_INTERNAL, &cmd->flags))
		cmd->status = SCST_TASK_SET_FULL;
	spin_unlock(&td->tasks->lock);
	return sense;
}

static bool scst_write_protected(const struct scst_cmd *cmd)
{
	return cmd->tgt_dev->read_only || cmd->dev->unit.read_only ||
	       READ_ONCE(cmd->dev->mode.now.swp);
}

/* What stands before every command to a device, in this order (SAM-5 5.14, SPC-4 5.9, 5.13). */
static enum sl_sense scst_cmd_gates(struct scst_cmd *cmd, enum sl_sense parsed)
{
	struct scst_tgt_dev *td = cmd->tgt_dev;
	u16 flags = parsed ? 0 : cmd->cdb.op->flags;
	enum sl_sense refused;
	bool forwarded;
	u8 denied;

	/* The copy manager is no nexus that has to be told something. */
	if (READ_ONCE(td->ua) && !(flags & SL_OPF_SKIP_UA) &&
	    !test_bit(SCST_CMD_INTERNAL, &cmd->flags)) {
		enum sl_sense ua = scst_ua_take(td);

		if (ua)
			return ua;
	}
	if (parsed)
		return parsed;
	forwarded = READ_ONCE(td->sess->tgt->forwarding);
	refused = forwarded ? SL_OK : sl_alua_gate(READ_ONCE(td->access), cmd->cdb.op);
	if (refused)
		return refused;
	denied = forwarded ? 0 : READ_ONCE(td->denied);
	/* Who had the token made was not denied what it stands for. */
	if (denied && !test_bit(SCST_CMD_BY_TOKEN, &cmd->flags) &&
	    sl_pr_conflicts(denied, cmd->cdb.op, cmd->cdb_bytes)) {
		cmd->status = SCST_RESERVATION_CONFLICT;
		return SL_OK;
	}
	if ((flags & SL_OPF_WRITES) && scst_write_protected(cmd))
		return SL_WRITE_PROTECTED;
	return SL_OK;
}

/* Blocks that are neither kept nor made, and fit into what the command has by itself. */
static bool scst_cmd_nowait(const struct scst_cmd *cmd)
{
	return cmd->dev && cmd->dev->nowait && !cmd->decoded && READ_ONCE(cmd->sess->any_cpu) &&
	       cmd->cdb.op->unit == SL_LEN_BLOCKS && (cmd->cdb.op->flags & SL_OPF_MEDIUM) &&
	       cmd->cdb.data_len <= SCST_SHARED_MAX;
}

bool scst_cmd_enter(struct scst_cmd *cmd)
{
	enum sl_sense sense = scst_cmd_enter_tgt_dev(cmd);

	cmd->decoded = sl_cdb_parse(cmd->cdb_bytes, cmd->cdb_len,
				    cmd->dev ? cmd->dev->unit.block_shift : 9, &cmd->cdb);
	if (sense)
		scst_cmd_set_sense(cmd, sense, NULL);
	scst_cmd_move(cmd, SCST_CMD_ENTERED);
	return scst_cmd_nowait(cmd);
}
EXPORT_SYMBOL_GPL(scst_cmd_enter);

/* Sets cmd->exec, or a status other than GOOD, or returns sense. */
static enum sl_sense scst_cmd_check(struct scst_cmd *cmd)
{
	enum sl_sense sense = cmd->decoded;
	bool mine = false;

	if (sense == SL_INVALID_OPCODE)
		atomic64_inc(&cmd->sess->stats[SCST_STAT_UNKNOWN].cmds);
	if (cmd->dev)
		sense = scst_cmd_gates(cmd, sense);
	else if (sense && !test_bit(SCST_CMD_WELL_KNOWN, &cmd->flags))
		sense = SL_LUN_NOT_SUPPORTED;
	if (sense || cmd->status)
		return sense;
	sense = scst_spc_parse(cmd, &mine);
	if (sense || mine)
		return sense;
	return cmd->dev->handler->ops->parse(cmd);
}

/* How much data comes in: what the CDB wants, but never more than was announced. */
static int scst_cmd_prepare_out(struct scst_cmd *cmd)
{
	u64 want = cmd->cdb.dir == SL_DIR_OUT ? cmd->cdb.data_len : 0;

	if (cmd->expected_dir != SL_DIR_OUT)
		want = 0;
	want = min_t(u64, want, cmd->expected_len);
	if (want > SCST_MAX_TRANSFER + cmd->pi_len)
		return -EFBIG;
	if (!want)
		return 0;
	cmd->out_len = want;
	return scst_alloc_buf(cmd, want);
}

static bool scst_cmd_vanishes(const struct scst_cmd *cmd)
{
	switch (READ_ONCE(cmd->sess->black_hole)) {
	case SCST_HOLE_NONE:
		return false;
	case SCST_HOLE_CMDS:
	case SCST_HOLE_CMDS_TM:
		return cmd->tgt_dev;
	default:
		return cmd->tgt_dev && cmd->cdb.dir != SL_DIR_NONE;
	}
}

/* It ends before its data has come. */
static void scst_cmd_refuse(struct scst_cmd *cmd)
{
	cmd->out_len = 0;
	scst_cmd_set_residual(cmd, 0);
	scst_cmd_move(cmd, SCST_CMD_DONE);
	if (cmd->status == SCST_CHECK_CONDITION)
		scst_fault(cmd);
}

void scst_cmd_parse(struct scst_cmd *cmd)
{
	enum sl_sense sense = SL_OK;
	int ret;

	if (cmd->state == SCST_CMD_NEW)
		scst_cmd_enter(cmd);
	scst_cmd_move(cmd, SCST_CMD_PARSED);
	if (!cmd->status)
		sense = scst_cmd_check(cmd);
	if (scst_cmd_vanishes(cmd)) {
		set_bit(SCST_CMD_VANISHED, &cmd->flags);
		cmd->status = SCST_GOOD;
		cmd->pi_len = 0;
		return;
	}
	ret = sense || cmd->status ? 0 : scst_cmd_prepare_out(cmd);
	if (ret == -EFBIG)
		sense = scst_bad_cdb(cmd, cmd->cdb.op->len_at);
	else if (ret)
		cmd->status = SCST_BUSY;
	if (sense)
		scst_cmd_set_sense(cmd, sense, NULL);
	if (cmd->status)
		scst_cmd_refuse(cmd);
}
EXPORT_SYMBOL_GPL(scst_cmd_parse);

/* Who blocks the device waits for this: a command is seen under way, or is held. */
static bool scst_cmd_begin(struct scst_cmd *cmd)
{
	bool held;

	rcu_read_lock();
	scst_cmd_move(cmd, SCST_CMD_EXEC);
	held = scst_order_hold(cmd);
	if (!held)
		scst_token_begin(cmd);
	rcu_read_unlock();
	return !held;
}

void scst_cmd_run(struct scst_cmd *cmd)
{
	const struct scst_device *dev = cmd->dev;

	if (unlikely(dev && READ_ONCE(dev->inactive)) && dev->handler->ops->needs_backing &&
	    dev->handler->ops->needs_backing(cmd))
		scst_cmd_fail(cmd, SL_NOT_READY_INTERVENTION, NULL);
	else
		cmd->exec(cmd);
}

/* By a thread of the device. */
static void scst_run_work(struct work_struct *work)
{
	struct scst_cmd *cmd = container_of(work, struct scst_cmd, work);

	if (scst_cmd_aborted(cmd))
		scst_cmd_complete(cmd);
	else
		scst_cmd_run(cmd);
}

void scst_cmd_exec(struct scst_cmd *cmd)
{
	if (scst_cmd_aborted(cmd)) {
		scst_cmd_move(cmd, SCST_CMD_EXEC);
		scst_cmd_complete(cmd);
		return;
	}
	if (cmd->cdb.dir != SL_DIR_IN)
		scst_cmd_set_residual(cmd, cmd->cdb.data_len);
	cmd->exec_began = scst_latency_now();
	if (cmd->pi_len)
		scst_pi_received(cmd);
	if (!scst_cmd_begin(cmd))
		return;
	if (unlikely(cmd->tgt_dev && rcu_access_pointer(cmd->tgt_dev->pool)))
		scst_cmd_queue(cmd, scst_run_work);
	else
		scst_cmd_run(cmd);
}
EXPORT_SYMBOL_GPL(scst_cmd_exec);

static void scst_deferred(struct work_struct *work)
{
	struct scst_cmd *cmd = container_of(work, struct scst_cmd, work);

	cmd->exec(cmd);
}

void scst_cmd_defer(struct scst_cmd *cmd)
{
	scst_cmd_queue(cmd, scst_deferred);
}
EXPORT_SYMBOL_GPL(scst_cmd_defer);

void scst_cmd_go_on(struct scst_cmd *cmd, work_func_t fn)
{
	const struct scst_driver_ops *ops = cmd->sess->tgt->driver->ops;

	INIT_WORK(&cmd->work, fn);
	/* Those that the core has made itself are not the driver's. */
	if (ops->go_on && cmd->done == ops->xmit_response)
		ops->go_on(cmd);
	else
		queue_work(system_highpri_wq, &cmd->work);
}
EXPORT_SYMBOL_GPL(scst_cmd_go_on);

/* What a disk of 4 KiB blocks has to read before it can write it. */
static bool scst_cmd_unaligned(const struct scst_cmd *cmd)
{
	const struct sl_cdb *cdb = &cmd->cdb;

	return (cdb->op->flags & SL_OPF_MEDIUM) &&
	       (((cdb->lba | cdb->blocks) << cmd->dev->unit.block_shift) & (SZ_4K - 1));
}

static void scst_count(struct scst_cmd *cmd)
{
	enum scst_stat_dir dir = SCST_STAT_NONE;
	u32 bytes = 0;

	if (cmd->cdb.dir == SL_DIR_OUT) {
		dir = SCST_STAT_WRITE;
		bytes = cmd->out_len;
	} else if (cmd->cdb.dir == SL_DIR_IN) {
		dir = SCST_STAT_READ;
		bytes = cmd->in_len;
	}
	atomic64_inc(&cmd->sess->stats[dir].cmds);
	atomic64_add(bytes, &cmd->sess->stats[dir].bytes);
	if (bytes && scst_cmd_unaligned(cmd))
		atomic64_inc(&cmd->sess->stats[dir].unaligned);
}

void scst_cmd_complete(struct scst_cmd *cmd)
{
	if (cmd->pi_len)
		scst_pi_send(cmd);
	scst_cmd_move(cmd, SCST_CMD_DONE);
	scst_token_end(cmd);
	cmd->exec_ended = scst_latency_now();
	scst_count(cmd);
	if (cmd->status == SCST_CHECK_CONDITION)
		scst_fault(cmd);
	if (scst_cmd_aborted(cmd) && cmd->tgt_dev)
		scst_tm_cmd_gone(cmd);
	cmd->done(cmd);
}
EXPORT_SYMBOL_GPL(scst_cmd_complete);

bool scst_cmd_answer(struct scst_cmd *cmd)
{
	if (!scst_cmd_aborted(cmd))
		return true;
	if (!test_bit(SCST_CMD_TELL_ABORTED, &cmd->flags))
		return false;
	cmd->status = SCST_TASK_ABORTED;
	cmd->sense_len = 0;
	cmd->in_len = 0;
	scst_cmd_set_residual(cmd, 0);
	return true;
}
EXPORT_SYMBOL_GPL(scst_cmd_answer);

void scst_cmd_fail(struct scst_cmd *cmd, enum sl_sense sense, const struct sl_sense_info *more)
{
	scst_cmd_set_sense(cmd, sense, more);
	scst_cmd_complete(cmd);
}
EXPORT_SYMBOL_GPL(scst_cmd_fail);

void scst_cmd_busy(struct scst_cmd *cmd)
{
	cmd->status = SCST_BUSY;
	cmd->in_len = 0;
	scst_cmd_set_residual(cmd, 0);
	scst_cmd_complete(cmd);
}
EXPORT_SYMBOL_GPL(scst_cmd_busy);

void scst_cmd_set_in_len(struct scst_cmd *cmd, u64 len)
{
	cmd->in_len = cmd->expected_dir == SL_DIR_IN ? min_t(u64, len, cmd->expected_len) : 0;
	scst_cmd_set_residual(cmd, len);
}
EXPORT_SYMBOL_GPL(scst_cmd_set_in_len);

int scst_cmd_alloc_in(struct scst_cmd *cmd, u32 len)
{
	if (cmd->expected_dir != SL_DIR_IN || !cmd->expected_len || !len)
		return 0;
	return scst_alloc_buf(cmd, min(len, cmd->expected_len));
}
EXPORT_SYMBOL_GPL(scst_cmd_alloc_in);

static void scst_copy_to_buf(struct scst_cmd *cmd, const u8 *from, u32 len)
{
	u32 i;

	for (i = 0; i < cmd->nr_bvec && len; i++) {
		struct bio_vec *bv = &cmd->bvec[i];
		u32 n = min(len, bv->bv_len);

		memcpy(page_address(bv->bv_page) + bv->bv_offset, from, n);
		from += n;
		len -= n;
	}
}

void scst_cmd_reply(struct scst_cmd *cmd, const void *data, size_t len)
{
	len = min_t(u64, len, cmd->cdb.data_len);
	scst_cmd_set_in_len(cmd, len);
	if (cmd->in_len && scst_alloc_buf(cmd, cmd->in_len)) {
		scst_cmd_busy(cmd);
		return;
	}
	scst_copy_to_buf(cmd, data, cmd->in_len);
	scst_cmd_complete(cmd);
}
EXPORT_SYMBOL_GPL(scst_cmd_reply);

bool scst_cmd_copy_out(struct scst_cmd *cmd, u32 offset, void *to, u32 len)
{
	u8 *dst = to;
	u32 i;

	if (offset > cmd->out_len || len > cmd->out_len - offset)
		return false;
	for (i = 0; i < cmd->nr_bvec && len; i++) {
		struct bio_vec *bv = &cmd->bvec[i];
		u32 n;

		if (offset >= bv->bv_len) {
			offset -= bv->bv_len;
			continue;
		}
		n = min(len, bv->bv_len - offset);
		memcpy(dst, page_address(bv->bv_page) + bv->bv_offset + offset, n);
		dst += n;
		len -= n;
		offset = 0;
	}
	return true;
}
EXPORT_SYMBOL_GPL(scst_cmd_copy_out);

void scst_cmd_retire(struct scst_cmd *cmd)
{
	scst_cmd_move(cmd, SCST_CMD_FREE);
	kvfree(cmd->pi);
	cmd->pi = NULL;
	if (cmd->tgt_dev) {
		bool blocked;

		spin_lock(&cmd->tgt_dev->tasks->lock);
		blocked = cmd->tgt_dev->tasks->blocked;
		scst_latency_count(cmd);
		scst_order_leave(cmd);
		spin_unlock(&cmd->tgt_dev->tasks->lock);
		if (scst_cmd_aborted(cmd) || blocked)
			scst_tm_cmd_gone(cmd);
		scst_tgt_dev_put(cmd->tgt_dev);
	}
	atomic_dec(&cmd->sess->commands);
}
EXPORT_SYMBOL_GPL(scst_cmd_retire);

void scst_cmd_free(struct scst_cmd *cmd)
{
	scst_free_buf(cmd);
	if (cmd->state != SCST_CMD_FREE)
		scst_cmd_retire(cmd);
}
EXPORT_SYMBOL_GPL(scst_cmd_free);
