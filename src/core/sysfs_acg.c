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

#define SCST_ACG_ATTR(_name) \
	static struct scst_acg_attr _name##_attr = { .attr = __ATTR_RW(_name) }; \
	static struct scst_acg_attr tgt_##_name##_attr = { \
		.attr = __ATTR_RW(_name), \
		.of_tgt = true, \
	}

SCST_ACG_ATTR(addr_method);
SCST_ACG_ATTR(black_hole);

const struct attribute *const scst_acg_attrs[] = {
	&addr_method_attr.attr.attr,
	&black_hole_attr.attr.attr,
	NULL
};

const struct attribute *const scst_tgt_acg_attrs[] = {
	&tgt_addr_method_attr.attr.attr,
	&tgt_black_hole_attr.attr.attr,
	NULL
};
