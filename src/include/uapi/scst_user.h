/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * ABI between scst_user.ko and programs that are SCSI devices.
 *
 * A program opens /dev/scst_user (root only, CAP_SYS_ADMIN), registers a device
 * and serves its commands until it closes the file or dies. One file serves one
 * device; any number of threads may serve through it. Every structure is the
 * same for 32-bit and 64-bit programs; fields called rsvd are 0.
 *
 * The device. SCST_USER_REGISTER creates it, if it is not there already (made by
 * "add_device NAME" in the mgmt file of the handler dev_user, that is by
 * scst.conf, or left by a program that was there before). It appears as
 * /sys/kernel/scst_tgt/devices/NAME and is mapped to LUNs as any other. It stays
 * when its program goes: commands that the program had fetched end with HARDWARE
 * ERROR, internal target failure (04/44/00); those that it had not, and all
 * later ones, with NOT READY, manual intervention required (02/04/03). Only the
 * standard INQUIRY data is given by the kernel then, with the peripheral
 * qualifier "not connected". Whoever registers the name again serves the device
 * from then on, and initiators are told of a reset. "del_device NAME" ends it.
 *
 * Commands. The kernel knows which operations there are (those of a direct
 * access block device or a CD drive, with CDBs of up to 16 bytes), how much data
 * they bring or ask for, and answers REPORT LUNS, REQUEST SENSE, reservations,
 * EXTENDED COPY, tokens and target port groups by itself, as it does unit attentions
 * and write protection. All else is the program's, INQUIRY too: by the designators that
 * it answers on VPD page 83h the kernel knows the device in an EXTENDED COPY.
 *
 * A command that the initiator aborts is over at once: its handle is not known
 * any more (ESRCH), what the program has done with it is lost.
 *
 * A program that serves a disk of the machine it runs on should lock its memory
 * and set PR_SET_IO_FLUSHER: it is what memory waits for to be written back.
 *
 * poll(2): EPOLLIN if there is a command to fetch, EPOLLHUP if the device has
 * gone. All calls return 0 or fail with errno; besides what is said below:
 * EFAULT, ENOMEM (the call can be made again), ENOTTY, ENOTCONN before
 * SCST_USER_REGISTER, and ENODEV if the device was deleted: close the file then.
 */
#ifndef _UAPI_SCST_USER_H
#define _UAPI_SCST_USER_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define SCST_USER_DEV_NAME	"scst_user"
#define SCST_USER_ABI		1

#define SCST_USER_NAME_LEN	72	/* a device's name of up to 64 bytes, and NUL */
#define SCST_USER_CDB_LEN	16
#define SCST_USER_SENSE_LEN	96
#define SCST_USER_MAX_DATA	(8u << 20)	/* bytes in one command, at most */

/* Peripheral device types (SPC-4 table 142) */
#define SCST_USER_DISK		0
#define SCST_USER_CDROM		5

#define SCST_USER_READ_ONLY	1u	/* flag: commands that write are refused by the kernel */

/*
 * EPROTO: another ABI. EINVAL: name (printable, without blank or slash), type,
 * block size (a power of two, 512 to 4096), max_data (one block at least,
 * SCST_USER_MAX_DATA at most), flags. EBUSY: another file serves the device, or
 * this file serves one already. EEXIST: the name is that of another handler's
 * device, or of one that is still being deleted, or this one was served with
 * another type or block size before.
 */
struct scst_user_device {
	__u32 abi;		/* SCST_USER_ABI */
	__u32 flags;		/* SCST_USER_READ_ONLY */
	char name[SCST_USER_NAME_LEN];
	__u8 type;		/* SCST_USER_DISK, SCST_USER_CDROM */
	__u8 rsvd[3];
	__u32 block_size;	/* bytes */
	__u64 blocks;		/* for EXTENDED COPY, which the kernel does */
	__u32 max_data;		/* bytes; a command that transfers more blocks is refused */
	__u32 rsvd2;
};

#define SCST_USER_DATA_NONE	0
#define SCST_USER_DATA_OUT	1	/* from the initiator */
#define SCST_USER_DATA_IN	2	/* to the initiator */

#define SCST_USER_PROTECTED	1u	/* flag: this LUN is write protected (MODE SENSE: WP) */
#define SCST_USER_NO_ACCESS	2u	/* flag: not to be reached by this port now (INQUIRY) */

/*
 * A command, with the data that it brings. EAGAIN: none, and the file is
 * O_NONBLOCK; else the call waits (EINTR). EINVAL: size is below max_data.
 */
struct scst_user_cmd {
	__u64 data;		/* in: address of a buffer for data of the initiator */
	__u32 size;		/* in: its size, max_data at least */
	__u32 rsvd;
	/* out from here */
	__u64 handle;		/* for the reply; never 0 */
	__u32 lun;		/* by which the initiator calls the device */
	__u32 data_len;		/* bytes as the CDB has it, for IN never more than max_data */
	__u32 out_len;		/* OUT: bytes that came, data_len or less; else 0 */
	__u8 dir;		/* SCST_USER_DATA_*, NONE also if the length is 0 */
	__u8 flags;		/* SCST_USER_PROTECTED, SCST_USER_NO_ACCESS */
	__u8 cdb_len;		/* 6, 10, 12, 16 */
	__u8 tpgs;		/* for INQUIRY: TPGS field */
	__u16 rel_tgt_id;	/* for INQUIRY: relative port identifier, 0: none */
	__u16 group_id;		/* for INQUIRY: target port group, 0: in none */
	__u16 version_descriptor; /* for INQUIRY: of the transport, 0: none */
	__u16 phys_descriptor;	/* ... of the physical transport, 0: none */
	__u8 cdb[SCST_USER_CDB_LEN];
};

/*
 * The end of a command. ESRCH: there is none of this handle, or not any more.
 * EINVAL: it may not end like this (the command is still the program's):
 *
 * status	GOOD, CHECK CONDITION, CONDITION MET, BUSY, RESERVATION CONFLICT,
 *		TASK SET FULL (SAM-5 5.3.1)
 * sense	8 bytes or more of response code 70h or 72h with CHECK CONDITION,
 *		else none
 * len		up to data_len with IN and GOOD, else 0
 *
 * More than the initiator has room for is cut off.
 */
struct scst_user_reply {
	__u64 handle;		/* in SCST_USER_REPLY_AND_GET 0: nothing to answer */
	__u64 data;		/* address of what goes to the initiator */
	__u32 len;		/* bytes of it */
	__u8 status;
	__u8 sense_len;
	__u16 rsvd;
	__u8 sense[SCST_USER_SENSE_LEN];
};

/*
 * Both in one call. When the reply is done with (also by ESRCH), the kernel sets
 * reply.handle to 0: a call that failed, or was interrupted, can simply be made
 * again.
 */
struct scst_user_exchange {
	struct scst_user_reply reply;
	struct scst_user_cmd cmd;
};

#define SCST_USER_REGISTER	_IOW('u', 1, struct scst_user_device)
#define SCST_USER_GET		_IOWR('u', 2, struct scst_user_cmd)
#define SCST_USER_REPLY		_IOW('u', 3, struct scst_user_reply)
#define SCST_USER_REPLY_AND_GET	_IOWR('u', 4, struct scst_user_exchange)
/* The number of blocks has changed; initiators are told by a unit attention. */
#define SCST_USER_CAPACITY	_IOW('u', 5, __u64)

#endif
