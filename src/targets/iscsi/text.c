// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text requests in full feature phase (RFC 7143 11.10): a new
 * MaxRecvDataSegmentLength, and SendTargets for the target of this session.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <net/inet_sock.h>

#include "../../lib/iscsi_text.h"
#include "iscsi.h"

#define ISC_MAX_TEXT	8192	/* bytes of a request or an answer; none needs more PDUs */

/* Answers to all keys but SendTargets come from the rule table. */
static void isc_text_negotiation(const struct isc_conn *conn, struct sl_neg *neg)
{
	sl_neg_init(neg);
	neg->stage = SL_STAGE_FULL_FEATURE;
	neg->value[SL_KEY_MAX_RECV_DSL] = conn->max_xmit_dsl;
}

/* One name and the address that this session uses (RFC 7143 appendix C). */
static int isc_text_add_target(const struct isc_conn *conn, struct sl_text_out *out)
{
	bool v6 = strchr(conn->portal, ':');
	char address[ISCSI_SCST_ADDRESS_LEN + 8];
	int ret;

	snprintf(address, sizeof(address), v6 ? "[%s]:%u,%u" : "%s:%u,%u", conn->portal,
		 ntohs(inet_sk(conn->sock->sk)->inet_sport), ISC_PORTAL_GROUP);
	ret = sl_text_add(out, "TargetName", conn->sess->tgt->tgt->name);
	return ret ? ret : sl_text_add(out, "TargetAddress", address);
}

/* A normal session may ask for its own target only: "All" is for discovery. */
static int isc_text_send_targets(const struct isc_conn *conn, const char *which,
				 struct sl_text_out *out)
{
	char name[SL_ISCSI_NAME_MAX + 1];

	if (!strcmp(which, "All"))
		return sl_text_add(out, "SendTargets", "Reject");
	if (*which && (sl_iscsi_name_check(which, name) ||
		       strcasecmp(name, conn->sess->tgt->tgt->name)))
		return 0;
	return isc_text_add_target(conn, out);
}

/* What it was told at login may have changed. Larger segments than told last may be on their way. */
static int isc_text_declare(struct isc_conn *conn, struct sl_text_out *out)
{
	u32 own = READ_ONCE(conn->sess->tgt->params[ISCSI_SCST_P_MAX_RECV_DSL]);
	char value[12];
	int ret;

	if (own == conn->declared_dsl)
		return 0;
	snprintf(value, sizeof(value), "%u", own);
	ret = sl_text_add(out, "MaxRecvDataSegmentLength", value);
	if (ret)
		return ret;
	conn->declared_dsl = own;
	conn->limits.max_recv_dsl = max(conn->limits.max_recv_dsl, own);
	return 0;
}

static int isc_text_answer(struct isc_conn *conn, struct isc_cmd *cmd, struct sl_text_out *out)
{
	const char *key, *value;
	struct sl_text_in in;
	struct sl_neg neg;
	int ret;

	isc_text_negotiation(conn, &neg);
	sl_text_init(&in, cmd->ping, cmd->ping_len);
	while ((ret = sl_text_next(&in, &key, &value)) == 1) {
		ret = sl_neg_receive(&neg, key, value, out);
		if (!ret && sl_key_find(key) == SL_KEY_SEND_TARGETS)
			ret = isc_text_send_targets(conn, value, out);
		if (ret)
			return ret;
	}
	if (!ret)
		ret = isc_text_declare(conn, out);
	if (!ret)
		conn->max_xmit_dsl = min(neg.value[SL_KEY_MAX_RECV_DSL],
					 READ_ONCE(conn->sess->tgt->params[ISCSI_SCST_P_MAX_XMIT_DSL]));
	return ret;
}

/* Answers are never in parts, so there is none to go on with by a tag of ours. */
bool isc_text_fits(const u8 *bhs)
{
	return sl_bhs_ttt(bhs) == SL_ISCSI_NO_TAG && !(bhs[1] & SL_ISCSI_CONTINUE) && sl_bhs_data_len(bhs) <= ISC_MAX_TEXT;
}

int isc_text(struct isc_conn *conn)
{
	struct isc_cmd *cmd;
	int ret;

	ret = isc_cmd_admit(conn, ISC_CMD_TEXT, &cmd);
	if (ret <= 0)
		return ret < 0 ? ret : 1;
	cmd->ping_len = conn->rx_len;
	cmd->ping = kvmalloc(ISC_MAX_TEXT, GFP_KERNEL);
	if (!cmd->ping) {
		isc_cmd_free(cmd);
		return -ENOMEM;
	}
	conn->rx_cmd = cmd;
	return 1;
}

void isc_text_deliver(struct isc_cmd *cmd)
{
	u32 len;

	cmd->ping = isc_held_data(cmd, &len);
	cmd->ping_len = len;
	cmd->kind = ISC_CMD_TEXT;
	isc_text_done(cmd);
}

void isc_text_done(struct isc_cmd *cmd)
{
	struct isc_conn *conn = cmd->conn;
	struct sl_text_out out = { .cap = min_t(u32, ISC_MAX_TEXT, conn->max_xmit_dsl) };
	int ret = -ENOMEM;

	out.buf = kvmalloc(ISC_MAX_TEXT, GFP_KERNEL);
	if (out.buf)
		ret = isc_text_answer(conn, cmd, &out);
	if (ret) {
		kvfree(out.buf);
		isc_reject(conn, ret == -ENOMEM || ret == -ENOSPC ? SL_REJECT_OUT_OF_RESOURCES :
								    SL_REJECT_PROTOCOL);
		isc_cmd_free(cmd);
		return;
	}
	kvfree(cmd->ping);
	cmd->ping = out.buf;
	cmd->ping_len = out.len;
	isc_complete(cmd);
}
