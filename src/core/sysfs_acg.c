// SPDX-License-Identifier: GPL-2.0-only
/* Attributes of access control groups; those of a target's default group stand at the target. */
#include "../lib/mgmt_line.h"
#include "scst_priv.h"

struct scst_acg_attr {
	struct kobj_attribute attr;
	bool of_tgt;		/* stands at the target */
};

static struct scst_acg *scst_acg_of_attr(struct kobject *kobj, const struct kobj_attribute *attr)
{
	void *owner = scst_dir_of(kobj)->owner;

	if (container_of(attr, const struct scst_acg_attr, attr)->of_tgt)
		return ((struct scst_tgt *)owner)->default_acg;
	return owner;
}

static const char *const scst_addr_methods[] = {
	[SL_LUN_PERIPHERAL] = "PERIPHERAL",
	[SL_LUN_FLAT] = "FLAT",
	[SL_LUN_LOGICAL_UNIT] = "LUN",
};

static ssize_t addr_method_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	enum sl_lun_method m = READ_ONCE(scst_acg_of_attr(kobj, attr)->addr_method);

	return scst_show_text(buf, scst_addr_methods[m], m != SL_LUN_PERIPHERAL);
}

static int scst_parse_addr_method(const char *buf, enum sl_lun_method *method)
{
	char text[16];
	size_t i;

	strscpy(text, buf, sizeof(text));
	for (i = 0; i < ARRAY_SIZE(scst_addr_methods); i++) {
		if (strcasecmp(strim(text), scst_addr_methods[i]))
			continue;
		*method = i;
		return 0;
	}
	return -EINVAL;
}

static ssize_t addr_method_store(struct kobject *kobj, struct kobj_attribute *attr,
				 const char *buf, size_t count)
{
	struct scst_acg *acg = scst_acg_of_attr(kobj, attr);
	enum sl_lun_method method;
	int ret;

	ret = scst_parse_addr_method(buf, &method);
	if (!ret)
		ret = scst_cfg_lock(&acg->dead);
	if (!ret) {
		WRITE_ONCE(acg->addr_method, method);
		scst_acg_apply(acg);
		scst_cfg_unlock();
	}
	return scst_mgmt_result(ret, count);
}

static ssize_t black_hole_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return scst_show_u64(buf, READ_ONCE(scst_acg_of_attr(kobj, attr)->black_hole),
			     SCST_HOLE_NONE);
}

static ssize_t black_hole_store(struct kobject *kobj, struct kobj_attribute *attr,
				const char *buf, size_t count)
{
	struct scst_acg *acg = scst_acg_of_attr(kobj, attr);
	u64 v;
	int ret;

	ret = scst_parse_u64(buf, count, &v);
	if (!ret && v >= SCST_HOLE_COUNT)
		ret = -EINVAL;
	if (!ret)
		ret = scst_cfg_lock(&acg->dead);
	if (!ret) {
		WRITE_ONCE(acg->black_hole, v);
		scst_acg_apply(acg);
		scst_cfg_unlock();
	}
	return scst_mgmt_result(ret, count);
}

static const char *scst_io_group_name(int group)
{
	switch (group) {
	case SCST_IO_GROUP_AUTO:
		return "auto";
	case SCST_IO_GROUP_ACG:
		return "this_group_only";
	case SCST_IO_GROUP_NEVER:
		return "never";
	}
	return NULL;
}

static ssize_t io_grouping_type_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	int group = READ_ONCE(scst_acg_of_attr(kobj, attr)->io_group);

	if (group > 0)
		return scst_show_u64(buf, group, 0);
	return scst_show_text(buf, scst_io_group_name(group), group != SCST_IO_GROUP_AUTO);
}

static int scst_parse_io_group(const char *buf, size_t count, int *group)
{
	int g;
	u64 v;

	for (g = SCST_IO_GROUP_NEVER; g <= SCST_IO_GROUP_AUTO; g++) {
		if (!sysfs_streq(buf, scst_io_group_name(g)))
			continue;
		*group = g;
		return 0;
	}
	if (scst_parse_u64(buf, count, &v) || !v || v > INT_MAX)
		return -EINVAL;
	*group = v;
	return 0;
}

static ssize_t io_grouping_type_store(struct kobject *kobj, struct kobj_attribute *attr,
				      const char *buf, size_t count)
{
	struct scst_acg *acg = scst_acg_of_attr(kobj, attr);
	int group;
	int ret = scst_parse_io_group(buf, count, &group);

	if (!ret)
		ret = scst_cfg_lock(&acg->dead);
	if (!ret) {
		WRITE_ONCE(acg->io_group, group);
		ret = scst_acg_change_pools(acg);
		scst_cfg_unlock();
	}
	return scst_mgmt_result(ret, count);
}

static ssize_t cpu_mask_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct scst_acg *acg = scst_acg_of_attr(kobj, attr);

	ssize_t n = sysfs_emit(buf, "%*pb\n", cpumask_pr_args(acg->cpus));

	if (!READ_ONCE(acg->any_cpu))
		n += sysfs_emit_at(buf, n, SCST_KEY_MARK "\n");
	return n;
}

static int scst_acg_set_cpus(struct scst_acg *acg, const struct cpumask *cpus)
{
	int ret = scst_cfg_lock(&acg->dead);

	if (ret)
		return ret;
	cpumask_copy(acg->cpus, cpus);
	WRITE_ONCE(acg->any_cpu, cpumask_equal(cpus, cpu_possible_mask));
	scst_acg_apply(acg);
	ret = scst_acg_change_pools(acg);
	scst_cfg_unlock();
	return ret;
}

static ssize_t cpu_mask_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			      size_t count)
{
	cpumask_var_t cpus;
	int ret;

	if (!zalloc_cpumask_var(&cpus, GFP_KERNEL))
		return scst_mgmt_result(-ENOMEM, count);
	if (cpumask_parse(buf, cpus) || cpumask_empty(cpus) ||
	    !cpumask_subset(cpus, cpu_possible_mask))
		ret = -EINVAL;
	else
		ret = scst_acg_set_cpus(scst_acg_of_attr(kobj, attr), cpus);
	free_cpumask_var(cpus);
	return scst_mgmt_result(ret, count);
}

#define SCST_ACG_ATTR(_name) \
	static struct scst_acg_attr _name##_attr = { .attr = __ATTR_RW(_name) }; \
	static struct scst_acg_attr tgt_##_name##_attr = { \
		.attr = __ATTR_RW(_name), \
		.of_tgt = true, \
	}

SCST_ACG_ATTR(addr_method);
SCST_ACG_ATTR(black_hole);
SCST_ACG_ATTR(io_grouping_type);
SCST_ACG_ATTR(cpu_mask);

const struct attribute *const scst_acg_attrs[] = {
	&addr_method_attr.attr.attr,
	&black_hole_attr.attr.attr,
	&io_grouping_type_attr.attr.attr,
	&cpu_mask_attr.attr.attr,
	NULL
};

const struct attribute *const scst_tgt_acg_attrs[] = {
	&tgt_addr_method_attr.attr.attr,
	&tgt_black_hole_attr.attr.attr,
	&tgt_io_grouping_type_attr.attr.attr,
	&tgt_cpu_mask_attr.attr.attr,
	NULL
};
