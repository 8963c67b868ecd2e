// SPDX-License-Identifier: GPL-2.0-only
/* Commands on their way to the program and back. */
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "user.h"

/* The other way round, from what is on a list or in the table. */
static struct scst_cmd *user_scst(const struct user_cmd *uc)
{
	return scst_handler_cmd(uc);
}

/* Ends a command that the caller has taken, with @sense or, if aborted, anyhow. */
static void user_end(struct user_cmd *uc, enum sl_sense sense)
{
	struct scst_cmd *cmd = user_scst(uc);

	if (sense)
		scst_cmd_fail(cmd, sense, NULL);
	else
		scst_cmd_complete(cmd);
}

static void user_end_list(struct list_head *list, enum sl_sense sense)
{
	struct user_cmd *uc, *next;

	list_for_each_entry_safe(uc, next, list, entry)
		user_end(uc, sense);
}

static unsigned long user_index(u64 handle)
{
	return (u32)handle;
}

/* Takes all fetched commands, or the aborted ones. */
static void user_take_fetched(struct user_dev *ud, bool aborted_only, struct list_head *taken)
{
	struct user_cmd *uc;
	unsigned long i;

	lockdep_assert_held(&ud->lock);
	xa_for_each(&ud->fetched, i, uc) {
		if (aborted_only && !scst_cmd_aborted(user_scst(uc)))
			continue;
		xa_erase(&ud->fetched, i);
		list_add_tail(&uc->entry, taken);
	}
}

static void user_sweep(struct work_struct *work)
{
	struct user_dev *ud = container_of(work, struct user_dev, sweep);
	struct user_cmd *uc, *next;
	LIST_HEAD(taken);

	spin_lock(&ud->lock);
	list_for_each_entry_safe(uc, next, &ud->waiting, entry)
		if (scst_cmd_aborted(user_scst(uc)))
			list_move_tail(&uc->entry, &taken);
	user_take_fetched(ud, true, &taken);
	spin_unlock(&ud->lock);
	user_end_list(&taken, SL_OK);
	user_dev_put(ud);
}

void user_queue_init(struct user_dev *ud)
{
	spin_lock_init(&ud->lock);
	INIT_LIST_HEAD(&ud->waiting);
	xa_init_flags(&ud->fetched, XA_FLAGS_ALLOC1);
	init_waitqueue_head(&ud->wait);
	INIT_WORK(&ud->sweep, user_sweep);
}

void user_queue_exit(struct user_dev *ud)
{
	WARN_ON(!list_empty(&ud->waiting));
	WARN_ON(!xa_empty(&ud->fetched));
	xa_destroy(&ud->fetched);
}

/*
 * Called when @uc can be found by others again, still under the lock. An abort
 * that came before could not find it.
 */
static void user_look_again(struct user_dev *ud, const struct user_cmd *uc)
{
	lockdep_assert_held(&ud->lock);
	if (!scst_cmd_aborted(user_scst(uc)))
		return;
	kref_get(&ud->refs);
	if (!queue_work(user_wq, &ud->sweep))
		user_dev_put(ud);
}

static bool user_open(const struct user_dev *ud)
{
	return ud->served && !ud->stopped;
}

/* False: nobody will fetch it, it is the caller's. Else it may be gone on return. */
static bool user_put_waiting(struct user_dev *ud, struct user_cmd *uc, bool first)
{
	bool open;

	spin_lock(&ud->lock);
	open = user_open(ud);
	if (open) {
		if (first)
			list_add(&uc->entry, &ud->waiting);
		else
			list_add_tail(&uc->entry, &ud->waiting);
		user_look_again(ud, uc);
	}
	spin_unlock(&ud->lock);
	if (open)
		wake_up(&ud->wait);
	return open;
}

void user_exec(struct scst_cmd *cmd)
{
	struct user_dev *ud = cmd->dev->priv;
	struct user_cmd *uc = scst_handler_room(cmd, struct user_cmd);
	bool queued;

	/* The command, which holds the device, may have ended before this has woken somebody. */
	rcu_read_lock();
	queued = user_put_waiting(ud, uc, false);
	rcu_read_unlock();
	if (!queued)
		user_end(uc, SL_NOT_READY_INTERVENTION);
}

/* --- the end of all --- */

/* What the program knew of may be done or not; of what it did not know nothing is. */
static void user_end_all(struct user_dev *ud, bool *flag, bool value)
{
	LIST_HEAD(waiting);
	LIST_HEAD(fetched);

	spin_lock(&ud->lock);
	WRITE_ONCE(*flag, value);
	list_splice_init(&ud->waiting, &waiting);
	user_take_fetched(ud, false, &fetched);
	spin_unlock(&ud->lock);
	wake_up_all(&ud->wait);
	user_end_list(&fetched, SL_INTERNAL_FAILURE);
	user_end_list(&waiting, SL_NOT_READY_INTERVENTION);
}

void user_queue_abandon(struct user_dev *ud)
{
	user_end_all(ud, &ud->served, false);
}

void user_queue_stop(struct user_dev *ud)
{
	user_end_all(ud, &ud->stopped, true);
}

bool user_queue_ready(struct user_dev *ud)
{
	return !list_empty_careful(&ud->waiting) || READ_ONCE(ud->stopped);
}

/* --- to the program --- */

/* NULL: there is none. */
static struct user_cmd *user_take_waiting(struct user_dev *ud)
{
	struct user_cmd *uc;

	spin_lock(&ud->lock);
	uc = list_first_entry_or_null(&ud->waiting, struct user_cmd, entry);
	if (uc)
		list_del(&uc->entry);
	spin_unlock(&ud->lock);
	return uc;
}

static void user_tell(const struct user_dev *ud, const struct user_cmd *uc,
		      struct scst_user_cmd *to)
{
	const struct scst_cmd *cmd = user_scst(uc);
	struct sl_port_id port;

	scst_cmd_port_id(cmd, &port);
	to->handle = uc->handle;
	to->lun = cmd->lun;
	to->data_len = min_t(u64, cmd->cdb.data_len, READ_ONCE(ud->max_data));
	to->out_len = cmd->cdb.dir == SL_DIR_OUT ? cmd->out_len : 0;
	to->dir = cmd->cdb.dir;
	to->flags = (cmd->tgt_dev->read_only || cmd->dev->unit.read_only ?
		     SCST_USER_PROTECTED : 0) | (port.no_access ? SCST_USER_NO_ACCESS : 0);
	to->cdb_len = cmd->cdb.op->cdb_len;
	to->tpgs = port.tpgs;
	to->rel_tgt_id = port.rel_tgt_id;
	to->group_id = port.group_id;
	to->version_descriptor = port.version_descriptor;
	to->phys_descriptor = port.phys_descriptor;
	memset(to->cdb, 0, sizeof(to->cdb));
	memcpy(to->cdb, cmd->cdb_bytes, to->cdb_len);
}

static int user_copy_out(const struct scst_cmd *cmd, void __user *to)
{
	u32 left = cmd->out_len, i;

	for (i = 0; i < cmd->nr_bvec && left; i++) {
		const struct bio_vec *bv = &cmd->bvec[i];
		u32 n = min(left, bv->bv_len);

		if (copy_to_user(to, page_address(bv->bv_page) + bv->bv_offset, n))
			return -EFAULT;
		to += n;
		left -= n;
	}
	return 0;
}

static int user_reserve_handle(struct user_dev *ud, struct user_cmd *uc)
{
	u32 index;
	int ret = xa_alloc(&ud->fetched, &index, NULL, xa_limit_32b, GFP_KERNEL);

	if (ret)
		return ret;
	spin_lock(&ud->lock);
	ud->sequence++;
	uc->handle = ((u64)ud->sequence << 32) | index;
	spin_unlock(&ud->lock);
	return 0;
}

/* From now on it ends by its handle. False: nobody would answer, it is the caller's. */
static bool user_put_fetched(struct user_dev *ud, struct user_cmd *uc)
{
	bool open;

	spin_lock(&ud->lock);
	open = user_open(ud);
	if (open) {
		/* The place is reserved, so this needs no memory. */
		xa_store(&ud->fetched, user_index(uc->handle), uc, GFP_ATOMIC);
		user_look_again(ud, uc);
	} else {
		xa_erase(&ud->fetched, user_index(uc->handle));
	}
	spin_unlock(&ud->lock);
	return open;
}

/* Gives a command that the caller has taken to the program, or puts it back. */
static int user_give(struct user_dev *ud, struct user_cmd *uc, struct scst_user_cmd *cmd,
		     struct scst_user_cmd __user *to)
{
	int ret = user_reserve_handle(ud, uc);

	if (ret)
		goto out_back;
	user_tell(ud, uc, cmd);
	/* The program is to know the handle before it counts. */
	ret = user_copy_out(user_scst(uc), u64_to_user_ptr(cmd->data));
	if (!ret && copy_to_user(to, cmd, sizeof(*cmd)))
		ret = -EFAULT;
	if (ret) {
		xa_erase(&ud->fetched, user_index(uc->handle));
		goto out_back;
	}
	if (user_put_fetched(ud, uc))
		return 0;
	user_end(uc, SL_NOT_READY_INTERVENTION);
	return -ENODEV;

out_back:
	if (!user_put_waiting(ud, uc, true))
		user_end(uc, SL_NOT_READY_INTERVENTION);
	return ret;
}

int user_queue_get(struct user_dev *ud, struct scst_user_cmd __user *to, bool wait)
{
	struct scst_user_cmd cmd;
	struct user_cmd *uc;
	int ret;

	if (copy_from_user(&cmd, to, sizeof(cmd)))
		return -EFAULT;
	if (cmd.size < READ_ONCE(ud->max_data) || cmd.rsvd)
		return -EINVAL;
	for (;;) {
		if (READ_ONCE(ud->stopped))
			return -ENODEV;
		uc = user_take_waiting(ud);
		/* Of a program that was here before and took more than this one. */
		if (uc && user_scst(uc)->out_len > cmd.size)
			user_end(uc, SL_INTERNAL_FAILURE);
		else if (uc)
			return user_give(ud, uc, &cmd, to);
		else if (!wait)
			return -EAGAIN;
		ret = wait ? wait_event_interruptible_exclusive(ud->wait, user_queue_ready(ud)) : 0;
		if (ret)
			return ret;
	}
}

/* --- from the program --- */

static bool user_sense_ok(const struct scst_user_reply *r)
{
	if (r->status != SCST_CHECK_CONDITION)
		return !r->sense_len;
	return r->sense_len >= 8 && r->sense_len <= SCST_USER_SENSE_LEN &&
	       ((r->sense[0] & 0x7f) == 0x70 || (r->sense[0] & 0x7f) == 0x72);
}

static bool user_reply_ok(const struct scst_user_reply *r)
{
	switch (r->status) {
	case SCST_GOOD:
		break;
	case SCST_CHECK_CONDITION:
	case SCST_CONDITION_MET:
	case SCST_BUSY:
	case SCST_RESERVATION_CONFLICT:
	case SCST_TASK_SET_FULL:
		if (r->len)
			return false;
		break;
	default:
		return false;
	}
	return !r->rsvd && user_sense_ok(r);
}

/* The command of this handle, still reserved in the table; NULL: there is none. */
static struct user_cmd *user_take_handle(struct user_dev *ud, u64 handle)
{
	unsigned long index = user_index(handle);
	struct user_cmd *uc;

	spin_lock(&ud->lock);
	uc = xa_load(&ud->fetched, index);
	if (uc && uc->handle == handle)
		xa_store(&ud->fetched, index, XA_ZERO_ENTRY, GFP_ATOMIC);
	else
		uc = NULL;
	spin_unlock(&ud->lock);
	return uc;
}

/* -ENOMEM: there is no room for the data; -EFAULT: there is no data. */
static int user_copy_in(struct scst_cmd *cmd, const struct scst_user_reply *r)
{
	const void __user *from = u64_to_user_ptr(r->data);
	u32 i;

	if (scst_cmd_alloc_in(cmd, r->len))
		return -ENOMEM;
	for (i = 0; i < cmd->nr_bvec; i++) {
		const struct bio_vec *bv = &cmd->bvec[i];

		if (copy_from_user(page_address(bv->bv_page) + bv->bv_offset, from, bv->bv_len)) {
			scst_cmd_drop_pages(cmd);
			return -EFAULT;
		}
		from += bv->bv_len;
	}
	return 0;
}

/* By what it says there initiators name the unit in an EXTENDED COPY. */
static void user_remember_page(struct user_dev *ud, const struct scst_cmd *cmd)
{
	const u8 *data;
	u32 len;

	if (cmd->cdb.id != SL_OP_INQUIRY || !(cmd->cdb_bytes[1] & 0x01) ||
	    cmd->cdb_bytes[2] != 0x83 || cmd->in_len < 4)
		return;
	data = page_address(cmd->bvec[0].bv_page) + cmd->bvec[0].bv_offset;
	len = min3(cmd->in_len, cmd->bvec[0].bv_len, (u32)USER_PAGE_MAX);
	/* One who asked for the beginning only was told no other designators. */
	if (len < min_t(u32, 4 + sl_get_be16(data + 2), USER_PAGE_MAX))
		return;
	spin_lock(&ud->lock);
	memcpy(ud->page, data, len);
	ud->page_len = len;
	spin_unlock(&ud->lock);
}

size_t user_identification(struct scst_device *dev, u8 *page, size_t size)
{
	struct user_dev *ud = dev->priv;
	size_t len;

	spin_lock(&ud->lock);
	len = min_t(size_t, ud->page_len, size);
	memcpy(page, ud->page, len);
	spin_unlock(&ud->lock);
	return len;
}

static int user_apply(struct user_dev *ud, struct scst_cmd *cmd, const struct scst_user_reply *r)
{
	u64 room = cmd->cdb.dir == SL_DIR_IN ?
		   min_t(u64, cmd->cdb.data_len, READ_ONCE(ud->max_data)) : 0;
	u8 status = r->status;
	int ret = 0;

	if (r->len > room)
		return -EINVAL;
	if (r->len)
		ret = user_copy_in(cmd, r);
	if (ret == -EFAULT)
		return ret;
	if (ret)
		status = SCST_BUSY;
	cmd->status = status;
	cmd->sense_len = r->sense_len;
	memcpy(cmd->sense, r->sense, r->sense_len);
	if (status != SCST_GOOD && status != SCST_CONDITION_MET)
		scst_cmd_set_in_len(cmd, 0);
	else if (cmd->cdb.dir == SL_DIR_IN)
		scst_cmd_set_in_len(cmd, r->len);
	if (status == SCST_GOOD)
		user_remember_page(ud, cmd);
	return 0;
}

int user_queue_reply(struct user_dev *ud, const struct scst_user_reply *r)
{
	struct user_cmd *uc;
	int ret;

	BUILD_BUG_ON(SCST_USER_SENSE_LEN != SL_SENSE_LEN);
	if (!user_reply_ok(r))
		return -EINVAL;
	uc = user_take_handle(ud, r->handle);
	if (!uc)
		return -ESRCH;
	ret = user_apply(ud, user_scst(uc), r);
	if (!ret) {
		xa_erase(&ud->fetched, user_index(uc->handle));
		user_end(uc, SL_OK);
	} else if (!user_put_fetched(ud, uc)) {
		user_end(uc, SL_INTERNAL_FAILURE);
	}
	return ret;
}
