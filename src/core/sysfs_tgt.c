// SPDX-License-Identifier: GPL-2.0-only
/* targets/ of the sysfs tree: drivers, targets, groups, LUNs, initiators, sessions. */
#include <linux/slab.h>

#include "sysfs_mgmt.h"

/* --- driver --- */

static struct scst_driver *scst_driver_of(struct kobject *kobj)
{
	return scst_dir_of(kobj)->owner;
}

static ssize_t driver_mgmt_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct scst_driver_ops *ops = scst_driver_of(kobj)->ops;
	ssize_t n = scst_show_mgmt_help(buf, "target", ops->tgt_params);

	if (ops->mgmt_help)
		n += sysfs_emit_at(buf, n, "%s", ops->mgmt_help);
	if (!ops->change_attr)
		return n;
	n += sysfs_emit_at(buf, n,
			   "Usage: echo \"add_attribute name values\" >mgmt\n"
			   "       echo \"del_attribute name values\" >mgmt\n"
			   "       echo \"add_target_attribute target_name name values\" >mgmt\n"
			   "       echo \"del_target_attribute target_name name values\" >mgmt\n");
	n = scst_show_names(buf, n, "The following target driver attributes available",
			    ops->driver_dyn_attrs);
	return scst_show_names(buf, n, "The following target attributes available",
			       ops->tgt_dyn_attrs);
}

static int scst_mgmt_tgt_attr(struct scst_driver *driver, struct scst_mgmt_cmd *m)
{
	char *name = sl_mgmt_word(&m->rest);

	if (!m->arg[0] || !name)
		return scst_mgmt_unknown(driver->ops->name, m);
	return scst_tgt_change_attr(driver, m->arg[0], scst_mgmt_is(m, "add_target_attribute"),
				    name, m->rest.pos);
}

/* What only the driver knows. */
static int scst_mgmt_other(struct scst_driver *driver, struct scst_mgmt_cmd *m)
{
	char *arg = sl_mgmt_word(&m->rest);
	struct scst_tgt *tgt;
	int ret;

	if (!driver->ops->mgmt || !m->arg[0] || !arg || !sl_mgmt_at_end(&m->rest))
		return scst_mgmt_unknown(driver->ops->name, m);
	tgt = scst_tgt_lookup(driver, m->arg[0]);
	if (!tgt || tgt->dead) {
		scst_err("%s: target %s not found in driver %s", m->verb, m->arg[0],
			 driver->ops->name);
		return -ENOENT;
	}
	ret = driver->ops->mgmt(tgt, m->verb, arg);
	return ret == -EINVAL ? scst_mgmt_unknown(driver->ops->name, m) : ret;
}

static int scst_driver_mgmt(void *obj, struct scst_mgmt_cmd *m)
{
	struct scst_driver *driver = obj;

	if (scst_mgmt_is(m, "add_target") && m->arg[0])
		return scst_tgt_add(driver, m->arg[0], m->rest.pos);
	if (scst_mgmt_is(m, "del_target") && scst_mgmt_only(m, 1))
		return scst_tgt_del(driver, m->arg[0]);
	if ((scst_mgmt_is(m, "add_attribute") || scst_mgmt_is(m, "del_attribute")) && m->arg[0])
		return scst_driver_change_attr(driver, scst_mgmt_is(m, "add_attribute"),
					       m->arg[0], m->rest.pos);
	if (scst_mgmt_is(m, "add_target_attribute") || scst_mgmt_is(m, "del_target_attribute"))
		return scst_mgmt_tgt_attr(driver, m);
	return scst_mgmt_other(driver, m);
}

static ssize_t driver_mgmt_store(struct kobject *kobj, struct kobj_attribute *attr,
				 const char *buf, size_t count)
{
	struct scst_driver *driver = scst_driver_of(kobj);

	return scst_mgmt_run(buf, count, 1, &driver->dead, scst_driver_mgmt, driver);
}

static ssize_t driver_version_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", SCST_VERSION);
}

static ssize_t driver_enabled_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(scst_driver_of(kobj)->enabled));
}

static ssize_t driver_enabled_store(struct kobject *kobj, struct kobj_attribute *attr,
				    const char *buf, size_t count)
{
	struct scst_driver *driver = scst_driver_of(kobj);
	bool on;
	int ret;

	ret = scst_parse_bool(buf, count, &on);
	if (!ret)
		ret = scst_cfg_lock(&driver->dead);
	if (!ret) {
		scst_driver_set_enabled(driver, on);
		scst_cfg_unlock();
	}
	return scst_mgmt_result(ret, count);
}

static struct kobj_attribute driver_mgmt_attr =
	__ATTR(mgmt, 0644, driver_mgmt_show, driver_mgmt_store);
static struct kobj_attribute driver_version_attr = __ATTR(version, 0444, driver_version_show, NULL);
static struct kobj_attribute driver_enabled_attr =
	__ATTR(enabled, 0644, driver_enabled_show, driver_enabled_store);

const struct attribute *const scst_driver_attrs[] = {
	&driver_version_attr.attr,
	NULL
};

const struct attribute *const scst_driver_mgmt_attrs[] = {
	&driver_mgmt_attr.attr,
	NULL
};

const struct attribute *const scst_driver_enabled_attrs[] = {
	&driver_enabled_attr.attr,
	NULL
};

/* --- target --- */

static ssize_t tgt_enabled_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(scst_tgt_of(kobj)->enabled));
}

static ssize_t tgt_enabled_store(struct kobject *kobj, struct kobj_attribute *attr,
				 const char *buf, size_t count)
{
	struct scst_tgt *tgt = scst_tgt_of(kobj);
	bool on;
	int ret;

	ret = scst_parse_bool(buf, count, &on);
	if (!ret)
		ret = scst_cfg_lock(&tgt->dead);
	if (!ret) {
		ret = scst_tgt_set_enabled(tgt, on);
		scst_cfg_unlock();
	}
	return scst_mgmt_result(ret, count);
}

static ssize_t rel_tgt_id_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return scst_show_u64(buf, READ_ONCE(scst_tgt_of(kobj)->rel_tgt_id), 0);
}

static ssize_t rel_tgt_id_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
				size_t count)
{
	struct scst_tgt *tgt = scst_tgt_of(kobj);
	u64 id;
	int ret;

	ret = scst_parse_u64(buf, count, &id);
	if (!ret && id > U16_MAX)
		ret = -EINVAL;
	if (!ret)
		ret = scst_cfg_lock(&tgt->dead);
	if (!ret) {
		ret = scst_tgt_set_rel_id(tgt, id);
		scst_cfg_unlock();
	}
	return scst_mgmt_result(ret, count);
}

/* Read without the lock: the old text is freed after a grace period. */
static ssize_t comment_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const char *text;
	ssize_t n = 0;

	rcu_read_lock();
	text = READ_ONCE(scst_tgt_of(kobj)->comment);
	if (text)
		n = scst_show_text(buf, text, true);
	rcu_read_unlock();
	return n;
}

static ssize_t comment_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			     size_t count)
{
	struct scst_tgt *tgt = scst_tgt_of(kobj);
	char *text, *old;
	int ret;

	text = scst_mgmt_line(buf, count);
	if (!text)
		return -ENOMEM;
	strreplace(text, '\n', 0);
	ret = scst_cfg_lock(&tgt->dead);
	if (ret) {
		kfree(text);
		return ret;
	}
	old = tgt->comment;
	if (!*text) {
		kfree(text);
		text = NULL;
	}
	WRITE_ONCE(tgt->comment, text);
	scst_cfg_unlock();
	if (old) {
		synchronize_rcu();
		kfree(old);
	}
	return scst_mgmt_result(0, count);
}

/* For a target that only nodes of the same cluster log in to, with commands that they checked. */
static ssize_t forwarding_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return scst_show_u64(buf, READ_ONCE(scst_tgt_of(kobj)->forwarding), 0);
}

static ssize_t forwarding_store(struct kobject *kobj, struct kobj_attribute *attr,
				const char *buf, size_t count)
{
	bool on;
	int ret = scst_parse_bool(buf, count, &on);

	if (!ret)
		WRITE_ONCE(scst_tgt_of(kobj)->forwarding, on);
	return scst_mgmt_result(ret, count);
}

static struct kobj_attribute tgt_enabled_attr =
	__ATTR(enabled, 0644, tgt_enabled_show, tgt_enabled_store);
static struct kobj_attribute rel_tgt_id_attr = __ATTR_RW(rel_tgt_id);
static struct kobj_attribute comment_attr = __ATTR_RW(comment);
static struct kobj_attribute forwarding_attr = __ATTR_RW(forwarding);

const struct attribute *const scst_tgt_attrs[] = {
	&rel_tgt_id_attr.attr,
	&comment_attr.attr,
	&forwarding_attr.attr,
	&scst_tgt_dif_attr.attr,
	&scst_tgt_dif_capabilities_attr.attr,
	NULL
};

const struct attribute *const scst_tgt_enabled_attrs[] = {
	&tgt_enabled_attr.attr,
	NULL
};

/* --- ini_groups --- */

static ssize_t groups_mgmt_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf,
			  "Usage: echo \"create GROUP_NAME\" >mgmt\n"
			  "       echo \"del GROUP_NAME\" >mgmt\n");
}

static int scst_group_create(struct scst_tgt *tgt, const char *name)
{
	struct scst_acg *acg;

	if (!scst_is_file_name(name))
		return -EINVAL;
	if (scst_acg_find(tgt, name))
		return -EEXIST;
	acg = scst_acg_create(tgt, name);
	if (!acg)
		return -ENOMEM;
	list_add_tail(&acg->entry, &tgt->acgs);
	return 0;
}

static int scst_group_del(struct scst_tgt *tgt, const char *name)
{
	struct scst_acg *acg = scst_acg_find(tgt, name);

	if (!acg || acg->dead)
		return -EINVAL;
	if (scst_acg_has_sessions(acg)) {
		scst_err("Group %s of target %s is not empty: sessions use it", name, tgt->name);
		return -EBUSY;
	}
	acg->dead = true;
	scst_acg_clear_luns(acg);
	scst_acg_clear_initiators(acg);
	scst_cfg_announce_dead();
	scst_cfg_unlock();

	scst_acg_remove_dirs(acg);

	scst_cfg_lock_always();
	list_del(&acg->entry);
	scst_acg_free(acg);
	return 0;
}

static int scst_groups_mgmt(void *obj, struct scst_mgmt_cmd *m)
{
	struct scst_tgt *tgt = obj;

	if (scst_mgmt_is(m, "create") && scst_mgmt_only(m, 1))
		return scst_group_create(tgt, m->arg[0]);
	if (scst_mgmt_is(m, "del") && scst_mgmt_only(m, 1))
		return scst_group_del(tgt, m->arg[0]);
	return scst_mgmt_unknown(tgt->name, m);
}

static ssize_t groups_mgmt_store(struct kobject *kobj, struct kobj_attribute *attr,
				 const char *buf, size_t count)
{
	struct scst_tgt *tgt = scst_tgt_of(kobj);

	return scst_mgmt_run(buf, count, 1, &tgt->dead, scst_groups_mgmt, tgt);
}

static struct kobj_attribute groups_mgmt_attr =
	__ATTR(mgmt, 0644, groups_mgmt_show, groups_mgmt_store);

const struct attribute *const scst_groups_attrs[] = {
	&groups_mgmt_attr.attr,
	NULL
};

/* --- luns --- */

static struct scst_acg *scst_acg_of(struct kobject *kobj)
{
	return scst_dir_of(kobj)->owner;
}

static ssize_t luns_mgmt_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf,
			  "Usage: echo \"add VNAME lun [parameters]\" >mgmt\n"
			  "       echo \"del lun\" >mgmt\n"
			  "       echo \"replace VNAME lun [parameters]\" >mgmt\n"
			  "       echo \"replace_no_ua VNAME lun [parameters]\" >mgmt\n"
			  "       echo \"clear\" >mgmt\n"
			  "\n"
			  "where parameters are one or more param_name=value pairs separated by ';'\n"
			  "\n"
			  "The following parameters available: read_only\n");
}

static int scst_parse_lun(const char *text, u32 *lun)
{
	u64 v;

	if (sl_mgmt_u64(text, &v) || v > SL_LUN_MAX) {
		scst_err("LUN %s is no number from 0 to %u", text, SL_LUN_MAX);
		return -EINVAL;
	}
	*lun = v;
	return 0;
}

static int scst_lun_params(struct sl_mgmt_cursor *c, bool *read_only)
{
	char *name, *value;
	int ret;

	*read_only = false;
	while ((ret = sl_mgmt_param(c, &name, &value)) > 0) {
		if (strcasecmp(name, "read_only") || sl_mgmt_bool(value, read_only)) {
			scst_err("LUN parameter %s=%s is not known", name, value);
			return -EINVAL;
		}
	}
	return ret;
}

static int scst_luns_put(struct scst_acg *acg, struct scst_mgmt_cmd *m)
{
	struct scst_device *dev;
	bool read_only;
	u32 lun;
	int ret;

	if (!m->arg[0] || !m->arg[1])
		return scst_mgmt_unknown(acg->tgt->name, m);
	dev = scst_dev_find(m->arg[0]);
	if (!dev || dev->dead) {
		scst_err("Device '%s' not found", m->arg[0]);
		return -EINVAL;
	}
	ret = scst_parse_lun(m->arg[1], &lun);
	if (!ret)
		ret = scst_lun_params(&m->rest, &read_only);
	if (ret)
		return ret;
	if (scst_mgmt_is(m, "add") && acg->tgt->driver->ops->built_in && !acg->name)
		return scst_copy_manager_add_lun(acg, dev, lun, read_only);
	if (scst_mgmt_is(m, "add"))
		return scst_acg_add_lun(acg, dev, lun, read_only);
	return scst_acg_replace_lun(acg, dev, lun, read_only, scst_mgmt_is(m, "replace"));
}

static int scst_luns_mgmt(void *obj, struct scst_mgmt_cmd *m)
{
	struct scst_acg *acg = obj;
	u32 lun;

	if (scst_mgmt_is(m, "add") || scst_mgmt_is(m, "replace") ||
	    scst_mgmt_is(m, "replace_no_ua"))
		return scst_luns_put(acg, m);
	if (scst_mgmt_is(m, "del") && scst_mgmt_only(m, 1))
		return scst_parse_lun(m->arg[0], &lun) ? -EINVAL : scst_acg_del_lun(acg, lun);
	if (scst_mgmt_is(m, "clear") && scst_mgmt_only(m, 0)) {
		scst_acg_clear_luns(acg);
		return 0;
	}
	return scst_mgmt_unknown(acg->tgt->name, m);
}

static ssize_t luns_mgmt_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			       size_t count)
{
	struct scst_acg *acg = scst_acg_of(kobj);

	return scst_mgmt_run(buf, count, 2, &acg->dead, scst_luns_mgmt, acg);
}

static ssize_t read_only_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct scst_lun *lun = scst_dir_of(kobj)->owner;

	return scst_show_u64(buf, lun->read_only || lun->dev->unit.read_only, 0);
}

static struct kobj_attribute luns_mgmt_attr = __ATTR(mgmt, 0644, luns_mgmt_show, luns_mgmt_store);
static struct kobj_attribute read_only_attr = __ATTR_RO(read_only);

const struct attribute *const scst_luns_attrs[] = {
	&luns_mgmt_attr.attr,
	NULL
};

const struct attribute *const scst_lun_attrs[] = {
	&read_only_attr.attr,
	NULL
};

/* --- initiators --- */

static ssize_t initiators_mgmt_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf,
			  "Usage: echo \"add INITIATOR_NAME\" >mgmt\n"
			  "       echo \"del INITIATOR_NAME\" >mgmt\n"
			  "       echo \"move INITIATOR_NAME DEST_GROUP_NAME\" >mgmt\n"
			  "       echo \"clear\" >mgmt\n");
}

static int scst_initiators_mgmt(void *obj, struct scst_mgmt_cmd *m)
{
	struct scst_acg *acg = obj, *to;

	if (scst_mgmt_is(m, "add") && scst_mgmt_only(m, 1))
		return scst_acg_add_initiator(acg, m->arg[0]);
	if (scst_mgmt_is(m, "del") && scst_mgmt_only(m, 1))
		return scst_acg_del_initiator(acg, m->arg[0]);
	if (scst_mgmt_is(m, "move") && scst_mgmt_only(m, 2)) {
		to = scst_acg_find(acg->tgt, m->arg[1]);
		return to && !to->dead ? scst_acg_move_initiator(acg, m->arg[0], to) : -EINVAL;
	}
	if (scst_mgmt_is(m, "clear") && scst_mgmt_only(m, 0)) {
		scst_acg_clear_initiators(acg);
		return 0;
	}
	return scst_mgmt_unknown(acg->name, m);
}

static ssize_t initiators_mgmt_store(struct kobject *kobj, struct kobj_attribute *attr,
				     const char *buf, size_t count)
{
	struct scst_acg *acg = scst_acg_of(kobj);

	return scst_mgmt_run(buf, count, 2, &acg->dead, scst_initiators_mgmt, acg);
}

static struct kobj_attribute initiators_mgmt_attr =
	__ATTR(mgmt, 0644, initiators_mgmt_show, initiators_mgmt_store);

const struct attribute *const scst_initiators_attrs[] = {
	&initiators_mgmt_attr.attr,
	NULL
};

/* --- sessions --- */

static ssize_t initiator_name_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", scst_sess_of(kobj)->initiator_name);
}

static ssize_t commands_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&scst_sess_of(kobj)->commands));
}

static unsigned int scst_tgt_dev_active(struct scst_tgt_dev *td)
{
	unsigned int n;

	spin_lock(&td->tasks->lock);
	n = td->nr_cmds;
	spin_unlock(&td->tasks->lock);
	return n;
}

static ssize_t active_commands_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct scst_session *sess = scst_sess_of(kobj);
	struct scst_tgt_dev *td;
	unsigned long lun;
	unsigned int n = 0;

	rcu_read_lock();
	xa_for_each(&sess->luns, lun, td)
		n += scst_tgt_dev_active(td);
	rcu_read_unlock();
	return sysfs_emit(buf, "%u\n", n);
}

/* Which counter an attribute shows. */
enum scst_stat { SCST_STAT_CMDS, SCST_STAT_UNALIGNED, SCST_STAT_KB };

struct scst_stat_attr {
	struct kobj_attribute attr;
	enum scst_stat_dir dir;
	enum scst_stat stat;
};

static ssize_t stat_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct scst_stat_attr *a = container_of(attr, struct scst_stat_attr, attr);
	struct scst_session *sess = scst_sess_of(kobj);
	u64 v;

	switch (a->stat) {
	case SCST_STAT_KB:
		v = atomic64_read(&sess->stats[a->dir].bytes) >> 10;
		break;
	case SCST_STAT_UNALIGNED:
		v = atomic64_read(&sess->stats[a->dir].unaligned);
		break;
	default:
		v = atomic64_read(&sess->stats[a->dir].cmds);
	}
	return sysfs_emit(buf, "%llu\n", v);
}

static ssize_t stat_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			  size_t count)
{
	const struct scst_stat_attr *a = container_of(attr, struct scst_stat_attr, attr);
	struct scst_session *sess = scst_sess_of(kobj);

	atomic64_set(&sess->stats[a->dir].cmds, 0);
	atomic64_set(&sess->stats[a->dir].unaligned, 0);
	atomic64_set(&sess->stats[a->dir].bytes, 0);
	return count;
}

#define SCST_STAT_ATTR(_name, _dir, _stat) \
	static struct scst_stat_attr _name##_attr = { \
		.attr = __ATTR(_name, 0644, stat_show, stat_store), \
		.dir = _dir, \
		.stat = _stat, \
	}

SCST_STAT_ATTR(read_cmd_count, SCST_STAT_READ, SCST_STAT_CMDS);
SCST_STAT_ATTR(read_io_count_kb, SCST_STAT_READ, SCST_STAT_KB);
SCST_STAT_ATTR(read_unaligned_cmd_count, SCST_STAT_READ, SCST_STAT_UNALIGNED);
SCST_STAT_ATTR(write_cmd_count, SCST_STAT_WRITE, SCST_STAT_CMDS);
SCST_STAT_ATTR(write_io_count_kb, SCST_STAT_WRITE, SCST_STAT_KB);
SCST_STAT_ATTR(write_unaligned_cmd_count, SCST_STAT_WRITE, SCST_STAT_UNALIGNED);
/* No command that this core decodes moves data both ways. */
SCST_STAT_ATTR(bidi_cmd_count, SCST_STAT_BIDI, SCST_STAT_CMDS);
SCST_STAT_ATTR(bidi_io_count_kb, SCST_STAT_BIDI, SCST_STAT_KB);
SCST_STAT_ATTR(bidi_unaligned_cmd_count, SCST_STAT_BIDI, SCST_STAT_UNALIGNED);
SCST_STAT_ATTR(none_cmd_count, SCST_STAT_NONE, SCST_STAT_CMDS);
SCST_STAT_ATTR(unknown_cmd_count, SCST_STAT_UNKNOWN, SCST_STAT_CMDS);

static ssize_t force_close_store(struct kobject *kobj, struct kobj_attribute *attr,
				 const char *buf, size_t count)
{
	struct scst_session *sess = scst_sess_of(kobj);

	sess->tgt->driver->ops->close_session(sess);
	return count;
}

static ssize_t lun_active_commands_show(struct kobject *kobj, struct kobj_attribute *attr,
					char *buf)
{
	return sysfs_emit(buf, "%u\n", scst_tgt_dev_active(scst_dir_of(kobj)->owner));
}

/* Those of its device's threads that execute its commands. */
static ssize_t thread_pid_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return scst_pool_show_pids(scst_dir_of(kobj)->owner, buf);
}

static struct kobj_attribute thread_pid_attr = __ATTR_RO(thread_pid);
static struct kobj_attribute initiator_name_attr = __ATTR_RO(initiator_name);
static struct kobj_attribute commands_attr = __ATTR_RO(commands);
static struct kobj_attribute active_commands_attr = __ATTR_RO(active_commands);
static struct kobj_attribute force_close_attr = __ATTR(force_close, 0200, NULL, force_close_store);
static struct kobj_attribute lun_active_commands_attr =
	__ATTR(active_commands, 0444, lun_active_commands_show, NULL);

const struct attribute *const scst_sess_attrs[] = {
	&initiator_name_attr.attr,
	&commands_attr.attr,
	&active_commands_attr.attr,
	&read_cmd_count_attr.attr.attr,
	&read_io_count_kb_attr.attr.attr,
	&read_unaligned_cmd_count_attr.attr.attr,
	&write_cmd_count_attr.attr.attr,
	&write_io_count_kb_attr.attr.attr,
	&write_unaligned_cmd_count_attr.attr.attr,
	&bidi_cmd_count_attr.attr.attr,
	&bidi_io_count_kb_attr.attr.attr,
	&bidi_unaligned_cmd_count_attr.attr.attr,
	&none_cmd_count_attr.attr.attr,
	&unknown_cmd_count_attr.attr.attr,
	&scst_sess_latency_attr.attr,
	&scst_sess_dif_attr.attr,
	NULL
};

const struct attribute *const scst_sess_close_attrs[] = {
	&force_close_attr.attr,
	NULL
};

const struct attribute *const scst_sess_lun_attrs[] = {
	&lun_active_commands_attr.attr,
	&thread_pid_attr.attr,
	&scst_lun_latency_attr.attr,
	NULL
};
