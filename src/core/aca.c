// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a CHECK CONDITION does to its task set: an auto contingent allegiance
 * condition if the command asked for one (NACA; SAM-5 5.9), and the end of
 * other commands if the control mode page says so (QERR; SPC-4 7.5.8).
 */
#include "scst_priv.h"

/* SPC-4 7.5.8, QERR */
#define QERR_ALL	1
#define QERR_NEXUS	3

static bool scst_naca(const struct scst_cmd *cmd)
{
	return sl_cdb_naca(cmd->cdb_bytes, cmd->cdb_len);
}

static bool scst_is_preempt(const struct scst_cmd *cmd)
{
	return sl_op_find(cmd->cdb_bytes, cmd->cdb_len) == SL_OP_PR_PREEMPT_ABORT;
}

bool scst_aca_passes(const struct scst_cmd *cmd)
{
	return cmd->attr == SCST_ACA ||
	       (cmd->tgt_dev != cmd->tgt_dev->tasks->faulted && scst_is_preempt(cmd));
}

/* A second ACA command is one too many, as is any while only task management is wanted. */
static bool scst_aca_room(const struct scst_cmd *cmd)
{
	const struct scst_cmd *other;

	if (READ_ONCE(cmd->dev->mode.now.tmf_only))
		return false;
	list_for_each_entry(other, &cmd->tgt_dev->tasks->cmds, tgt_dev_entry)
		if (other->attr == SCST_ACA && !other->status &&
		    READ_ONCE(other->state) != SCST_CMD_DONE)
			return false;
	return true;
}

/* SAM-5 5.9.3 (of the faulted nexus) and 5.9.4 (of another one, in the same task set) */
enum sl_sense scst_aca_admit(struct scst_cmd *cmd)
{
	const struct scst_task_set *set = cmd->tgt_dev->tasks;
	bool aca = cmd->attr == SCST_ACA;

	lockdep_assert_held(&set->lock);
	if (!set->faulted)
		return aca ? SL_INVALID_MESSAGE : SL_OK;
	if (test_bit(SCST_CMD_INTERNAL, &cmd->flags))
		return SL_OK;
	if (set->faulted == cmd->tgt_dev)
		cmd->status = aca && scst_aca_room(cmd) ? SCST_GOOD : SCST_ACA_ACTIVE;
	else if (!scst_is_preempt(cmd) || aca)
		cmd->status = aca || scst_naca(cmd) ? SCST_ACA_ACTIVE : SCST_BUSY;
	return SL_OK;
}

static void scst_aca_end(struct scst_task_set *set)
{
	set->faulted = NULL;
	scst_order_special(set, -1);
	scst_order_let_go(set);
}

static void scst_aca_begin(struct scst_cmd *cmd)
{
	struct scst_task_set *set = cmd->tgt_dev->tasks;

	spin_lock(&set->lock);
	/* An ACA command that fails ends the condition, and may be the reason for the next. */
	if (cmd->attr == SCST_ACA && set->faulted == cmd->tgt_dev)
		scst_aca_end(set);
	if (scst_naca(cmd) && !set->faulted && !cmd->tgt_dev->gone) {
		set->faulted = cmd->tgt_dev;
		scst_order_special(set, 1);
	}
	spin_unlock(&set->lock);
}

static void scst_aca_clear_locked(struct scst_tgt_dev *td)
{
	if (td->tasks->faulted == td)
		scst_aca_end(td->tasks);
}

void scst_aca_clear(struct scst_tgt_dev *td)
{
	spin_lock(&td->tasks->lock);
	scst_aca_clear_locked(td);
	spin_unlock(&td->tasks->lock);
}

void scst_aca_leave(struct scst_tgt_dev *td)
{
	spin_lock(&td->tasks->lock);
	td->gone = true;
	scst_aca_clear_locked(td);
	spin_unlock(&td->tasks->lock);
}

void scst_fault(struct scst_cmd *cmd)
{
	u8 qerr;

	if (!cmd->tgt_dev || scst_cmd_aborted(cmd) || test_bit(SCST_CMD_INTERNAL, &cmd->flags))
		return;
	if (scst_naca(cmd) || cmd->attr == SCST_ACA)
		scst_aca_begin(cmd);
	qerr = READ_ONCE(cmd->dev->mode.now.qerr);
	if (qerr == QERR_ALL || qerr == QERR_NEXUS)
		scst_tm_abort_others(cmd, qerr == QERR_NEXUS);
}
