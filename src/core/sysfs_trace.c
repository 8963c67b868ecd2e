// SPDX-License-Identifier: GPL-2.0-only
/* trace_cmds, trace_mcmds: what is under way, for whoever looks for what hangs. Cut at one page. */
#include "scst_priv.h"

#define TRACE_LINE_MAX	(3 * NAME_MAX)

/* A page of text that ends with a whole line. */
struct scst_trace {
	char *buf;
	ssize_t len;
};

static bool scst_trace_full(const struct scst_trace *t)
{
	return t->len > (ssize_t)(PAGE_SIZE - TRACE_LINE_MAX);
}

static const char *scst_state_name(enum scst_cmd_state state)
{
	static const char *const names[] = {
		[SCST_CMD_NEW] = "new",
		[SCST_CMD_ENTERED] = "entered",
		[SCST_CMD_PARSED] = "parsed",
		[SCST_CMD_EXEC] = "executing",
		[SCST_CMD_DONE] = "done",
		[SCST_CMD_FREE] = "freed",
	};

	return names[state];
}

static void scst_trace_cmd(struct scst_trace *t, const struct scst_cmd *cmd)
{
	const struct scst_session *sess = cmd->sess;

	t->len += sysfs_emit_at(t->buf, t->len,
				"device %s target %s initiator %s LUN %u tag %llu CDB %*phN %s%s\n",
				cmd->dev->name, sess->tgt->name, sess->initiator_name, cmd->lun,
				cmd->tag, min_t(int, cmd->cdb_len, SL_CDB_MAX), cmd->cdb_bytes,
				scst_state_name(READ_ONCE(cmd->state)),
				scst_cmd_aborted(cmd) ? " aborted" : "");
}

static void scst_trace_dev(struct scst_trace *t, struct scst_device *dev)
{
	struct scst_tgt_dev *td;
	struct scst_cmd *cmd;

	spin_lock(&dev->tgt_devs_lock);
	list_for_each_entry(td, &dev->tgt_devs, dev_entry) {
		spin_lock(&td->tasks->lock);
		list_for_each_entry(cmd, &td->tasks->cmds, tgt_dev_entry) {
			if (scst_trace_full(t))
				break;
			if (cmd->tgt_dev == td)
				scst_trace_cmd(t, cmd);
		}
		spin_unlock(&td->tasks->lock);
	}
	spin_unlock(&dev->tgt_devs_lock);
}

/* The lock may be taken, for nobody who holds it removes the root directory. */
static ssize_t trace_cmds_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	static const bool never;
	struct scst_trace t = { .buf = buf };
	struct scst_device *dev;
	int ret = scst_cfg_lock(&never);

	if (ret)
		return ret;
	list_for_each_entry(dev, &scst_devices, entry)
		scst_trace_dev(&t, dev);
	scst_cfg_unlock();
	return t.len;
}

static ssize_t trace_mcmds_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	static const char *const names[] = {
		[SCST_TM_ABORT_TASK] = "ABORT TASK",
		[SCST_TM_ABORT_TASK_SET] = "ABORT TASK SET",
		[SCST_TM_CLEAR_TASK_SET] = "CLEAR TASK SET",
		[SCST_TM_CLEAR_ACA] = "CLEAR ACA",
		[SCST_TM_LUN_RESET] = "LOGICAL UNIT RESET",
		[SCST_TM_TARGET_RESET] = "TARGET RESET",
	};
	struct scst_trace t = { .buf = buf };
	const struct scst_tm *tm;

	spin_lock(&scst_tms_lock);
	list_for_each_entry(tm, &scst_tms, entry) {
		const struct scst_session *sess = tm->sess;

		if (scst_trace_full(&t))
			break;
		t.len += sysfs_emit_at(buf, t.len, "%s target %s initiator %s LUN %u tag %llu\n",
				       names[tm->fn], sess->tgt->name, sess->initiator_name,
				       tm->lun, tm->tag);
	}
	spin_unlock(&scst_tms_lock);
	return t.len;
}

static struct kobj_attribute trace_cmds_attr = __ATTR_RO(trace_cmds);
static struct kobj_attribute trace_mcmds_attr = __ATTR_RO(trace_mcmds);

const struct attribute *const scst_trace_attrs[] = {
	&trace_cmds_attr.attr,
	&trace_mcmds_attr.attr,
	NULL
};
