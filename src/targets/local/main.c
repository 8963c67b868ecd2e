// SPDX-License-Identifier: GPL-2.0-only
/* scst_local.ko: the driver and its targets. */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "local.h"

#define LOCAL_SAS	0x0be0		/* SAS, no version claimed (SPC-4 table 143) */

struct device *local_root;
static bool add_default_tgt = true;
module_param(add_default_tgt, bool, 0444);
MODULE_PARM_DESC(add_default_tgt, "create scst_local_tgt at load (default: on)");

/* Of a session that is made with its target. */
struct local_name {
	struct list_head entry;
	char text[];
};

static int local_add_target(struct scst_tgt *tgt)
{
	struct local_tgt *lt = kzalloc(sizeof(*lt), GFP_KERNEL);

	if (!lt)
		return -ENOMEM;
	lt->tgt = tgt;
	INIT_LIST_HEAD(&lt->names);
	tgt->priv = lt;
	return 0;
}

static int local_set_param(struct scst_tgt *tgt, const char *name, const char *value)
{
	struct local_tgt *lt = tgt->priv;
	struct local_name *n;

	if (strcasecmp(name, "session_name") || !*value)
		return -EINVAL;
	list_for_each_entry(n, &lt->names, entry)
		if (!strcmp(n->text, value))
			return -EEXIST;
	n = kmalloc(struct_size(n, text, strlen(value) + 1), GFP_KERNEL);
	if (!n)
		return -ENOMEM;
	strcpy(n->text, value);
	list_add_tail(&n->entry, &lt->names);
	return 0;
}

static void local_forget_names(struct local_tgt *lt)
{
	struct local_name *n, *next;

	list_for_each_entry_safe(n, next, &lt->names, entry) {
		list_del(&n->entry);
		kfree(n);
	}
}

static void local_free_target(struct scst_tgt *tgt)
{
	struct local_tgt *lt = tgt->priv;

	local_forget_names(lt);
	kfree(lt);
}

static void local_first_session(struct scst_tgt *tgt, const char *name)
{
	if (local_sess_add(tgt, name))
		pr_err("scst_local: ***ERROR***: target %s: no session %s\n", tgt->name, name);
}

/* Called once, when the target has been made: there is no switch here. */
static void local_enabled_changed(struct scst_tgt *tgt)
{
	struct local_tgt *lt = tgt->priv;
	struct local_name *n;

	if (list_empty(&lt->names))
		local_first_session(tgt, tgt->name);
	list_for_each_entry(n, &lt->names, entry)
		local_first_session(tgt, n->text);
	local_forget_names(lt);
}

static int local_mgmt(struct scst_tgt *tgt, const char *verb, char *name)
{
	if (!strcasecmp(verb, "add_session"))
		return local_sess_add(tgt, name);
	if (!strcasecmp(verb, "del_session"))
		return local_sess_del(tgt, name);
	return -EINVAL;
}

/* There is no such transport: a SAS address made of the name, NAA 3h (locally assigned). */
static u16 local_transport_id(const char *initiator_name, const void *priv, u8 *id)
{
	u32 crc = scst_crc32c(0, initiator_name, strlen(initiator_name));

	return sl_transport_id_sas(0x3ull << 60 | crc, id);
}

/* --- attributes --- */

static ssize_t stats_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return local_host_stats(buf);
}

static ssize_t local_show_version(char *buf, u16 version, u16 dflt)
{
	ssize_t n = sysfs_emit(buf, "0x%x\n", version);

	return version == dflt ? n : n + sysfs_emit_at(buf, n, SCST_KEY_MARK "\n");
}

static ssize_t local_store_version(u16 *version, const char *buf, size_t count)
{
	char text[8];
	u16 v;

	/* Hexadecimal, with 0x or without. */
	if (strscpy(text, buf, min(count + 1, sizeof(text))) < 0 || kstrtou16(text, 16, &v))
		return -EINVAL;
	WRITE_ONCE(*version, v);
	return count;
}

static ssize_t scsi_transport_version_show(struct kobject *kobj, struct kobj_attribute *attr,
					   char *buf)
{
	return local_show_version(buf, READ_ONCE(scst_tgt_of(kobj)->transport_version), LOCAL_SAS);
}

static ssize_t scsi_transport_version_store(struct kobject *kobj, struct kobj_attribute *attr,
					    const char *buf, size_t count)
{
	return local_store_version(&scst_tgt_of(kobj)->transport_version, buf, count);
}

static ssize_t phys_transport_version_show(struct kobject *kobj, struct kobj_attribute *attr,
					   char *buf)
{
	return local_show_version(buf, READ_ONCE(scst_tgt_of(kobj)->phys_version), 0);
}

static ssize_t phys_transport_version_store(struct kobject *kobj, struct kobj_attribute *attr,
					    const char *buf, size_t count)
{
	return local_store_version(&scst_tgt_of(kobj)->phys_version, buf, count);
}

static struct kobj_attribute stats_attr = __ATTR_RO(stats);
static struct kobj_attribute scsi_transport_version_attr = __ATTR_RW(scsi_transport_version);
static struct kobj_attribute phys_transport_version_attr = __ATTR_RW(phys_transport_version);

static const struct attribute *const local_attrs[] = { &stats_attr.attr, NULL };
static const struct attribute *const local_tgt_attrs[] = {
	&scsi_transport_version_attr.attr,
	&phys_transport_version_attr.attr,
	NULL
};

static const char *const local_params[] = { "session_name", NULL };

static const struct scst_driver_ops local_ops = {
	.name = "scst_local",
	.owner = THIS_MODULE,
	.version_descriptor = LOCAL_SAS,
	.tgt_params = local_params,
	.driver_attrs = local_attrs,
	.tgt_attrs = local_tgt_attrs,
	.sess_attrs = local_sess_attrs,
	.mgmt_help = "Usage: echo \"add_session target_name session_name\" >mgmt\n"
		     "       echo \"del_session target_name session_name\" >mgmt\n",
	.add_target = local_add_target,
	.set_tgt_param = local_set_param,
	.mgmt = local_mgmt,
	.free_target = local_free_target,
	.enabled_changed = local_enabled_changed,
	.luns_changed = local_sess_luns_changed,
	.close_session = local_sess_close,
	.transport_id = local_transport_id,
	.xmit_response = local_xmit_response,
	.abort_cmd = local_abort_cmd,
	.tm_done = local_tm_done,
};

static int local_register(void)
{
	int ret = scst_register_driver(&local_ops);

	if (ret || !add_default_tgt)
		return ret;
	ret = scst_add_target(&local_ops, "scst_local_tgt", "session_name=scst_local_host");
	if (ret)
		scst_unregister_driver(&local_ops);
	return ret;
}

static int __init local_init(void)
{
	int ret;

	local_root = root_device_register("scst_local");
	if (IS_ERR(local_root))
		return PTR_ERR(local_root);
	ret = local_host_init();
	if (ret)
		goto out_root;
	ret = local_sess_init();
	if (ret)
		goto out_host;
	ret = local_register();
	if (ret)
		goto out_sess;
	return 0;

out_sess:
	local_sess_exit();
out_host:
	local_host_exit();
out_root:
	root_device_unregister(local_root);
	return ret;
}

static void __exit local_exit(void)
{
	scst_unregister_driver(&local_ops);
	local_sess_exit();
	local_host_exit();
	root_device_unregister(local_root);
}

module_init(local_init);
module_exit(local_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("SCST target for the local machine");
MODULE_VERSION(SCST_VERSION);
