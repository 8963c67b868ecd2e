// SPDX-License-Identifier: GPL-2.0-only
/* device_groups/ of the sysfs tree. */
#include "alua.h"
#include "sysfs_mgmt.h"

/* "create" of groups goes by the name of "add" as well. */
static bool scst_mgmt_creates(const struct scst_mgmt_cmd *m)
{
	return (scst_mgmt_is(m, "create") || scst_mgmt_is(m, "add")) && scst_mgmt_only(m, 1);
}

/* --- device_groups --- */

static ssize_t groups_mgmt_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf,
			  "Usage: echo \"create GROUP_NAME\" >mgmt\n"
			  "       echo \"del GROUP_NAME\" >mgmt\n");
}

static int scst_dev_groups_mgmt(void *obj, struct scst_mgmt_cmd *m)
{
	if (scst_mgmt_creates(m))
		return scst_dg_create(m->arg[0]);
	if (scst_mgmt_is(m, "del") && scst_mgmt_only(m, 1))
		return scst_dg_del(m->arg[0]);
	return scst_mgmt_unknown("device_groups", m);
}

static ssize_t dev_groups_mgmt_store(struct kobject *kobj, struct kobj_attribute *attr,
				     const char *buf, size_t count)
{
	return scst_mgmt_run(buf, count, 1, scst_alua_dead, scst_dev_groups_mgmt, NULL);
}

static struct kobj_attribute dev_groups_mgmt_attr =
	__ATTR(mgmt, 0644, groups_mgmt_show, dev_groups_mgmt_store);

const struct attribute *const scst_dev_groups_attrs[] = {
	&dev_groups_mgmt_attr.attr,
	NULL
};

/* --- devices --- */

static ssize_t devices_mgmt_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf,
			  "Usage: echo \"add DEVICE_NAME\" >mgmt\n"
			  "       echo \"del DEVICE_NAME\" >mgmt\n");
}

static int scst_dg_devices_mgmt(void *obj, struct scst_mgmt_cmd *m)
{
	struct scst_dev_group *dg = obj;

	if (scst_mgmt_is(m, "add") && scst_mgmt_only(m, 1))
		return scst_dg_add_device(dg, m->arg[0]);
	if (scst_mgmt_is(m, "del") && scst_mgmt_only(m, 1))
		return scst_dg_del_device(dg, m->arg[0]);
	return scst_mgmt_unknown(dg->name, m);
}

static ssize_t devices_mgmt_store(struct kobject *kobj, struct kobj_attribute *attr,
				  const char *buf, size_t count)
{
	struct scst_dev_group *dg = scst_dir_of(kobj)->owner;

	return scst_mgmt_run(buf, count, 1, &dg->dead, scst_dg_devices_mgmt, dg);
}

static struct kobj_attribute devices_mgmt_attr =
	__ATTR(mgmt, 0644, devices_mgmt_show, devices_mgmt_store);

const struct attribute *const scst_dg_devices_attrs[] = {
	&devices_mgmt_attr.attr,
	NULL
};

/* --- target_groups --- */

static int scst_tgt_groups_mgmt(void *obj, struct scst_mgmt_cmd *m)
{
	struct scst_dev_group *dg = obj;

	if (scst_mgmt_creates(m))
		return scst_tg_create(dg, m->arg[0]);
	if (scst_mgmt_is(m, "del") && scst_mgmt_only(m, 1))
		return scst_tg_del(dg, m->arg[0]);
	return scst_mgmt_unknown(dg->name, m);
}

static ssize_t tgt_groups_mgmt_store(struct kobject *kobj, struct kobj_attribute *attr,
				     const char *buf, size_t count)
{
	struct scst_dev_group *dg = scst_dir_of(kobj)->owner;

	return scst_mgmt_run(buf, count, 1, &dg->dead, scst_tgt_groups_mgmt, dg);
}

static struct kobj_attribute tgt_groups_mgmt_attr =
	__ATTR(mgmt, 0644, groups_mgmt_show, tgt_groups_mgmt_store);

const struct attribute *const scst_tgt_groups_attrs[] = {
	&tgt_groups_mgmt_attr.attr,
	NULL
};

/* --- a target group --- */

static struct scst_tgt_group *scst_tg_of_dir(struct kobject *kobj)
{
	return scst_dir_of(kobj)->owner;
}

static ssize_t tg_mgmt_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf,
			  "Usage: echo \"add TARGET_NAME\" >mgmt\n"
			  "       echo \"del TARGET_NAME\" >mgmt\n");
}

static int scst_tg_mgmt(void *obj, struct scst_mgmt_cmd *m)
{
	struct scst_tgt_group *tg = obj;

	if (scst_mgmt_is(m, "add") && scst_mgmt_only(m, 1))
		return scst_tg_add_target(tg, m->arg[0]);
	if (scst_mgmt_is(m, "del") && scst_mgmt_only(m, 1))
		return scst_tg_del_target(tg, m->arg[0]);
	return scst_mgmt_unknown(tg->name, m);
}

static ssize_t tg_mgmt_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			     size_t count)
{
	struct scst_tgt_group *tg = scst_tg_of_dir(kobj);

	return scst_mgmt_run(buf, count, 1, &tg->dead, scst_tg_mgmt, tg);
}

/* A target port group identifier or a relative target port identifier: 1 to 65535. */
static int scst_parse_id(const char *buf, size_t count, u64 *id)
{
	int ret = scst_parse_u64(buf, count, id);

	return ret || !*id || *id > U16_MAX ? -EINVAL : 0;
}

static ssize_t scst_show_always_marked(char *buf, unsigned int value)
{
	return sysfs_emit(buf, "%u\n" SCST_KEY_MARK "\n", value);
}

static ssize_t group_id_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return scst_show_always_marked(buf, READ_ONCE(scst_tg_of_dir(kobj)->alua.id));
}

static ssize_t group_id_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			      size_t count)
{
	struct scst_tgt_group *tg = scst_tg_of_dir(kobj);
	u64 id;
	int ret;

	ret = scst_parse_id(buf, count, &id);
	if (!ret)
		ret = scst_cfg_lock(&tg->dead);
	if (!ret) {
		ret = scst_tg_set_id(tg, id);
		scst_cfg_unlock();
	}
	return scst_mgmt_result(ret, count);
}

static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	u8 state = READ_ONCE(scst_tg_of_dir(kobj)->alua.state);

	return scst_show_text(buf, sl_alua_name(state), true);
}

static ssize_t state_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			   size_t count)
{
	struct scst_tgt_group *tg = scst_tg_of_dir(kobj);
	char text[16];
	u8 state;
	int ret;

	if (strscpy(text, buf, sizeof(text)) < 0 || !sl_alua_from_name(strim(text), &state))
		return scst_mgmt_result(-EINVAL, count);
	ret = scst_cfg_lock(&tg->dead);
	if (!ret) {
		scst_tg_set_state(tg, state);
		scst_cfg_unlock();
	}
	return scst_mgmt_result(ret, count);
}

static ssize_t preferred_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return scst_show_u64(buf, READ_ONCE(scst_tg_of_dir(kobj)->alua.preferred), 0);
}

static ssize_t preferred_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			       size_t count)
{
	struct scst_tgt_group *tg = scst_tg_of_dir(kobj);
	bool preferred;
	int ret;

	ret = scst_parse_bool(buf, count, &preferred);
	if (!ret)
		ret = scst_cfg_lock(&tg->dead);
	if (!ret) {
		scst_tg_set_preferred(tg, preferred);
		scst_cfg_unlock();
	}
	return scst_mgmt_result(ret, count);
}

static struct kobj_attribute tg_mgmt_attr = __ATTR(mgmt, 0644, tg_mgmt_show, tg_mgmt_store);
static struct kobj_attribute group_id_attr = __ATTR_RW(group_id);
static struct kobj_attribute state_attr = __ATTR_RW(state);
static struct kobj_attribute preferred_attr = __ATTR_RW(preferred);

const struct attribute *const scst_tg_attrs[] = {
	&tg_mgmt_attr.attr,
	&group_id_attr.attr,
	&state_attr.attr,
	&preferred_attr.attr,
	NULL
};

/* --- a port of another node --- */

static ssize_t rel_tgt_id_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct scst_tg_member *m = scst_dir_of(kobj)->owner;

	return scst_show_always_marked(buf, READ_ONCE(m->rel_tgt_id));
}

static ssize_t rel_tgt_id_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
				size_t count)
{
	struct scst_tg_member *m = scst_dir_of(kobj)->owner;
	u64 id;
	int ret;

	ret = scst_parse_id(buf, count, &id);
	if (!ret)
		ret = scst_cfg_lock(&m->dead);
	if (!ret) {
		WRITE_ONCE(m->rel_tgt_id, id);
		scst_cfg_unlock();
	}
	return scst_mgmt_result(ret, count);
}

static struct kobj_attribute rel_tgt_id_attr = __ATTR_RW(rel_tgt_id);

const struct attribute *const scst_tg_member_attrs[] = {
	&rel_tgt_id_attr.attr,
	NULL
};
