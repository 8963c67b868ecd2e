// SPDX-License-Identifier: GPL-2.0-only
/* Sessions (I_T nexuses) and their LUNs. */
#include <linux/slab.h>

#include "scst_priv.h"

struct scst_tgt_dev *scst_tgt_dev_get(struct scst_session *sess, u32 lun)
{
	struct scst_tgt_dev *td;

	if (lun > SL_LUN_MAX)
		return NULL;
	rcu_read_lock();
	td = xa_load(&sess->luns, lun);
	if (td && !refcount_inc_not_zero(&td->refs))
		td = NULL;
	rcu_read_unlock();
	return td;
}

void scst_tgt_dev_put(struct scst_tgt_dev *td)
{
	struct scst_device *dev = td->dev;
	struct scst_session *sess = td->sess;

	if (!refcount_dec_and_test(&td->refs))
		return;
	spin_lock(&sess->departed_lock);
	list_del(&td->departed_entry);
	spin_unlock(&sess->departed_lock);
	scst_pool_put(rcu_dereference_protected(td->pool, true));
	spin_lock(&dev->tgt_devs_lock);
	list_del(&td->dev_entry);
	scst_resv_leave(td);
	spin_unlock(&dev->tgt_devs_lock);
	kfree_rcu(td, rcu);
	scst_dev_put(dev);
}

static void scst_sess_lun_dir(struct scst_session *sess, struct scst_tgt_dev *td)
{
	char name[24];

	snprintf(name, sizeof(name), "lun%u", td->lun);
	/* Only for show: a session without this directory works as well. */
	td->dir = scst_dir_create(name, sess->dir, td, scst_sess_lun_attrs);
}

struct scst_tgt_dev *scst_departed_next(struct scst_session *sess, struct scst_tgt_dev *prev)
{
	struct scst_tgt_dev *td, *found = NULL;

	spin_lock(&sess->departed_lock);
	td = list_prepare_entry(prev, &sess->departed, departed_entry);
	list_for_each_entry_continue(td, &sess->departed, departed_entry) {
		if (refcount_inc_not_zero(&td->refs)) {
			found = td;
			break;
		}
	}
	spin_unlock(&sess->departed_lock);
	if (prev)
		scst_tgt_dev_put(prev);
	return found;
}

/* Commands under way with it still end. */
static void scst_tgt_dev_leave(struct scst_tgt_dev *td)
{
	spin_lock(&td->sess->departed_lock);
	list_add_tail(&td->departed_entry, &td->sess->departed);
	spin_unlock(&td->sess->departed_lock);
	scst_aca_leave(td);
	if (td->dir)
		scst_dir_remove(td->dir);
	scst_tgt_dev_put(td);
}

/* For the nexus it is the logical unit that it was: what it holds, and has not been told, stays. */
static void scst_tgt_dev_inherit(struct scst_tgt_dev *td, struct scst_tgt_dev *old)
{
	unsigned long ua = READ_ONCE(old->ua);
	unsigned int bit;

	spin_lock(&td->dev->tgt_devs_lock);
	td->prevents_removal = old->prevents_removal;
	td->media_event = old->media_event;
	td->asked_for_disc = old->asked_for_disc;
	scst_resv_pass(old, td);
	spin_unlock(&td->dev->tgt_devs_lock);
	for_each_set_bit(bit, &ua, BITS_PER_LONG)
		set_bit(bit, &td->ua);
}

static struct scst_tgt_dev *scst_tgt_dev_create(struct scst_session *sess,
						const struct scst_lun *lun, unsigned long ua)
{
	struct scst_tgt_dev *td = kzalloc(sizeof(*td), GFP_KERNEL);
	struct scst_device *dev = lun->dev;

	if (!td)
		return NULL;
	td->lun = lun->lun;
	td->read_only = lun->read_only;
	td->sess = sess;
	td->dev = dev;
	td->ua = ua;
	INIT_LIST_HEAD(&td->departed_entry);
	scst_order_init(&td->own_tasks);
	/* TST never changes while there are LUNs. */
	td->tasks = dev->unit.tst ? &td->own_tasks : &dev->tasks;
	refcount_set(&td->refs, 1);
	refcount_inc(&dev->refs);
	scst_block_enter(td);
	spin_lock(&dev->tgt_devs_lock);
	list_add_tail(&td->dev_entry, &dev->tgt_devs);
	scst_resv_enter(td);
	spin_unlock(&dev->tgt_devs_lock);
	scst_alua_enter(td);
	return td;
}

int scst_sess_set_lun(struct scst_session *sess, const struct scst_lun *lun, unsigned long ua)
{
	struct scst_tgt_dev *td = scst_tgt_dev_create(sess, lun, ua);
	struct scst_tgt_dev *old;
	int ret;

	if (!td)
		return -ENOMEM;
	ret = scst_pool_enter(td);
	if (ret)
		goto out_put;
	old = xa_store(&sess->luns, lun->lun, td, GFP_KERNEL);
	ret = xa_err(old);
	if (ret)
		goto out_put;
	if (old) {
		if (old->dev == td->dev)
			scst_tgt_dev_inherit(td, old);
		scst_tgt_dev_leave(old);
	}
	if (sess->dir)
		scst_sess_lun_dir(sess, td);
	return 0;

out_put:
	scst_tgt_dev_put(td);
	return ret;
}

void scst_sess_del_lun(struct scst_session *sess, u32 lun)
{
	struct scst_tgt_dev *td = xa_erase(&sess->luns, lun);

	if (td)
		scst_tgt_dev_leave(td);
}

void scst_sess_raise_luns_changed(struct scst_session *sess)
{
	const struct scst_driver_ops *ops = sess->tgt->driver->ops;
	struct scst_tgt_dev *td;
	unsigned long lun;

	xa_for_each(&sess->luns, lun, td)
		set_bit(SCST_UA_LUNS_CHANGED, &td->ua);
	if (ops->luns_changed)
		ops->luns_changed(sess);
}

bool scst_session_has_lun(struct scst_session *sess, u64 lun)
{
	return lun <= SL_LUN_MAX && xa_load(&sess->luns, lun);
}
EXPORT_SYMBOL_GPL(scst_session_has_lun);

static void scst_sess_drop_luns(struct scst_session *sess)
{
	struct scst_tgt_dev *td;
	unsigned long lun;

	xa_for_each(&sess->luns, lun, td)
		scst_sess_del_lun(sess, lun);
}

static int scst_sess_take_luns(struct scst_session *sess)
{
	struct scst_tgt_dev *td;
	struct scst_lun *lun;
	unsigned long nr;
	int ret;

	xa_for_each(&sess->acg->luns, nr, lun) {
		td = xa_load(&sess->luns, nr);
		ret = scst_sess_set_lun(sess, lun,
					td && td->dev == lun->dev ? 0 : BIT(SCST_UA_RESET));
		if (ret) {
			scst_sess_drop_luns(sess);
			return ret;
		}
	}
	/* Those of the group before. */
	xa_for_each(&sess->luns, nr, td)
		if (!xa_load(&sess->acg->luns, nr))
			scst_sess_del_lun(sess, nr);
	return 0;
}

bool scst_acg_has_sessions(const struct scst_acg *acg)
{
	struct scst_session *sess;

	list_for_each_entry(sess, &acg->tgt->sessions, entry)
		if (sess->acg == acg)
			return true;
	return false;
}

void scst_sess_enter_acg(struct scst_session *sess, struct scst_acg *acg)
{
	sess->acg = acg;
	WRITE_ONCE(sess->addr_method, acg->addr_method);
	WRITE_ONCE(sess->black_hole, acg->black_hole);
	cpumask_copy(sess->cpus, acg->cpus);
	WRITE_ONCE(sess->any_cpu, acg->any_cpu);
	/* Pairs with that of drivers which keep a copy. */
	smp_store_release(&sess->cpus_changed, sess->cpus_changed + 1);
}

void scst_reassign_sessions(struct scst_tgt *tgt)
{
	struct scst_session *sess;

	list_for_each_entry(sess, &tgt->sessions, entry) {
		struct scst_acg *acg = scst_acg_for_initiator(tgt, sess->initiator_name);

		if (acg == sess->acg)
			continue;
		scst_unlink(sess->dir, "luns");
		scst_sess_enter_acg(sess, acg);
		if (scst_sess_take_luns(sess))
			scst_err("session %s: no memory for the LUNs of its new group",
				 sess->sysfs_name);
		if (scst_link(sess->dir, acg->luns_dir, "luns"))
			scst_err("session %s: no memory for the link to its LUNs",
				 sess->sysfs_name);
		scst_sess_raise_luns_changed(sess);
	}
}

static bool scst_sess_name_taken(struct scst_tgt *tgt, const char *name)
{
	struct scst_session *sess;

	list_for_each_entry(sess, &tgt->sessions, entry)
		if (!strcmp(sess->sysfs_name, name))
			return true;
	return false;
}

/* A second session of one initiator gets a numeric suffix. */
static char *scst_sess_make_name(struct scst_tgt *tgt, const char *initiator)
{
	unsigned int n = 0;
	char *name = kstrdup(initiator, GFP_KERNEL);

	while (name && scst_sess_name_taken(tgt, name)) {
		kfree(name);
		name = kasprintf(GFP_KERNEL, "%s_%u", initiator, ++n);
	}
	if (name)
		strreplace(name, '/', '!');
	return name;
}

static int scst_sess_publish(struct scst_session *sess)
{
	const struct scst_driver_ops *ops = sess->tgt->driver->ops;
	struct scst_tgt_dev *td;
	unsigned long lun;
	int ret;

	sess->dir = scst_dir_create(sess->sysfs_name, sess->tgt->sessions_dir, sess,
				    scst_sess_attrs);
	if (!sess->dir)
		return -ENOMEM;
	ret = scst_dir_add_attrs(sess->dir, ops->sess_attrs);
	if (!ret && ops->close_session)
		ret = scst_dir_add_attrs(sess->dir, scst_sess_close_attrs);
	if (!ret)
		ret = scst_link(sess->dir, sess->acg->luns_dir, "luns");
	if (ret) {
		scst_dir_remove(sess->dir);
		return ret;
	}
	xa_for_each(&sess->luns, lun, td)
		scst_sess_lun_dir(sess, td);
	return 0;
}

static void scst_sess_free(struct scst_session *sess)
{
	scst_copy_free_session(sess);
	xa_destroy(&sess->luns);
	kfree(sess->initiator_name);
	kfree(sess->sysfs_name);
	free_cpumask_var(sess->cpus);
	kfree(sess);
}

/* To reservations the session is another nexus now. */
static void scst_sess_nexus_changed(struct scst_session *sess)
{
	struct scst_tgt_dev *td;
	unsigned long lun;

	xa_for_each(&sess->luns, lun, td) {
		spin_lock(&td->dev->tgt_devs_lock);
		scst_resv_enter(td);
		spin_unlock(&td->dev->tgt_devs_lock);
	}
}

/* Under the configuration lock. */
void scst_sess_set_rel_id(struct scst_session *sess, u16 id)
{
	sess->nexus.rel_tgt_id = id;
	scst_sess_nexus_changed(sess);
}

int scst_session_set_transport_id(struct scst_session *sess, const u8 *id, size_t len)
{
	if (len > sizeof(sess->nexus.id) || sl_transport_id_len(id, len) != len)
		return -EINVAL;
	memcpy(sess->nexus.id, id, len);
	sess->nexus.id_len = len;
	scst_sess_nexus_changed(sess);
	return 0;
}
EXPORT_SYMBOL_GPL(scst_session_set_transport_id);

static int scst_sess_init(struct scst_session *sess, struct scst_tgt *tgt, const char *initiator)
{
	int ret;

	sess->initiator_name = kstrdup(initiator, GFP_KERNEL);
	sess->sysfs_name = scst_sess_make_name(tgt, initiator);
	if (!sess->initiator_name || !sess->sysfs_name)
		return -ENOMEM;
	sess->nexus.rel_tgt_id = tgt->rel_tgt_id;
	sess->nexus.id_len = tgt->driver->ops->transport_id(initiator, sess->priv, sess->nexus.id);
	scst_sess_enter_acg(sess, scst_acg_for_initiator(tgt, initiator));
	ret = scst_sess_take_luns(sess);
	if (ret)
		return ret;
	ret = scst_sess_publish(sess);
	if (ret)
		scst_sess_drop_luns(sess);
	return ret;
}

struct scst_session *scst_session_add(struct scst_tgt *tgt, const char *initiator_name, void *priv)
{
	struct scst_session *sess = kzalloc(sizeof(*sess), GFP_KERNEL);
	int ret;

	if (!sess)
		return ERR_PTR(-ENOMEM);
	if (!zalloc_cpumask_var(&sess->cpus, GFP_KERNEL)) {
		kfree(sess);
		return ERR_PTR(-ENOMEM);
	}
	sess->tgt = tgt;
	sess->priv = priv;
	xa_init(&sess->luns);
	spin_lock_init(&sess->departed_lock);
	INIT_LIST_HEAD(&sess->departed);
	scst_copy_init_session(sess);
	ret = tgt->dead ? -ENODEV : scst_sess_init(sess, tgt, initiator_name);
	if (ret) {
		scst_sess_free(sess);
		return ERR_PTR(ret);
	}
	list_add_tail(&sess->entry, &tgt->sessions);
	refcount_inc(&tgt->refs);
	return sess;
}
EXPORT_SYMBOL_GPL(scst_session_add);

struct scst_session *scst_session_register(struct scst_tgt *tgt, const char *initiator_name,
					   void *priv)
{
	struct scst_session *sess;

	scst_cfg_lock_always();
	sess = scst_session_add(tgt, initiator_name, priv);
	scst_cfg_unlock();
	return sess;
}
EXPORT_SYMBOL_GPL(scst_session_register);

void scst_session_close(struct scst_session *sess)
{
	DECLARE_COMPLETION_ONSTACK(gone);

	/* Somebody waits already: then this one need not. */
	if (sess->gone)
		return;
	sess->gone = &gone;
	sess->tgt->driver->ops->close_session(sess);
	scst_cfg_unlock();
	wait_for_completion(&gone);
	scst_cfg_lock_always();
}
EXPORT_SYMBOL_GPL(scst_session_close);

void scst_session_unregister(struct scst_session *sess)
{
	struct scst_tgt *tgt = sess->tgt;
	struct completion *gone;

	scst_copy_end_session(sess);
	scst_cfg_lock_always();
	sess->dead = true;
	scst_cfg_announce_dead();
	scst_sess_drop_luns(sess);
	scst_dir_remove(sess->dir);
	list_del(&sess->entry);
	gone = sess->gone;
	scst_cfg_unlock();
	WARN_ON(atomic_read(&sess->commands));
	scst_sess_free(sess);
	wake_up_all(&tgt->sessions_wait);
	scst_tgt_put(tgt);
	if (gone)
		complete(gone);
}
EXPORT_SYMBOL_GPL(scst_session_unregister);
