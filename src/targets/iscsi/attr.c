// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes that an admin adds: CHAP accounts of a target and of discovery, and
 * the portals a target may be reached by. Secrets are readable by root only and
 * appear in no log.
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "../../lib/mgmt_line.h"
#include "../../lib/name_match.h"
#include "iscsi.h"

#define ISC_SECRET_MIN	12	/* bytes; a shorter secret can be guessed (RFC 7143 9.2.1) */

enum isc_attr_kind { ISC_INCOMING, ISC_OUTGOING, ISC_PORTAL };

struct isc_attr_type {
	const char *name;
	umode_t mode;
	bool of_driver;		/* or of targets only */
};

static const struct isc_attr_type isc_attr_types[] = {
	[ISC_INCOMING]	= { "IncomingUser", 0600, true },
	[ISC_OUTGOING]	= { "OutgoingUser", 0600, true },
	[ISC_PORTAL]	= { "allowed_portal", 0644, false },
};

const char *const isc_driver_dyn_attrs[] = { "IncomingUser", "OutgoingUser", NULL };
const char *const isc_tgt_dyn_attrs[] = {
	"IncomingUser", "OutgoingUser", "allowed_portal", NULL
};

struct isc_attr {
	struct kobj_attribute attr;
	struct list_head entry;
	struct isc_attrs *owner;
	enum isc_attr_kind kind;
	char *first;		/* user name or pattern */
	char *secret;		/* NULL: no account */
	char name[32];
};

struct isc_attrs isc_discovery_attrs;

void isc_attrs_init(struct isc_attrs *attrs)
{
	mutex_init(&attrs->lock);
	INIT_LIST_HEAD(&attrs->list);
}

static void isc_attr_free(struct isc_attr *a)
{
	kfree(a->first);
	kfree_sensitive(a->secret);
	kfree(a);
}

void isc_attrs_free(struct isc_attrs *attrs)
{
	struct isc_attr *a, *next;

	list_for_each_entry_safe(a, next, &attrs->list, entry)
		isc_attr_free(a);
	INIT_LIST_HEAD(&attrs->list);
}

static struct isc_attr *isc_attr_find(struct isc_attrs *attrs, enum isc_attr_kind kind,
				      const char *first)
{
	struct isc_attr *a;

	list_for_each_entry(a, &attrs->list, entry)
		if (a->kind == kind && (!first || !strcmp(a->first, first)))
			return a;
	return NULL;
}

/* Accounts are asked for at each login; where a target is seen, others are told (iSNS). */
static void isc_attr_changed(const struct isc_attr *a)
{
	if (a->kind == ISC_PORTAL)
		isc_ctl_changed();
}

/* --- values --- */

/* What @text, which is cut into words, says: one pattern, or a name and a secret. */
static int isc_attr_parse(enum isc_attr_kind kind, char *text, char **first, char **secret)
{
	struct sl_mgmt_cursor c;

	sl_mgmt_init(&c, text);
	*first = sl_mgmt_word(&c);
	*secret = kind == ISC_PORTAL || !*first ? NULL : sl_mgmt_word(&c);
	if (!*first || !sl_mgmt_at_end(&c))
		return -EINVAL;
	if (kind == ISC_PORTAL)
		return strlen(*first) < ISCSI_SCST_PORTAL_LEN ? 0 : -EINVAL;
	if (!*secret || strlen(*first) >= ISCSI_SCST_USER_LEN ||
	    strlen(*secret) >= ISCSI_SCST_SECRET_LEN)
		return -EINVAL;
	if (strlen(*secret) < ISC_SECRET_MIN) {
		isc_err("Secret for user %s is too short, at least %d bytes are needed", *first,
			ISC_SECRET_MIN);
		return -EINVAL;
	}
	return 0;
}

/* Takes the values over; what was there before goes. */
static int isc_attr_set(struct isc_attr *a, const char *first, const char *secret)
{
	char *new_first = kstrdup(first, GFP_KERNEL);
	char *new_secret = secret ? kstrdup(secret, GFP_KERNEL) : NULL;

	if (!new_first || (secret && !new_secret)) {
		kfree(new_first);
		kfree_sensitive(new_secret);
		return -ENOMEM;
	}
	kfree(a->first);
	kfree_sensitive(a->secret);
	a->first = new_first;
	a->secret = new_secret;
	return 0;
}

static ssize_t isc_attr_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct isc_attr *a = container_of(attr, struct isc_attr, attr);
	ssize_t n;

	mutex_lock(&a->owner->lock);
	n = sysfs_emit(buf, "%s%s%s\n" SCST_KEY_MARK "\n", a->first, a->secret ? " " : "",
		       a->secret ? a->secret : "");
	mutex_unlock(&a->owner->lock);
	return n;
}

static ssize_t isc_attr_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			      size_t count)
{
	struct isc_attr *a = container_of(attr, struct isc_attr, attr), *same;
	char *text = kstrndup(buf, count, GFP_KERNEL), *first, *secret;
	int ret = -ENOMEM;

	if (!text)
		return ret;
	ret = isc_attr_parse(a->kind, text, &first, &secret);
	if (!ret) {
		mutex_lock(&a->owner->lock);
		same = isc_attr_find(a->owner, a->kind, first);
		ret = same && same != a ? -EINVAL : isc_attr_set(a, first, secret);
		mutex_unlock(&a->owner->lock);
		isc_attr_changed(a);
	}
	kfree_sensitive(text);
	return ret ? ret : count;
}

/* --- adding and removing; the configuration lock is held --- */

static bool isc_attr_name_taken(struct isc_attrs *attrs, const char *name)
{
	struct isc_attr *a;

	list_for_each_entry(a, &attrs->list, entry)
		if (!strcmp(a->name, name))
			return true;
	return false;
}

/* The plain name, or the name with the first number that is free. */
static void isc_attr_choose_name(struct isc_attrs *attrs, struct isc_attr *a)
{
	const char *base = isc_attr_types[a->kind].name;
	unsigned int n = 0;

	strscpy(a->name, base, sizeof(a->name));
	while (isc_attr_name_taken(attrs, a->name))
		snprintf(a->name, sizeof(a->name), "%s%u", base, ++n);
}

static void isc_attr_remove(struct isc_attrs *attrs, struct scst_dir *dir, struct isc_attr *a)
{
	mutex_lock(&attrs->lock);
	list_del(&a->entry);
	mutex_unlock(&attrs->lock);
	/* Waits for readers and writers, who take the lock. */
	sysfs_remove_file(&dir->kobj, &a->attr.attr);
	isc_attr_changed(a);
	isc_attr_free(a);
}

static int isc_attr_publish(struct isc_attrs *attrs, struct scst_dir *dir, struct isc_attr *a)
{
	int ret;

	isc_attr_choose_name(attrs, a);
	sysfs_attr_init(&a->attr.attr);
	a->attr.attr.name = a->name;
	a->attr.attr.mode = isc_attr_types[a->kind].mode;
	a->attr.show = isc_attr_show;
	a->attr.store = isc_attr_store;
	ret = sysfs_create_file(&dir->kobj, &a->attr.attr);
	if (ret)
		return ret;
	mutex_lock(&attrs->lock);
	list_add_tail(&a->entry, &attrs->list);
	mutex_unlock(&attrs->lock);
	isc_attr_changed(a);
	return 0;
}

static int isc_attr_add(struct isc_attrs *attrs, struct scst_dir *dir, enum isc_attr_kind kind,
			const char *first, const char *secret)
{
	struct isc_attr *old = isc_attr_find(attrs, kind, kind == ISC_OUTGOING ? NULL : first);
	struct isc_attr *a;
	int ret;

	if (old && kind != ISC_OUTGOING)
		return -EINVAL;
	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a)
		return -ENOMEM;
	a->owner = attrs;
	a->kind = kind;
	ret = isc_attr_set(a, first, secret);
	if (!ret && old) {
		pr_warn("iscsi-scst: ***WARNING***: OutgoingUser %s takes the place of %s\n",
			first, old->first);
		isc_attr_remove(attrs, dir, old);
	}
	if (!ret)
		ret = isc_attr_publish(attrs, dir, a);
	if (ret)
		isc_attr_free(a);
	return ret;
}

static int isc_attr_del(struct isc_attrs *attrs, struct scst_dir *dir, enum isc_attr_kind kind,
			char *text)
{
	struct sl_mgmt_cursor c;
	struct isc_attr *a;
	const char *first;

	sl_mgmt_init(&c, text);
	first = sl_mgmt_word(&c);
	if (!first)
		return -EINVAL;
	a = isc_attr_find(attrs, kind, first);
	if (!a)
		return kind == ISC_PORTAL ? -EINVAL : -ENOENT;
	isc_attr_remove(attrs, dir, a);
	return 0;
}

/* "IncomingUser" in any case, with or without a number. */
static int isc_attr_kind(const char *name, bool of_driver)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(isc_attr_types); i++) {
		const struct isc_attr_type *type = &isc_attr_types[i];
		size_t len = strlen(type->name);

		if ((type->of_driver || !of_driver) && !strncasecmp(name, type->name, len) &&
		    !name[len + strspn(name + len, "0123456789")])
			return i;
	}
	return -EINVAL;
}

int isc_change_attr(struct scst_tgt *tgt, struct scst_dir *dir, bool add, const char *name,
		    char *value)
{
	struct isc_tgt *t = tgt ? tgt->priv : NULL;
	struct isc_attrs *attrs = t ? &t->attrs : &isc_discovery_attrs;
	int kind = isc_attr_kind(name, !tgt);
	char *first, *secret;
	int ret;

	if (kind < 0)
		return kind;
	if (!add)
		return isc_attr_del(attrs, dir, kind, value);
	ret = isc_attr_parse(kind, value, &first, &secret);
	return ret ? ret : isc_attr_add(attrs, dir, kind, first, secret);
}

/* --- what logins ask --- */

int isc_get_account(struct isc_attrs *attrs, struct iscsi_scst_account *account)
{
	bool incoming = account->direction == ISCSI_SCST_INCOMING;
	const struct isc_attr *a;
	int ret = -ENOENT;

	mutex_lock(&attrs->lock);
	a = isc_attr_find(attrs, incoming ? ISC_INCOMING : ISC_OUTGOING,
			  incoming && account->user[0] ? account->user : NULL);
	if (a) {
		ret = 0;
		if (!incoming)
			strscpy(account->user, a->first, sizeof(account->user));
		if (account->user[0])
			strscpy(account->secret, a->secret, sizeof(account->secret));
	}
	mutex_unlock(&attrs->lock);
	return ret;
}

/* A pattern with '!' excludes, whatever others say; without patterns all are allowed. */
bool isc_portal_allowed(struct isc_attrs *attrs, const char *portal)
{
	bool any = false, allowed = false, denied = false;
	const struct isc_attr *a;

	mutex_lock(&attrs->lock);
	list_for_each_entry(a, &attrs->list, entry) {
		if (a->kind != ISC_PORTAL)
			continue;
		any = true;
		if (sl_name_match(a->first, portal))
			allowed = true;
		else if (a->first[0] == '!')
			denied = true;
	}
	mutex_unlock(&attrs->lock);
	return !any || (allowed && !denied);
}
