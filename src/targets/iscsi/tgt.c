// SPDX-License-Identifier: GPL-2.0-only
/* iSCSI targets and their parameters. */
#include <linux/inet.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "../../lib/iscsi_text.h"
#include "../../lib/mgmt_line.h"
#include "iscsi.h"

const struct isc_param isc_params[ISC_P_COUNT] = {
	[ISCSI_SCST_P_INITIAL_R2T]	= { "InitialR2T", ISC_BOOL, 0, 1, 0 },
	[ISCSI_SCST_P_IMMEDIATE_DATA]	= { "ImmediateData", ISC_BOOL, 0, 1, 1 },
	[ISCSI_SCST_P_MAX_RECV_DSL]	= { "MaxRecvDataSegmentLength", ISC_NUMBER,
					    512, ISC_MAX_DSL, ISC_MAX_DSL },
	[ISCSI_SCST_P_MAX_XMIT_DSL]	= { "MaxXmitDataSegmentLength", ISC_NUMBER,
					    512, ISC_MAX_DSL, ISC_MAX_DSL },
	[ISCSI_SCST_P_MAX_BURST]	= { "MaxBurstLength", ISC_NUMBER,
					    512, ISC_MAX_DSL, ISC_MAX_DSL },
	[ISCSI_SCST_P_FIRST_BURST]	= { "FirstBurstLength", ISC_NUMBER,
					    512, ISC_MAX_DSL, 65536 },
	[ISCSI_SCST_P_MAX_OUTSTANDING_R2T] = { "MaxOutstandingR2T", ISC_NUMBER, 1, 65535, 32 },
	[ISCSI_SCST_P_HEADER_DIGEST]	= { "HeaderDigest", ISC_DIGEST,
					    1, 3, ISCSI_SCST_DIGEST_NONE },
	[ISCSI_SCST_P_DATA_DIGEST]	= { "DataDigest", ISC_DIGEST,
					    1, 3, ISCSI_SCST_DIGEST_NONE },
	[ISCSI_SCST_P_MAX_CONNECTIONS]	= { "MaxConnections", ISC_NUMBER, 1, 8, 1 },
	[ISCSI_SCST_P_ERROR_RECOVERY_LEVEL] = { "ErrorRecoveryLevel", ISC_NUMBER, 0, 2, 0 },
	[ISCSI_SCST_P_TIME2WAIT]	= { "DefaultTime2Wait", ISC_NUMBER, 0, 3600, 0 },
	[ISCSI_SCST_P_TIME2RETAIN]	= { "DefaultTime2Retain", ISC_NUMBER, 0, 3600, 20 },
	[ISC_P_QUEUED_COMMANDS]		= { "QueuedCommands", ISC_NUMBER, 1, 2048, 32 },
	[ISC_P_RSP_TIMEOUT]		= { "RspTimeout", ISC_NUMBER, 2, 65535, 90 },
	[ISC_P_NOP_IN_INTERVAL]		= { "NopInInterval", ISC_NUMBER, 0, 65535, 30 },
	[ISC_P_NOP_IN_TIMEOUT]		= { "NopInTimeout", ISC_NUMBER, 2, 65535, 30 },
	[ISC_P_MAX_SESSIONS]		= { "MaxSessions", ISC_NUMBER, 0, 65535, 0 },
	[ISC_P_PER_PORTAL_ACL]		= { "per_portal_acl", ISC_FLAG, 0, 1, 0 },
	[ISC_P_AEN_DISABLED]		= { "aen_disabled", ISC_FLAG, 0, 1, 0 },
};

const char *const isc_tgt_param_names[] = {
	"DataDigest", "DefaultTime2Retain", "DefaultTime2Wait", "ErrorRecoveryLevel", "FirstBurstLength", "HeaderDigest", "ImmediateData", "InitialR2T",
	"MaxBurstLength", "MaxConnections", "MaxOutstandingR2T", "MaxRecvDataSegmentLength", "MaxSessions",
	"MaxXmitDataSegmentLength", "NopInInterval", "NopInTimeout", "QueuedCommands",
	"RspTimeout", "aen_disabled", "per_portal_acl",
	NULL
};

/*
 * All targets by number. Logins look here and not in the core's lists, whose
 * lock may be held for long while a device is opened.
 */
static DEFINE_XARRAY_ALLOC1(isc_tgts);
static DEFINE_MUTEX(isc_tgts_lock);
static bool isc_enabled;

static int isc_parse_digests(const char *text, u32 *value)
{
	char list[32], *rest = list, *word;
	u32 v = 0;

	if (strscpy(list, text, sizeof(list)) < 0)
		return -EINVAL;
	while ((word = strsep(&rest, ","))) {
		if (!strcmp(word, "None"))
			v |= ISCSI_SCST_DIGEST_NONE;
		else if (!strcmp(word, "CRC32C"))
			v |= ISCSI_SCST_DIGEST_CRC32C;
		else
			return -EINVAL;
	}
	*value = v;
	return v ? 0 : -EINVAL;
}

int isc_param_parse(enum isc_tgt_param id, const char *text, u32 *value)
{
	const struct isc_param *p = &isc_params[id];
	u64 v;

	switch (p->kind) {
	case ISC_DIGEST:
		return isc_parse_digests(text, value);
	case ISC_BOOL:
		if (strcmp(text, "Yes") && strcmp(text, "No"))
			return -EINVAL;
		*value = !strcmp(text, "Yes");
		return 0;
	case ISC_FLAG:
	case ISC_NUMBER:
	default:
		if (sl_mgmt_u64(text, &v) || v < p->min || v > p->max)
			return -EINVAL;
		*value = v;
		return 0;
	}
}

ssize_t isc_param_show(enum isc_tgt_param id, u32 value, char *buf, bool mark)
{
	static const char *const digests[] = { "", "None", "CRC32C", "CRC32C,None" };
	const struct isc_param *p = &isc_params[id];
	bool key = mark && value != p->dflt;

	switch (p->kind) {
	case ISC_DIGEST:
		return scst_show_text(buf, digests[value & 3], key);
	case ISC_BOOL:
		return scst_show_text(buf, value ? "Yes" : "No", key);
	default:
		return scst_show_u64(buf, value, key ? p->dflt : value);
	}
}

static bool isc_name_ok(const char *name)
{
	char prepared[SL_ISCSI_NAME_MAX + 1];

	return !sl_iscsi_name_check(name, prepared);
}

int isc_add_target(struct scst_tgt *tgt)
{
	struct isc_tgt *t;
	unsigned int i;
	int ret;

	if (!isc_name_ok(tgt->name)) {
		isc_err("target %s: no iSCSI name (iqn.YYYY-MM.domain[:text], eui. or naa.)",
			tgt->name);
		return -EINVAL;
	}
	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	t->tgt = tgt;
	mutex_init(&t->lock);
	isc_attrs_init(&t->attrs);
	INIT_LIST_HEAD(&t->sessions);
	for (i = 0; i < ISC_P_COUNT; i++)
		t->params[i] = isc_params[i].dflt;
	ret = xa_alloc(&isc_tgts, &t->tid, t, xa_limit_31b, GFP_KERNEL);
	if (ret) {
		kfree(t);
		return ret;
	}
	tgt->priv = t;
	return 0;
}

void isc_free_target(struct scst_tgt *tgt)
{
	struct isc_tgt *t = tgt->priv;

	mutex_lock(&isc_tgts_lock);
	xa_erase(&isc_tgts, t->tid);
	mutex_unlock(&isc_tgts_lock);
	isc_attrs_free(&t->attrs);
	kfree(t);
	isc_ctl_changed();
}

void isc_driver_enabled(bool on)
{
	WRITE_ONCE(isc_enabled, on);
	isc_ctl_changed();
}

bool isc_tgt_enabled(const struct isc_tgt *tgt)
{
	return tgt ? READ_ONCE(tgt->tgt->enabled) && READ_ONCE(isc_enabled) :
		     READ_ONCE(isc_enabled);
}

void isc_enabled_changed(struct scst_tgt *tgt)
{
	isc_ctl_changed();
}

int isc_set_tgt_param(struct scst_tgt *tgt, const char *name, const char *value)
{
	struct isc_tgt *t = tgt->priv;
	unsigned int i;

	for (i = 0; i < ISC_P_COUNT; i++)
		if (!strcasecmp(name, isc_params[i].name))
			return isc_param_parse(i, value, &t->params[i]);
	return -EINVAL;
}

/* Names come prepared, in lower case; an admin may have written them otherwise (RFC 3722). */
struct isc_tgt *isc_tgt_get_by_name(const char *name)
{
	struct isc_tgt *t, *found = NULL;
	unsigned long tid;

	mutex_lock(&isc_tgts_lock);
	xa_for_each(&isc_tgts, tid, t)
		if (!strcasecmp(t->tgt->name, name) && scst_tgt_get(t->tgt)) {
			found = t;
			break;
		}
	mutex_unlock(&isc_tgts_lock);
	return found;
}

struct isc_tgt *isc_tgt_get(u32 tid)
{
	struct isc_tgt *t;

	mutex_lock(&isc_tgts_lock);
	t = xa_load(&isc_tgts, tid);
	if (t && !scst_tgt_get(t->tgt))
		t = NULL;
	mutex_unlock(&isc_tgts_lock);
	return t;
}

void isc_visit_tgts(void *arg, void (*fn)(struct isc_tgt *tgt, void *arg))
{
	struct isc_tgt *t;
	unsigned long tid;

	mutex_lock(&isc_tgts_lock);
	xa_for_each(&isc_tgts, tid, t)
		fn(t, arg);
	mutex_unlock(&isc_tgts_lock);
}

bool isc_address_ok(const char *text)
{
	u8 ip[16];
	const char *end = text + (text[0] == '[');
	bool ok = text[0] == '[' ? in6_pton(end, -1, ip, ']', &end) && *end++ == ']' :
				   in4_pton(end, -1, ip, ':', &end);
	u64 port;

	if (ok && *end == ':')
		return !sl_mgmt_u64(end + 1, &port) && port && port < 65536;
	return ok && !*end;
}

int isc_redirect_parse(const char *text, struct isc_redirect *redirect)
{
	char line[ISCSI_SCST_ADDRESS_LEN + 16], *to, *kind;
	struct sl_mgmt_cursor c;

	memset(redirect, 0, sizeof(*redirect));
	if (strscpy(line, text, sizeof(line)) < 0)
		return -ERANGE;
	sl_mgmt_init(&c, line);
	to = sl_mgmt_word(&c);
	if (!to)
		return 0;
	kind = sl_mgmt_word(&c);
	if (!kind || !sl_mgmt_at_end(&c) || !isc_address_ok(to))
		return -EINVAL;
	if (!strcmp(kind, "temp"))
		redirect->kind = ISCSI_SCST_REDIRECT_TEMP;
	else if (!strcmp(kind, "perm"))
		redirect->kind = ISCSI_SCST_REDIRECT_PERM;
	else
		return -EINVAL;
	return strscpy(redirect->to, to, sizeof(redirect->to)) < 0 ? -ERANGE : 0;
}
