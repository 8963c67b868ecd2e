// SPDX-License-Identifier: GPL-2.0-only
/* Access control groups: which initiator sees which device under which number. */
#include <linux/slab.h>

#include "../lib/name_match.h"
#include "scst_priv.h"

static int scst_acg_make_dirs(struct scst_acg *acg)
{
	struct scst_dir *parent = acg->tgt->dir;

	if (acg->name) {
		acg->dir = scst_dir_create(acg->name, acg->tgt->groups_dir, acg, scst_acg_attrs);
		if (!acg->dir)
			return -ENOMEM;
		parent = acg->dir;
		acg->initiators_dir = scst_dir_create("initiators", parent, acg,
						      scst_initiators_attrs);
		if (!acg->initiators_dir)
			return -ENOMEM;
	}
	acg->luns_dir = scst_dir_create("luns", parent, acg, scst_luns_attrs);
	return acg->luns_dir ? 0 : -ENOMEM;
}

void scst_acg_remove_dirs(struct scst_acg *acg)
{
	if (acg->luns_dir)
		scst_dir_remove(acg->luns_dir);
	if (acg->initiators_dir)
		scst_dir_remove(acg->initiators_dir);
	if (acg->dir)
		scst_dir_remove(acg->dir);
}

void scst_acg_free(struct scst_acg *acg)
{
	xa_destroy(&acg->luns);
	free_cpumask_var(acg->cpus);
	kfree(acg->name);
	kfree(acg);
}

struct scst_acg *scst_acg_create(struct scst_tgt *tgt, const char *name)
{
	struct scst_acg *acg = kzalloc(sizeof(*acg), GFP_KERNEL);

	if (!acg)
		return NULL;
	if (!zalloc_cpumask_var(&acg->cpus, GFP_KERNEL)) {
		kfree(acg);
		return NULL;
	}
	cpumask_copy(acg->cpus, cpu_possible_mask);
	acg->any_cpu = true;
	acg->tgt = tgt;
	xa_init(&acg->luns);
	INIT_LIST_HEAD(&acg->initiators);
	INIT_LIST_HEAD(&acg->entry);
	if (name) {
		acg->name = kstrdup(name, GFP_KERNEL);
		if (!acg->name)
			goto out_free;
	}
	if (scst_acg_make_dirs(acg)) {
		scst_acg_remove_dirs(acg);
		goto out_free;
	}
	return acg;

out_free:
	scst_acg_free(acg);
	return NULL;
}

struct scst_acg *scst_acg_find(struct scst_tgt *tgt, const char *name)
{
	struct scst_acg *acg;

	list_for_each_entry(acg, &tgt->acgs, entry)
		if (!strcmp(acg->name, name))
			return acg;
	return NULL;
}

struct scst_acg *scst_acg_for_initiator(struct scst_tgt *tgt, const char *initiator)
{
	struct scst_initiator *ini;
	struct scst_acg *acg;

	list_for_each_entry(acg, &tgt->acgs, entry)
		list_for_each_entry(ini, &acg->initiators, entry)
			if (!acg->dead && sl_name_match(ini->name, initiator))
				return acg;
	return tgt->default_acg;
}

void scst_acg_apply(struct scst_acg *acg)
{
	struct scst_session *sess;

	list_for_each_entry(sess, &acg->tgt->sessions, entry)
		if (sess->acg == acg)
			scst_sess_enter_acg(sess, acg);
}

/* No initiator reaches the device by it. */
static bool scst_lun_is_internal(const struct scst_lun *lun)
{
	return lun->acg->tgt->driver->ops->built_in;
}

bool scst_dev_is_exported(const struct scst_device *dev)
{
	const struct scst_lun *lun;

	list_for_each_entry(lun, &dev->luns, dev_entry)
		if (!scst_lun_is_internal(lun))
			return true;
	return false;
}

static int scst_lun_publish(struct scst_lun *lun)
{
	struct scst_device *dev = lun->dev;
	char name[24];
	int ret;

	snprintf(name, sizeof(name), "%u", lun->lun);
	lun->dir = scst_dir_create(name, lun->acg->luns_dir, lun, scst_lun_attrs);
	if (!lun->dir)
		return -ENOMEM;
	ret = scst_link(lun->dir, dev->dir, "device");
	if (ret)
		goto out_dir;
	if (scst_lun_is_internal(lun))
		return 0;
	snprintf(name, sizeof(name), "export%u", dev->next_export);
	ret = scst_link(dev->exported, lun->dir, name);
	if (ret)
		goto out_dir;
	lun->export = dev->next_export++;
	return 0;

out_dir:
	scst_dir_remove(lun->dir);
	return ret;
}

static void scst_lun_withdraw(struct scst_lun *lun)
{
	char name[24];

	if (!scst_lun_is_internal(lun)) {
		snprintf(name, sizeof(name), "export%u", lun->export);
		scst_unlink(lun->dev->exported, name);
	}
	scst_dir_remove(lun->dir);
}

static int scst_lun_to_sessions(struct scst_lun *lun, unsigned long ua)
{
	struct scst_session *sess;
	int ret;

	list_for_each_entry(sess, &lun->acg->tgt->sessions, entry) {
		if (sess->acg != lun->acg)
			continue;
		ret = scst_sess_set_lun(sess, lun, ua);
		if (ret)
			return ret;
	}
	return 0;
}

static void scst_lun_from_sessions(struct scst_lun *lun)
{
	struct scst_session *sess;

	list_for_each_entry(sess, &lun->acg->tgt->sessions, entry)
		if (sess->acg == lun->acg)
			scst_sess_del_lun(sess, lun->lun);
}

static void scst_acg_luns_changed(struct scst_acg *acg)
{
	struct scst_session *sess;

	list_for_each_entry(sess, &acg->tgt->sessions, entry)
		if (sess->acg == acg)
			scst_sess_raise_luns_changed(sess);
}

static void scst_lun_take_out(struct scst_lun *lun)
{
	scst_lun_from_sessions(lun);
	scst_lun_withdraw(lun);
	xa_erase(&lun->acg->luns, lun->lun);
	list_del(&lun->dev_entry);
	kfree(lun);
}

/* What went by this name has to go before another one can. */
static int scst_lun_follow(struct scst_lun *lun, struct scst_lun *old)
{
	if (old) {
		scst_lun_withdraw(old);
		list_del(&old->dev_entry);
		kfree(old);
	}
	return scst_lun_publish(lun);
}

/*
 * In the place of the LUN of that number, if there is one: each session has either of them at any
 * time. On failure it has neither.
 */
static int scst_lun_put_in(struct scst_acg *acg, struct scst_device *dev, u32 nr, bool read_only,
			   unsigned long ua)
{
	struct scst_lun *lun = kzalloc(sizeof(*lun), GFP_KERNEL);
	struct scst_lun *old;
	int ret;

	if (!lun)
		return -ENOMEM;
	lun->lun = nr;
	lun->read_only = read_only;
	lun->acg = acg;
	lun->dev = dev;
	old = xa_store(&acg->luns, nr, lun, GFP_KERNEL);
	ret = xa_err(old);
	if (ret)
		goto out_free;
	ret = scst_lun_follow(lun, old);
	if (ret)
		goto out_erase;
	list_add_tail(&lun->dev_entry, &dev->luns);
	ret = scst_lun_to_sessions(lun, ua);
	if (ret)
		scst_lun_take_out(lun);
	return ret;

out_erase:
	scst_lun_from_sessions(lun);
	xa_erase(&acg->luns, nr);
out_free:
	kfree(lun);
	return ret;
}

int scst_acg_add_lun(struct scst_acg *acg, struct scst_device *dev, u32 nr, bool read_only)
{
	int ret;

	if (xa_load(&acg->luns, nr)) {
		scst_err("virt lun %u already exists in group %s of target %s", nr,
			 acg->name ? acg->name : "(default)", acg->tgt->name);
		return -EEXIST;
	}
	ret = scst_lun_put_in(acg, dev, nr, read_only, BIT(SCST_UA_RESET));
	if (!ret)
		scst_acg_luns_changed(acg);
	return ret;
}

int scst_acg_replace_lun(struct scst_acg *acg, struct scst_device *dev, u32 nr, bool read_only,
			 bool tell)
{
	int ret;

	if (!xa_load(&acg->luns, nr))
		return scst_acg_add_lun(acg, dev, nr, read_only);
	ret = scst_lun_put_in(acg, dev, nr, read_only, tell ? BIT(SCST_UA_INQUIRY_CHANGED) : 0);
	if (ret)
		scst_acg_luns_changed(acg);
	return ret;
}

void scst_lun_remove(struct scst_lun *lun)
{
	struct scst_acg *acg = lun->acg;

	scst_lun_take_out(lun);
	scst_acg_luns_changed(acg);
}

int scst_acg_del_lun(struct scst_acg *acg, u32 nr)
{
	struct scst_lun *lun = xa_load(&acg->luns, nr);

	if (!lun) {
		scst_err("LUN %u not found in group %s of target %s", nr,
			 acg->name ? acg->name : "(default)", acg->tgt->name);
		return -EINVAL;
	}
	scst_lun_remove(lun);
	return 0;
}

void scst_acg_clear_luns(struct scst_acg *acg)
{
	struct scst_lun *lun;
	unsigned long nr;

	xa_for_each(&acg->luns, nr, lun)
		scst_lun_take_out(lun);
	scst_acg_luns_changed(acg);
}

static struct scst_initiator *scst_initiator_find(struct scst_acg *acg, const char *name)
{
	struct scst_initiator *ini;

	list_for_each_entry(ini, &acg->initiators, entry)
		if (!strcmp(ini->name, name))
			return ini;
	return NULL;
}

static ssize_t scst_initiator_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct scst_initiator *ini = container_of(attr, struct scst_initiator, attr);

	return sysfs_emit(buf, "%s\n", ini->name);
}

int scst_acg_add_initiator(struct scst_acg *acg, const char *name)
{
	size_t len = strlen(name) + 1;
	struct scst_initiator *ini;
	int ret;

	/* The name becomes a file name. */
	if (!scst_is_file_name(name))
		return -EINVAL;
	if (scst_initiator_find(acg, name))
		return -EEXIST;
	ini = kzalloc(struct_size(ini, name, len), GFP_KERNEL);
	if (!ini)
		return -ENOMEM;
	memcpy(ini->name, name, len);
	sysfs_attr_init(&ini->attr.attr);
	ini->attr.attr.name = ini->name;
	ini->attr.attr.mode = 0444;
	ini->attr.show = scst_initiator_show;
	ret = sysfs_create_file(&acg->initiators_dir->kobj, &ini->attr.attr);
	if (ret) {
		kfree(ini);
		return ret;
	}
	list_add_tail(&ini->entry, &acg->initiators);
	scst_reassign_sessions(acg->tgt);
	return 0;
}

static void scst_initiator_remove(struct scst_acg *acg, struct scst_initiator *ini)
{
	list_del(&ini->entry);
	sysfs_remove_file(&acg->initiators_dir->kobj, &ini->attr.attr);
	kfree(ini);
}

int scst_acg_del_initiator(struct scst_acg *acg, const char *name)
{
	struct scst_initiator *ini = scst_initiator_find(acg, name);

	if (!ini)
		return -EINVAL;
	scst_initiator_remove(acg, ini);
	scst_reassign_sessions(acg->tgt);
	return 0;
}

int scst_acg_move_initiator(struct scst_acg *acg, const char *name, struct scst_acg *to)
{
	struct scst_initiator *ini = scst_initiator_find(acg, name);
	char *copy;
	int ret;

	if (!ini)
		return -EINVAL;
	if (scst_initiator_find(to, name))
		return -EEXIST;
	copy = kstrdup(name, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	scst_initiator_remove(acg, ini);
	ret = scst_acg_add_initiator(to, copy);
	kfree(copy);
	return ret;
}

void scst_acg_clear_initiators(struct scst_acg *acg)
{
	struct scst_initiator *ini, *next;

	list_for_each_entry_safe(ini, next, &acg->initiators, entry)
		scst_initiator_remove(acg, ini);
	if (!acg->dead)
		scst_reassign_sessions(acg->tgt);
}
