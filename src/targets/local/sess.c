// SPDX-License-Identifier: GPL-2.0-only
/* Sessions of scst_local: from the configuration to a SCSI host, and back. */
#include <linux/slab.h>

#include "local.h"

static struct workqueue_struct *local_admin_wq;

static void local_sess_put(struct local_sess *ls)
{
	struct scst_tgt *tgt = ls->tgt;

	if (!refcount_dec_and_test(&ls->refs))
		return;
	kfree(ls);
	scst_tgt_put(tgt);
}

static void local_queue(struct local_sess *ls, struct work_struct *work)
{
	refcount_inc(&ls->refs);
	if (!queue_work(local_admin_wq, work))
		local_sess_put(ls);
}

/* Only for show: a session without this link works as well. */
static void local_link_host(struct local_sess *ls)
{
	if (sysfs_create_link(&ls->sess->dir->kobj, &ls->host->shost_gendev.kobj, "host"))
		pr_warn("scst_local: session %s has no link to its host\n",
			ls->sess->initiator_name);
}

static void local_end(struct local_sess *ls)
{
	scst_session_unregister(ls->sess);
	ls->sess = NULL;
	local_sess_put(ls);
}

static void local_start(struct work_struct *work)
{
	struct local_sess *ls = container_of(work, struct local_sess, start);

	ls->host = local_host_add(ls);
	if (ls->host) {
		local_link_host(ls);
		local_host_scan(ls);
	} else {
		pr_err("scst_local: ***ERROR***: no SCSI host for session %s\n",
		       ls->sess->initiator_name);
		local_end(ls);
	}
	local_sess_put(ls);
}

static void local_rescan(struct work_struct *work)
{
	struct local_sess *ls = container_of(work, struct local_sess, rescan);

	if (ls->sess && ls->host)
		local_host_scan(ls);
	local_sess_put(ls);
}

static void local_stop(struct work_struct *work)
{
	struct local_sess *ls = container_of(work, struct local_sess, stop);

	if (ls->sess) {
		sysfs_remove_link(&ls->sess->dir->kobj, "host");
		local_host_remove(ls->host);
		ls->host = NULL;
		local_end(ls);
	}
	local_sess_put(ls);
}

static struct scst_session *local_sess_find(struct scst_tgt *tgt, const char *name)
{
	struct scst_session *sess;

	list_for_each_entry(sess, &tgt->sessions, entry)
		if (!strcmp(sess->initiator_name, name))
			return sess;
	return NULL;
}

static struct local_sess *local_sess_alloc(struct scst_tgt *tgt)
{
	struct local_sess *ls = kzalloc(sizeof(*ls), GFP_KERNEL);

	if (!ls)
		return NULL;
	ls->tgt = tgt;
	refcount_set(&ls->refs, 1);
	INIT_WORK(&ls->start, local_start);
	INIT_WORK(&ls->rescan, local_rescan);
	INIT_WORK(&ls->stop, local_stop);
	return ls;
}

int local_sess_add(struct scst_tgt *tgt, const char *name)
{
	struct local_sess *ls;
	struct scst_session *sess;

	if (local_sess_find(tgt, name)) {
		pr_err("scst_local: ***ERROR***: target %s has a session %s already\n", tgt->name,
		       name);
		return -EEXIST;
	}
	ls = local_sess_alloc(tgt);
	if (!ls)
		return -ENOMEM;
	sess = scst_session_add(tgt, name, ls);
	if (IS_ERR(sess)) {
		kfree(ls);
		return PTR_ERR(sess);
	}
	scst_tgt_get(tgt);
	ls->sess = sess;
	local_queue(ls, &ls->start);
	return 0;
}

int local_sess_del(struct scst_tgt *tgt, const char *name)
{
	struct scst_session *sess = local_sess_find(tgt, name);

	if (!sess) {
		pr_err("scst_local: ***ERROR***: target %s has no session %s\n", tgt->name, name);
		return -ENOENT;
	}
	scst_session_close(sess);
	return 0;
}

void local_sess_close(struct scst_session *sess)
{
	struct local_sess *ls = sess->priv;

	local_queue(ls, &ls->stop);
}

void local_sess_luns_changed(struct scst_session *sess)
{
	struct local_sess *ls = sess->priv;

	local_queue(ls, &ls->rescan);
}

/* --- its TransportID, by which reservations know it --- */

static ssize_t transport_id_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct sl_pr_nexus *nexus = &scst_sess_of(kobj)->nexus;

	return sysfs_emit(buf, "%*phN\n", nexus->id_len, nexus->id);
}

/* Two hexadecimal digits a byte; its length, 0: it is something else. */
static size_t local_parse_id(const char *text, size_t digits, u8 *id, size_t room)
{
	if (digits % 2 || digits / 2 > room || hex2bin(id, text, digits / 2))
		return 0;
	return digits / 2;
}

static ssize_t transport_id_store(struct kobject *kobj, struct kobj_attribute *attr,
				  const char *buf, size_t count)
{
	struct scst_session *sess = scst_sess_of(kobj);
	u8 id[SL_TRANSPORT_ID_MAX];
	size_t digits = count && buf[count - 1] == '\n' ? count - 1 : count;
	size_t len = local_parse_id(buf, digits, id, sizeof(id));
	int ret;

	if (!len)
		return -EINVAL;
	ret = scst_cfg_lock(&sess->dead);
	if (ret)
		return ret;
	ret = scst_session_set_transport_id(sess, id, len);
	scst_cfg_unlock();
	return ret ? ret : count;
}

static struct kobj_attribute transport_id_attr = __ATTR_RW(transport_id);

const struct attribute *const local_sess_attrs[] = { &transport_id_attr.attr, NULL };

int local_sess_init(void)
{
	local_admin_wq = alloc_ordered_workqueue("scst_local_admin", 0);
	return local_admin_wq ? 0 : -ENOMEM;
}

void local_sess_exit(void)
{
	destroy_workqueue(local_admin_wq);
}
