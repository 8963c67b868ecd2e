// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device groups and their target port groups. Each LUN of a session carries
 * the state that its port has for its device, so that a command looks at one
 * byte; REPORT and SET TARGET PORT GROUPS walk the groups.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "alua.h"

#define ALUA_LIST_MAX	(64u << 10)

/*
 * Protects everything that the commands below look at: lists of devices, groups
 * and members, and what is in them. Writers in sysfs hold the configuration lock
 * too, which may be held for long. dev->tgt_devs_lock nests in it.
 */
static DEFINE_SPINLOCK(scst_alua_lock);

static LIST_HEAD(scst_dev_groups);
static struct scst_dir *scst_dev_groups_dir;
static bool scst_alua_closed;
const bool *const scst_alua_dead = &scst_alua_closed;

/* --- what a LUN of a session carries --- */

static const struct scst_tgt_group *scst_tg_of(const struct scst_dev_group *dg,
					       const struct scst_tgt *tgt)
{
	const struct scst_tg_member *m;
	const struct scst_tgt_group *tg;

	list_for_each_entry(tg, &dg->tgt_groups, entry)
		list_for_each_entry(m, &tg->members, entry)
			if (m->tgt == tgt)
				return tg;
	return NULL;
}

static void scst_alua_set(struct scst_tgt_dev *td)
{
	const struct scst_dev_group *dg = td->dev->dg;
	const struct scst_tgt_group *tg = dg ? scst_tg_of(dg, td->sess->tgt) : NULL;

	WRITE_ONCE(td->access, tg ? tg->alua.state : SL_ALUA_ACTIVE);
	WRITE_ONCE(td->tgt_group_id, tg ? tg->alua.id : 0);
}

void scst_alua_enter(struct scst_tgt_dev *td)
{
	spin_lock(&scst_alua_lock);
	scst_alua_set(td);
	spin_unlock(&scst_alua_lock);
}

static void scst_alua_tell_device(struct scst_device *dev, enum scst_ua ua,
				  const struct scst_session *except)
{
	struct scst_tgt_dev *td;

	lockdep_assert_held(&scst_alua_lock);
	spin_lock(&dev->tgt_devs_lock);
	list_for_each_entry(td, &dev->tgt_devs, dev_entry) {
		scst_alua_set(td);
		if (td->sess != except)
			set_bit(ua, &td->ua);
	}
	spin_unlock(&dev->tgt_devs_lock);
}

static void scst_alua_tell(struct scst_dev_group *dg, enum scst_ua ua,
			   const struct scst_session *except)
{
	struct scst_device *dev;

	list_for_each_entry(dev, &dg->devices, dg_entry)
		scst_alua_tell_device(dev, ua, except);
}

/* --- members --- */

static void scst_member_free(struct scst_tg_member *m)
{
	kfree(m->name);
	kfree(m);
}

static struct scst_tg_member *scst_member_find(struct scst_tgt_group *tg, const char *name)
{
	struct scst_tg_member *m;

	list_for_each_entry(m, &tg->members, entry)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

/* The member is a name among the group's attributes. */
static bool scst_is_member_name(const char *name)
{
	return scst_is_file_name(name) && strcmp(name, "group_id") && strcmp(name, "state") &&
	       strcmp(name, "preferred");
}

static int scst_member_publish(struct scst_tg_member *m)
{
	if (m->tgt)
		return scst_link(m->tg->dir, m->tgt->dir, m->name);
	m->dir = scst_dir_create(m->name, m->tg->dir, m, scst_tg_member_attrs);
	return m->dir ? 0 : -ENOMEM;
}

int scst_tg_add_target(struct scst_tgt_group *tg, const char *name)
{
	struct scst_tgt_group *other;
	struct scst_tg_member *m;
	int ret;

	if (!scst_is_member_name(name))
		return -EINVAL;
	list_for_each_entry(other, &tg->dg->tgt_groups, entry) {
		if (!scst_member_find(other, name))
			continue;
		scst_err("target %s is in target group %s of device group %s already", name,
			 other->name, tg->dg->name);
		return -EEXIST;
	}
	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m)
		return -ENOMEM;
	m->name = kstrdup(name, GFP_KERNEL);
	m->tg = tg;
	m->tgt = scst_tgt_find(name);
	ret = m->name ? scst_member_publish(m) : -ENOMEM;
	if (ret) {
		scst_member_free(m);
		return ret;
	}
	spin_lock(&scst_alua_lock);
	list_add_tail(&m->entry, &tg->members);
	scst_alua_tell(tg->dg, SCST_UA_INQUIRY_CHANGED, NULL);
	spin_unlock(&scst_alua_lock);
	return 0;
}

/* Takes members out of sight, those of other nodes into @dead: their directories are left. */
static void scst_member_take_out(struct scst_tg_member *m, struct list_head *dead)
{
	m->dead = true;
	spin_lock(&scst_alua_lock);
	list_del(&m->entry);
	scst_alua_tell(m->tg->dg, SCST_UA_INQUIRY_CHANGED, NULL);
	spin_unlock(&scst_alua_lock);
	if (m->tgt) {
		scst_unlink(m->tg->dir, m->name);
		scst_member_free(m);
	} else {
		list_add_tail(&m->entry, dead);
	}
}

/* Without the configuration lock: nobody else knows the members in @dead. */
static void scst_members_bury(struct list_head *dead)
{
	struct scst_tg_member *m, *next;

	list_for_each_entry_safe(m, next, dead, entry) {
		scst_dir_remove(m->dir);
		scst_member_free(m);
	}
}

int scst_tg_del_target(struct scst_tgt_group *tg, const char *name)
{
	struct scst_tg_member *m = scst_member_find(tg, name);
	LIST_HEAD(dead);

	if (!m) {
		scst_err("target %s is not in target group %s", name, tg->name);
		return -EINVAL;
	}
	scst_member_take_out(m, &dead);
	scst_cfg_announce_dead();
	scst_cfg_unlock();

	scst_members_bury(&dead);

	scst_cfg_lock_always();
	return 0;
}

void scst_alua_forget_tgt(const struct scst_tgt *tgt)
{
	struct scst_dev_group *dg;
	struct scst_tgt_group *tg;
	struct scst_tg_member *m, *next;
	LIST_HEAD(none);

	list_for_each_entry(dg, &scst_dev_groups, entry)
		list_for_each_entry(tg, &dg->tgt_groups, entry)
			list_for_each_entry_safe(m, next, &tg->members, entry)
				if (m->tgt == tgt)
					scst_member_take_out(m, &none);
}

/* --- target port groups --- */

static struct scst_tgt_group *scst_tg_find(struct scst_dev_group *dg, const char *name)
{
	struct scst_tgt_group *tg;

	list_for_each_entry(tg, &dg->tgt_groups, entry)
		if (!strcmp(tg->name, name))
			return tg;
	return NULL;
}

static struct scst_tgt_group *scst_tg_with_id(struct scst_dev_group *dg, u16 id)
{
	struct scst_tgt_group *tg;

	list_for_each_entry(tg, &dg->tgt_groups, entry)
		if (tg->alua.id == id)
			return tg;
	return NULL;
}

static void scst_tg_free(struct scst_tgt_group *tg)
{
	kfree(tg->name);
	kfree(tg);
}

int scst_tg_create(struct scst_dev_group *dg, const char *name)
{
	struct scst_tgt_group *tg;

	if (!scst_is_file_name(name))
		return -EINVAL;
	if (scst_tg_find(dg, name))
		return -EEXIST;
	tg = kzalloc(sizeof(*tg), GFP_KERNEL);
	if (!tg)
		return -ENOMEM;
	tg->dg = dg;
	INIT_LIST_HEAD(&tg->members);
	tg->name = kstrdup(name, GFP_KERNEL);
	if (tg->name)
		tg->dir = scst_dir_create(name, dg->tgt_groups_dir, tg, scst_tg_attrs);
	if (!tg->dir) {
		scst_tg_free(tg);
		return -ENOMEM;
	}
	spin_lock(&scst_alua_lock);
	list_add_tail(&tg->entry, &dg->tgt_groups);
	spin_unlock(&scst_alua_lock);
	return 0;
}

/* Into @dead_groups and @dead, out of everybody's sight. */
static void scst_tg_take_out(struct scst_tgt_group *tg, struct list_head *dead_groups,
			     struct list_head *dead)
{
	struct scst_tg_member *m, *next;

	tg->dead = true;
	list_for_each_entry_safe(m, next, &tg->members, entry)
		scst_member_take_out(m, dead);
	spin_lock(&scst_alua_lock);
	list_move_tail(&tg->entry, dead_groups);
	spin_unlock(&scst_alua_lock);
}

static void scst_tgs_bury(struct list_head *dead_groups)
{
	struct scst_tgt_group *tg, *next;

	list_for_each_entry_safe(tg, next, dead_groups, entry) {
		scst_dir_remove(tg->dir);
		scst_tg_free(tg);
	}
}

int scst_tg_del(struct scst_dev_group *dg, const char *name)
{
	struct scst_tgt_group *tg = scst_tg_find(dg, name);
	LIST_HEAD(groups);
	LIST_HEAD(members);

	if (!tg)
		return -EINVAL;
	scst_tg_take_out(tg, &groups, &members);
	scst_cfg_announce_dead();
	scst_cfg_unlock();

	scst_members_bury(&members);
	scst_tgs_bury(&groups);

	scst_cfg_lock_always();
	return 0;
}

int scst_tg_set_id(struct scst_tgt_group *tg, u16 id)
{
	if (tg->alua.id == id)
		return 0;
	if (scst_tg_with_id(tg->dg, id))
		return -EEXIST;
	spin_lock(&scst_alua_lock);
	WRITE_ONCE(tg->alua.id, id);
	scst_alua_tell(tg->dg, SCST_UA_INQUIRY_CHANGED, NULL);
	spin_unlock(&scst_alua_lock);
	return 0;
}

void scst_tg_set_state(struct scst_tgt_group *tg, u8 state)
{
	spin_lock(&scst_alua_lock);
	if (tg->alua.state != state) {
		WRITE_ONCE(tg->alua.state, state);
		tg->alua.cause = SL_ALUA_IMPLICIT;
		scst_alua_tell(tg->dg, SCST_UA_ACCESS_CHANGED, NULL);
	}
	spin_unlock(&scst_alua_lock);
}

void scst_tg_set_preferred(struct scst_tgt_group *tg, bool preferred)
{
	spin_lock(&scst_alua_lock);
	if (tg->alua.preferred != preferred) {
		WRITE_ONCE(tg->alua.preferred, preferred);
		scst_alua_tell(tg->dg, SCST_UA_ACCESS_CHANGED, NULL);
	}
	spin_unlock(&scst_alua_lock);
}

/* --- device groups --- */

static struct scst_dev_group *scst_dg_find(const char *name)
{
	struct scst_dev_group *dg;

	list_for_each_entry(dg, &scst_dev_groups, entry)
		if (!strcmp(dg->name, name))
			return dg;
	return NULL;
}

static void scst_dg_remove_dirs(struct scst_dev_group *dg)
{
	if (dg->tgt_groups_dir)
		scst_dir_remove(dg->tgt_groups_dir);
	if (dg->devices_dir)
		scst_dir_remove(dg->devices_dir);
	if (dg->dir)
		scst_dir_remove(dg->dir);
}

static void scst_dg_free(struct scst_dev_group *dg)
{
	kfree(dg->name);
	kfree(dg);
}

static int scst_dg_make_dirs(struct scst_dev_group *dg)
{
	dg->dir = scst_dir_create(dg->name, scst_dev_groups_dir, dg, NULL);
	if (!dg->dir)
		return -ENOMEM;
	dg->devices_dir = scst_dir_create("devices", dg->dir, dg, scst_dg_devices_attrs);
	dg->tgt_groups_dir = scst_dir_create("target_groups", dg->dir, dg, scst_tgt_groups_attrs);
	return dg->devices_dir && dg->tgt_groups_dir ? 0 : -ENOMEM;
}

int scst_dg_create(const char *name)
{
	struct scst_dev_group *dg;

	if (!scst_is_file_name(name))
		return -EINVAL;
	if (scst_dg_find(name))
		return -EEXIST;
	dg = kzalloc(sizeof(*dg), GFP_KERNEL);
	if (!dg)
		return -ENOMEM;
	INIT_LIST_HEAD(&dg->devices);
	INIT_LIST_HEAD(&dg->tgt_groups);
	dg->name = kstrdup(name, GFP_KERNEL);
	if (!dg->name || scst_dg_make_dirs(dg)) {
		scst_dg_remove_dirs(dg);
		scst_dg_free(dg);
		return -ENOMEM;
	}
	list_add_tail(&dg->entry, &scst_dev_groups);
	return 0;
}

int scst_dg_add_device(struct scst_dev_group *dg, const char *name)
{
	struct scst_device *dev = scst_dev_find(name);
	int ret;

	if (!dev || dev->dead) {
		scst_err("device %s not found", name);
		return -EINVAL;
	}
	if (dev->dg) {
		scst_err("device %s is in device group %s already", name, dev->dg->name);
		return -EEXIST;
	}
	ret = scst_link(dg->devices_dir, dev->dir, dev->name);
	if (ret)
		return ret;
	spin_lock(&scst_alua_lock);
	WRITE_ONCE(dev->dg, dg);
	list_add_tail(&dev->dg_entry, &dg->devices);
	scst_alua_tell_device(dev, SCST_UA_INQUIRY_CHANGED, NULL);
	spin_unlock(&scst_alua_lock);
	return 0;
}

void scst_alua_forget_dev(struct scst_device *dev)
{
	struct scst_dev_group *dg = dev->dg;

	if (!dg)
		return;
	spin_lock(&scst_alua_lock);
	WRITE_ONCE(dev->dg, NULL);
	list_del(&dev->dg_entry);
	scst_alua_tell_device(dev, SCST_UA_INQUIRY_CHANGED, NULL);
	spin_unlock(&scst_alua_lock);
	scst_unlink(dg->devices_dir, dev->name);
}

int scst_dg_del_device(struct scst_dev_group *dg, const char *name)
{
	struct scst_device *dev = scst_dev_find(name);

	if (!dev || dev->dg != dg) {
		scst_err("device %s is not in device group %s", name, dg->name);
		return -EINVAL;
	}
	scst_alua_forget_dev(dev);
	return 0;
}

static void scst_dg_remove(struct scst_dev_group *dg)
{
	struct scst_tgt_group *tg, *next_tg;
	struct scst_device *dev, *next_dev;
	LIST_HEAD(groups);
	LIST_HEAD(members);

	dg->dead = true;
	list_del(&dg->entry);
	list_for_each_entry_safe(dev, next_dev, &dg->devices, dg_entry)
		scst_alua_forget_dev(dev);
	list_for_each_entry_safe(tg, next_tg, &dg->tgt_groups, entry)
		scst_tg_take_out(tg, &groups, &members);
	scst_cfg_announce_dead();
	scst_cfg_unlock();

	scst_members_bury(&members);
	scst_tgs_bury(&groups);
	scst_dg_remove_dirs(dg);
	scst_dg_free(dg);

	scst_cfg_lock_always();
}

int scst_dg_del(const char *name)
{
	struct scst_dev_group *dg = scst_dg_find(name);

	if (!dg)
		return -EINVAL;
	scst_dg_remove(dg);
	return 0;
}

int scst_alua_init(void)
{
	scst_dev_groups_dir = scst_dir_create("device_groups", scst_root, NULL,
					      scst_dev_groups_attrs);
	return scst_dev_groups_dir ? 0 : -ENOMEM;
}

void scst_alua_exit(void)
{
	if (!scst_dev_groups_dir)
		return;
	scst_cfg_lock_always();
	scst_alua_closed = true;
	while (!list_empty(&scst_dev_groups))
		scst_dg_remove(list_first_entry(&scst_dev_groups, struct scst_dev_group, entry));
	scst_cfg_announce_dead();
	scst_cfg_unlock();
	scst_dir_remove(scst_dev_groups_dir);
}

/* --- commands --- */

void scst_cmd_port_id(const struct scst_cmd *cmd, struct sl_port_id *port)
{
	const struct scst_tgt_dev *td = cmd->tgt_dev;
	const struct scst_tgt *tgt = cmd->sess->tgt;
	u8 access = td ? READ_ONCE(td->access) : SL_ALUA_ACTIVE;

	port->rel_tgt_id = READ_ONCE(tgt->rel_tgt_id);
	port->version_descriptor = READ_ONCE(tgt->transport_version);
	port->phys_descriptor = READ_ONCE(tgt->phys_version);
	port->group_id = td ? READ_ONCE(td->tgt_group_id) : 0;
	port->tpgs = 0;
	if (port->group_id)
		port->tpgs = READ_ONCE(cmd->dev->expl_alua) ? 3 : 1;
	port->no_access = access == SL_ALUA_UNAVAILABLE || access == SL_ALUA_OFFLINE;
}
EXPORT_SYMBOL_GPL(scst_cmd_port_id);

/* A group or a port that has no number yet cannot be told of. */
static void scst_report_group(struct sl_alua_report *r, const struct scst_tgt_group *tg)
{
	const struct scst_tg_member *m;

	if (!tg->alua.id)
		return;
	sl_alua_report_group(r, &tg->alua);
	list_for_each_entry(m, &tg->members, entry) {
		u16 id = m->tgt ? READ_ONCE(m->tgt->rel_tgt_id) : m->rel_tgt_id;

		if (id)
			sl_alua_report_port(r, id);
	}
}

void scst_exec_report_port_groups(struct scst_cmd *cmd)
{
	u8 format = cmd->cdb_bytes[1] >> 5;
	size_t room = min_t(u64, cmd->cdb.data_len, ALUA_LIST_MAX), len;
	const struct scst_tgt_group *tg;
	struct sl_alua_report r;
	u8 *data;

	if (format > 1) {
		scst_cmd_fail(cmd, scst_bad_cdb(cmd, 1), NULL);
		return;
	}
	data = kvzalloc(max_t(size_t, room, 1), GFP_KERNEL);
	if (!data) {
		scst_cmd_busy(cmd);
		return;
	}
	sl_alua_report_begin(&r, data, room, format);
	spin_lock(&scst_alua_lock);
	if (cmd->dev->dg)
		list_for_each_entry(tg, &cmd->dev->dg->tgt_groups, entry)
			scst_report_group(&r, tg);
	spin_unlock(&scst_alua_lock);
	len = sl_alua_report_end(&r);
	scst_cmd_reply(cmd, data, min(len, room));
	kvfree(data);
}

/* All wishes are looked at before the first is granted. */
static enum sl_sense scst_grant(struct scst_cmd *cmd, const u8 *list, size_t len,
				struct sl_sense_info *more)
{
	struct scst_dev_group *dg = cmd->dev->dg;
	struct sl_alua_wish wish;
	struct scst_tgt_group *tg;
	bool changed = false;
	u32 i;
	int ret;

	if (!dg)
		return SL_INVALID_PARAM_FIELD;
	for (i = 0; (ret = sl_alua_read_wish(list, len, i, &wish)) > 0; i++)
		if (!wish.id || !scst_tg_with_id(dg, wish.id))
			return sl_bad_param(more, wish.at + 2);
	if (ret)
		return wish.at < len ? sl_bad_param_bit(more, wish.at, 3) : SL_INVALID_PARAM_FIELD;
	for (i = 0; sl_alua_read_wish(list, len, i, &wish) > 0; i++) {
		tg = scst_tg_with_id(dg, wish.id);
		tg->alua.cause = SL_ALUA_BY_COMMAND;
		changed |= tg->alua.state != wish.state;
		WRITE_ONCE(tg->alua.state, wish.state);
	}
	if (changed)
		scst_alua_tell(dg, SCST_UA_ACCESS_CHANGED, cmd->sess);
	return SL_OK;
}

void scst_exec_set_port_groups(struct scst_cmd *cmd)
{
	struct sl_sense_info more = { };
	u32 len = cmd->out_len;
	enum sl_sense sense;
	u8 *list;

	if (!cmd->cdb.data_len) {
		scst_cmd_complete(cmd);
		return;
	}
	if (cmd->cdb.data_len > ALUA_LIST_MAX) {
		scst_cmd_fail(cmd, SL_PARAM_LIST_LENGTH, NULL);
		return;
	}
	list = kvzalloc(max_t(u32, len, 1), GFP_KERNEL);
	if (!list) {
		scst_cmd_busy(cmd);
		return;
	}
	scst_cmd_copy_out(cmd, 0, list, len);
	spin_lock(&scst_alua_lock);
	sense = scst_grant(cmd, list, len, &more);
	spin_unlock(&scst_alua_lock);
	kvfree(list);
	if (sense)
		scst_cmd_fail(cmd, sense, &more);
	else
		scst_cmd_complete(cmd);
}
