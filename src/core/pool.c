// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that execute the commands of a device: its own, or one set of them for each I/O group of
 * initiators. A thread has an I/O context of its own, by which I/O schedulers tell who reads and
 * writes: so initiators that share threads share it, and others do not.
 *
 * A device that has none (threads_num 0) executes commands where they arrive, and what has to wait
 * does so in workers of the kernel.
 */
#include <linux/kthread.h>
#include <linux/slab.h>

#include "scst_priv.h"

struct scst_pool {
	refcount_t refs;		/* LUNs of sessions that use it */
	u32 epoch;			/* of its device, as it was made */
	spinlock_t lock;
	struct list_head cmds;		/* that wait for a thread, by held_entry */
	wait_queue_head_t wait;
	struct rcu_work end;
	u32 nr;
	struct task_struct *threads[];
};

static struct workqueue_struct *scst_any_wq;	/* workers that run anywhere */
static struct workqueue_struct *scst_cpu_wq;	/* ... on the CPU that they are told to */

static struct scst_cmd *scst_pool_take(struct scst_pool *pool)
{
	struct scst_cmd *cmd;

	spin_lock(&pool->lock);
	cmd = list_first_entry_or_null(&pool->cmds, struct scst_cmd, held_entry);
	if (cmd)
		list_del(&cmd->held_entry);
	spin_unlock(&pool->lock);
	return cmd;
}

/* Ends when it is told to and nothing is left. */
static int scst_pool_thread(void *data)
{
	struct scst_pool *pool = data;
	struct scst_cmd *cmd;

	for (;;) {
		wait_event_idle_exclusive(pool->wait,
					  (cmd = scst_pool_take(pool)) || kthread_should_stop());
		if (!cmd)
			return 0;
		cmd->work.func(&cmd->work);
		cond_resched();
	}
}

static void scst_pool_stop(struct scst_pool *pool)
{
	while (pool->nr)
		kthread_stop(pool->threads[--pool->nr]);
	kfree(pool);
}

/* Nobody can have found it since a grace period. */
static void scst_pool_end(struct work_struct *work)
{
	scst_pool_stop(container_of(to_rcu_work(work), struct scst_pool, end));
}

void scst_pool_put(struct scst_pool *pool)
{
	if (pool && refcount_dec_and_test(&pool->refs))
		queue_rcu_work(scst_tm_wq, &pool->end);
}

static struct scst_pool *scst_pool_create(const struct scst_tgt_dev *td)
{
	const struct scst_device *dev = td->dev;
	struct task_struct *thread;
	struct scst_pool *pool;

	pool = kzalloc(struct_size(pool, threads, dev->threads_num), GFP_KERNEL);
	if (!pool)
		return ERR_PTR(-ENOMEM);
	refcount_set(&pool->refs, 1);
	pool->epoch = dev->pool_epoch;
	spin_lock_init(&pool->lock);
	INIT_LIST_HEAD(&pool->cmds);
	init_waitqueue_head(&pool->wait);
	INIT_RCU_WORK(&pool->end, scst_pool_end);
	while (pool->nr < dev->threads_num) {
		thread = kthread_create(scst_pool_thread, pool, "scst_%s/%u", dev->name, pool->nr);
		if (IS_ERR(thread)) {
			scst_pool_stop(pool);
			return ERR_CAST(thread);
		}
		if (!dev->pool_shared && !td->sess->any_cpu)
			set_cpus_allowed_ptr(thread, td->sess->cpus);
		pool->threads[pool->nr++] = thread;
		wake_up_process(thread);
	}
	return pool;
}

static bool scst_same_io_group(const struct scst_session *a, const struct scst_session *b)
{
	int group = a->acg->io_group;

	switch (group) {
	case SCST_IO_GROUP_NEVER:
		return a == b;
	case SCST_IO_GROUP_ACG:
		return a->acg == b->acg;
	case SCST_IO_GROUP_AUTO:
		return a->tgt == b->tgt && b->acg->io_group == group &&
		       !strcmp(a->initiator_name, b->initiator_name);
	}
	return b->acg->io_group == group;
}

static bool scst_shares_pool(const struct scst_tgt_dev *a, const struct scst_tgt_dev *b)
{
	return a->dev->pool_shared ||
	       (scst_same_io_group(a->sess, b->sess) && cpumask_equal(a->sess->cpus, b->sess->cpus));
}

struct scst_pool_search {
	const struct scst_tgt_dev *td;
	struct scst_pool *found;
};

static int scst_pool_look(struct scst_tgt_dev *td, void *arg)
{
	struct scst_pool *pool = rcu_dereference_protected(td->pool, true);
	struct scst_pool_search *s = arg;

	if (td != s->td && pool && pool->epoch == td->dev->pool_epoch && scst_shares_pool(s->td, td))
		s->found = pool;
	return 0;
}

/* Calls @fn for each LUN of a session that is the device's, until it returns an error. */
static int scst_dev_each_tgt_dev(struct scst_device *dev,
				 int (*fn)(struct scst_tgt_dev *td, void *arg), void *arg)
{
	struct scst_session *sess;
	struct scst_tgt_dev *td;
	struct scst_lun *lun;
	int ret;

	scst_cfg_assert_held();
	list_for_each_entry(lun, &dev->luns, dev_entry) {
		list_for_each_entry(sess, &lun->acg->tgt->sessions, entry) {
			td = sess->acg == lun->acg ? xa_load(&sess->luns, lun->lun) : NULL;
			ret = td && td->dev == dev ? fn(td, arg) : 0;
			if (ret)
				return ret;
		}
	}
	return 0;
}

int scst_pool_enter(struct scst_tgt_dev *td)
{
	struct scst_pool *old = rcu_dereference_protected(td->pool, true);
	struct scst_pool_search s = { .td = td };

	/* What copies has workers that wait. */
	if (td->dev->threads_num && !td->sess->tgt->driver->ops->built_in) {
		scst_dev_each_tgt_dev(td->dev, scst_pool_look, &s);
		if (s.found)
			refcount_inc(&s.found->refs);
		else
			s.found = scst_pool_create(td);
		if (IS_ERR(s.found))
			return PTR_ERR(s.found);
	}
	rcu_assign_pointer(td->pool, s.found);
	scst_pool_put(old);
	return 0;
}

static int scst_pool_enter_again(struct scst_tgt_dev *td, void *arg)
{
	return scst_pool_enter(td);
}

int scst_dev_change_pools(struct scst_device *dev)
{
	dev->pool_epoch++;
	return scst_dev_each_tgt_dev(dev, scst_pool_enter_again, NULL);
}

/* Others that share threads with the group's sessions, or do so from now on, change as well. */
int scst_acg_change_pools(struct scst_acg *acg)
{
	struct scst_lun *lun;
	unsigned long nr;
	int ret = 0;

	xa_for_each(&acg->luns, nr, lun)
		if (!ret && lun->dev->threads_num)
			ret = scst_dev_change_pools(lun->dev);
	return ret;
}

ssize_t scst_pool_show_pids(const struct scst_tgt_dev *td, char *buf)
{
	const struct scst_pool *pool;
	ssize_t n = 0;
	u32 i;

	rcu_read_lock();
	pool = rcu_dereference(td->pool);
	for (i = 0; pool && i < pool->nr; i++)
		n += sysfs_emit_at(buf, n, i ? " %d" : "%d", task_pid_nr(pool->threads[i]));
	rcu_read_unlock();
	return n + sysfs_emit_at(buf, n, "\n");
}

static bool scst_pool_queue(struct scst_pool *pool, struct scst_cmd *cmd)
{
	if (!pool)
		return false;
	spin_lock(&pool->lock);
	list_add_tail(&cmd->held_entry, &pool->cmds);
	spin_unlock(&pool->lock);
	wake_up(&pool->wait);
	return true;
}

void scst_cmd_queue(struct scst_cmd *cmd, work_func_t fn)
{
	bool queued;

	set_bit(SCST_CMD_DEFERRED, &cmd->flags);
	INIT_WORK(&cmd->work, fn);
	rcu_read_lock();
	queued = cmd->tgt_dev && scst_pool_queue(rcu_dereference(cmd->tgt_dev->pool), cmd);
	rcu_read_unlock();
	if (queued)
		return;
	if (likely(READ_ONCE(cmd->sess->any_cpu)))
		queue_work(scst_any_wq, &cmd->work);
	else
		queue_work_on(scst_cpu_among(cmd->sess->cpus, raw_smp_processor_id()), scst_cpu_wq,
			      &cmd->work);
}

int scst_cpu_among(const struct cpumask *cpus, int cpu)
{
	int nth, other;

	if (cpumask_test_cpu(cpu, cpus))
		return cpu;
	/* Different ones for what comes from different ones. */
	nth = cpu % max(cpumask_weight(cpus), 1U);
	for_each_cpu_and(other, cpus, cpu_online_mask)
		if (nth-- == 0)
			return other;
	other = cpumask_any_and(cpus, cpu_online_mask);
	return other < nr_cpu_ids ? other : cpu;
}
EXPORT_SYMBOL_GPL(scst_cpu_among);

void scst_pool_set_workers(u32 nr)
{
	workqueue_set_max_active(scst_any_wq, nr);
	workqueue_set_max_active(scst_cpu_wq, nr);
}

void scst_pool_settle(void)
{
	rcu_barrier();
	flush_workqueue(scst_tm_wq);
	flush_workqueue(scst_any_wq);
	flush_workqueue(scst_cpu_wq);
}

int scst_pool_init(void)
{
	scst_any_wq = alloc_workqueue("scst", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!scst_any_wq)
		return -ENOMEM;
	scst_cpu_wq = alloc_workqueue("scst_cpu", WQ_PERCPU | WQ_MEM_RECLAIM, 0);
	if (!scst_cpu_wq) {
		destroy_workqueue(scst_any_wq);
		return -ENOMEM;
	}
	return 0;
}

void scst_pool_exit(void)
{
	destroy_workqueue(scst_cpu_wq);
	destroy_workqueue(scst_any_wq);
}
