// SPDX-License-Identifier: GPL-2.0-only
/* iSCSI sessions: identity, reinstatement, command window. */
#include <linux/slab.h>

#include "iscsi.h"

static atomic_t isc_next_tsih = ATOMIC_INIT(0);

/* Never 0, which means "no session yet" (RFC 7143 11.12.6). */
static u16 isc_new_tsih(void)
{
	u16 tsih;

	do {
		tsih = atomic_inc_return(&isc_next_tsih);
	} while (!tsih);
	return tsih;
}

/* The live session of the same initiator port (RFC 7143 6.3.5), if there is one. */
static struct isc_sess *isc_sess_same_port(struct isc_tgt *tgt, const char *initiator,
					   const u8 *isid)
{
	struct isc_sess *s;

	list_for_each_entry(s, &tgt->sessions, entry)
		if (!s->reinstated && !memcmp(s->isid, isid, sizeof(s->isid)) &&
		    !strcmp(s->scst->initiator_name, initiator))
			return s;
	return NULL;
}

u16 isc_transport_id(const char *initiator_name, const void *priv, u8 *id)
{
	const struct isc_sess *sess = priv;

	return sl_transport_id_iscsi(initiator_name, sess->isid, id);
}

static bool isc_sess_too_many(const struct isc_tgt *tgt, const struct isc_sess *old)
{
	u32 max = READ_ONCE(tgt->params[ISC_P_MAX_SESSIONS]);

	return max && tgt->nr_sessions - (old ? 1 : 0) >= max;
}

/* Nothing fails after this: once registered, a session can be closed at any time. */
static void isc_sess_insert(struct isc_tgt *tgt, struct isc_sess *sess, struct isc_sess *old)
{
	list_add_tail(&sess->entry, &tgt->sessions);
	tgt->nr_sessions++;
	if (!old)
		return;
	old->reinstated = true;
	old->successor = sess->conn;
	isc_conn_get(sess->conn);
	isc_conn_close(old->conn);
}

/* With per_portal_acl initiators are known by name and portal, so that groups can tell them. */
static void isc_sess_acl_name(const struct isc_tgt *tgt, const struct iscsi_scst_conn *req,
			      char *name, size_t size)
{
	if (READ_ONCE(tgt->params[ISC_P_PER_PORTAL_ACL]))
		snprintf(name, size, "%s#%s", req->initiator, req->portal);
	else
		strscpy(name, req->initiator, size);
}

static int isc_sess_register(struct isc_tgt *tgt, struct isc_sess *sess,
			     const struct iscsi_scst_conn *req)
{
	char initiator[ISCSI_SCST_NAME_LEN + ISCSI_SCST_PORTAL_LEN];
	struct isc_conn *conn = sess->conn;
	struct scst_session *scst;
	struct isc_sess *old;

	isc_sess_acl_name(tgt, req, initiator, sizeof(initiator));
	old = isc_sess_same_port(tgt, initiator, sess->isid);
	if (isc_sess_too_many(tgt, old))
		return -EMFILE;
	conn->sess = sess;
	scst = scst_session_register(tgt->tgt, initiator, sess);
	if (IS_ERR(scst)) {
		conn->sess = NULL;
		return PTR_ERR(scst);
	}
	sess->scst = scst;
	conn->tsih = sess->tsih;
	/* Only for show: a connection without this directory works as well. */
	conn->dir = scst_dir_create(req->peer, scst->dir, conn, isc_conn_attrs);
	isc_sess_insert(tgt, sess, old);
	return 0;
}

int isc_sess_create(struct isc_tgt *tgt, const struct iscsi_scst_conn *req, struct isc_conn *conn)
{
	struct isc_sess *sess = kzalloc(sizeof(*sess), GFP_KERNEL);
	int ret;

	if (!sess)
		return -ENOMEM;
	sess->tgt = tgt;
	sess->conn = conn;
	memcpy(sess->isid, req->isid, sizeof(sess->isid));
	memcpy(sess->params, req->params, sizeof(sess->params));
	sess->tsih = isc_new_tsih();
	sess->exp_cmd_sn = req->exp_cmd_sn;
	sess->max_cmd_sn = sess->exp_cmd_sn + READ_ONCE(tgt->params[ISC_P_QUEUED_COMMANDS]) - 1;
	mutex_lock(&tgt->lock);
	ret = isc_sess_register(tgt, sess, req);
	mutex_unlock(&tgt->lock);
	if (ret)
		kfree(sess);
	return ret;
}

/* The end of the last connection: no command is left. */
void isc_sess_destroy(struct isc_sess *sess)
{
	struct isc_tgt *tgt = sess->tgt;
	struct isc_conn *successor;

	/* A session that is closed while it is being made is complete behind this lock. */
	mutex_lock(&tgt->lock);
	list_del(&sess->entry);
	tgt->nr_sessions--;
	successor = sess->successor;
	mutex_unlock(&tgt->lock);
	if (sess->conn->dir)
		scst_dir_remove(sess->conn->dir);
	scst_session_unregister(sess->scst);
	kfree(sess);
	if (successor) {
		isc_conn_queue_io(successor);
		isc_conn_put(successor);
	}
}

void isc_close_session(struct scst_session *scst)
{
	struct isc_sess *sess = scst->priv;

	isc_conn_close(sess->conn);
}

void isc_luns_changed(struct scst_session *scst)
{
	struct isc_sess *sess = scst->priv;

	set_bit(ISC_CONN_LUNS_CHANGED, &sess->conn->flags);
	isc_conn_queue_io(sess->conn);
}

int isc_sess_admit(struct isc_conn *conn, bool *in_window)
{
	struct isc_sess *sess = conn->sess;
	u32 sn = sl_bhs_cmd_sn(conn->rx_bhs);

	*in_window = false;
	if (sl_bhs_immediate(conn->rx_bhs)) {
		if (sess->immediate >= ISC_MAX_IMMEDIATE) {
			conn->rx_reject = SL_REJECT_IMMEDIATE;
			return 0;
		}
		sess->immediate++;
		return 1;
	}
	switch (sl_cmdsn_check(sn, sess->exp_cmd_sn, sess->max_cmd_sn)) {
	case SL_CMDSN_NEXT:
		sess->exp_cmd_sn++;
		sess->in_window++;
		*in_window = true;
		return 1;
	case SL_CMDSN_IGNORE:
		return 0;
	default:
		/*
		 * With one connection, which TCP keeps in order, the missing
		 * command will never come: recovery level 0 starts over.
		 */
		isc_err("session %s: CmdSN %u came, %u was due", sess->scst->sysfs_name, sn,
			sess->exp_cmd_sn);
		return -EPROTO;
	}
}

/*
 * Called when the answer goes out: it carries the new MaxCmdSN, which never
 * shrinks. With a smaller QueuedCommands it stays until fewer are under way.
 */
void isc_sess_leave(struct isc_sess *sess, bool in_window)
{
	u32 depth = READ_ONCE(sess->tgt->params[ISC_P_QUEUED_COMMANDS]), max;

	if (in_window)
		sess->in_window--;
	else
		sess->immediate--;
	max = sess->exp_cmd_sn + depth - sess->in_window - 1;
	if (sl_sn_before(sess->max_cmd_sn, max))
		sess->max_cmd_sn = max;
}
