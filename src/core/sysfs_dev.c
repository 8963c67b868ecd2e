// SPDX-License-Identifier: GPL-2.0-only
/* handlers/ and devices/ of the sysfs tree. */
#include <linux/slab.h>

#include "../lib/mgmt_line.h"
#include "scst_priv.h"

static const char *scst_type_name(u8 type)
{
	static const char *const names[] = {
		[0] = "Direct-access device (e.g., magnetic disk)",
		[1] = "Sequential-access device (e.g., magnetic tape)",
		[3] = "Processor device",
		[5] = "CD-ROM device",
		[7] = "Optical memory device (e.g., some optical disks)",
		[8] = "Medium changer device (e.g., jukeboxes)",
		[12] = "Storage array controller device (e.g., RAID)",
	};

	return type < ARRAY_SIZE(names) && names[type] ? names[type] : "Unknown device";
}

static ssize_t scst_show_type(u8 type, char *buf)
{
	return sysfs_emit(buf, "%d - %s\n", type, scst_type_name(type));
}

static struct scst_handler *scst_handler_of(struct kobject *kobj)
{
	return scst_dir_of(kobj)->owner;
}

static ssize_t handler_type_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return scst_show_type(scst_handler_of(kobj)->ops->device_type, buf);
}

static ssize_t handler_mgmt_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return scst_show_mgmt_help(buf, "device", scst_handler_of(kobj)->ops->params);
}

static int scst_handler_mgmt(struct scst_handler *handler, char *line)
{
	struct sl_mgmt_cursor c;
	char *verb, *name;
	int ret;

	sl_mgmt_init(&c, line);
	verb = sl_mgmt_word(&c);
	name = sl_mgmt_word(&c);
	if (!verb || !name) {
		scst_err("handler %s: a command has a verb and a device name",
			 handler->ops->name);
		return -EINVAL;
	}
	ret = scst_cfg_lock(&handler->dead);
	if (ret)
		return ret;
	if (!strcasecmp(verb, "add_device")) {
		ret = scst_dev_add(handler, name, c.pos);
	} else if (!strcasecmp(verb, "del_device")) {
		ret = sl_mgmt_at_end(&c) ? scst_dev_del(handler, name) : -EINVAL;
	} else {
		scst_err("handler %s: Unknown action \"%s\"", handler->ops->name, verb);
		ret = -EINVAL;
	}
	scst_cfg_unlock();
	return ret;
}

static ssize_t handler_mgmt_store(struct kobject *kobj, struct kobj_attribute *attr,
				  const char *buf, size_t count)
{
	char *line = scst_mgmt_line(buf, count);
	int ret = line ? scst_handler_mgmt(scst_handler_of(kobj), line) : -ENOMEM;

	kfree(line);
	return scst_mgmt_result(ret, count);
}

static struct kobj_attribute handler_type_attr = __ATTR(type, 0444, handler_type_show, NULL);
static struct kobj_attribute handler_mgmt_attr =
	__ATTR(mgmt, 0644, handler_mgmt_show, handler_mgmt_store);

const struct attribute *const scst_handler_attrs[] = {
	&handler_type_attr.attr,
	&handler_mgmt_attr.attr,
	NULL
};

static ssize_t device_type_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return scst_show_type(scst_dev_of(kobj)->unit.device_type, buf);
}

/* Commands that one session may have under way; above that: TASK SET FULL. */
static ssize_t max_tgt_dev_commands_show(struct kobject *kobj, struct kobj_attribute *attr,
					 char *buf)
{
	return scst_show_u64(buf, READ_ONCE(scst_dev_of(kobj)->max_tgt_dev_commands),
			     SCST_MAX_TGT_DEV_CMDS);
}

static ssize_t max_tgt_dev_commands_store(struct kobject *kobj, struct kobj_attribute *attr,
					  const char *buf, size_t count)
{
	u64 v;
	int ret = scst_parse_u64(buf, count, &v);

	if (!ret && (!v || v > U16_MAX))
		ret = -EINVAL;
	if (!ret)
		WRITE_ONCE(scst_dev_of(kobj)->max_tgt_dev_commands, v);
	return scst_mgmt_result(ret, count);
}

#define SCST_THREADS_MAX	1024

static ssize_t threads_num_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return scst_show_u64(buf, READ_ONCE(scst_dev_of(kobj)->threads_num), 0);
}

static int scst_change_threads(struct scst_device *dev, u32 nr, bool shared)
{
	u32 was = dev->threads_num;
	bool was_shared = dev->pool_shared;
	int ret;

	WRITE_ONCE(dev->threads_num, nr);
	WRITE_ONCE(dev->pool_shared, shared);
	ret = scst_dev_change_pools(dev);
	if (!ret)
		return 0;
	WRITE_ONCE(dev->threads_num, was);
	WRITE_ONCE(dev->pool_shared, was_shared);
	/* Those that had got new ones; there is memory for this, or they go on with them. */
	scst_dev_change_pools(dev);
	return ret;
}

static ssize_t threads_num_store(struct kobject *kobj, struct kobj_attribute *attr,
				 const char *buf, size_t count)
{
	struct scst_device *dev = scst_dev_of(kobj);
	u64 v;
	int ret = scst_parse_u64(buf, count, &v);

	if (!ret && v > SCST_THREADS_MAX)
		ret = -EINVAL;
	if (!ret)
		ret = scst_cfg_lock(&dev->dead);
	if (!ret) {
		ret = scst_change_threads(dev, v, dev->pool_shared);
		scst_cfg_unlock();
	}
	return scst_mgmt_result(ret, count);
}

static ssize_t threads_pool_type_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct scst_device *dev = scst_dev_of(kobj);
	bool shared = READ_ONCE(dev->pool_shared);

	if (!READ_ONCE(dev->threads_num))
		return sysfs_emit(buf, "Async\n");
	return scst_show_text(buf, shared ? "shared" : "per_initiator", shared);
}

static ssize_t threads_pool_type_store(struct kobject *kobj, struct kobj_attribute *attr,
				       const char *buf, size_t count)
{
	struct scst_device *dev = scst_dev_of(kobj);
	bool shared = sysfs_streq(buf, "shared");
	int ret = shared || sysfs_streq(buf, "per_initiator") ? 0 : -EINVAL;

	if (!ret)
		ret = scst_cfg_lock(&dev->dead);
	if (!ret) {
		ret = scst_change_threads(dev, dev->threads_num, shared);
		scst_cfg_unlock();
	}
	return scst_mgmt_result(ret, count);
}

static ssize_t pr_file_name_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct scst_device *dev = scst_dev_of(kobj);
	int ret = scst_cfg_lock(&dev->dead);
	ssize_t n;

	if (ret)
		return ret;
	n = scst_show_text(buf, scst_state_file_path(dev->pr_file), dev->pr_moved);
	scst_cfg_unlock();
	return n;
}

static int pr_file_name_change(struct scst_device *dev, const char *path)
{
	int ret = scst_cfg_lock(&dev->dead);

	if (ret)
		return ret;
	ret = scst_resv_move(dev, path);
	if (!ret)
		dev->pr_moved = true;
	scst_cfg_unlock();
	return ret;
}

static ssize_t pr_file_name_store(struct kobject *kobj, struct kobj_attribute *attr,
				  const char *buf, size_t count)
{
	char *path = scst_mgmt_line(buf, count);
	int ret = path ? pr_file_name_change(scst_dev_of(kobj), path) : -ENOMEM;

	kfree(path);
	return scst_mgmt_result(ret, count);
}

static void scst_dump_nexus(const struct sl_pr *pr, u32 i)
{
	const struct sl_pr_reg *r = &pr->regs[i];
	bool holds = pr->type && (i == pr->holder || pr->type == SL_PR_WRITE_EXCLUSIVE_AR ||
				  pr->type == SL_PR_EXCLUSIVE_ACCESS_AR);

	scst_info("    key 0x%016llx, port %u, TransportID %*phN%s", r->key, r->nexus.rel_tgt_id,
		  min_t(int, r->nexus.id_len, 64), r->nexus.id, holds ? ", holds it" : "");
}

/* For whoever looks for why a cluster has lost its disk. */
static ssize_t dump_prs_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			      size_t count)
{
	struct scst_device *dev = scst_dev_of(kobj);
	u32 i;

	mutex_lock(&dev->pr_lock);
	scst_info("device %s: reservation of type %u, %u registrations, generation %u%s",
		  dev->name, dev->pr->type, dev->pr->nr, dev->pr->generation,
		  dev->pr->aptpl ? ", kept through power loss" : "");
	for (i = 0; i < dev->pr->nr; i++)
		scst_dump_nexus(dev->pr, i);
	mutex_unlock(&dev->pr_lock);
	return count;
}

static struct kobj_attribute dump_prs_attr = __ATTR(dump_prs, 0200, NULL, dump_prs_store);
static struct kobj_attribute threads_num_attr = __ATTR_RW(threads_num);
static struct kobj_attribute threads_pool_type_attr = __ATTR_RW(threads_pool_type);
static struct kobj_attribute pr_file_name_attr = __ATTR_RW(pr_file_name);
static struct kobj_attribute device_type_attr = __ATTR(type, 0444, device_type_show, NULL);
static struct kobj_attribute max_tgt_dev_commands_attr = __ATTR_RW(max_tgt_dev_commands);

const struct attribute *const scst_device_attrs[] = {
	&device_type_attr.attr,
	&threads_num_attr.attr,
	&threads_pool_type_attr.attr,
	&max_tgt_dev_commands_attr.attr,
	&pr_file_name_attr.attr,
	&dump_prs_attr.attr,
	&scst_block_attr.attr,
	NULL
};
