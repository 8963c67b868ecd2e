// SPDX-License-Identifier: GPL-2.0-only
/* /dev/iscsi-scst-ctl: what the login daemon asks and hands over. */
#include <linux/capability.h>
#include <linux/miscdevice.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "iscsi.h"

#define ISC_LIST_MAX	(1u << 20)	/* bytes of target names in one answer */

static atomic_t isc_ctl_busy = ATOMIC_INIT(0);
static atomic_t isc_generation = ATOMIC_INIT(1);
static DECLARE_WAIT_QUEUE_HEAD(isc_ctl_wait);

/* Connections that were created and not started yet; each entry holds a reference. */
static DEFINE_XARRAY_ALLOC1(isc_new_conns);

struct isc_ctl {
	bool registered;
	u32 seen;		/* generation that was read last; 0: none */
};

void isc_ctl_changed(void)
{
	atomic_inc(&isc_generation);
	wake_up_all(&isc_ctl_wait);
}

static int isc_ctl_open(struct inode *inode, struct file *file)
{
	struct isc_ctl *ctl;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (atomic_cmpxchg(&isc_ctl_busy, 0, 1))
		return -EBUSY;
	ctl = kzalloc(sizeof(*ctl), GFP_KERNEL);
	if (!ctl) {
		atomic_set(&isc_ctl_busy, 0);
		return -ENOMEM;
	}
	file->private_data = ctl;
	return nonseekable_open(inode, file);
}

static struct isc_conn *isc_ctl_take(u32 handle)
{
	return xa_erase(&isc_new_conns, handle);
}

static int isc_ctl_release(struct inode *inode, struct file *file)
{
	struct isc_conn *conn;
	unsigned long handle;

	/* Logins that the daemon did not live to finish. */
	xa_for_each(&isc_new_conns, handle, conn) {
		if (isc_ctl_take(handle) != conn)
			continue;
		isc_conn_close(conn);
		isc_conn_put(conn);
	}
	kfree(file->private_data);
	atomic_set(&isc_ctl_busy, 0);
	return 0;
}

static ssize_t isc_ctl_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct isc_ctl *ctl = file->private_data;
	struct iscsi_scst_status status = { };

	if (count < sizeof(status))
		return -EINVAL;
	status.generation = atomic_read(&isc_generation);
	status.enabled = isc_tgt_enabled(NULL);
	if (copy_to_user(buf, &status, sizeof(status)))
		return -EFAULT;
	ctl->seen = status.generation;
	return sizeof(status);
}

static __poll_t isc_ctl_poll(struct file *file, poll_table *wait)
{
	const struct isc_ctl *ctl = file->private_data;

	poll_wait(file, &isc_ctl_wait, wait);
	return ctl->seen != (u32)atomic_read(&isc_generation) ? EPOLLIN | EPOLLRDNORM : 0;
}

/* --- requests --- */

static bool isc_ends(const char *text, size_t size)
{
	return strnlen(text, size) < size;
}

struct isc_names {
	const char *portal;
	char *buf;		/* NULL: only count */
	u32 len;
	u32 used;
};

static void isc_collect_name(struct isc_tgt *tgt, void *arg)
{
	struct isc_names *n = arg;
	size_t size = strlen(tgt->tgt->name) + 1;

	if (!isc_tgt_enabled(tgt) || !isc_portal_allowed(&tgt->attrs, n->portal))
		return;
	if (n->buf && n->used + size <= n->len)
		memcpy(n->buf + n->used, tgt->tgt->name, size);
	n->used += size;
}

static int isc_ctl_list(struct isc_ctl *ctl, void __user *arg)
{
	struct isc_names names = { };
	struct iscsi_scst_list req;
	int ret = 0;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (!isc_ends(req.portal, sizeof(req.portal)))
		return -EINVAL;
	names.portal = req.portal;
	if (req.len) {
		names.len = min(req.len, ISC_LIST_MAX);
		names.buf = kvzalloc(names.len, GFP_KERNEL);
		if (!names.buf)
			return -ENOMEM;
	}
	isc_visit_tgts(&names, isc_collect_name);
	req.needed = names.used;
	if (names.used && names.used <= names.len &&
	    copy_to_user(u64_to_user_ptr(req.buf), names.buf, names.used))
		ret = -EFAULT;
	if (!ret && copy_to_user(arg, &req, sizeof(req)))
		ret = -EFAULT;
	kvfree(names.buf);
	return ret;
}

static int isc_ctl_get_target(struct isc_ctl *ctl, void __user *arg)
{
	struct iscsi_scst_target req;
	struct isc_tgt *t;
	unsigned int i;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (!isc_ends(req.name, sizeof(req.name)) || !isc_ends(req.portal, sizeof(req.portal)))
		return -EINVAL;
	t = isc_tgt_get_by_name(req.name);
	if (!t)
		return -ENOENT;
	if (!isc_portal_allowed(&t->attrs, req.portal)) {
		scst_tgt_put(t->tgt);
		return -ENOENT;
	}
	req.tid = t->tid;
	req.enabled = isc_tgt_enabled(t);
	req.portal_group = ISC_PORTAL_GROUP;
	for (i = 0; i < ISCSI_SCST_P_COUNT; i++)
		req.params[i] = READ_ONCE(t->params[i]);
	/* Below level 2 nothing is retained. */
	if (req.params[ISCSI_SCST_P_ERROR_RECOVERY_LEVEL] < 2)
		req.params[ISCSI_SCST_P_TIME2RETAIN] = 0;
	mutex_lock(&t->lock);
	req.redirect = t->redirect.kind;
	memcpy(req.redirect_to, t->redirect.to, sizeof(req.redirect_to));
	mutex_unlock(&t->lock);
	scst_tgt_put(t->tgt);
	return copy_to_user(arg, &req, sizeof(req)) ? -EFAULT : 0;
}

static bool isc_params_ok(const u32 *params)
{
	unsigned int i;

	for (i = 0; i < ISCSI_SCST_P_COUNT; i++) {
		u32 max = isc_params[i].max;

		/* The initiator may take more than we would ever send. */
		if (i == ISCSI_SCST_P_MAX_XMIT_DSL)
			max = (1u << 24) - 1;
		if (params[i] < isc_params[i].min || params[i] > max)
			return false;
	}
	return params[ISCSI_SCST_P_HEADER_DIGEST] != 3 && params[ISCSI_SCST_P_DATA_DIGEST] != 3;
}

static bool isc_conn_req_ok(const struct iscsi_scst_conn *req)
{
	return isc_ends(req->initiator, sizeof(req->initiator)) && req->initiator[0] &&
	       isc_ends(req->portal, sizeof(req->portal)) &&
	       isc_ends(req->peer, sizeof(req->peer)) && req->peer[0] &&
	       !strchr(req->peer, '/') && isc_params_ok(req->params);
}

static struct socket *isc_tcp_socket(int fd)
{
	struct socket *sock;
	int err;

	sock = sockfd_lookup(fd, &err);
	if (!sock)
		return NULL;
	if (sock->type == SOCK_STREAM && sock->sk->sk_protocol == IPPROTO_TCP)
		return sock;
	sockfd_put(sock);
	return NULL;
}

static int isc_add_conn(struct iscsi_scst_conn *req)
{
	struct isc_tgt *tgt = isc_tgt_get(req->tid);
	struct isc_conn *conn;
	struct socket *sock;
	int ret = -ENOENT;

	if (!tgt)
		return ret;
	if (!isc_tgt_enabled(tgt) || !isc_portal_allowed(&tgt->attrs, req->portal))
		goto out_tgt;
	ret = -EBADF;
	sock = isc_tcp_socket(req->fd);
	if (!sock)
		goto out_tgt;
	ret = -ENOMEM;
	conn = isc_conn_create(req, sock);
	if (!conn) {
		sockfd_put(sock);
		goto out_tgt;
	}
	ret = xa_alloc(&isc_new_conns, &conn->handle, conn, xa_limit_31b, GFP_KERNEL);
	if (ret) {
		isc_conn_put(conn);
		goto out_tgt;
	}
	/* One reference is the table's, one the session's. */
	isc_conn_get(conn);
	req->handle = conn->handle;
	ret = req->tsih ? isc_sess_join(tgt, req, conn) : isc_sess_create(tgt, req, conn);
	if (ret) {
		isc_ctl_take(req->handle);
		isc_conn_put(conn);
		isc_conn_put(conn);
		goto out_tgt;
	}
	req->tsih = conn->tsih;
out_tgt:
	scst_tgt_put(tgt->tgt);
	return ret;
}

static int isc_ctl_add_conn(struct isc_ctl *ctl, void __user *arg)
{
	struct iscsi_scst_conn req;
	struct isc_conn *conn;
	int ret;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (!isc_conn_req_ok(&req))
		return -EINVAL;
	ret = isc_add_conn(&req);
	if (ret)
		return ret;
	if (!copy_to_user(arg, &req, sizeof(req)))
		return 0;
	conn = isc_ctl_take(req.handle);
	if (conn) {
		isc_conn_close(conn);
		isc_conn_put(conn);
	}
	return -EFAULT;
}

static int isc_ctl_get_account(void __user *arg)
{
	struct iscsi_scst_account req;
	struct isc_tgt *t = NULL;
	int ret;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (!isc_ends(req.user, sizeof(req.user)) || req.direction > ISCSI_SCST_OUTGOING)
		return -EINVAL;
	memset(req.secret, 0, sizeof(req.secret));
	if (req.tid) {
		t = isc_tgt_get(req.tid);
		if (!t)
			return -ENOENT;
	}
	ret = isc_get_account(t ? &t->attrs : &isc_discovery_attrs, &req);
	if (t)
		scst_tgt_put(t->tgt);
	if (!ret && copy_to_user(arg, &req, sizeof(req)))
		ret = -EFAULT;
	memzero_explicit(&req, sizeof(req));
	return ret;
}

static int isc_ctl_get_session(void __user *arg)
{
	struct iscsi_scst_session req;
	struct isc_tgt *t;
	int ret;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (!isc_ends(req.initiator, sizeof(req.initiator)) ||
	    !isc_ends(req.portal, sizeof(req.portal)))
		return -EINVAL;
	t = isc_tgt_get(req.tid);
	if (!t)
		return -ESRCH;
	ret = isc_sess_get_window(t, &req);
	scst_tgt_put(t->tgt);
	if (!ret && copy_to_user(arg, &req, sizeof(req)))
		ret = -EFAULT;
	return ret;
}

static int isc_ctl_get_isns(void __user *arg)
{
	struct iscsi_scst_isns isns;

	isc_get_isns(&isns);
	return copy_to_user(arg, &isns, sizeof(isns)) ? -EFAULT : 0;
}

static int isc_ctl_finish_conn(void __user *arg, bool start)
{
	struct isc_conn *conn;
	int ret = 0;
	u32 handle;

	if (get_user(handle, (u32 __user *)arg))
		return -EFAULT;
	conn = isc_ctl_take(handle);
	if (!conn)
		return -ENOENT;
	if (start)
		ret = isc_conn_start(conn);
	else
		isc_conn_close(conn);
	isc_conn_put(conn);
	return ret;
}

static int isc_ctl_register(struct isc_ctl *ctl, void __user *arg)
{
	struct iscsi_scst_register req;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (req.abi != ISCSI_SCST_ABI)
		return -EPROTO;
	if (req.flags)
		return -EINVAL;
	ctl->registered = true;
	return 0;
}

static long isc_ctl_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct isc_ctl *ctl = file->private_data;
	void __user *p = (void __user *)arg;

	if (cmd == ISCSI_SCST_REGISTER)
		return isc_ctl_register(ctl, p);
	if (!ctl->registered)
		return -EPROTO;
	switch (cmd) {
	case ISCSI_SCST_LIST_TARGETS:
		return isc_ctl_list(ctl, p);
	case ISCSI_SCST_GET_TARGET:
		return isc_ctl_get_target(ctl, p);
	case ISCSI_SCST_ADD_CONN:
		return isc_ctl_add_conn(ctl, p);
	case ISCSI_SCST_START_CONN:
		return isc_ctl_finish_conn(p, true);
	case ISCSI_SCST_DROP_CONN:
		return isc_ctl_finish_conn(p, false);
	case ISCSI_SCST_GET_ACCOUNT:
		return isc_ctl_get_account(p);
	case ISCSI_SCST_GET_SESSION:
		return isc_ctl_get_session(p);
	case ISCSI_SCST_GET_ISNS:
		return isc_ctl_get_isns(p);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations isc_ctl_fops = {
	.owner = THIS_MODULE,
	.open = isc_ctl_open,
	.release = isc_ctl_release,
	.read = isc_ctl_read,
	.poll = isc_ctl_poll,
	.unlocked_ioctl = isc_ctl_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice isc_ctl_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = ISCSI_SCST_CTL_NAME,
	.fops = &isc_ctl_fops,
	.mode = 0600,
};

bool isc_ctl_attached(void)
{
	return atomic_read(&isc_ctl_busy);
}

int isc_ctl_init(void)
{
	return misc_register(&isc_ctl_device);
}

void isc_ctl_exit(void)
{
	misc_deregister(&isc_ctl_device);
}
