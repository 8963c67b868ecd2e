// SPDX-License-Identifier: GPL-2.0-only
/* Target drivers and their targets. */
#include <linux/slab.h>

#include "../lib/mgmt_line.h"
#include "scst_priv.h"

/* How long the removal of a target waits for its sessions to close. */
#define CLOSE_DEADLINE	(30 * HZ)

LIST_HEAD(scst_drivers);

static struct scst_driver *scst_driver_find(const struct scst_driver_ops *ops)
{
	struct scst_driver *d;

	list_for_each_entry(d, &scst_drivers, entry)
		if (d->ops == ops)
			return d;
	return NULL;
}

struct scst_tgt *scst_tgt_lookup(struct scst_driver *driver, const char *name)
{
	struct scst_tgt *tgt;

	list_for_each_entry(tgt, &driver->tgts, entry)
		if (!strcmp(tgt->name, name))
			return tgt;
	return NULL;
}

struct scst_tgt *scst_tgt_find(const char *name)
{
	struct scst_driver *driver;
	struct scst_tgt *tgt;

	list_for_each_entry(driver, &scst_drivers, entry) {
		tgt = scst_tgt_lookup(driver, name);
		if (tgt && !tgt->dead)
			return tgt;
	}
	return NULL;
}

static void scst_tgt_free(struct scst_tgt *tgt)
{
	kfree(tgt->comment);
	kfree(tgt->name);
	kfree(tgt);
}

void scst_tgt_put(struct scst_tgt *tgt)
{
	struct scst_driver *driver = tgt->driver;

	if (!refcount_dec_and_test(&tgt->refs))
		return;
	driver->ops->free_target(tgt);
	scst_tgt_free(tgt);
	if (atomic_dec_and_test(&driver->nr_tgts))
		wake_up_all(&driver->tgts_wait);
}
EXPORT_SYMBOL_GPL(scst_tgt_put);

bool scst_tgt_get(struct scst_tgt *tgt)
{
	return refcount_inc_not_zero(&tgt->refs);
}
EXPORT_SYMBOL_GPL(scst_tgt_get);

static void scst_tgt_remove_dirs(struct scst_tgt *tgt)
{
	struct scst_acg *acg;

	list_for_each_entry(acg, &tgt->acgs, entry)
		scst_acg_remove_dirs(acg);
	if (tgt->default_acg)
		scst_acg_remove_dirs(tgt->default_acg);
	if (tgt->groups_dir)
		scst_dir_remove(tgt->groups_dir);
	if (tgt->sessions_dir)
		scst_dir_remove(tgt->sessions_dir);
	if (tgt->dir)
		scst_dir_remove(tgt->dir);
}

static int scst_tgt_publish(struct scst_tgt *tgt)
{
	const struct scst_driver_ops *ops = tgt->driver->ops;
	int ret;

	tgt->dir = scst_dir_create(tgt->name, tgt->driver->dir, tgt, scst_tgt_attrs);
	if (!tgt->dir)
		return -ENOMEM;
	tgt->sessions_dir = scst_dir_create("sessions", tgt->dir, tgt, NULL);
	tgt->groups_dir = scst_dir_create("ini_groups", tgt->dir, tgt, scst_groups_attrs);
	tgt->default_acg = scst_acg_create(tgt, NULL);
	if (!tgt->sessions_dir || !tgt->groups_dir || !tgt->default_acg)
		return -ENOMEM;
	ret = scst_dir_add_attrs(tgt->dir, scst_tgt_acg_attrs);
	if (!ret)
		ret = scst_dir_add_attrs(tgt->dir, ops->tgt_attrs);
	if (!ret && ops->has_enabled)
		ret = scst_dir_add_attrs(tgt->dir, scst_tgt_enabled_attrs);
	return ret;
}

static struct scst_tgt *scst_tgt_alloc(struct scst_driver *driver, const char *name)
{
	struct scst_tgt *tgt = kzalloc(sizeof(*tgt), GFP_KERNEL);

	if (!tgt)
		return NULL;
	tgt->name = kstrdup(name, GFP_KERNEL);
	if (!tgt->name) {
		kfree(tgt);
		return NULL;
	}
	tgt->driver = driver;
	tgt->enabled = !driver->ops->has_enabled;
	tgt->transport_version = driver->ops->version_descriptor;
	refcount_set(&tgt->refs, 1);
	INIT_LIST_HEAD(&tgt->acgs);
	INIT_LIST_HEAD(&tgt->sessions);
	init_waitqueue_head(&tgt->sessions_wait);
	return tgt;
}

static int scst_tgt_set_params(struct scst_tgt *tgt, char *params)
{
	struct sl_mgmt_cursor c = { .pos = params };
	char *name, *value;
	int ret;

	while ((ret = sl_mgmt_param(&c, &name, &value)) > 0) {
		ret = tgt->driver->ops->set_tgt_param ?
		      tgt->driver->ops->set_tgt_param(tgt, name, value) : -EINVAL;
		if (ret) {
			scst_err("target %s: parameter %s=%s refused (%d)", tgt->name, name, value,
				 ret);
			return ret;
		}
	}
	return ret;
}

static struct scst_tgt *scst_tgt_with_rel_id(u16 id, const struct scst_tgt *except)
{
	struct scst_driver *driver;
	struct scst_tgt *tgt;

	list_for_each_entry(driver, &scst_drivers, entry)
		list_for_each_entry(tgt, &driver->tgts, entry)
			if (tgt != except && tgt->enabled && tgt->rel_tgt_id == id)
				return tgt;
	return NULL;
}

static int scst_tgt_need_rel_id(struct scst_tgt *tgt)
{
	unsigned int id;

	if (tgt->rel_tgt_id) {
		if (!scst_tgt_with_rel_id(tgt->rel_tgt_id, tgt))
			return 0;
		scst_err("target %s: Relative target id %u is not unique", tgt->name,
			 tgt->rel_tgt_id);
		return -EBADSLT;
	}
	for (id = 1; id <= U16_MAX; id++) {
		if (!scst_tgt_with_rel_id(id, tgt)) {
			tgt->rel_tgt_id = id;
			return 0;
		}
	}
	return -EBADSLT;
}

int scst_tgt_add(struct scst_driver *driver, const char *name, char *params)
{
	struct scst_tgt *tgt;
	int ret;

	if (strlen(name) > NAME_MAX || strchr(name, '/'))
		return -EINVAL;
	if (scst_tgt_lookup(driver, name)) {
		scst_err("target %s exists already", name);
		return -EEXIST;
	}
	tgt = scst_tgt_alloc(driver, name);
	if (!tgt)
		return -ENOMEM;
	ret = driver->ops->add_target(tgt);
	if (ret)
		goto out_free;
	atomic_inc(&driver->nr_tgts);
	ret = scst_tgt_set_params(tgt, params);
	/* What can't be switched on is on, and told apart by reservations, from the start. */
	if (!ret && tgt->enabled && !driver->ops->built_in)
		ret = scst_tgt_need_rel_id(tgt);
	if (!ret)
		ret = scst_tgt_publish(tgt);
	if (ret) {
		scst_tgt_remove_dirs(tgt);
		if (tgt->default_acg)
			scst_acg_free(tgt->default_acg);
		scst_tgt_put(tgt);
		return ret;
	}
	list_add_tail(&tgt->entry, &driver->tgts);
	if (tgt->enabled && driver->ops->enabled_changed)
		driver->ops->enabled_changed(tgt);
	return 0;

out_free:
	scst_tgt_free(tgt);
	return ret;
}

int scst_add_target(const struct scst_driver_ops *ops, const char *name, const char *params)
{
	char *copy = kstrdup(params, GFP_KERNEL);
	struct scst_driver *driver;
	int ret = -ENODEV;

	if (!copy)
		return -ENOMEM;
	scst_cfg_lock_always();
	driver = scst_driver_find(ops);
	if (driver)
		ret = scst_tgt_add(driver, name, copy);
	scst_cfg_unlock();
	kfree(copy);
	return ret;
}
EXPORT_SYMBOL_GPL(scst_add_target);

static void scst_tgt_close_sessions(struct scst_tgt *tgt)
{
	struct scst_session *sess;

	list_for_each_entry(sess, &tgt->sessions, entry)
		tgt->driver->ops->close_session(sess);
}

static void scst_tgt_free_acgs(struct scst_tgt *tgt)
{
	struct scst_acg *acg, *next;

	list_for_each_entry_safe(acg, next, &tgt->acgs, entry) {
		list_del(&acg->entry);
		scst_acg_free(acg);
	}
	scst_acg_free(tgt->default_acg);
	tgt->default_acg = NULL;
}

/* Called and left with the configuration lock held; writers and sessions get it meanwhile. */
static void scst_tgt_remove(struct scst_tgt *tgt)
{
	struct scst_acg *acg;

	tgt->dead = true;
	tgt->enabled = false;
	tgt->default_acg->dead = true;
	scst_alua_forget_tgt(tgt);
	list_for_each_entry(acg, &tgt->acgs, entry)
		acg->dead = true;
	scst_tgt_close_sessions(tgt);
	scst_cfg_announce_dead();
	scst_cfg_unlock();

	if (!wait_event_timeout(tgt->sessions_wait, list_empty_careful(&tgt->sessions),
				CLOSE_DEADLINE)) {
		scst_err("target %s: sessions are still closing, waiting for them", tgt->name);
		wait_event(tgt->sessions_wait, list_empty_careful(&tgt->sessions));
	}

	scst_cfg_lock_always();
	scst_acg_clear_luns(tgt->default_acg);
	list_for_each_entry(acg, &tgt->acgs, entry) {
		scst_acg_clear_luns(acg);
		scst_acg_clear_initiators(acg);
	}
	scst_cfg_unlock();

	scst_tgt_remove_dirs(tgt);

	scst_cfg_lock_always();
	list_del(&tgt->entry);
	scst_tgt_free_acgs(tgt);
	scst_cfg_announce_removed();
	scst_tgt_put(tgt);
}

int scst_driver_change_attr(struct scst_driver *driver, bool add, const char *name, char *value)
{
	if (!driver->ops->change_attr)
		return -EINVAL;
	return driver->ops->change_attr(NULL, driver->dir, add, name, value);
}

int scst_tgt_change_attr(struct scst_driver *driver, const char *tgt_name, bool add,
			 const char *name, char *value)
{
	struct scst_tgt *tgt = scst_tgt_lookup(driver, tgt_name);

	if (!driver->ops->change_attr)
		return -EINVAL;
	if (!tgt || tgt->dead)
		return -ENOENT;
	return driver->ops->change_attr(tgt, tgt->dir, add, name, value);
}

int scst_tgt_del(struct scst_driver *driver, const char *name)
{
	struct scst_tgt *tgt = scst_tgt_lookup(driver, name);

	if (!tgt || tgt->dead) {
		scst_err("target %s not found in driver %s", name, driver->ops->name);
		return -EINVAL;
	}
	scst_tgt_remove(tgt);
	return 0;
}

int scst_tgt_set_rel_id(struct scst_tgt *tgt, u16 id)
{
	struct scst_session *sess;

	if (tgt->enabled && (!id || scst_tgt_with_rel_id(id, tgt)))
		return -EBADSLT;
	tgt->rel_tgt_id = id;
	/* Those of scst_local are there from the start. */
	list_for_each_entry(sess, &tgt->sessions, entry)
		scst_sess_set_rel_id(sess, id);
	return 0;
}

int scst_tgt_set_enabled(struct scst_tgt *tgt, bool on)
{
	int ret;

	if (tgt->enabled == on)
		return 0;
	if (on) {
		ret = scst_tgt_need_rel_id(tgt);
		if (ret)
			return ret;
	}
	WRITE_ONCE(tgt->enabled, on);
	if (!on)
		scst_tgt_close_sessions(tgt);
	tgt->driver->ops->enabled_changed(tgt);
	return 0;
}

void scst_driver_set_enabled(struct scst_driver *driver, bool on)
{
	struct scst_tgt *tgt;

	if (driver->enabled == on)
		return;
	WRITE_ONCE(driver->enabled, on);
	if (driver->ops->driver_enabled)
		driver->ops->driver_enabled(on);
	list_for_each_entry(tgt, &driver->tgts, entry) {
		if (!on)
			scst_tgt_close_sessions(tgt);
		driver->ops->enabled_changed(tgt);
	}
}

int scst_register_driver(const struct scst_driver_ops *ops)
{
	struct scst_driver *d = kzalloc(sizeof(*d), GFP_KERNEL);
	int ret = -ENOMEM;

	if (!d)
		return ret;
	d->ops = ops;
	d->enabled = !ops->has_enabled;
	INIT_LIST_HEAD(&d->tgts);
	init_waitqueue_head(&d->tgts_wait);
	scst_cfg_lock_always();
	d->dir = scst_dir_create(ops->name, scst_targets_dir, d, scst_driver_attrs);
	if (!d->dir)
		goto out_unlock;
	ret = scst_dir_add_attrs(d->dir, ops->driver_attrs);
	if (!ret && !ops->built_in)
		ret = scst_dir_add_attrs(d->dir, scst_driver_mgmt_attrs);
	if (!ret && ops->has_enabled)
		ret = scst_dir_add_attrs(d->dir, scst_driver_enabled_attrs);
	if (ret)
		goto out_dir;
	list_add_tail(&d->entry, &scst_drivers);
	scst_cfg_unlock();
	return 0;

out_dir:
	scst_dir_remove(d->dir);
out_unlock:
	scst_cfg_unlock();
	kfree(d);
	return ret;
}
EXPORT_SYMBOL_GPL(scst_register_driver);

void scst_unregister_driver(const struct scst_driver_ops *ops)
{
	struct scst_driver *d;

	scst_cfg_lock_always();
	d = scst_driver_find(ops);
	if (WARN_ON(!d)) {
		scst_cfg_unlock();
		return;
	}
	d->dead = true;
	while (!list_empty(&d->tgts)) {
		struct scst_tgt *tgt = list_first_entry(&d->tgts, struct scst_tgt, entry);

		if (tgt->dead)
			scst_cfg_await_removal(&tgt->entry, &d->tgts);
		else
			scst_tgt_remove(tgt);
	}
	scst_cfg_announce_dead();
	scst_cfg_unlock();

	wait_event(d->tgts_wait, !atomic_read(&d->nr_tgts));
	scst_dir_remove(d->dir);

	scst_cfg_lock_always();
	list_del(&d->entry);
	scst_cfg_unlock();
	kfree(d);
	scst_pool_settle();
}
EXPORT_SYMBOL_GPL(scst_unregister_driver);
