// SPDX-License-Identifier: GPL-2.0-only
/* How long commands take: counted for each LUN of a session while measure_latency is 1. */
#include <linux/math64.h>

#include "scst_priv.h"

/* In the order of the table; bidirectional commands are not decoded. */
static const struct {
	enum scst_stat_dir dir;
	const char *name;
} scst_latency_rows[] = {
	{ SCST_STAT_READ, "read" },
	{ SCST_STAT_WRITE, "write" },
	{ SCST_STAT_NONE, "none" },
};

static bool scst_measures_latency;

u64 scst_latency_now(void)
{
	return READ_ONCE(scst_measures_latency) ? ktime_get_ns() : 0;
}

static void scst_span_add(struct scst_span *to, u64 ns)
{
	if (!to->nr || ns < to->min)
		to->min = ns;
	if (ns > to->max)
		to->max = ns;
	to->sum += ns;
	to->nr++;
}

static enum scst_stat_dir scst_latency_dir(const struct scst_cmd *cmd)
{
	switch (cmd->cdb.dir) {
	case SL_DIR_IN:
		return SCST_STAT_READ;
	case SL_DIR_OUT:
		return SCST_STAT_WRITE;
	default:
		return SCST_STAT_NONE;
	}
}

void scst_latency_count(struct scst_cmd *cmd)
{
	struct scst_latency *l = &cmd->tgt_dev->latency[scst_latency_dir(cmd)];
	u64 now;

	lockdep_assert_held(&cmd->tgt_dev->tasks->lock);
	/* Refused, not executed; or it was under way when measuring was switched. */
	if (!cmd->began || !cmd->exec_began || !cmd->exec_ended)
		return;
	now = ktime_get_ns();
	scst_span_add(&l->exec, cmd->exec_ended - cmd->exec_began);
	scst_span_add(&l->all, now - cmd->began);
}

/* --- text --- */

static void scst_span_merge(struct scst_span *to, const struct scst_span *from)
{
	if (!from->nr)
		return;
	if (!to->nr || from->min < to->min)
		to->min = from->min;
	to->max = max(to->max, from->max);
	to->sum += from->sum;
	to->nr += from->nr;
}

static void scst_latency_collect(struct scst_latency *sum, struct scst_tgt_dev *td)
{
	unsigned int i;

	spin_lock(&td->tasks->lock);
	for (i = 0; i < SCST_LATENCY_DIRS; i++) {
		scst_span_merge(&sum[i].exec, &td->latency[i].exec);
		scst_span_merge(&sum[i].all, &td->latency[i].all);
	}
	spin_unlock(&td->tasks->lock);
}

static void scst_latency_zero(struct scst_tgt_dev *td)
{
	spin_lock(&td->tasks->lock);
	memset(td->latency, 0, sizeof(td->latency));
	spin_unlock(&td->tasks->lock);
}

static ssize_t scst_span_emit(char *buf, ssize_t len, const struct scst_span *s)
{
	return sysfs_emit_at(buf, len, " %llu %llu %llu", s->min,
			     s->nr ? div64_u64(s->sum, s->nr) : 0, s->max);
}

static ssize_t scst_latency_emit(char *buf, const struct scst_latency *sum)
{
	ssize_t n;
	unsigned int i;

	n = sysfs_emit(buf, "direction commands exec_min exec_avg exec_max min avg max\n");
	for (i = 0; i < ARRAY_SIZE(scst_latency_rows); i++) {
		const struct scst_latency *l = &sum[scst_latency_rows[i].dir];

		n += sysfs_emit_at(buf, n, "%s %llu", scst_latency_rows[i].name, l->all.nr);
		n += scst_span_emit(buf, n, &l->exec);
		n += scst_span_emit(buf, n, &l->all);
		n += sysfs_emit_at(buf, n, "\n");
	}
	return n;
}

/* --- sessions/<session>/latency, sessions/<session>/lunN/latency: any write zeroes --- */

static ssize_t sess_latency_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct scst_latency sum[SCST_LATENCY_DIRS] = { };
	struct scst_tgt_dev *td;
	unsigned long lun;

	rcu_read_lock();
	xa_for_each(&scst_sess_of(kobj)->luns, lun, td)
		scst_latency_collect(sum, td);
	rcu_read_unlock();
	return scst_latency_emit(buf, sum);
}

static ssize_t sess_latency_store(struct kobject *kobj, struct kobj_attribute *attr,
				  const char *buf, size_t count)
{
	struct scst_tgt_dev *td;
	unsigned long lun;

	rcu_read_lock();
	xa_for_each(&scst_sess_of(kobj)->luns, lun, td)
		scst_latency_zero(td);
	rcu_read_unlock();
	return count;
}

static ssize_t lun_latency_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct scst_latency sum[SCST_LATENCY_DIRS] = { };

	scst_latency_collect(sum, scst_dir_of(kobj)->owner);
	return scst_latency_emit(buf, sum);
}

static ssize_t lun_latency_store(struct kobject *kobj, struct kobj_attribute *attr,
				 const char *buf, size_t count)
{
	scst_latency_zero(scst_dir_of(kobj)->owner);
	return count;
}

static ssize_t measure_latency_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return scst_show_u64(buf, READ_ONCE(scst_measures_latency), 0);
}

static ssize_t measure_latency_store(struct kobject *kobj, struct kobj_attribute *attr,
				     const char *buf, size_t count)
{
	bool on;
	int ret = scst_parse_bool(buf, count, &on);

	if (!ret)
		WRITE_ONCE(scst_measures_latency, on);
	return scst_mgmt_result(ret, count);
}

struct kobj_attribute scst_measure_latency_attr = __ATTR_RW(measure_latency);
struct kobj_attribute scst_sess_latency_attr =
	__ATTR(latency, 0644, sess_latency_show, sess_latency_store);
struct kobj_attribute scst_lun_latency_attr =
	__ATTR(latency, 0644, lun_latency_show, lun_latency_store);
