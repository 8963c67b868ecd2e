/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * ABI between iscsi_scst.ko and the login daemon iscsi-scstd.
 *
 * The kernel owns all configuration (targets, parameters, portals); the daemon
 * holds none, so it can be killed and started again at any time. The daemon
 * listens, answers discovery, negotiates a login and hands the socket over.
 *
 * One process at a time may hold /dev/iscsi-scst-ctl open for writing (EBUSY).
 */
#ifndef _UAPI_ISCSI_SCST_H
#define _UAPI_ISCSI_SCST_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define ISCSI_SCST_CTL_NAME	"iscsi-scst-ctl"
#define ISCSI_SCST_ABI		3

#define ISCSI_SCST_NAME_LEN	224	/* 223 bytes (RFC 7143 4.2.7.1) + NUL */
#define ISCSI_SCST_PORTAL_LEN	64	/* numeric address, no port, no brackets */
#define ISCSI_SCST_ADDRESS_LEN	72	/* the same with port and brackets */
#define ISCSI_SCST_USER_LEN	256	/* CHAP name + NUL (RFC 7143 12.1.3: CHAP_N) */
#define ISCSI_SCST_SECRET_LEN	256
#define ISCSI_SCST_ENTITY_LEN	256	/* iSNS Entity Identifier (RFC 4171 6.2.1), with NUL */

/*
 * Session parameters (RFC 7143 13), in ISCSI_SCST_GET_TARGET as what the
 * target offers, in ISCSI_SCST_ADD_CONN as negotiated. Booleans are 0/1,
 * lengths are bytes. Digests: bit mask of ISCSI_SCST_DIGEST_*.
 */
enum iscsi_scst_param {
	ISCSI_SCST_P_INITIAL_R2T,
	ISCSI_SCST_P_IMMEDIATE_DATA,
	ISCSI_SCST_P_MAX_RECV_DSL,	/* what we, the target, receive */
	ISCSI_SCST_P_MAX_XMIT_DSL,	/* what the initiator receives */
	ISCSI_SCST_P_MAX_BURST,
	ISCSI_SCST_P_FIRST_BURST,
	ISCSI_SCST_P_MAX_OUTSTANDING_R2T,
	ISCSI_SCST_P_HEADER_DIGEST,
	ISCSI_SCST_P_DATA_DIGEST,
	ISCSI_SCST_P_MAX_CONNECTIONS,
	ISCSI_SCST_P_ERROR_RECOVERY_LEVEL,
	ISCSI_SCST_P_TIME2WAIT,		/* seconds */
	ISCSI_SCST_P_TIME2RETAIN,	/* seconds */
	ISCSI_SCST_P_COUNT
};

#define ISCSI_SCST_DIGEST_NONE		1u
#define ISCSI_SCST_DIGEST_CRC32C	2u

/*
 * read(2) gives one of these and marks it as seen; poll(2) reports POLLIN
 * while there is a generation that was not read. The first read never blocks.
 */
struct iscsi_scst_status {
	/* grows with every change of enabled, of which targets there are where, and of iSNS */
	__u32 generation;
	__u32 enabled;		/* the driver's sysfs "enabled": accept logins? */
};

struct iscsi_scst_register {
	__u32 abi;		/* in: ISCSI_SCST_ABI, else EPROTO */
	__u32 flags;		/* in: 0 */
};

/*
 * Enabled targets, as NUL-terminated names one after the other.
 * needed > len: nothing was copied, call again with a larger buffer.
 */
struct iscsi_scst_list {
	__u64 buf;		/* in: user address */
	__u32 len;		/* in: bytes at buf */
	__u32 needed;		/* out: bytes that the names take */
	char initiator[ISCSI_SCST_NAME_LEN];	/* in */
	char portal[ISCSI_SCST_PORTAL_LEN];	/* in: address the login came to */
};

#define ISCSI_SCST_REDIRECT_NO		0
#define ISCSI_SCST_REDIRECT_TEMP	1
#define ISCSI_SCST_REDIRECT_PERM	2

/*
 * ENOENT: no such target, or none on this portal. A disabled one is found with
 * enabled == 0.
 */
struct iscsi_scst_target {
	char name[ISCSI_SCST_NAME_LEN];		/* in */
	char initiator[ISCSI_SCST_NAME_LEN];	/* in */
	char portal[ISCSI_SCST_PORTAL_LEN];	/* in */
	__u32 tid;		/* out */
	__u32 enabled;		/* out */
	__u32 portal_group;	/* out: TargetPortalGroupTag */
	__u32 redirect;		/* out: ISCSI_SCST_REDIRECT_*: go to redirect_to instead */
	__u32 params[ISCSI_SCST_P_COUNT];	/* out: what to offer */
	__u32 rsvd;
	char redirect_to[ISCSI_SCST_ADDRESS_LEN];	/* out: TargetAddress without group tag */
};

#define ISCSI_SCST_INCOMING	0	/* an initiator authenticates itself */
#define ISCSI_SCST_OUTGOING	1	/* the target does */

/*
 * One CHAP account. ENOENT: there is none; for INCOMING with an empty user
 * name that says whether there are any at all, hence whether initiators have
 * to authenticate themselves.
 */
struct iscsi_scst_account {
	__u32 tid;		/* in: of the target; 0: accounts for discovery */
	__u32 direction;	/* in: ISCSI_SCST_INCOMING, ISCSI_SCST_OUTGOING */
	char user[ISCSI_SCST_USER_LEN];		/* in for INCOMING, out for OUTGOING */
	char secret[ISCSI_SCST_SECRET_LEN];	/* out, if a user was named or found */
};

/*
 * Takes a reference to the socket. With a TSIH of 0 creates the session,
 * reinstating an old one of the same initiator port and target (RFC 7143 6.3.5);
 * else the connection joins the session of that handle, reinstating the
 * connection of the same CID if there is one (6.3.4), and of @params only those
 * count that are a connection's own: digests and segment lengths. Nothing is
 * read from the socket before ISCSI_SCST_START_CONN, so that the daemon can send
 * the final Login Response, which needs the TSIH, in between.
 * ENOENT: target gone or disabled. EBADF: fd is no TCP socket.
 * EMFILE: MaxSessions reached. EINVAL: parameter out of range, bad name.
 * ESRCH: no such session of this initiator port. EUSERS: it has MaxConnections.
 */
struct iscsi_scst_conn {
	__s32 fd;		/* in */
	__u32 tid;		/* in */
	__u8 isid[6];		/* in */
	__u16 tsih;		/* in: of the session to join, or 0; out: the session's */
	__u16 cid;		/* in */
	__u16 rsvd;
	__u32 exp_cmd_sn;	/* in: CmdSN of the first full-feature command; not in a join */
	__u32 stat_sn;		/* in: StatSN of the first full-feature response */
	__u32 handle;		/* out: for START_CONN, DROP_CONN */
	__u32 params[ISCSI_SCST_P_COUNT];	/* in: negotiated */
	__u32 rsvd2;
	char initiator[ISCSI_SCST_NAME_LEN];	/* in */
	char portal[ISCSI_SCST_PORTAL_LEN];	/* in: address the login came to */
	char peer[ISCSI_SCST_PORTAL_LEN];	/* in: address of the initiator */
};

/* The command window of a session that a login wants to join. ESRCH: as above. */
struct iscsi_scst_session {
	__u32 tid;		/* in */
	__u8 isid[6];		/* in */
	__u16 tsih;		/* in */
	char initiator[ISCSI_SCST_NAME_LEN];	/* in */
	char portal[ISCSI_SCST_PORTAL_LEN];	/* in */
	__u32 exp_cmd_sn;	/* out */
	__u32 max_cmd_sn;	/* out */
};

/* What the admin says of iSNS. A module that is older than this answers ENOTTY. */
struct iscsi_scst_isns {
	__u32 access_control;	/* out: only who shares a discovery domain may log in */
	__u32 rsvd;
	char server[ISCSI_SCST_ADDRESS_LEN];	/* out: address with or without port; "": none */
	char entity[ISCSI_SCST_ENTITY_LEN];	/* out: what we are to the server; "": choose */
};

#define ISCSI_SCST_REGISTER	_IOW('I', 1, struct iscsi_scst_register)
#define ISCSI_SCST_LIST_TARGETS	_IOWR('I', 2, struct iscsi_scst_list)
#define ISCSI_SCST_GET_TARGET	_IOWR('I', 3, struct iscsi_scst_target)
#define ISCSI_SCST_ADD_CONN	_IOWR('I', 4, struct iscsi_scst_conn)
#define ISCSI_SCST_START_CONN	_IOW('I', 5, __u32)	/* handle */
#define ISCSI_SCST_DROP_CONN	_IOW('I', 6, __u32)	/* handle, before start */
#define ISCSI_SCST_GET_ACCOUNT	_IOWR('I', 7, struct iscsi_scst_account)
#define ISCSI_SCST_GET_SESSION	_IOWR('I', 8, struct iscsi_scst_session)
#define ISCSI_SCST_GET_ISNS	_IOR('I', 9, struct iscsi_scst_isns)

#endif
