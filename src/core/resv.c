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

void scst_resv_pass(struct scst_tgt_dev *from, struct scst_tgt_dev *to)
{
	lockdep_assert_held(&to->dev->tgt_devs_lock);
	if (to->dev->reserved_by != from)
		return;
	to->dev->reserved_by = to;
	scst_resv_update(to->dev);
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

/* ERR_PTR: -ENOMEM, -EINVAL: these are no reservations. */
static struct sl_pr *scst_resv_take(const void *saved, size_t len)
{
	int regs = saved ? sl_pr_saved_regs(saved, len) : 0;
	struct sl_pr *pr;

	if (regs < 0)
		return ERR_PTR(regs);
	pr = kvzalloc(struct_size(pr, regs, regs), GFP_KERNEL);
	if (!pr)
		return ERR_PTR(-ENOMEM);
	pr->room = regs;
	if (!saved)
		return pr;
	if (sl_pr_restore(saved, len, pr)) {
		kvfree(pr);
		return ERR_PTR(-EINVAL);
	}
	/* Saved to say that there is nothing to keep: only the count goes on. */
	if (!pr->aptpl) {
		pr->nr = 0;
		pr->type = SL_PR_NONE;
	}
	return pr;
}

/* What is kept in @f; ERR_PTR: what is there is not ours, or torn, or can't be read. */
static struct sl_pr *scst_resv_load(struct scst_state_file *f)
{
	struct sl_pr *pr;
	void *saved;
	size_t len;
	int ret = scst_state_load(f, &saved, &len);

	if (ret)
		return ERR_PTR(ret);
	pr = scst_resv_take(saved, len);
	if (pr == ERR_PTR(-EINVAL))
		scst_err("%s: these are no reservations: move it away to do without",
			 scst_state_file_path(f));
	kvfree(saved);
	return pr;
}

int scst_resv_init(struct scst_device *dev)
{
	struct scst_state_file *f = scst_state_file_create(PR_MAGIC, PR_DIR "/%s", dev->name);
	struct sl_pr *pr;

	mutex_init(&dev->pr_lock);
	if (!f)
		return -ENOMEM;
	pr = scst_resv_load(f);
	if (IS_ERR(pr)) {
		scst_state_file_free(f);
		return PTR_ERR(pr);
	}
	dev->pr_file = f;
	dev->pr = pr;
	return 0;
}

/* Is it an absolute path, of something in a folder that exists? */
static bool scst_path_in_dir(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	bool is;

	if (path[0] != '/' || !slash[1])
		return false;
	dir = kstrndup(path, max_t(size_t, slash - path, 1), GFP_KERNEL);
	is = dir && scst_state_dir_exists(dir);
	kfree(dir);
	return is;
}

/* A command of a session that has just lost its LUN may be looking at the reservations. */
static void scst_resv_swap(struct scst_device *dev, struct scst_state_file **f, struct sl_pr **pr)
{
	mutex_lock(&dev->pr_lock);
	spin_lock(&dev->tgt_devs_lock);
	swap(dev->pr, *pr);
	swap(dev->pr_file, *f);
	spin_unlock(&dev->tgt_devs_lock);
	mutex_unlock(&dev->pr_lock);
}

int scst_resv_move(struct scst_device *dev, const char *path)
{
	struct scst_state_file *f;
	struct sl_pr *pr;

	scst_cfg_assert_held();
	/* Nobody has a reservation there that would go. */
	if (scst_dev_is_exported(dev))
		return -EBUSY;
	if (!scst_path_in_dir(path)) {
		scst_err("device %s: %s is no file in a folder that is there", dev->name, path);
		return -EINVAL;
	}
	f = scst_state_file_create(PR_MAGIC, "%s", path);
	if (!f)
		return -ENOMEM;
	pr = scst_resv_load(f);
	if (!IS_ERR(pr))
		scst_resv_swap(dev, &f, &pr);
	scst_state_file_free(f);
	if (IS_ERR(pr))
		return PTR_ERR(pr);
	kvfree(pr);
	return 0;
}

void scst_resv_free(struct scst_device *dev)
{
	kvfree(dev->pr);
	dev->pr = NULL;
	scst_state_file_free(dev->pr_file);
	dev->pr_file = NULL;
}
