// SPDX-License-Identifier: GPL-2.0-only
/* Root of the sysfs tree, and what its files have in common. */
#include <linux/slab.h>
#include <linux/string.h>

#include "../lib/mgmt_line.h"
#include "scst_priv.h"

struct scst_dir *scst_root;
struct scst_dir *scst_handlers_dir;
struct scst_dir *scst_devices_dir;
struct scst_dir *scst_targets_dir;

static unsigned int scst_setup_id;
static unsigned int scst_threads;
static int scst_last_mgmt_res;
const bool scst_never_dead;

static atomic_t scst_dirs = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(scst_dirs_wait);

static void scst_dir_release(struct kobject *kobj)
{
	kfree(scst_dir_of(kobj));
	if (atomic_dec_and_test(&scst_dirs))
		wake_up_all(&scst_dirs_wait);
}

static const struct kobj_type scst_dir_type = {
	.sysfs_ops = &kobj_sysfs_ops,
	.release = scst_dir_release,
};

int scst_dir_add_attrs(struct scst_dir *dir, const struct attribute *const *attrs)
{
	int ret;

	for (; attrs && *attrs; attrs++) {
		ret = sysfs_create_file(&dir->kobj, *attrs);
		if (ret)
			return ret;
	}
	return 0;
}

static struct scst_dir *scst_dir_make(const char *name, struct kobject *parent, void *owner,
				      const struct attribute *const *attrs)
{
	struct scst_dir *dir = kzalloc(sizeof(*dir), GFP_KERNEL);

	if (!dir)
		return NULL;
	dir->owner = owner;
	atomic_inc(&scst_dirs);
	if (kobject_init_and_add(&dir->kobj, scst_kobj_type(&scst_dir_type), parent, "%s", name)) {
		kobject_put(&dir->kobj);
		return NULL;
	}
	if (scst_dir_add_attrs(dir, attrs)) {
		scst_dir_remove(dir);
		return NULL;
	}
	return dir;
}

struct scst_dir *scst_dir_create(const char *name, struct scst_dir *parent, void *owner,
				 const struct attribute *const *attrs)
{
	return scst_dir_make(name, &parent->kobj, owner, attrs);
}
EXPORT_SYMBOL_GPL(scst_dir_create);

void scst_dir_remove(struct scst_dir *dir)
{
	kobject_del(&dir->kobj);
	kobject_put(&dir->kobj);
}
EXPORT_SYMBOL_GPL(scst_dir_remove);

int scst_link(struct scst_dir *in, struct scst_dir *to, const char *name)
{
	return sysfs_create_link(&in->kobj, &to->kobj, name);
}

void scst_unlink(struct scst_dir *in, const char *name)
{
	sysfs_remove_link(&in->kobj, name);
}

/* --- texts --- */

/* Ends an attribute's text of @len bytes. */
static ssize_t scst_mark(char *buf, ssize_t len, bool key)
{
	return key ? len + sysfs_emit_at(buf, len, SCST_KEY_MARK "\n") : len;
}

ssize_t scst_show_u64(char *buf, u64 value, u64 dflt)
{
	return scst_mark(buf, sysfs_emit(buf, "%llu\n", value), value != dflt);
}
EXPORT_SYMBOL_GPL(scst_show_u64);

ssize_t scst_show_text(char *buf, const char *value, bool key)
{
	return scst_mark(buf, sysfs_emit(buf, "%s\n", value), key);
}
EXPORT_SYMBOL_GPL(scst_show_text);

int scst_parse_u64(const char *buf, size_t count, u64 *value)
{
	char text[32];

	if (count >= sizeof(text))
		return -EINVAL;
	memcpy(text, buf, count);
	text[count] = 0;
	return sl_mgmt_u64(strim(text), value);
}
EXPORT_SYMBOL_GPL(scst_parse_u64);

int scst_parse_bool(const char *buf, size_t count, bool *value)
{
	u64 v;
	int ret = scst_parse_u64(buf, count, &v);

	if (ret || v > 1)
		return -EINVAL;
	*value = v;
	return 0;
}
EXPORT_SYMBOL_GPL(scst_parse_bool);

ssize_t scst_show_names(char *buf, ssize_t len, const char *lead, const char *const *names)
{
	if (!names || !*names)
		return len;
	len += sysfs_emit_at(buf, len, "%s: ", lead);
	for (; *names; names++)
		len += sysfs_emit_at(buf, len, "%s%s", *names, names[1] ? ", " : "\n");
	return len;
}

/* Tools read the list of parameters out of this text: its words are part of the interface. */
ssize_t scst_show_mgmt_help(char *buf, const char *what, const char *const *params)
{
	ssize_t n;

	n = sysfs_emit(buf,
		       "Usage: echo \"add_%s %s_name [parameters]\" >mgmt\n"
		       "       echo \"del_%s %s_name\" >mgmt\n"
		       "\n"
		       "where parameters are one or more param_name=value pairs separated by ';'\n"
		       "\n", what, what, what, what);
	return scst_show_names(buf, n, "The following parameters available", params);
}

bool scst_is_file_name(const char *name)
{
	return strlen(name) <= NAME_MAX && !strchr(name, '/') && strcmp(name, "mgmt");
}

char *scst_mgmt_line(const char *buf, size_t count)
{
	return kstrndup(buf, count, GFP_KERNEL);
}

ssize_t scst_mgmt_result(int res, size_t count)
{
	WRITE_ONCE(scst_last_mgmt_res, res);
	return res ? res : count;
}

/* --- root --- */

unsigned int scst_get_setup_id(void)
{
	return READ_ONCE(scst_setup_id);
}
EXPORT_SYMBOL_GPL(scst_get_setup_id);

static ssize_t version_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", SCST_VERSION);
}

static ssize_t setup_id_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return scst_mark(buf, sysfs_emit(buf, "0x%x\n", scst_setup_id), scst_setup_id);
}

static ssize_t setup_id_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			      size_t count)
{
	u64 v;
	int ret = scst_parse_u64(buf, count, &v);

	if (ret || v > U32_MAX)
		return scst_mgmt_result(-EINVAL, count);
	WRITE_ONCE(scst_setup_id, v);
	return scst_mgmt_result(0, count);
}

static ssize_t threads_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return scst_show_u64(buf, scst_threads, num_online_cpus());
}

/* Workers that may wait for I/O at the same time, per NUMA node. */
static ssize_t threads_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			     size_t count)
{
	u64 v;
	int ret = scst_parse_u64(buf, count, &v);

	if (ret || !v || v > WQ_MAX_ACTIVE)
		return scst_mgmt_result(-EINVAL, count);
	ret = scst_cfg_lock(&scst_never_dead);
	if (ret)
		return ret;
	scst_threads = v;
	scst_pool_set_workers(v);
	scst_cfg_unlock();
	return scst_mgmt_result(0, count);
}

static ssize_t last_sysfs_mgmt_res_show(struct kobject *kobj, struct kobj_attribute *attr,
					char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(scst_last_mgmt_res));
}

static struct kobj_attribute version_attr = __ATTR_RO(version);
static struct kobj_attribute setup_id_attr = __ATTR_RW(setup_id);
static struct kobj_attribute threads_attr = __ATTR_RW(threads);
static struct kobj_attribute last_sysfs_mgmt_res_attr = __ATTR_RO(last_sysfs_mgmt_res);

static const struct attribute *const scst_root_attrs[] = {
	&version_attr.attr,
	&setup_id_attr.attr,
	&threads_attr.attr,
	&scst_suspend_attr.attr,
	&scst_measure_latency_attr.attr,
	&last_sysfs_mgmt_res_attr.attr,
	NULL
};

void scst_sysfs_exit(void)
{
	scst_alua_exit();
	if (scst_targets_dir)
		scst_dir_remove(scst_targets_dir);
	if (scst_devices_dir)
		scst_dir_remove(scst_devices_dir);
	if (scst_handlers_dir)
		scst_dir_remove(scst_handlers_dir);
	if (scst_root)
		scst_dir_remove(scst_root);
	wait_event(scst_dirs_wait, !atomic_read(&scst_dirs));
}

int scst_sysfs_init(void)
{
	scst_threads = num_online_cpus();
	scst_root = scst_dir_make("scst_tgt", kernel_kobj, NULL, scst_root_attrs);
	if (!scst_root)
		return -ENOMEM;
	if (scst_dir_add_attrs(scst_root, scst_trace_attrs))
		goto out;
	scst_handlers_dir = scst_dir_create("handlers", scst_root, NULL, NULL);
	scst_devices_dir = scst_dir_create("devices", scst_root, NULL, NULL);
	scst_targets_dir = scst_dir_create("targets", scst_root, NULL, NULL);
	if (scst_handlers_dir && scst_devices_dir && scst_targets_dir && !scst_alua_init())
		return 0;
out:
	scst_sysfs_exit();
	return -ENOMEM;
}
