// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maintenance: a blocked device holds its commands before they begin, as task
 * attributes do, until it is let go; who blocks it waits for those under way.
 */
#include <linux/jiffies.h>

#include "scst_priv.h"

/* How often all devices are blocked; under the configuration lock. */
static unsigned int scst_suspended;

/* All task sets, of which some may be the same. */
static void scst_dev_each(struct scst_device *dev, void (*what)(struct scst_task_set *set))
{
	struct scst_tgt_dev *td;

	what(&dev->tasks);
	spin_lock(&dev->tgt_devs_lock);
	list_for_each_entry(td, &dev->tgt_devs, dev_entry)
		what(td->tasks);
	spin_unlock(&dev->tgt_devs_lock);
}

void scst_dev_block(struct scst_device *dev)
{
	scst_cfg_assert_held();
	if (!dev->blocks++)
		scst_dev_each(dev, scst_order_block);
}

void scst_dev_unblock(struct scst_device *dev)
{
	scst_cfg_assert_held();
	if (!--dev->blocks)
		scst_dev_each(dev, scst_order_unblock);
}

void scst_block_enter(struct scst_tgt_dev *td)
{
	scst_cfg_assert_held();
	if (td->dev->blocks)
		scst_order_block(td->tasks);
}

void scst_block_enter_dev(struct scst_device *dev)
{
	scst_cfg_assert_held();
	dev->blocks = scst_suspended;
	if (dev->blocks)
		scst_order_block(&dev->tasks);
}

void scst_block_forget_dev(struct scst_device *dev)
{
	scst_cfg_assert_held();
	scst_dev_each(dev, scst_order_drop_vanished);
	if (!dev->blocks)
		return;
	dev->blocks = 1;
	scst_dev_unblock(dev);
	/* Who waits for it to be idle. */
	wake_up_all(&dev->tm_wait);
}

static bool scst_dev_idle(struct scst_device *dev)
{
	struct scst_tgt_dev *td;
	bool idle = true;

	spin_lock(&dev->tgt_devs_lock);
	list_for_each_entry(td, &dev->tgt_devs, dev_entry)
		idle = idle && !scst_order_executing(td->tasks);
	spin_unlock(&dev->tgt_devs_lock);
	return idle;
}

/* -EINTR; 0: nothing is under way, or @timeout jiffies are over. */
static int scst_await_idle(struct scst_device *dev, long timeout)
{
	long left;

	/* Those that have not seen the block are seen to be under way. */
	synchronize_rcu();
	left = wait_event_killable_timeout(dev->tm_wait,
					   scst_dev_idle(dev) || READ_ONCE(dev->dead), timeout);
	return left < 0 ? -EINTR : 0;
}

int scst_dev_begin_change(struct scst_device *dev)
{
	int ret = scst_cfg_lock(&dev->dead);
	bool was;

	if (ret)
		return ret;
	scst_dev_block(dev);
	was = dev->inactive;
	/* If it is deleted meanwhile, what was held begins. */
	WRITE_ONCE(dev->inactive, true);
	scst_cfg_unlock();
	ret = scst_await_idle(dev, MAX_SCHEDULE_TIMEOUT);
	if (ret)
		scst_dev_end_change(dev, was);
	else if (READ_ONCE(dev->dead))
		ret = -ENODEV;
	return ret;
}
EXPORT_SYMBOL_GPL(scst_dev_begin_change);

void scst_dev_end_change(struct scst_device *dev, bool inactive)
{
	scst_cfg_lock_always();
	/* A dead one is blocked no more, by nobody. */
	if (!dev->dead) {
		WRITE_ONCE(dev->inactive, inactive);
		scst_dev_unblock(dev);
	}
	scst_cfg_unlock();
}
EXPORT_SYMBOL_GPL(scst_dev_end_change);

/* --- devices/<name>/block: how often it is blocked, and whether something is under way still --- */

static ssize_t block_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct scst_device *dev = scst_dev_of(kobj);
	unsigned int blocks = READ_ONCE(dev->blocks);

	return sysfs_emit(buf, "%u %d\n", blocks, blocks && !scst_dev_idle(dev));
}

/* 1: block, 0: unblock. */
static int scst_change_block(struct scst_device *dev, bool block)
{
	int ret = scst_cfg_lock(&dev->dead);

	if (ret)
		return ret;
	if (block)
		scst_dev_block(dev);
	else if (dev->blocks > scst_suspended)
		scst_dev_unblock(dev);
	else
		ret = -EINVAL;
	scst_cfg_unlock();
	return ret;
}

static ssize_t block_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			   size_t count)
{
	struct scst_device *dev = scst_dev_of(kobj);
	bool block;
	int ret;

	if (scst_parse_bool(buf, count, &block))
		return scst_mgmt_result(-EINVAL, count);
	ret = scst_change_block(dev, block);
	if (!ret && block) {
		ret = scst_await_idle(dev, MAX_SCHEDULE_TIMEOUT);
		if (ret)
			scst_change_block(dev, false);
	}
	return scst_mgmt_result(ret, count);
}

struct kobj_attribute scst_block_attr = __ATTR_RW(block);

/* --- suspend: all devices --- */

static ssize_t suspend_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(scst_suspended));
}

static int scst_resume_locked(void)
{
	struct scst_device *dev;

	if (!scst_suspended)
		return -EINVAL;
	scst_suspended--;
	list_for_each_entry(dev, &scst_devices, entry)
		if (!dev->dead)
			scst_dev_unblock(dev);
	return 0;
}

static void scst_suspend_locked(void)
{
	struct scst_device *dev;

	scst_suspended++;
	list_for_each_entry(dev, &scst_devices, entry)
		if (!dev->dead)
			scst_dev_block(dev);
}

/* The first device that has something under way, with a reference; NULL: there is none. */
static struct scst_device *scst_busy_dev(void)
{
	struct scst_device *dev;

	scst_cfg_assert_held();
	list_for_each_entry(dev, &scst_devices, entry) {
		if (dev->dead || scst_dev_idle(dev))
			continue;
		scst_dev_get(dev);
		return dev;
	}
	return NULL;
}

static int scst_await_all_idle(long timeout)
{
	unsigned long end = jiffies + timeout;
	struct scst_device *dev;
	int ret = 0;

	synchronize_rcu();
	while (!ret) {
		scst_cfg_lock_always();
		dev = scst_busy_dev();
		scst_cfg_unlock();
		if (!dev)
			break;
		if (timeout != MAX_SCHEDULE_TIMEOUT && time_after_eq(jiffies, end))
			ret = -EBUSY;
		else
			ret = scst_await_idle(dev, timeout == MAX_SCHEDULE_TIMEOUT ? timeout :
					      (long)(end - jiffies));
		scst_dev_put(dev);
	}
	return ret;
}

/* Waits for @seconds at most, 0: for as long as it takes. */
static int scst_suspend(u64 seconds)
{
	int ret = scst_cfg_lock(&scst_never_dead);

	if (ret)
		return ret;
	scst_suspend_locked();
	scst_cfg_unlock();
	ret = scst_await_all_idle(seconds ? (long)seconds * HZ : MAX_SCHEDULE_TIMEOUT);
	if (ret) {
		scst_cfg_lock_always();
		scst_resume_locked();
		scst_cfg_unlock();
	}
	return ret;
}

static int scst_resume(void)
{
	int ret = scst_cfg_lock(&scst_never_dead);

	if (ret)
		return ret;
	ret = scst_resume_locked();
	scst_cfg_unlock();
	return ret;
}

static ssize_t suspend_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			     size_t count)
{
	bool resume = count && buf[0] == '-';
	u64 seconds;
	int ret = scst_parse_u64(buf + resume, count - resume, &seconds);

	if (ret || seconds > U16_MAX || (resume && !seconds))
		ret = -EINVAL;
	else
		ret = resume ? scst_resume() : scst_suspend(seconds);
	return scst_mgmt_result(ret, count);
}

struct kobj_attribute scst_suspend_attr = __ATTR_RW(suspend);
