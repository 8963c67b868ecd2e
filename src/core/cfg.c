// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration lock: one writer of the object tree at a time.
 *
 * It protects the lists of handlers, devices, drivers, targets, groups, LUNs,
 * initiators and sessions, and every "dead" flag. Commands do not take it.
 *
 * It is not a mutex, because the removal of a sysfs directory waits for the
 * writes under way in it, and these wait for this lock: a writer whose object
 * is being removed has to stop waiting.
 */
#include <linux/sched.h>
#include <linux/wait.h>

#include "scst_priv.h"

static atomic_t scst_cfg_owner = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(scst_cfg_wait);
static DECLARE_WAIT_QUEUE_HEAD(scst_removed_wait);

static bool scst_cfg_try(void)
{
	return atomic_cmpxchg_acquire(&scst_cfg_owner, 0, 1) == 0;
}

int scst_cfg_lock(const bool *dead)
{
	bool got = false;
	int ret;

	ret = wait_event_killable(scst_cfg_wait, READ_ONCE(*dead) || (got = scst_cfg_try()));
	if (ret)
		return -EINTR;
	if (!got)
		return -ENODEV;
	if (READ_ONCE(*dead)) {
		scst_cfg_unlock();
		return -ENODEV;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(scst_cfg_lock);

void scst_cfg_lock_always(void)
{
	wait_event(scst_cfg_wait, scst_cfg_try());
}

void scst_cfg_unlock(void)
{
	atomic_set_release(&scst_cfg_owner, 0);
	wake_up(&scst_cfg_wait);
}
EXPORT_SYMBOL_GPL(scst_cfg_unlock);

void scst_cfg_assert_held(void)
{
	WARN_ON_ONCE(!atomic_read(&scst_cfg_owner));
}

void scst_cfg_announce_dead(void)
{
	wake_up_all(&scst_cfg_wait);
}

void scst_cfg_announce_removed(void)
{
	wake_up_all(&scst_removed_wait);
}

void scst_cfg_await_removal(const struct list_head *entry, const struct list_head *list)
{
	scst_cfg_unlock();
	wait_event(scst_removed_wait, READ_ONCE(list->next) != entry);
	scst_cfg_lock_always();
}
