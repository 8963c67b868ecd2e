// SPDX-License-Identifier: GPL-2.0-only
/* iSCSI sessions: identity, their connections, reinstatement of both. */
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

/* --- who waits for whose end; all under tgt->lock --- */

/* @conn starts when @old has ended, and what that one has been waiting for. */
static void isc_conn_succeed(struct isc_conn *old, struct isc_conn *conn)
{
	isc_conn_get(conn);
	WRITE_ONCE(conn->waits_for, conn->waits_for + 1);
	old->successor = conn;
}

/* It has ended before those that it waits for: now its own successor does, if it has one. */
static void isc_conn_bequeath(struct isc_tgt *tgt, struct isc_conn *conn)
{
	struct isc_conn *heir = conn->successor, *c;
	struct isc_sess *s;

	list_for_each_entry(s, &tgt->sessions, entry)
		list_for_each_entry(c, &s->conns, entry) {
			if (c->successor != conn)
				continue;
			c->successor = heir;
			if (heir) {
				isc_conn_get(heir);
				WRITE_ONCE(heir->waits_for, heir->waits_for + 1);
			}
			conn->waits_for--;
			isc_conn_put(conn);
		}
}

/* Nothing fails after this: once registered, a session can be closed at any time. */
static void isc_sess_insert(struct isc_tgt *tgt, struct isc_sess *sess, struct isc_conn *conn,
			    struct isc_sess *old)
{
	struct isc_conn *c;

	list_add_tail(&sess->entry, &tgt->sessions);
	tgt->nr_sessions++;
	if (!old)
		return;
	old->reinstated = true;
	list_for_each_entry(c, &old->conns, entry) {
		if (!c->successor)
			isc_conn_succeed(c, conn);
		isc_conn_end(c);
	}
}

/* With per_portal_acl initiators are known by name and portal, so that groups can tell them. */
static void isc_sess_acl_name(const struct isc_tgt *tgt, const char *initiator,
			      const char *portal, char *name, size_t size)
{
	if (READ_ONCE(tgt->params[ISC_P_PER_PORTAL_ACL]))
		snprintf(name, size, "%s#%s", initiator, portal);
	else
		strscpy(name, initiator, size);
}

/* --- connections --- */

static bool isc_conn_name_taken(const struct isc_sess *sess, const char *name)
{
	const struct isc_conn *c;

	list_for_each_entry(c, &sess->conns, entry)
		if (c->dir && !strcmp(kobject_name(&c->dir->kobj), name))
			return true;
	return false;
}

/* Only for show: a connection without this directory works as well. */
static void isc_conn_publish(struct isc_sess *sess, struct isc_conn *conn)
{
	char name[ISCSI_SCST_PORTAL_LEN + 8];
	unsigned int n = 0;

	strscpy(name, conn->peer, sizeof(name));
	while (isc_conn_name_taken(sess, name))
		snprintf(name, sizeof(name), "%s_%u", conn->peer, ++n);
	conn->dir = scst_dir_create(name, sess->scst->dir, conn, isc_conn_attrs);
}

static int isc_sess_register(struct isc_tgt *tgt, struct isc_sess *sess, struct isc_conn *conn,
			     const struct iscsi_scst_conn *req)
{
	char initiator[ISCSI_SCST_NAME_LEN + ISCSI_SCST_PORTAL_LEN];
	struct scst_session *scst;
	struct isc_sess *old;

	isc_sess_acl_name(tgt, req->initiator, req->portal, initiator, sizeof(initiator));
	old = isc_sess_same_port(tgt, initiator, sess->isid);
	if (isc_sess_too_many(tgt, old))
		return -EMFILE;
	conn->sess = sess;
	list_add(&conn->entry, &sess->conns);
	scst = scst_session_register(tgt->tgt, initiator, sess);
	if (IS_ERR(scst)) {
		conn->sess = NULL;
		return PTR_ERR(scst);
	}
	sess->scst = scst;
	conn->tsih = sess->tsih;
	isc_conn_publish(sess, conn);
	isc_sess_insert(tgt, sess, conn, old);
	return 0;
}

/* An initiator that says nothing of it gets the default of RFC 7143, and no more than the target's. */
static void isc_sess_limit_retain(const struct isc_tgt *tgt, u32 *params)
{
	u32 most = READ_ONCE(tgt->params[ISCSI_SCST_P_TIME2RETAIN]);

	if (params[ISCSI_SCST_P_ERROR_RECOVERY_LEVEL] < 2)
		most = 0;
	params[ISCSI_SCST_P_TIME2RETAIN] = min(params[ISCSI_SCST_P_TIME2RETAIN], most);
}

static struct isc_sess *isc_sess_alloc(struct isc_tgt *tgt, const struct iscsi_scst_conn *req)
{
	struct isc_sess *sess = kzalloc(sizeof(*sess), GFP_KERNEL);

	if (!sess)
		return NULL;
	sess->tgt = tgt;
	spin_lock_init(&sess->lock);
	mutex_init(&sess->park_lock);
	INIT_LIST_HEAD(&sess->conns);
	INIT_LIST_HEAD(&sess->held);
	INIT_LIST_HEAD(&sess->early_tms);
	INIT_LIST_HEAD(&sess->fences);
	memcpy(sess->isid, req->isid, sizeof(sess->isid));
	memcpy(sess->params, req->params, sizeof(sess->params));
	sess->unordered = sess->params[ISCSI_SCST_P_MAX_CONNECTIONS] > 1 ||
			  sess->params[ISCSI_SCST_P_ERROR_RECOVERY_LEVEL];
	isc_sess_limit_retain(tgt, sess->params);
	sess->tsih = isc_new_tsih();
	sess->exp_cmd_sn = req->exp_cmd_sn;
	sess->max_cmd_sn = sess->exp_cmd_sn + READ_ONCE(tgt->params[ISC_P_QUEUED_COMMANDS]) - 1;
	return sess;
}

int isc_sess_create(struct isc_tgt *tgt, const struct iscsi_scst_conn *req, struct isc_conn *conn)
{
	struct isc_sess *sess = isc_sess_alloc(tgt, req);
	int ret;

	if (!sess)
		return -ENOMEM;
	mutex_lock(&tgt->lock);
	ret = isc_sess_register(tgt, sess, conn, req);
	mutex_unlock(&tgt->lock);
	if (ret)
		kfree(sess);
	return ret;
}

/* --- further connections (RFC 7143 6.3.1, 6.3.4) --- */

/* The session of the initiator port that has this handle, unless it is about to end. */
static struct isc_sess *isc_sess_find(struct isc_tgt *tgt, const char *initiator,
				      const char *portal, const u8 *isid, u16 tsih)
{
	char name[ISCSI_SCST_NAME_LEN + ISCSI_SCST_PORTAL_LEN];
	struct isc_sess *s;

	isc_sess_acl_name(tgt, initiator, portal, name, sizeof(name));
	list_for_each_entry(s, &tgt->sessions, entry)
		if (s->tsih == tsih && !s->reinstated && !memcmp(s->isid, isid, sizeof(s->isid)) &&
		    !strcmp(s->scst->initiator_name, name))
			return s;
	return NULL;
}

/* The connection that one with the same @cid is to replace: the newest of them. */
static struct isc_conn *isc_sess_same_cid(const struct isc_sess *sess, u16 cid)
{
	struct isc_conn *c, *found = NULL;

	list_for_each_entry(c, &sess->conns, entry)
		if (c->cid == cid)
			found = c;
	return found;
}

static bool isc_sess_is_full(const struct isc_sess *sess, const struct isc_conn *old)
{
	const struct isc_conn *c;
	u32 n = 0;

	list_for_each_entry(c, &sess->conns, entry)
		n += c != old && READ_ONCE(c->state) != ISC_CONN_CLOSING;
	return n >= sess->params[ISCSI_SCST_P_MAX_CONNECTIONS];
}

/* What the session has settled counts; digests and segment lengths are the connection's. */
static void isc_conn_inherit(struct isc_conn *conn, const struct isc_sess *sess, const u32 *own)
{
	static const enum iscsi_scst_param owned[] = {
		ISCSI_SCST_P_HEADER_DIGEST, ISCSI_SCST_P_DATA_DIGEST,
		ISCSI_SCST_P_MAX_RECV_DSL, ISCSI_SCST_P_MAX_XMIT_DSL,
	};
	u32 params[ISCSI_SCST_P_COUNT];
	unsigned int i;

	memcpy(params, sess->params, sizeof(params));
	for (i = 0; i < ARRAY_SIZE(owned); i++)
		params[owned[i]] = own[owned[i]];
	isc_conn_set_params(conn, params);
}

/* False: the session has been told to close meanwhile. */
static bool isc_sess_add_conn(struct isc_sess *sess, struct isc_conn *conn)
{
	bool open;

	spin_lock(&sess->lock);
	open = !sess->closing;
	if (open) {
		list_add_tail(&conn->entry, &sess->conns);
		isc_fence_join(conn);
	}
	spin_unlock(&sess->lock);
	return open;
}

int isc_sess_join(struct isc_tgt *tgt, const struct iscsi_scst_conn *req, struct isc_conn *conn)
{
	struct isc_sess *sess;
	struct isc_conn *old;
	int ret = -ESRCH;

	mutex_lock(&tgt->lock);
	sess = isc_sess_find(tgt, req->initiator, req->portal, req->isid, req->tsih);
	if (!sess)
		goto out;
	old = isc_sess_same_cid(sess, req->cid);
	ret = -EUSERS;
	if (isc_sess_is_full(sess, old))
		goto out;
	ret = -ESRCH;
	conn->sess = sess;
	conn->tsih = sess->tsih;
	isc_conn_inherit(conn, sess, req->params);
	if (!isc_sess_add_conn(sess, conn))
		goto out;
	isc_conn_publish(sess, conn);
	if (old) {
		isc_conn_succeed(old, conn);
		isc_conn_close(old);
	}
	ret = 0;
out:
	mutex_unlock(&tgt->lock);
	return ret;
}

int isc_sess_get_window(struct isc_tgt *tgt, struct iscsi_scst_session *req)
{
	struct isc_sess *sess;

	mutex_lock(&tgt->lock);
	sess = isc_sess_find(tgt, req->initiator, req->portal, req->isid, req->tsih);
	if (sess) {
		req->exp_cmd_sn = READ_ONCE(sess->exp_cmd_sn);
		req->max_cmd_sn = READ_ONCE(sess->max_cmd_sn);
	}
	mutex_unlock(&tgt->lock);
	return sess ? 0 : -ESRCH;
}

/* --- the end --- */

static void isc_sess_free(struct isc_sess *sess)
{
	/* What the session still does by itself, without any command of a connection. */
	scst_session_abort(sess->scst, NULL, NULL);
	scst_session_unregister(sess->scst);
	kfree(sess);
}

/* Takes it out of the session; was it the last one? Under tgt->lock. */
static bool isc_sess_unlink(struct isc_sess *sess, struct isc_conn *conn, struct isc_cmd **mourner)
{
	bool last;

	if (conn->dir)
		scst_dir_remove(conn->dir);
	conn->dir = NULL;
	spin_lock(&sess->lock);
	list_del(&conn->entry);
	last = list_empty(&sess->conns);
	*mourner = conn->mourner;
	spin_unlock(&sess->lock);
	if (last) {
		list_del(&sess->entry);
		sess->tgt->nr_sessions--;
	}
	return last;
}

/* Under tgt->lock. */
static struct isc_conn *isc_take_successor(struct isc_conn *conn)
{
	struct isc_conn *successor = conn->successor;

	conn->successor = NULL;
	if (successor)
		WRITE_ONCE(successor->waits_for, successor->waits_for - 1);
	return successor;
}

static void isc_start_successor(struct isc_conn *successor)
{
	if (!successor)
		return;
	isc_conn_queue_io(successor);
	isc_conn_put(successor);
}

void isc_sess_release(struct isc_conn *conn)
{
	struct isc_sess *sess = conn->sess;
	struct isc_conn *successor;
	struct isc_cmd *mourner;

	mutex_lock(&sess->tgt->lock);
	successor = isc_take_successor(conn);
	spin_lock(&sess->lock);
	mourner = conn->mourner;
	conn->mourner = NULL;
	spin_unlock(&sess->lock);
	mutex_unlock(&sess->tgt->lock);
	if (mourner)
		isc_complete(mourner);
	isc_start_successor(successor);
}

void isc_sess_remove_conn(struct isc_conn *conn)
{
	struct isc_sess *sess = conn->sess;
	struct isc_tgt *tgt = sess->tgt;
	struct scst_tgt *kept = tgt->tgt;
	struct isc_conn *successor;
	struct isc_cmd *mourner;
	bool last;

	/* The session may be the last to keep its target, and be ended by others from then on. */
	if (WARN_ON(!scst_tgt_get(kept)))
		return;
	/* A session that is closed while it is being made is complete behind this lock. */
	mutex_lock(&tgt->lock);
	isc_conn_bequeath(tgt, conn);
	last = isc_sess_unlink(sess, conn, &mourner);
	mutex_unlock(&tgt->lock);
	if (last)
		isc_sess_free(sess);
	/* Now is the end of what others wait for. The mourner's connection is kept by it. */
	if (mourner)
		isc_complete(mourner);
	mutex_lock(&tgt->lock);
	successor = isc_take_successor(conn);
	mutex_unlock(&tgt->lock);
	scst_tgt_put(kept);
	isc_start_successor(successor);
}

/* The session ends, by @how of each connection, and nobody joins it any more. */
static void isc_sess_close(struct isc_sess *sess, const struct isc_conn *except,
			   void (*how)(struct isc_conn *conn))
{
	struct isc_conn *c;

	spin_lock(&sess->lock);
	sess->closing = true;
	list_for_each_entry(c, &sess->conns, entry)
		if (c != except)
			how(c);
	spin_unlock(&sess->lock);
}

/* Where the target is only disabled, initiators are asked to go before they have to. */
void isc_close_session(struct scst_session *scst)
{
	bool ask = !scst->tgt->enabled && !scst->tgt->dead;

	isc_sess_close(scst->priv, NULL, ask ? isc_conn_ask_logout : isc_conn_end);
}

void isc_sess_close_others(struct isc_conn *conn)
{
	isc_sess_close(conn->sess, conn, isc_conn_end);
}

bool isc_sess_close_cid(struct isc_cmd *logout, u16 cid, bool final)
{
	struct isc_sess *sess = logout->conn->sess;
	struct isc_conn *conn;

	spin_lock(&sess->lock);
	conn = isc_sess_same_cid(sess, cid);
	if (conn && conn->mourner)
		conn = NULL;
	if (conn) {
		conn->mourner = logout;
		if (final)
			isc_conn_end(conn);
		else
			isc_conn_close(conn);
	}
	spin_unlock(&sess->lock);
	return conn;
}

/* One of its connections tells the initiator. */
void isc_luns_changed(struct scst_session *scst)
{
	struct isc_sess *sess = scst->priv;
	struct isc_conn *c;

	if (READ_ONCE(sess->tgt->params[ISC_P_AEN_DISABLED]))
		return;
	spin_lock(&sess->lock);
	list_for_each_entry(c, &sess->conns, entry) {
		if (READ_ONCE(c->state) == ISC_CONN_CLOSING)
			continue;
		set_bit(ISC_CONN_LUNS_CHANGED, &c->flags);
		isc_conn_queue_io(c);
		break;
	}
	spin_unlock(&sess->lock);
}

static void isc_sess_renegotiate(struct isc_sess *sess)
{
	struct isc_conn *c;

	spin_lock(&sess->lock);
	list_for_each_entry(c, &sess->conns, entry) {
		set_bit(ISC_CONN_NEGOTIATE, &c->flags);
		isc_conn_queue_io(c);
	}
	spin_unlock(&sess->lock);
}

void isc_tgt_renegotiate(struct isc_tgt *tgt)
{
	struct isc_sess *s;

	mutex_lock(&tgt->lock);
	list_for_each_entry(s, &tgt->sessions, entry)
		isc_sess_renegotiate(s);
	mutex_unlock(&tgt->lock);
}
