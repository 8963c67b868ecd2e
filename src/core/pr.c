// SPDX-License-Identifier: GPL-2.0-only
/*
 * PERSISTENT RESERVE IN and OUT. The rules are in lib/pr.c; here the state is
 * copied, changed, saved, put in place, and those concerned are told.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "scst_priv.h"

#define PR_LIST_MAX	(64u << 10)

/* A PERSISTENT RESERVE OUT under way; everything in it is freed at its end. */
struct scst_pr_change {
	struct scst_cmd *cmd;
	struct sl_pr_request req;
	u8 *list;
	u16 *ports;
	struct sl_pr *next;
	u8 *effects;
	struct scst_tgt_dev **victims;	/* PREEMPT AND ABORT: whose commands go, with references */
	u32 nr_victims, room_victims;
};

static void scst_pr_defer(struct scst_cmd *cmd, work_func_t fn)
{
	/* Waits for other commands and for a disk: not where commands are executed. */
	INIT_WORK(&cmd->work, fn);
	queue_work(scst_tm_wq, &cmd->work);
}

/* --- IN --- */

static void scst_pr_in_work(struct work_struct *work)
{
	struct scst_cmd *cmd = container_of(work, struct scst_cmd, work);
	struct scst_device *dev = cmd->dev;
	size_t room = cmd->cdb.data_len, len;
	u8 *data = kvzalloc(max_t(size_t, room, 1), GFP_KERNEL);

	if (!data) {
		scst_cmd_busy(cmd);
		return;
	}
	mutex_lock(&dev->pr_lock);
	len = sl_pr_in(cmd->cdb.id, dev->pr, data, room);
	mutex_unlock(&dev->pr_lock);
	scst_cmd_reply(cmd, data, len);
	kvfree(data);
}

/* RESERVE(6) stands in the way even of the one who made it (SPC-2 5.5.1). */
static bool scst_reserved(struct scst_device *dev)
{
	return READ_ONCE(dev->reserved_by);
}

void scst_exec_pr_in(struct scst_cmd *cmd)
{
	if (scst_reserved(cmd->dev)) {
		cmd->status = SCST_RESERVATION_CONFLICT;
		scst_cmd_complete(cmd);
		return;
	}
	scst_pr_defer(cmd, scst_pr_in_work);
}

/* --- OUT --- */

/* Relative identifiers of all targets of the driver, for ALL_TG_PT. */
static int scst_pr_collect_ports(struct scst_pr_change *c)
{
	const struct scst_driver *driver = c->cmd->sess->tgt->driver;
	struct scst_tgt *tgt;
	u32 n = 0;

	/* Nobody removes this target while it has a command, so the lock is to be had. */
	scst_cfg_lock_always();
	list_for_each_entry(tgt, &driver->tgts, entry)
		n++;
	c->ports = kvcalloc(n + 1, sizeof(*c->ports), GFP_KERNEL);
	if (c->ports)
		list_for_each_entry(tgt, &driver->tgts, entry)
			c->ports[c->req.nr_ports++] = tgt->rel_tgt_id;
	scst_cfg_unlock();
	c->req.ports = c->ports;
	return c->ports ? 0 : -ENOMEM;
}

static int scst_pr_prepare(struct scst_pr_change *c)
{
	struct scst_cmd *cmd = c->cmd;
	u32 len = cmd->out_len;

	c->list = kvzalloc(max_t(u32, len, 32), GFP_KERNEL);
	if (!c->list)
		return -ENOMEM;
	scst_cmd_copy_out(cmd, 0, c->list, len);
	c->req.op = cmd->cdb.id;
	c->req.scope_type = cmd->cdb_bytes[2];
	c->req.list = c->list;
	c->req.list_len = len;
	c->req.self = &cmd->sess->nexus;
	if (len >= 24 && cmd->cdb.id != SL_OP_PR_REGISTER_MOVE && (c->list[20] & 0x04))
		return scst_pr_collect_ports(c);
	return 0;
}

static int scst_pr_copy(struct scst_pr_change *c)
{
	const struct sl_pr *old = c->cmd->dev->pr;
	u32 room = old->nr + sl_pr_growth(&c->req);

	c->next = kvzalloc(struct_size(c->next, regs, room), GFP_KERNEL);
	c->effects = kvzalloc(old->nr + 1, GFP_KERNEL);
	if (!c->next || !c->effects)
		return -ENOMEM;
	memcpy(c->next, old, struct_size(old, regs, old->nr));
	c->next->room = room;
	return 0;
}

/* Before anybody sees the new state: what was answered must be there after a power cut. */
static int scst_pr_save(struct scst_pr_change *c)
{
	struct scst_device *dev = c->cmd->dev;
	size_t len;
	u8 *bytes;
	int ret;

	if (!c->next->aptpl && !dev->pr->aptpl)
		return 0;
	len = sl_pr_saved_len(c->next);
	bytes = kvmalloc(len, GFP_KERNEL);
	if (!bytes)
		return -ENOMEM;
	sl_pr_save(c->next, bytes);
	ret = scst_state_save(dev->pr_file, bytes, len);
	kvfree(bytes);
	return ret;
}

static int scst_pr_make_room_for_victims(struct scst_pr_change *c)
{
	struct scst_device *dev = c->cmd->dev;
	struct scst_tgt_dev *td;

	if (c->req.op != SL_OP_PR_PREEMPT_ABORT)
		return 0;
	spin_lock(&dev->tgt_devs_lock);
	list_for_each_entry(td, &dev->tgt_devs, dev_entry)
		c->room_victims++;
	spin_unlock(&dev->tgt_devs_lock);
	c->victims = kvcalloc(c->room_victims + 1, sizeof(*c->victims), GFP_KERNEL);
	return c->victims ? 0 : -ENOMEM;
}

/* A nexus that came after the room was made has no commands that could have been meant. */
static void scst_pr_add_victim(struct scst_pr_change *c, struct scst_tgt_dev *td)
{
	if (c->nr_victims < c->room_victims && refcount_inc_not_zero(&td->refs))
		c->victims[c->nr_victims++] = td;
}

static void scst_pr_tell(struct scst_pr_change *c, struct scst_tgt_dev *td,
			 enum sl_pr_effect effect)
{
	switch (effect) {
	case SL_PR_RESERVATIONS_PREEMPTED:
		set_bit(SCST_UA_RESERVATIONS_PREEMPTED, &td->ua);
		break;
	case SL_PR_RESERVATIONS_RELEASED:
		set_bit(SCST_UA_RESERVATIONS_RELEASED, &td->ua);
		break;
	case SL_PR_REGISTRATIONS_PREEMPTED:
		set_bit(SCST_UA_REGISTRATIONS_PREEMPTED, &td->ua);
		scst_pr_add_victim(c, td);
		break;
	default:
		break;
	}
}

static void scst_pr_publish(struct scst_pr_change *c)
{
	struct scst_device *dev = c->cmd->dev;
	struct sl_pr *old = dev->pr;
	struct scst_tgt_dev *td;

	spin_lock(&dev->tgt_devs_lock);
	list_for_each_entry(td, &dev->tgt_devs, dev_entry) {
		u32 reg = sl_pr_find(old, &td->sess->nexus);

		if (reg < old->nr)
			scst_pr_tell(c, td, c->effects[reg]);
	}
	dev->pr = c->next;
	scst_resv_update(dev);
	spin_unlock(&dev->tgt_devs_lock);
	c->next = old;		/* to be freed */
}

/* Ends with what is set in @cmd: GOOD unless something else is. */
static enum sl_sense scst_pr_change(struct scst_pr_change *c, struct sl_sense_info *more)
{
	enum sl_sense sense = SL_OK;

	if (scst_pr_copy(c) || scst_pr_make_room_for_victims(c))
		return SL_NO_REGISTRATION_ROOM;
	switch (sl_pr_out(&c->req, c->next, c->effects, &sense, more)) {
	case SL_PR_GOOD:
		if (scst_pr_save(c))
			return SL_NO_REGISTRATION_ROOM;
		scst_pr_publish(c);
		return SL_OK;
	case SL_PR_CONFLICT:
		c->cmd->status = SCST_RESERVATION_CONFLICT;
		return SL_OK;
	default:
		return sense;
	}
}

static void scst_pr_out_work(struct work_struct *work)
{
	struct scst_cmd *cmd = container_of(work, struct scst_cmd, work);
	struct scst_pr_change c = { .cmd = cmd };
	struct sl_sense_info more = { };
	enum sl_sense sense;

	if (scst_pr_prepare(&c)) {
		sense = SL_NO_REGISTRATION_ROOM;
	} else {
		mutex_lock(&cmd->dev->pr_lock);
		sense = scst_pr_change(&c, &more);
		mutex_unlock(&cmd->dev->pr_lock);
		/* Without the lock: a victim may be waiting for it. */
		scst_tm_abort_nexuses(cmd->sess, c.victims, c.nr_victims);
	}
	kvfree(c.victims);
	kvfree(c.list);
	kvfree(c.ports);
	kvfree(c.next);
	kvfree(c.effects);
	if (sense)
		scst_cmd_fail(cmd, sense, &more);
	else
		scst_cmd_complete(cmd);
}

void scst_exec_pr_out(struct scst_cmd *cmd)
{
	if (scst_reserved(cmd->dev)) {
		cmd->status = SCST_RESERVATION_CONFLICT;
		scst_cmd_complete(cmd);
		return;
	}
	if (cmd->cdb.data_len > PR_LIST_MAX) {
		scst_cmd_fail(cmd, SL_PARAM_LIST_LENGTH, NULL);
		return;
	}
	scst_pr_defer(cmd, scst_pr_out_work);
}
