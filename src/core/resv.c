// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reservations: what they deny each nexus is worked out when they change, so
 * that the data path has one byte to look at. RESERVE(6) and RELEASE(6) are here
 * (SPC-2 7.21), persistent ones in pr.c.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "scst_priv.h"

#define PR_DIR		"/var/lib/scst/pr"
#define PR_MAGIC	"SCSTPR\r\n"

void scst_resv_enter(struct scst_tgt_dev *td)
{
	struct scst_device *dev = td->dev;
	u8 denied = sl_pr_denied(dev->pr, &td->sess->nexus);

	if (dev->reserved_by && dev->reserved_by != td)
		denied |= SL_PR_DENY_R6;
	WRITE_ONCE(td->denied, denied);
}

void scst_resv_update(struct scst_device *dev)
{
	struct scst_tgt_dev *td;

	lockdep_assert_held(&dev->tgt_devs_lock);
	list_for_each_entry(td, &dev->tgt_devs, dev_entry)
		scst_resv_enter(td);
}

void scst_resv_leave(struct scst_tgt_dev *td)
{
	if (td->dev->reserved_by != td)
		return;
	td->dev->reserved_by = NULL;
	scst_resv_update(td->dev);
}

void scst_resv_reset(struct scst_device *dev)
{
	spin_lock(&dev->tgt_devs_lock);
	dev->reserved_by = NULL;
	scst_resv_update(dev);
	spin_unlock(&dev->tgt_devs_lock);
}

static void scst_set_reserved_by(struct scst_cmd *cmd, struct scst_tgt_dev *holder)
{
	struct scst_device *dev = cmd->dev;

	spin_lock(&dev->tgt_devs_lock);
	if (dev->pr->nr) {
		/* CRH is 0: persistent reservations are in use (SPC-4 5.13.3). */
		cmd->status = SCST_RESERVATION_CONFLICT;
	} else if (!dev->reserved_by || dev->reserved_by == cmd->tgt_dev) {
		dev->reserved_by = holder;
		scst_resv_update(dev);
	} else if (holder) {
		cmd->status = SCST_RESERVATION_CONFLICT;
	}
	spin_unlock(&dev->tgt_devs_lock);
	scst_cmd_complete(cmd);
}

void scst_exec_reserve(struct scst_cmd *cmd)
{
	scst_set_reserved_by(cmd, cmd->tgt_dev);
}

void scst_exec_release(struct scst_cmd *cmd)
{
	scst_set_reserved_by(cmd, NULL);
}

static int scst_resv_take(struct scst_device *dev, const void *saved, size_t len)
{
	int regs = saved ? sl_pr_saved_regs(saved, len) : 0;

	if (regs < 0)
		return regs;
	dev->pr = kvzalloc(struct_size(dev->pr, regs, regs), GFP_KERNEL);
	if (!dev->pr)
		return -ENOMEM;
	dev->pr->room = regs;
	if (!saved)
		return 0;
	if (sl_pr_restore(saved, len, dev->pr))
		return -EINVAL;
	/* Saved to say that there is nothing to keep: only the count goes on. */
	if (!dev->pr->aptpl) {
		dev->pr->nr = 0;
		dev->pr->type = SL_PR_NONE;
	}
	return 0;
}

int scst_resv_init(struct scst_device *dev)
{
	void *saved;
	size_t len;
	int ret;

	mutex_init(&dev->pr_lock);
	dev->pr_file = scst_state_file_create(PR_DIR, dev->name, PR_MAGIC);
	if (!dev->pr_file)
		return -ENOMEM;
	ret = scst_state_load(dev->pr_file, &saved, &len);
	if (!ret) {
		ret = scst_resv_take(dev, saved, len);
		if (ret == -EINVAL)
			scst_err("%s: these are no reservations: move it away to do without",
				 scst_state_file_path(dev->pr_file));
	}
	kvfree(saved);
	if (ret)
		scst_resv_free(dev);
	return ret;
}

void scst_resv_free(struct scst_device *dev)
{
	kvfree(dev->pr);
	dev->pr = NULL;
	scst_state_file_free(dev->pr_file);
	dev->pr_file = NULL;
}
