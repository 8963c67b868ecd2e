/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scst_local.ko: targets whose only initiator is this machine. Each session is
 * a SCSI host, each of its LUNs a SCSI device.
 *
 *	main.c	the driver, its targets and their attributes
 *	sess.c	sessions: how they begin, look for LUNs, and end
 *	host.c	the SCSI host: commands, task management
 */
#ifndef SCST_LOCAL_H
#define SCST_LOCAL_H

#include <linux/refcount.h>
#include <scsi/scsi_host.h>

#include "../../include/scst.h"

struct local_tgt {
	struct scst_tgt *tgt;
	struct list_head names;		/* of the sessions that it begins with */
};

/*
 * Start, rescan and stop are works on one ordered queue, so none of them meets
 * another. Each that is queued keeps the session.
 */
struct local_sess {
	struct scst_tgt *tgt;		/* kept */
	struct scst_session *sess;	/* NULL: has ended */
	struct Scsi_Host *host;		/* NULL: not started */
	refcount_t refs;
	struct work_struct start;
	struct work_struct rescan;
	struct work_struct stop;
};

extern const struct attribute *const local_sess_attrs[];

/* main.c */
extern struct device *local_root;

/* sess.c */
int local_sess_init(void);
void local_sess_exit(void);
/* Under the configuration lock. The session is there, its host soon. */
int local_sess_add(struct scst_tgt *tgt, const char *name);
/* Waits until it has gone; gives up the configuration lock meanwhile. */
int local_sess_del(struct scst_tgt *tgt, const char *name);
void local_sess_close(struct scst_session *sess);
void local_sess_luns_changed(struct scst_session *sess);

/* host.c */
int local_host_init(void);
void local_host_exit(void);
/* NULL: no memory, or refused by the midlayer. */
struct Scsi_Host *local_host_add(struct local_sess *ls);
void local_host_remove(struct Scsi_Host *host);
void local_host_scan(struct local_sess *ls);
/* What the machine has sent to all targets since the module was loaded. */
ssize_t local_host_stats(char *buf);

void local_xmit_response(struct scst_cmd *cmd);
void local_abort_cmd(struct scst_cmd *cmd);
void local_tm_done(struct scst_tm *tm);

#endif
