// SPDX-License-Identifier: GPL-2.0-only
/* iSCSI attributes of the sysfs tree. */
#include <linux/string.h>

#include "../../lib/mgmt_line.h"
#include "iscsi.h"

/* --- driver --- */

static ssize_t open_state_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", isc_ctl_attached() ? "open" : "closed");
}

static struct kobj_attribute open_state_attr = __ATTR_RO(open_state);

/* Kept for the daemon, which is told of every change and does the rest. */
static DEFINE_MUTEX(isc_isns_lock);	/* protects isc_isns */
static struct iscsi_scst_isns isc_isns;

void isc_get_isns(struct iscsi_scst_isns *isns)
{
	mutex_lock(&isc_isns_lock);
	*isns = isc_isns;
	mutex_unlock(&isc_isns_lock);
}

/* "ADDRESS[:PORT] [AccessControl [Yes|No]]", or nothing. */
static int isc_isns_parse(char *line, struct iscsi_scst_isns *isns)
{
	const char *server, *word;
	struct sl_mgmt_cursor c;

	sl_mgmt_init(&c, line);
	server = sl_mgmt_word(&c);
	if (!server)
		return 0;
	if (!isc_address_ok(server)) {
		isc_err("iSNSServer %s: give the address in numbers, IPv6 in brackets", server);
		return -EINVAL;
	}
	if (strscpy(isns->server, server, sizeof(isns->server)) < 0)
		return -EINVAL;
	word = sl_mgmt_word(&c);
	if (!word)
		return 0;
	if (strcasecmp(word, "AccessControl"))
		return -EINVAL;
	word = sl_mgmt_word(&c);
	isns->access_control = !word || strcasecmp(word, "No");
	if (word && isns->access_control && strcasecmp(word, "Yes"))
		return -EINVAL;
	return sl_mgmt_at_end(&c) ? 0 : -EINVAL;
}

/* The blank behind the address is there without AccessControl, too: programs know it so. */
static ssize_t isns_server_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct iscsi_scst_isns isns;

	isc_get_isns(&isns);
	if (!isns.server[0])
		return sysfs_emit(buf, "\n");
	return sysfs_emit(buf, "%s %s\n" SCST_KEY_MARK "\n", isns.server,
			  isns.access_control ? "AccessControl" : "");
}

static ssize_t isns_server_store(struct kobject *kobj, struct kobj_attribute *attr,
				 const char *buf, size_t count)
{
	char line[ISCSI_SCST_ADDRESS_LEN + 32];
	struct iscsi_scst_isns isns = { };
	int ret;

	if (strscpy(line, buf, sizeof(line)) < 0)
		return -EINVAL;
	ret = isc_isns_parse(line, &isns);
	if (ret)
		return ret;
	mutex_lock(&isc_isns_lock);
	isc_isns.access_control = isns.access_control;
	memcpy(isc_isns.server, isns.server, sizeof(isc_isns.server));
	mutex_unlock(&isc_isns_lock);
	isc_ctl_changed();
	return count;
}

static ssize_t isns_entity_name_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct iscsi_scst_isns isns;

	isc_get_isns(&isns);
	return scst_show_text(buf, isns.entity, isns.entity[0]);
}

static ssize_t isns_entity_name_store(struct kobject *kobj, struct kobj_attribute *attr,
				      const char *buf, size_t count)
{
	char line[ISCSI_SCST_ENTITY_LEN + 1];
	struct sl_mgmt_cursor c;
	const char *name;

	if (strscpy(line, buf, sizeof(line)) < 0)
		return -EINVAL;
	sl_mgmt_init(&c, line);
	name = sl_mgmt_word(&c);
	if (name && (!sl_mgmt_at_end(&c) || strlen(name) >= ISCSI_SCST_ENTITY_LEN))
		return -EINVAL;
	mutex_lock(&isc_isns_lock);
	strscpy(isc_isns.entity, name ? name : "", sizeof(isc_isns.entity));
	mutex_unlock(&isc_isns_lock);
	isc_ctl_changed();
	return count;
}

static struct kobj_attribute isns_server_attr =
	__ATTR(iSNSServer, 0644, isns_server_show, isns_server_store);
static struct kobj_attribute isns_entity_name_attr = __ATTR_RW(isns_entity_name);

const struct attribute *const isc_driver_attrs[] = {
	&open_state_attr.attr,
	&isns_server_attr.attr,
	&isns_entity_name_attr.attr,
	NULL
};

/* --- target and session: one attribute for each parameter --- */

struct isc_param_attr {
	struct kobj_attribute attr;
	enum isc_tgt_param id;
};

static struct isc_tgt *isc_tgt_of(struct kobject *kobj)
{
	return scst_tgt_of(kobj)->priv;
}

static ssize_t tgt_param_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	enum isc_tgt_param id = container_of(attr, struct isc_param_attr, attr)->id;

	return isc_param_show(id, READ_ONCE(isc_tgt_of(kobj)->params[id]), buf, true);
}

static ssize_t tgt_param_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			       size_t count)
{
	enum isc_tgt_param id = container_of(attr, struct isc_param_attr, attr)->id;
	char text[64];
	struct isc_tgt *tgt = isc_tgt_of(kobj);
	u32 value, old = READ_ONCE(tgt->params[id]);

	if (count >= sizeof(text))
		return -EINVAL;
	memcpy(text, buf, count);
	text[count] = 0;
	if (isc_param_parse(id, strim(text), &value))
		return -EINVAL;
	WRITE_ONCE(tgt->params[id], value);
	/* The only one that a session can settle anew. */
	if ((u32)id == ISCSI_SCST_P_MAX_RECV_DSL && value != old)
		isc_tgt_renegotiate(tgt);
	return count;
}

static ssize_t sess_param_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	enum isc_tgt_param id = container_of(attr, struct isc_param_attr, attr)->id;
	const struct isc_sess *sess = scst_sess_of(kobj)->priv;

	return isc_param_show(id, sess->params[id], buf, false);
}

static ssize_t tid_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", isc_tgt_of(kobj)->tid);
}

/* The port is shown unless it is the usual one. */
static ssize_t redirect_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct isc_tgt *tgt = isc_tgt_of(kobj);
	ssize_t n = 0;
	size_t len;

	mutex_lock(&tgt->lock);
	len = strlen(tgt->redirect.to);
	if (len > 5 && !strcmp(tgt->redirect.to + len - 5, ":3260"))
		len -= 5;
	if (tgt->redirect.kind)
		n = sysfs_emit(buf, "%.*s %s\n" SCST_KEY_MARK "\n", (int)len, tgt->redirect.to,
			       tgt->redirect.kind == ISCSI_SCST_REDIRECT_TEMP ? "temp" : "perm");
	mutex_unlock(&tgt->lock);
	return n;
}

static ssize_t redirect_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			      size_t count)
{
	struct isc_tgt *tgt = isc_tgt_of(kobj);
	struct isc_redirect redirect;
	int ret = isc_redirect_parse(buf, &redirect);

	if (ret)
		return ret;
	mutex_lock(&tgt->lock);
	tgt->redirect = redirect;
	mutex_unlock(&tgt->lock);
	return count;
}

static struct kobj_attribute tid_attr = __ATTR_RO(tid);
static struct kobj_attribute redirect_attr = __ATTR_RW(redirect);

#define ISC_TGT_PARAM(_name, _id) \
	static struct isc_param_attr tgt_##_name##_attr = { \
		.attr = __ATTR(_name, 0644, tgt_param_show, tgt_param_store), \
		.id = (enum isc_tgt_param)(_id), \
	}

#define ISC_PARAM(_name, _id) \
	ISC_TGT_PARAM(_name, _id); \
	static struct isc_param_attr sess_##_name##_attr = { \
		.attr = __ATTR(_name, 0444, sess_param_show, NULL), \
		.id = (enum isc_tgt_param)(_id), \
	}

ISC_PARAM(InitialR2T, ISCSI_SCST_P_INITIAL_R2T);
ISC_PARAM(ImmediateData, ISCSI_SCST_P_IMMEDIATE_DATA);
ISC_PARAM(MaxRecvDataSegmentLength, ISCSI_SCST_P_MAX_RECV_DSL);
ISC_PARAM(MaxXmitDataSegmentLength, ISCSI_SCST_P_MAX_XMIT_DSL);
ISC_PARAM(MaxBurstLength, ISCSI_SCST_P_MAX_BURST);
ISC_PARAM(FirstBurstLength, ISCSI_SCST_P_FIRST_BURST);
ISC_PARAM(MaxOutstandingR2T, ISCSI_SCST_P_MAX_OUTSTANDING_R2T);
ISC_PARAM(HeaderDigest, ISCSI_SCST_P_HEADER_DIGEST);
ISC_PARAM(DataDigest, ISCSI_SCST_P_DATA_DIGEST);
ISC_PARAM(MaxConnections, ISCSI_SCST_P_MAX_CONNECTIONS);
ISC_PARAM(ErrorRecoveryLevel, ISCSI_SCST_P_ERROR_RECOVERY_LEVEL);
ISC_PARAM(DefaultTime2Wait, ISCSI_SCST_P_TIME2WAIT);
ISC_PARAM(DefaultTime2Retain, ISCSI_SCST_P_TIME2RETAIN);
ISC_TGT_PARAM(QueuedCommands, ISC_P_QUEUED_COMMANDS);
ISC_TGT_PARAM(RspTimeout, ISC_P_RSP_TIMEOUT);
ISC_TGT_PARAM(NopInInterval, ISC_P_NOP_IN_INTERVAL);
ISC_TGT_PARAM(NopInTimeout, ISC_P_NOP_IN_TIMEOUT);
ISC_TGT_PARAM(MaxSessions, ISC_P_MAX_SESSIONS);
ISC_TGT_PARAM(per_portal_acl, ISC_P_PER_PORTAL_ACL);
ISC_TGT_PARAM(aen_disabled, ISC_P_AEN_DISABLED);

const struct attribute *const isc_tgt_attrs[] = {
	&tid_attr.attr,
	&tgt_InitialR2T_attr.attr.attr,
	&tgt_ImmediateData_attr.attr.attr,
	&tgt_MaxRecvDataSegmentLength_attr.attr.attr,
	&tgt_MaxXmitDataSegmentLength_attr.attr.attr,
	&tgt_MaxBurstLength_attr.attr.attr,
	&tgt_FirstBurstLength_attr.attr.attr,
	&tgt_MaxOutstandingR2T_attr.attr.attr,
	&tgt_HeaderDigest_attr.attr.attr,
	&tgt_DataDigest_attr.attr.attr,
	&tgt_MaxConnections_attr.attr.attr,
	&tgt_ErrorRecoveryLevel_attr.attr.attr,
	&tgt_DefaultTime2Wait_attr.attr.attr,
	&tgt_DefaultTime2Retain_attr.attr.attr,
	&tgt_QueuedCommands_attr.attr.attr,
	&tgt_RspTimeout_attr.attr.attr,
	&tgt_NopInInterval_attr.attr.attr,
	&tgt_NopInTimeout_attr.attr.attr,
	&tgt_MaxSessions_attr.attr.attr,
	&tgt_per_portal_acl_attr.attr.attr,
	&tgt_aen_disabled_attr.attr.attr,
	&redirect_attr.attr,
	NULL
};

static ssize_t sid_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct isc_sess *sess = scst_sess_of(kobj)->priv;

	return sysfs_emit(buf, "%*phN%04x\n", (int)sizeof(sess->isid), sess->isid, sess->tsih);
}

static ssize_t reinstating_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct isc_sess *sess = scst_sess_of(kobj)->priv;

	return sysfs_emit(buf, "%d\n", READ_ONCE(sess->reinstated));
}

static struct kobj_attribute sid_attr = __ATTR_RO(sid);
static struct kobj_attribute reinstating_attr = __ATTR_RO(reinstating);

const struct attribute *const isc_sess_attrs[] = {
	&sid_attr.attr,
	&reinstating_attr.attr,
	&sess_InitialR2T_attr.attr.attr,
	&sess_ImmediateData_attr.attr.attr,
	&sess_MaxRecvDataSegmentLength_attr.attr.attr,
	&sess_MaxXmitDataSegmentLength_attr.attr.attr,
	&sess_MaxBurstLength_attr.attr.attr,
	&sess_FirstBurstLength_attr.attr.attr,
	&sess_MaxOutstandingR2T_attr.attr.attr,
	&sess_HeaderDigest_attr.attr.attr,
	&sess_DataDigest_attr.attr.attr,
	&sess_MaxConnections_attr.attr.attr,
	&sess_ErrorRecoveryLevel_attr.attr.attr,
	&sess_DefaultTime2Wait_attr.attr.attr,
	&sess_DefaultTime2Retain_attr.attr.attr,
	NULL
};

/* --- connection --- */

static struct isc_conn *isc_conn_of(struct kobject *kobj)
{
	return scst_dir_of(kobj)->owner;
}

static ssize_t cid_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", isc_conn_of(kobj)->cid);
}

static ssize_t ip_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", isc_conn_of(kobj)->peer);
}

static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	static const char *const names[] = {
		[ISC_CONN_NEW] = "starting",
		[ISC_CONN_OPEN] = "established",
		[ISC_CONN_CLOSING] = "closing",
	};

	return sysfs_emit(buf, "%s\n", READ_ONCE(isc_conn_of(kobj)->parked) ? "parked" :
			  names[READ_ONCE(isc_conn_of(kobj)->state)]);
}

static struct kobj_attribute cid_attr = __ATTR_RO(cid);
static struct kobj_attribute ip_attr = __ATTR_RO(ip);
static struct kobj_attribute state_attr = __ATTR_RO(state);

const struct attribute *const isc_conn_attrs[] = {
	&cid_attr.attr,
	&ip_attr.attr,
	&state_attr.attr,
	NULL
};
